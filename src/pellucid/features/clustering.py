"""k-means: a few thousand centers that stand for hundreds of thousands of rows.

Every pass over the rows is one product of matrices for each block of them, small enough for the cache; blocks go to
all cores, and what comes out does not depend on how many there are.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from pellucid.arrays.compile import undisturbed
from pellucid.storage.errors import InputError

_ROWS = 108  # of a block: its distances to 1,600 centers are 0.7 MB
_CHUNK = 64 * _ROWS
_MANY, _EVERY = 160, 4  # from so many rows a center on, every fourth row is enough to begin with
_SAMPLED = 5  # passes over that sample
_STEP = 1.5  # how far centers go then; 1 is to the mean
_SPARE = 0.1  # of its share of the rows: a center with less is of more use elsewhere
_PASSES = 30  # where rows are few, at most
_GAIN = 0.002  # while each pass makes the squared distances by such a share smaller

Start = Callable[[np.ndarray, int, np.random.Generator], np.ndarray]


def k_means(x: np.ndarray, count: int, rng: np.random.Generator, start: Start | None = None) -> np.ndarray:
    """Centers (count, P) that are each the mean of the rows x (N, P) that are nearest to them.

    Forward    repeat: a(n) = argmin_k ‖x_n − c_k‖,  c_k ← mean of the rows with a(n) = k
    Shapes     x (N, P) float32 → (count, P) float32
    Source     Lloyd 1982, "Least squares quantization in PCM"

    Of many rows a sample is looked at first. There, centers that hardly any row is nearest to are put to random rows
    (as scikit-learn's MiniBatchKMeans does), and all go half as far again as to the mean, which makes one pass over
    all rows enough: 1,600 centers of 400,000 whitened patches in a quarter of the time of MiniBatchKMeans, and nearer.

    Parameters
    ----------
    start : draws the first centers, `random_rows` or `spread_out`. Of whitened patches random ones are the better
        start: the most distant are rare ones, which few others are like.

    Raises `InputError` where there are less different rows than centers.
    """
    centers = (start or random_rows)(x, count, rng)
    if len(x) >= _MANY * count:
        sample = np.ascontiguousarray(x[::_EVERY])
        for _ in range(_SAMPLED):
            means, sizes, _ = _means(sample, centers)
            centers += np.float32(_STEP) * (means - centers)
            spare = np.flatnonzero(sizes < _SPARE * len(sample) / count)
            centers[spare] = sample[rng.choice(len(sample), len(spare), replace=False)]
        return centers + np.float32(_STEP) * (_means(x, centers)[0] - centers)
    before = np.inf
    for _ in range(_PASSES):
        means, _, inertia = _means(x, centers)
        if inertia >= (1 - _GAIN) * before:
            break
        centers, before = means, inertia
    return centers


def k_means_spread_out(x: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """`k_means` from centers that are drawn far from each other (`spread_out`)."""
    return k_means(x, count, rng, spread_out)


def spherical_k_means(x: np.ndarray, count: int, rng: np.random.Generator, passes: int = 10) -> np.ndarray:
    """Directions (count, P) of length 1, each the direction of the rows that lie along it, to either side.

    Forward    repeat: a(n) = argmax_k |x_n · d_k|;  d_k ← d_k + Σ_{a(n) = k} (x_n · d_k) x_n, divided by its length
    Shapes     x (N, P) float32 → (count, P) float32
    Source     Coates and Ng 2012, "Learning feature representations with k-means", section 2

    Raises `InputError` where there are less different rows than centers.
    """
    directions = _of_length_one(random_rows(x, count, rng))
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
    # A last number of each row is 1, and of each center −‖c‖²/2: the largest product is then that of the nearest.
    last = np.zeros(len(centers)) if along else -0.5 * (centers * centers).sum(axis=1)
    products = np.ascontiguousarray(np.column_stack([centers, last]).astype(np.float32).T)
    owner, found = np.empty(len(x), np.int32), np.empty(len(x), np.float32)

    def look(first: int) -> None:
        scores = np.empty((_ROWS, len(centers)), np.float32)
        wide = np.ones((_ROWS, len(products)), np.float32)
        for start in range(first, min(first + _CHUNK, len(x)), _ROWS):
            rows, place = x[start : start + _ROWS], slice(start, start + _ROWS)
            score, wider = scores[: len(rows)], wide[: len(rows)]
            wider[:, :-1] = rows
            np.matmul(wider, products, out=score)
            owner[place] = (np.abs(score) if along else score).argmax(axis=1)
            found[place] = score[np.arange(len(rows)), owner[place]]
            if not along:
                found[place] = np.maximum(np.einsum("np,np->n", rows, rows) - 2 * found[place], 0)

    with undisturbed(), ThreadPoolExecutor(os.cpu_count()) as threads:
        list(threads.map(look, range(0, len(x), _CHUNK)))
    return owner, found


def totals(
    x: np.ndarray, owner: np.ndarray, count: int, weights: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The sum of the rows x (N, P), weighted (N,), of each owner (count, P), and how many rows each has (count,)."""
    from scipy.sparse import csc_array

    weights = np.ones(len(x), np.float32) if weights is None else weights
    belongs = csc_array((weights, owner, np.arange(len(x) + 1)), shape=(count, len(x)))
    return belongs @ x, np.bincount(owner, minlength=count)


def random_rows(x: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """`count` different rows (count, P) of x (N, P). Raises `InputError` where there are less."""
    chosen: dict[bytes, int] = {}
    for row in rng.permutation(len(x)):
        chosen.setdefault(x[row].tobytes(), row)
        if len(chosen) == count:
            return x[list(chosen.values())]
    raise _too_few(len(chosen), count)


def spread_out(x: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """`count` different rows (count, P) of x (N, P), each drawn in proportion to its squared distance from those drawn
    before, of a sample of the rows where they are many.

    Source     Arthur and Vassilvitskii 2007, "k-means++: the advantages of careful seeding"

    Raises `InputError` where there are less different rows.
    """
    for rows in (x[:: max(1, len(x) // (10 * count))], x):
        chosen = _drawn(rows, count, rng)
        if len(chosen) == count:
            return chosen
    raise _too_few(len(chosen), count)


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


def _means(x: np.ndarray, centers: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """The mean of the rows that are nearest to each center, where there are none the center itself; how many there are;
    and the sum of their squared distances."""
    owner, squared = nearest(x, centers)
    sums, sizes = totals(x, owner, len(centers))
    means = np.where(sizes[:, None] > 0, sums / np.maximum(sizes, 1)[:, None], centers).astype(np.float32)
    return means, sizes, float(squared.sum(dtype=np.float64))


def _too_few(found: int, count: int) -> InputError:
    return InputError(
        f"The training pictures have only {found:,} different patch{'' if found == 1 else 'es'}, and {count:,} words "
        "are wanted: take less words, or larger patches."
    )


def _of_length_one(x: np.ndarray) -> np.ndarray:
    lengths = np.sqrt((x * x).sum(axis=1, keepdims=True))
    return (x / np.where(lengths > 0, lengths, 1)).astype(np.float32)
