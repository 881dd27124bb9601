"""How much of one picture is in another, if it may be moved and enlarged a little: by correlating their edges."""

import numpy as np

SIDE, WINDOW = 32, 20
"""Pixels of a side of the pictures that are compared, and of the part of one that is looked for in the other."""

SCALES = (0.8, 0.9, 1.0, 1.11, 1.25)

LEAST_EDGE = 1.4
"""Gray levels, root mean square of the differences of neighboring pixels: in anything flatter everything is alike."""

_BLOCK = 1000


def alike(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(n,) float32, 0 to 1: how well the middle of one picture is found again in the other.

    The middle 20 × 20 pixels of either, at five scales from 0.8 to 1.25, are compared with every place of the other by
    the normalized correlation of their gradients (Lewis 1995, "Fast normalized cross-correlation"), computed for all
    places at once by Fourier transforms; the best counts. Light, contrast and a little blur do not matter; pictures
    that are flat wherever they are compared are not alike.

    Parameters
    ----------
    first, second (n, 32, 32) float32 : gray levels, 0 to 255
    """
    found = np.empty(len(first), np.float32)
    for start in range(0, len(first), _BLOCK):
        block = slice(start, start + _BLOCK)
        one, other = _softened(first[block]), _softened(second[block])
        found[block] = np.maximum(_best(one, other), _best(other, one))
    return found


def _best(picture: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(n,) the best correlation of the middle of a picture (n, 32, 32), at any scale, with any place of the other."""
    from scipy import fft

    size = (SIDE, SIDE)
    edges = _gradients(other)  # (n, 2, 31, 31)
    spectrum = fft.rfft2(edges, size, workers=-1)
    places = SIDE - WINDOW + 1
    energy = _sums((edges**2).sum(axis=1), WINDOW - 1)  # (n, 13, 13), of each place
    least = 2 * (WINDOW - 1) ** 2 * LEAST_EDGE**2
    best = np.zeros(len(picture), np.float32)
    for scale in SCALES:
        sampled = _sampling(scale)
        middle = _gradients(sampled @ picture @ sampled.T)  # (n, 2, 19, 19)
        own = (middle**2).sum(axis=(1, 2, 3))[:, np.newaxis, np.newaxis]
        product = (spectrum * np.conj(fft.rfft2(middle, size, workers=-1))).sum(axis=1)
        products = fft.irfft2(product, size, workers=-1)[:, :places, :places]
        textured = (own >= least) & (energy >= least)
        correlations = np.where(textured, products / np.sqrt(np.where(textured, own * energy, 1.0)), 0.0)
        best = np.maximum(best, correlations.max(axis=(1, 2)).astype(np.float32))
    return np.minimum(best, 1.0)


def _gradients(pictures: np.ndarray) -> np.ndarray:
    """(n, 2, h − 1, w − 1): differences to the pixel below and to the one at the right."""
    corner = pictures[:, :-1, :-1]
    return np.stack([pictures[:, 1:, :-1] - corner, pictures[:, :-1, 1:] - corner], axis=1)


def _sums(values: np.ndarray, window: int) -> np.ndarray:
    """The sums over every square window of values (n, h, w): (n, h − window + 1, w − window + 1)."""
    total = np.pad(values.cumsum(axis=1, dtype=np.float64).cumsum(axis=2), ((0, 0), (1, 0), (1, 0)))
    high = total[:, window:] - total[:, :-window]
    return (high[:, :, window:] - high[:, :, :-window]).astype(np.float32)


def _sampling(scale: float) -> np.ndarray:
    """(20, 32): takes the middle of a row of 32 pixels, enlarged by the scale, by linear interpolation."""
    places = np.clip((np.arange(WINDOW) - (WINDOW - 1) / 2) / scale + (SIDE - 1) / 2, 0, SIDE - 1)
    return np.maximum(1 - np.abs(places[:, np.newaxis] - np.arange(SIDE)), 0).astype(np.float32)


def _softened(pictures: np.ndarray) -> np.ndarray:
    """Each pixel averaged with its neighbors, 1 : 2 : 1: what compression and enlarging leave the same."""
    for axis in (1, 2):
        wide = np.pad(pictures, [(1, 1) if each == axis else (0, 0) for each in range(3)], "edge")
        before, middle, after = (np.take(wide, np.arange(SIDE) + k, axis=axis) for k in range(3))
        pictures = (before + 2 * middle + after) / 4
    return pictures
