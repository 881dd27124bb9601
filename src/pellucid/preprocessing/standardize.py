"""Subtract the mean and divide by the deviation of each feature, both measured on the training part alone."""

from typing import Any

import numpy as np

from pellucid.arrays.namespace import namespace

# Sums of this many squares of 8-bit numbers are exact in float32 (256 · 255² < 2²⁴), in any order of adding.
_BLOCK = 256

FLOOR = 0.1
"""Deviations of pixels are taken as at least this share of the root mean square deviation of all pixels: a
pixel that is
black in all but one training picture would otherwise decide everything when it lights up."""


def standardize(inputs: Any, mean: Any, scale: Any) -> Any:
    """x (N, D) = (inputs − mean) / scale, in the dtype of mean.

    Parameters
    ----------
    inputs (N, H, W, C) uint8 or (N, D) float
    mean, scale (D,) float32 or float64, in the units of the inputs
    """
    xp = namespace(inputs, mean)
    flat = inputs.reshape(inputs.shape[0], -1)  # (N, H, W, C) → (N, D)
    # A product with the reciprocal takes half the time of a division.
    return (flat.astype(mean.dtype) - mean) * (xp.ones_like(scale) / scale)


def moments(inputs: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mean (D,) and the scale (D,) float32 of these rows, walking over them in blocks.

    The scale is the standard deviation; for pictures not below `FLOOR` of the root mean square of all, and 1 where
    nothing varies.
    """
    features = int(np.prod(inputs.shape[1:]))
    total, squares = np.zeros(features), np.zeros(features)
    # Shifting by one row's values keeps the squares small for tables with large numbers.
    shift = np.zeros(features) if inputs.dtype == np.uint8 else inputs[rows[0]].astype(np.float64).reshape(-1)
    work = np.float32 if inputs.dtype == np.uint8 else np.float64
    for start in range(0, len(rows), _BLOCK):
        block = inputs[rows[start : start + _BLOCK]].reshape(-1, features).astype(work)
        if work is np.float64:
            block -= shift
        ones = np.ones(len(block), work)
        total += ones @ block
        squares += ones @ (block * block)
    mean = total / len(rows)
    deviation = np.sqrt(np.maximum(squares / len(rows) - mean * mean, 0.0))
    if inputs.dtype == np.uint8:
        deviation = np.maximum(deviation, FLOOR * np.sqrt(np.mean(deviation**2)))
    deviation[deviation < 1e-12 * np.maximum(1.0, np.abs(mean))] = 1.0
    return (mean + shift).astype(np.float32), deviation.astype(np.float32)
