"""Subtract the mean and divide by the deviation of each feature, both measured on the training part alone."""

from typing import Any

import numpy as np

from pellucid.arrays.namespace import namespace

# Sums of this many squares of 8-bit numbers are exact in float32 (256 · 255² < 2²⁴), in any order of adding.
_BLOCK = 256

FLOOR = 0.1
"""Deviations of pixels are taken as at least this share of the root mean square deviation of all pixels: a pixel that
is black in all but one training picture would otherwise decide everything when it lights up."""


def standardize(inputs: Any, mean: Any, scale: Any) -> Any:
    """x (N, D) = (inputs − mean) / scale, in the dtype of mean.

    Parameters
    ----------
    inputs (N, H, W, C) uint8 or (N, D) float
    mean, scale (D,) float32 or float64, in the units of the inputs
    """
    xp = namespace(inputs, mean)
    flat = inputs.reshape(inputs.shape[0], mean.shape[0])  # (N, H, W, C) → (N, D), also for N = 0
    # A product with the reciprocal takes half the time of a division.
    return (flat.astype(mean.dtype) - mean) * (xp.ones_like(scale) / scale)


def moments(inputs: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mean (D,) and the scale (D,) float32 of these rows, walking over them in blocks.

    The scale is the standard deviation; for pictures not below `FLOOR` of the root mean square of all, and 1 where
    nothing varies.
    """
    pictures = inputs.dtype == np.uint8
    return of_deviations(*(_of_pixels if pictures else _of_numbers)(inputs, rows), pictures)


def of_deviations(mean: np.ndarray, deviation: np.ndarray, pictures: bool) -> tuple[np.ndarray, np.ndarray]:
    """The mean (D,) and the scale (D,) float32 that `moments` makes of means and standard deviations (D,)."""
    deviation = np.array(deviation)
    if pictures:
        deviation = np.maximum(deviation, FLOOR * np.sqrt(np.mean(deviation**2)))
    # Less than a rounding error is no variation; nor is what has no reciprocal in float32.
    deviation[deviation <= np.maximum(np.finfo(np.float64).eps * np.abs(mean), 1e-37)] = 1.0
    return mean.astype(np.float32), deviation.astype(np.float32)


def block_rows(features: int, most: int) -> int:
    """How many rows of D features are worked on at once: `most`, but fewer where they would fill the memory (2²⁴
    numbers are 64 MB as float32)."""
    return max(1, min(most, 2**24 // max(features, 1)))


def _of_pixels(inputs: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation (D,) of 8-bit numbers: sums of them and of their squares are exact, and fast."""
    features = int(np.prod(inputs.shape[1:]))
    total, squares = np.zeros(features), np.zeros(features)
    size = block_rows(features, _BLOCK)
    for start in range(0, len(rows), size):
        block = inputs[rows[start : start + size]].reshape(-1, features).astype(np.float32)  # (B, D)
        ones = np.ones(len(block), np.float32)
        total += ones @ block
        squares += ones @ (block * block)
    mean = total / len(rows)
    return mean, np.sqrt(np.maximum(squares / len(rows) - mean * mean, 0.0))


def _of_numbers(inputs: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation (D,) of any numbers: counted from the first row, and each block is centered at its own
    mean and joined to those before (Chan, Golub and LeVeque 1983, section 2), so nothing cancels however far from 0 the
    numbers are, or the first row from all others."""
    features = int(np.prod(inputs.shape[1:]))
    first = inputs[rows[0]].astype(np.float64).reshape(features)
    count, mean, squares = 0, np.zeros(features), np.zeros(features)
    size = block_rows(features, _BLOCK)
    for start in range(0, len(rows), size):
        block = inputs[rows[start : start + size]].reshape(-1, features).astype(np.float64) - first  # (B, D)
        center = block.mean(axis=0)
        moved = center - mean
        joined = count + len(block)
        squares += ((block - center) ** 2).sum(axis=0) + moved**2 * (count * len(block) / joined)
        mean += moved * (len(block) / joined)
        count = joined
    return first + mean, np.sqrt(squares / count)
