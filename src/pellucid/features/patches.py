"""Small squares of pictures: all of one picture, or a random sample of many."""

from typing import Any

import numpy as np

from pellucid.arrays.namespace import namespace


def positions(side: int, patch: int, stride: int) -> int:
    """How many patches of this side lie one behind the other along a side of a picture."""
    return (side - patch) // stride + 1


def patches(pictures: Any, patch: int, stride: int) -> Any:
    """The patches (N, rows, columns, P) of pictures (N, H, W, C); P = patch · patch · C, laid out (row, column,
    channel)."""
    xp = namespace(pictures)
    n, height, width, channels = pictures.shape
    rows, columns = positions(height, patch, stride), positions(width, patch, stride)
    down, across = (rows - 1) * stride + 1, (columns - 1) * stride + 1
    # First the lines of all patches, then the patches: runs of a line are copied, not single pixels.
    lines = [pictures[:, :, column : column + across : stride] for column in range(patch)]
    line = xp.stack(lines, axis=3).reshape(n, height, columns, patch * channels)
    found = [line[:, row : row + down : stride] for row in range(patch)]
    return xp.stack(found, axis=3).reshape(n, rows, columns, patch * patch * channels)


def sampled(
    pictures: np.ndarray, rows: np.ndarray, patch: int, count: int, rng: np.random.Generator
) -> np.ndarray:
    """Patches (count, P) uint8 from random places of these rows (n,) of the pictures (N, H, W, C), no place twice.

    In the order of the pictures: a memory map is then read from front to back.
    """
    height, width, channels = pictures.shape[1:]
    down, across = positions(height, patch, 1), positions(width, patch, 1)
    places = _different(len(rows) * down * across, count, rng)
    which, place = np.divmod(places, down * across)
    top, left = np.divmod(place, across)
    found = np.empty((len(places), patch, patch, channels), np.uint8)
    size = max(1, min(_BLOCK, _BYTES // (height * width * channels)))
    for first in range(0, len(places), size):
        block = slice(first, first + size)
        seen, inverse = np.unique(which[block], return_inverse=True)
        read = pictures[np.asarray(rows)[seen]]
        for row in range(patch):
            for column in range(patch):
                found[block, row, column] = read[inverse, top[block] + row, left[block] + column]
    return found.reshape(len(places), -1)


_BLOCK, _BYTES = 2**13, 2**26  # patches at once, and of the pictures that they are in


def _different(among: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """`count` different numbers below `among`, in order; all of them where there are no more."""
    if count >= among:
        return np.arange(among)
    if among <= 8 * count:
        return np.sort(rng.permutation(among)[:count])
    found = np.unique(rng.integers(among, size=count + count // 4))
    while len(found) < count:
        found = np.union1d(found, rng.integers(among, size=count))
    return np.sort(rng.permutation(found)[:count])
