"""Small squares of pictures, and what remains of them when brightness and contrast are taken out."""

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
    # What all patches have at one offset is a slice of the pictures: (N, rows, columns, C) for each.
    seen = [
        pictures[:, row : row + down : stride, column : column + across : stride]
        for row in range(patch)
        for column in range(patch)
    ]
    return xp.stack(seen, axis=3).reshape(n, rows, columns, patch * patch * channels)


def normalized(x: Any, contrast: float) -> Any:
    """Patches without their brightness and contrast.

    Forward    x̃ = (x − mean(x)) / √(var(x) + contrast), the variance with P − 1 in the denominator
    Shapes     x (..., P) of gray levels from 0 to 255 → (..., P) float32
    Source     Coates, Ng and Lee 2011, section 3.2; contrast 10 as in their program: without it the noise of a patch
               of sky would count as much as the edge of a roof
    """
    xp = namespace(x)
    x = x.astype("float32")
    x = x - x.mean(axis=-1, keepdims=True)
    variance = (x * x).sum(axis=-1, keepdims=True) / np.float32(max(x.shape[-1] - 1, 1))
    return x / xp.sqrt(variance + np.float32(contrast))


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
    for first in range(0, len(places), _BLOCK):
        block = slice(first, first + _BLOCK)
        seen, inverse = np.unique(which[block], return_inverse=True)
        read = pictures[np.asarray(rows)[seen]]
        for row in range(patch):
            for column in range(patch):
                found[block, row, column] = read[inverse, top[block] + row, left[block] + column]
    return found.reshape(len(places), -1)


_BLOCK = 2**13


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
