"""k-means: a few thousand centers that stand for hundreds of thousands of rows.

Every pass over the rows is one product of matrices for each block of them, small enough for the cache; blocks go to
all cores, and what comes out does not depend on how many there are.
"""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from pellucid.arrays.compile import undisturbed
from pellucid.storage.errors import InputError

_ROWS = 108  # of a block: its distances to 1,600 centers are 0.7 MB
_CHUNK = 64 * _ROWS
_EACH = 10  # rows of a sample for each center
_SAMPLES = (16, 4, 1)  # every 16th row, every fourth, all of them
_PASSES, _GAIN = (
    30,
    0.002,
)  # of each sample: at most so many, and while each makes the distances so much smaller


def k_means(x: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Centers (count, P) that are each the mean of the rows x (N, P) that are nearest to them.

    Forward    repeat: a(n) = argmin_k ‖x_n − c_k‖, c_k = mean of the rows with a(n) = k
    Shapes     x (N, P) float32 → (count, P) float32
    Source     Lloyd 1982, "Least squares quantization in PCM"; started as Arthur and Vassilvitskii 2007,
               "k-means++: the advantages of careful seeding"

    Most steps look at a sample only: early on the centers are so far from where they end that a sixteenth of the rows
    shows the way as well as all of them.

    Raises `InputError` where there are less different rows than centers.
    """
    centers = spread_out(x, count, rng)
    for every in _SAMPLES:
        if every > 1 and len(x) // every < _EACH * count:
            continue
        rows, before = np.ascontiguousarray(x[::every]), np.inf
        for _ in range(_PASSES):
            owner, squared = nearest(rows, centers)
            inertia = squared.sum(dtype=np.float64)
            if inertia >= (1 - _GAIN) * before:
                break
            sums, sizes = totals(rows, owner, count)
            # A center that nothing is near to stays where it is.
            means = sums / np.maximum(sizes, 1)[:, None]
            centers = np.where(sizes[:, None] > 0, means, centers).astype(np.float32)
            before = inertia
    return centers


def spherical_k_means(x: np.ndarray, count: int, rng: np.random.Generator, passes: int = 10) -> np.ndarray:
    """Directions (count, P) of length 1, each the direction of the rows that lie along it, to either side.

    Forward    repeat: a(n) = argmax_k |x_n · d_k|;  d_k ← d_k + Σ_{a(n) = k} (x_n · d_k) x_n, divided by its length
    Shapes     x (N, P) float32 → (count, P) float32
    Source     Coates and Ng 2012, "Learning feature representations with k-means", section 2

    Raises `InputError` where there are less different rows than centers.
    """
    directions = _of_length_one(spread_out(x, count, rng))
    for _ in range(passes):
        owner, projection = nearest(x, directions, along=True)
        sums, _ = totals(x, owner, count, projection)
        directions = _of_length_one(directions + sums)
    return directions


def nearest(x: np.ndarray, centers: np.ndarray, along: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """For each row x (N, P) which of the centers (K, P) is nearest (N,) int32, and the squared distance (N,) float32.

    Parameters
    ----------
    along : instead, to which of them it has the largest product, of either sign, and that product
    """
    products = np.ascontiguousarray(centers.T)
    half = (0.5 * (centers * centers).sum(axis=1)).astype(np.float32)
    owner, found = np.empty(len(x), np.int32), np.empty(len(x), np.float32)

    def look(first: int) -> None:
        scores = np.empty((_ROWS, len(centers)), np.float32)
        for start in range(first, min(first + _CHUNK, len(x)), _ROWS):
            rows = x[start : start + _ROWS]
            score, place = scores[: len(rows)], slice(start, start + _ROWS)
            np.matmul(rows, products, out=score)
            if along:
                owner[place] = np.abs(score).argmax(axis=1)
                found[place] = score[np.arange(len(rows)), owner[place]]
            else:
                np.subtract(score, half, out=score)
                owner[place] = score.argmax(axis=1)
                found[place] = (rows * rows).sum(axis=1) - 2 * score[np.arange(len(rows)), owner[place]]

    with undisturbed(), ThreadPoolExecutor(os.cpu_count()) as threads:
        list(threads.map(look, range(0, len(x), _CHUNK)))
    return owner, found if along else np.maximum(found, 0)


def totals(
    x: np.ndarray, owner: np.ndarray, count: int, weights: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The sum of the rows x (N, P), weighted (N,), of each owner (count, P), and how many rows each has (count,)."""
    from scipy.sparse import csc_array

    weights = np.ones(len(x), np.float32) if weights is None else weights
    belongs = csc_array((weights, owner, np.arange(len(x) + 1)), shape=(count, len(x)))
    return belongs @ x, np.bincount(owner, minlength=count)


def spread_out(x: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """`count` different rows (count, P) of x (N, P), each drawn in proportion to its squared distance from those drawn
    before (k-means++), of a sample of the rows where they are many.

    Raises `InputError` where there are less different rows.
    """
    for rows in (x[:: max(1, len(x) // (_EACH * count))], x):
        chosen = _drawn(rows, count, rng)
        if len(chosen) == count:
            return chosen
    raise InputError(
        f"The training pictures have only {len(chosen):,} different patches, and {count:,} words are asked for: take "
        "less words, or larger patches."
    )


def _drawn(x: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Up to `count` rows of x, less where there are less different ones."""
    x = np.ascontiguousarray(x)
    away, distances = np.empty_like(x), np.full(len(x), np.inf, np.float32)
    chosen = [int(rng.integers(len(x)))]
    while True:
        # Not by a product of matrices: the distance of equal rows must be 0, without any rounding.
        np.subtract(x, x[chosen[-1]], out=away)
        np.minimum(distances, np.einsum("np,np->n", away, away), out=distances)
        summed = distances.cumsum(dtype=np.float64)
        if len(chosen) == count or summed[-1] == 0:
            return x[chosen]
        chosen.append(int(np.searchsorted(summed, rng.random() * summed[-1], side="right")))


def _of_length_one(x: np.ndarray) -> np.ndarray:
    lengths = np.sqrt((x * x).sum(axis=1, keepdims=True))
    return (x / np.where(lengths > 0, lengths, 1)).astype(np.float32)
