"""Pictures that are there twice: the very same pixels, or a resized, recompressed or brightened copy."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from itertools import combinations

import numpy as np

from pellucid.data.difference_hash import (
    LEAST_SIDE,
    content_boxes,
    difference_hashes,
    gradients_of_thumbnails,
)

# Found by looking at pairs of CIFAR-10: from 0.83 on all were the same photograph; below 0.80 the first
# were not (two airplanes before one background, two birds on white).
LEAST_CORRELATION = 88  # hundredths
MOST_BITS = 8
LEAST_CONTRAST = 2.0  # gray levels, of the thumbnail
LEAST_TEXTURE = 4.0  # gray levels between neighboring cells, root mean square


@dataclass(frozen=True)
class Doubles:
    """Which rows are doubles of which.

    Attributes
    ----------
    pairs (M, 2) int64 : rows, the lower one first, ascending
        (of n copies with the same pixels n − 1 pairs are given, a chain)
    exact (M,) bool : the same prepared pixels; else a near double
    groups (N,) int64 : rows that are joined by a chain of pairs have one number, the lowest of their rows
    hashes (N,) uint64 : of the rows' bytes (`content_hashes`)
    """

    pairs: np.ndarray
    exact: np.ndarray
    groups: np.ndarray
    hashes: np.ndarray

    @property
    def kinds(self) -> np.ndarray:
        """(M,) "exact" or "near" """
        return np.where(self.exact, "exact", "near")


def doubles(images: np.ndarray, *, progress: Callable[[int, int], None] | None = None) -> Doubles:
    """Find the pictures that are there twice: the same pixels, or copies that were resized, recompressed or
    brightened.

    Near doubles are pictures whose difference hashes differ in at most 8 of 64 bits and whose gradients
    correlate by 0.88 or more. All of those whose hashes differ in up to 6 bits are found, and most of those
    with 7 or 8 (`_candidates`). Flat pictures (a blank page, a clear sky), pictures with less than 16 pixels
    of content in height or width, gray pictures of less than 64 pixels (two handwritten sevens are no
    doubles), and rows of numbers are compared exactly only.

    Of the 60,000 pictures of CIFAR-10, 341 pairs are called near doubles, 101 of them between its two parts.
    Of the about 100 that were looked at, the least alike among them, one was doubtful (the same airplane,
    painted otherwise). Doubles in content, that is another photograph of the same thing, are not looked for;
    for those see Barz and Denzler 2020, "Do we train on test data?".

    Parameters
    ----------
    images (N, H, W, C) uint8, or (N, D) numbers
    progress : called with (rows done, N)
    """
    images = np.asarray(images)
    hashes = content_hashes(images)
    order = np.argsort(hashes, kind="stable")
    same = np.flatnonzero(hashes[order][1:] == hashes[order][:-1])
    exact = np.stack([order[same], order[same + 1]], axis=1).reshape(-1, 2)
    near = np.empty((0, 2), np.int64)
    if images.ndim == 4 and images.dtype == np.uint8 and len(images):
        unique = np.ones(len(images), bool)
        unique[order[same + 1]] = False
        near = _near(images, unique, progress)
    pairs = np.concatenate([exact, near]).astype(np.int64)
    kinds = np.repeat([True, False], [len(exact), len(near)])
    sort = np.lexsort((pairs[:, 1], pairs[:, 0]))
    return Doubles(pairs[sort], kinds[sort], joined(len(images), pairs), hashes)


def _near(images: np.ndarray, unique: np.ndarray, progress: Callable[[int, int], None] | None) -> np.ndarray:
    """(M, 2) int64: the near doubles among the rows where `unique`, the lower row first."""
    boxes = content_boxes(images)
    large = np.minimum(boxes[:, 1] - boxes[:, 0], boxes[:, 3] - boxes[:, 2]) >= LEAST_SIDE
    hashes, contrasts = difference_hashes(images, boxes, progress)
    rows = np.flatnonzero(unique & large & (contrasts >= LEAST_CONTRAST))
    pairs = rows[_candidates(hashes[rows])]
    concerned, place = np.unique(pairs, return_inverse=True)
    described = gradients_of_thumbnails(images, concerned, boxes[concerned])
    norms = np.sqrt((described**2).sum(axis=1))
    textured = norms >= LEAST_TEXTURE * np.sqrt(described.shape[1])
    described /= np.maximum(norms, 1e-9)[:, None]
    correlations = np.empty(len(pairs))
    for start in range(0, len(pairs), 4096):
        first, second = place.reshape(-1, 2)[start : start + 4096].T
        alike = np.einsum("nd,nd->n", described[first], described[second])
        correlations[start : start + 4096] = np.where(textured[first] & textured[second], alike, 0)
    return pairs[correlations >= least_correlation(correlations)]


def least_correlation(correlations: np.ndarray, least: int = LEAST_CORRELATION) -> float:
    """From which correlation on a pair is a double in this data.

    Among photographs a copy stands out: few pairs are nearly as much alike. Among handwritten digits, icons
    or aligned faces the pairs only thin out towards 1, with no gap between look-alikes and copies. So the
    limit rises from the least, in hundredths, until no more pairs lie just below it (a band 0.8 times as
    wide as what is above) than above it; where that does not happen by 0.98 nothing is called a near double.
    """
    for hundredths in range(least, 99):
        limit = hundredths / 100
        above = int((correlations >= limit).sum())
        if int((correlations >= limit - 0.8 * (1 - limit)).sum()) - above <= above:
            return limit
    return np.inf


def _candidates(hashes: np.ndarray) -> np.ndarray:
    """(M, 2) int64: places of hashes that differ in few bits, without comparing all with all.

    The 64 bits are cut into 8 blocks. Two hashes that differ in at most 6 bits agree in at least 2 blocks
    (pigeonhole), so for each of the 28 choices of 2 blocks the hashes are sorted by them and neighbors
    compared (Manku, Jain and Das Sarma 2007, section 3; multi-index hashing: Norouzi, Punjani and Fleet
    2012). Where very many agree in 2 blocks, only the 32 next in order are compared: their groups are then
    joined by chains.
    """
    blocks = hashes[:, None] >> (np.arange(8, dtype=np.uint64) * np.uint64(8)) & np.uint64(255)
    count, total, window = len(hashes), 0, 32
    found = [np.empty(0, np.int64)]
    for one, other in combinations(range(8), 2):
        keys = (blocks[:, one] << np.uint64(8) | blocks[:, other]).astype(np.uint16)
        order = np.argsort(keys, kind="stable")
        keys, ordered = keys[order], hashes[order]
        live = np.arange(count)
        for lag in range(1, window + 1):
            live = live[live < count - lag]
            live = live[keys[live] == keys[live + lag]]
            if not len(live):
                break
            hits = live[np.bitwise_count(ordered[live] ^ ordered[live + lag]) <= MOST_BITS]
            first, second = order[hits], order[hits + lag]
            found.append(np.minimum(first, second) * count + np.maximum(first, second))
            total += len(hits)
        window = 32 if total < 4 * count else 2  # thousands of copies of one picture: chains are enough
    codes = np.unique(np.concatenate(found))
    return np.stack([codes // max(count, 1), codes % max(count, 1)], axis=1)


def double_groups(
    images: np.ndarray, groups: np.ndarray | None = None, *, found: Doubles | None = None
) -> np.ndarray:
    """(N,) int64: one number for rows that must stay together: doubles, and rows of one of the given groups.

    Parameters
    ----------
    images : as in `doubles`
    groups (N,) : the data's own groups; a negative number means no group
    found : the doubles, where they are known already
    """
    found = found or doubles(images)
    if groups is None:
        return found.groups
    order = np.argsort(groups, kind="stable")
    ordered = groups[order]
    same = np.flatnonzero((ordered[1:] == ordered[:-1]) & (ordered[1:] >= 0))
    chain = np.stack([order[same], order[same + 1]], 1)
    return joined(len(found.groups), np.concatenate([found.pairs, chain]))


def joined(count: int, pairs: np.ndarray) -> np.ndarray:
    """(N,) int64: the lowest row of each connected component of the graph with these edges (M, 2).

    Hooking and pointer jumping (Shiloach and Vishkin 1982): a few passes of whole-array work, so that SciPy,
    half a second to import, is not needed for it.
    """
    lowest = np.arange(count, dtype=np.int64)
    while len(pairs):
        first, second = lowest[pairs[:, 0]], lowest[pairs[:, 1]]
        differ = first != second
        if not differ.any():
            break
        high, low = np.maximum(first, second)[differ], np.minimum(first, second)[differ]
        np.minimum.at(lowest, high, low)
        while True:  # shorten every chain to its end
            shorter = lowest[lowest]
            if np.array_equal(shorter, lowest):
                break
            lowest = shorter
    return lowest


def content_hashes(images: np.ndarray) -> np.ndarray:
    """(N,) uint64: equal for rows with equal bytes."""
    rows = np.ascontiguousarray(images).reshape(len(images), int(np.prod(images.shape[1:])))
    digests = b"".join(blake2b(row.data, digest_size=8).digest() for row in rows)
    return np.frombuffer(digests, "<u8").astype(np.uint64)
