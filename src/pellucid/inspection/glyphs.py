"""Glyphs of oriented gradients: in each cell a stroke along every edge, the brighter the stronger the edge."""

import math

import numpy as np

_LENGTH = 0.94  # of a stroke, of the shorter side of its cell
_FINE = 3  # points across a pixel at which is asked whether the stroke covers it


def strokes(
    orientations: int, height: int, width: int, signed: bool = False, first: float = 0.5
) -> np.ndarray:
    """How much of each pixel the stroke of each orientation covers, 0 to 1: (orientations, height, width) float32.

    A gradient points across its edge, so the stroke of a direction is drawn at a right angle to it. Over 360° it is
    half a stroke: outward from the middle with the bright side on its right. `first` is where the middle of the first
    direction lies, in directions.
    """
    short = min(height, width)
    thick = max(1.0, short / 11)
    y, x = (
        (np.arange(side * _FINE) + 0.5) / _FINE - side / 2 for side in (height, width)
    )  # from the middle of the cell, in pixels
    turn = 2 * math.pi if signed else math.pi
    found = []
    for k in range(orientations):
        angle = (k + first) * turn / orientations
        down, across = math.sin(angle), math.cos(angle)  # of the gradient
        past = y[:, np.newaxis] * down + x * across
        along = x * down - y[:, np.newaxis] * across
        reached = (along if signed else np.abs(along)) <= short * _LENGTH / 2
        covered = (np.abs(past) <= thick / 2) & reached & ((along >= 0) if signed else True)
        found.append(covered.reshape(height, _FINE, width, _FINE).mean(axis=(1, 3)))
    return np.stack(found).astype(np.float32)


def glyphs(
    strengths: np.ndarray, height: int, width: int, signed: bool = False, first: float = 0.5
) -> np.ndarray:
    """Cells of strengths from 0 to 1 drawn: where strokes cross the strongest one is seen.

    Shapes     strengths (R, C, orientations), cells of height × width pixels → (R · height, C · width) float32
    """
    rows, columns, orientations = strengths.shape
    masks = strokes(orientations, height, width, signed, first)
    drawn = np.zeros((rows, height, columns, width), np.float32)
    for k in range(orientations):
        strength = strengths[:, :, k].astype(np.float32)
        np.maximum(drawn, strength[:, np.newaxis, :, np.newaxis] * masks[k][:, np.newaxis], out=drawn)
    return drawn.reshape(rows * height, columns * width)


def blended(ground: np.ndarray, color: tuple[int, int, int], share: np.ndarray) -> np.ndarray:
    """A ground (h, w, 3) with a color over it, as much of it as the shares (h, w) say: (h, w, 3) uint8."""
    share = share[..., np.newaxis]
    return np.rint(ground * (1 - share) + np.array(color, float) * share).astype(np.uint8)
