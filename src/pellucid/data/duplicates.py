"""Pictures that are there twice: the very same pixels, or a resized, recompressed or brightened copy."""

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np


@dataclass(frozen=True)
class Doubles:
    """Which rows are doubles of which.

    Attributes
    ----------
    pairs (M, 2) int64 : rows, the lower one first, ascending
    exact (M,) bool : the same prepared pixels; else a near double
    groups (N,) int64 : rows that are joined by a chain of pairs have one number, the lowest of their rows
    """

    pairs: np.ndarray
    exact: np.ndarray
    groups: np.ndarray

    @property
    def kinds(self) -> np.ndarray:
        """(M,) "exact" or "near" """
        return np.where(self.exact, "exact", "near")


def doubles(images: np.ndarray) -> Doubles:
    """Find the exact doubles."""
    hashes = content_hashes(images)
    order = np.argsort(hashes, kind="stable")
    same = np.flatnonzero(hashes[order][1:] == hashes[order][:-1])
    pairs = np.sort(np.stack([order[same], order[same + 1]], 1), axis=1).astype(np.int64).reshape(-1, 2)
    return Doubles(pairs, np.ones(len(pairs), bool), joined(len(images), pairs))


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
    rows = np.ascontiguousarray(images).reshape(len(images), -1)
    digests = b"".join(blake2b(row.data, digest_size=8).digest() for row in rows)
    return np.frombuffer(digests, "<u8").astype(np.uint64)
