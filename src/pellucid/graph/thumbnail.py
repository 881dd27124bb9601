"""An array as a picture small enough to stand in a node: a heat map, or the pictures it holds."""

import base64
import math
from dataclasses import dataclass

import numpy as np

from pellucid.graph.number_text import extent
from pellucid.storage.png import png

# Blue below zero, nearly white at zero, orange above: the pair that color-blind people tell apart best (Okabe and
# Ito 2008); both get darker with strength.
_NEGATIVE = np.array([(243, 243, 241), (158, 195, 230), (66, 133, 196), (12, 74, 140)], float)
_POSITIVE = np.array([(243, 243, 241), (250, 195, 140), (226, 120, 34), (148, 62, 4)], float)
_NOT_FINITE = (208, 0, 180)

WIDEST = 76  # pixels of the drawing
HIGHEST = 52
_FINEST = 96  # cells of a heat map along an axis; beyond, blocks are averaged
_PICTURES = 6  # pictures of a batch that are shown


@dataclass(frozen=True)
class Thumbnail:
    """A picture as a data URI, and the width and height at which it is drawn."""

    uri: str
    width: float
    height: float


def thumbnail(
    values: np.ndarray | None, picture_shape: tuple[int, int, int] | None = None, signed: bool = False
) -> Thumbnail | None:
    """A small picture of an array; None where there is nothing to see.

    Pictures (N, H, W, 1 or 3), and rows (N, H·W·C) if `picture_shape` is H, W, C, are shown as pictures, the
    first few side by side; other arrays of one or two axes as a heat map, larger ones by their first two axes'
    means.

    Parameters
    ----------
    signed : the pictures are of signed numbers (weights, gradients): zero is nearly white, orange above, blue below
    """
    if values is None or values.size < 2 or values.ndim == 0:
        return None
    if picture_shape and values.ndim == 2 and values.shape[1] == math.prod(picture_shape):
        values = values[:_PICTURES].reshape(-1, *picture_shape)
    with np.errstate(all="ignore"):  # infinite numbers are drawn, in a color of their own
        if values.ndim == 4 and values.shape[3] in (1, 3) and min(values.shape[1:3]) >= 4:
            return _pictures(values[:_PICTURES], signed)
        flat = values.ndim == 1
        if values.ndim > 2:
            values = values.mean(axis=tuple(range(2, values.ndim)), dtype=np.float64)
        return _drawn(_heat(_averaged(np.atleast_2d(values))), floor=3.0 if flat else 1.0)


def _pictures(batch: np.ndarray, signed: bool) -> Thumbnail:
    """The first pictures side by side, with a line of nearly white between them."""
    batch = batch.astype(np.float64)
    if signed:
        # A template: what each place adds, its channels added up.
        limit = np.abs(batch.sum(axis=3)).max() or 1.0
        colored = _heat_values(batch.sum(axis=3) / limit)
    else:
        low, high, _ = extent(batch)
        low, high = (0.0, 255.0) if low is not None and low >= 0 and 2 < (high or 0) <= 255 else (low, high)
        span = (high - low) if low is not None and high is not None and high > low else 1.0
        gray = np.clip(np.nan_to_num((batch - (low or 0.0)) / span), 0, 1) * 255
        colored = np.rint(np.repeat(gray, 3, axis=3) if batch.shape[3] == 1 else gray).astype(np.uint8)
    step = max(1, -(-max(colored.shape[1:3]) // 64))
    colored = colored[:, ::step, ::step]
    count, height, width, _ = colored.shape
    columns = min(count, 3)
    rows = -(-count // columns)
    sheet = np.full((rows * (height + 1) - 1, columns * (width + 1) - 1, 3), 250, np.uint8)
    for index in range(count):
        down, across = divmod(index, columns)
        sheet[down * (height + 1) :, across * (width + 1) :][:height, :width] = colored[index]
    return _drawn(sheet, floor=1.0)


def _averaged(grid: np.ndarray) -> np.ndarray:
    """At most `_FINEST` rows and columns: each the mean of a block; what is left over at the end is left out."""
    # Of a whole data set every so manyth row is enough, and takes no memory.
    grid = grid[:: max(1, grid.shape[0] // (16 * _FINEST)), :: max(1, grid.shape[1] // (16 * _FINEST))]
    for axis in (0, 1):
        step = -(-grid.shape[axis] // _FINEST)
        if step > 1:
            count = grid.shape[axis] // step
            grid = np.moveaxis(np.moveaxis(grid, axis, 0)[: count * step], 0, axis)
            shape = (count, step, grid.shape[1]) if axis == 0 else (grid.shape[0], count, step)
            grid = grid.reshape(shape).mean(axis=axis + 1, dtype=np.float64)
    return grid.astype(np.float64)


def _heat(grid: np.ndarray) -> np.ndarray:
    low, high, _ = extent(grid)
    limit = max(abs(low or 0.0), abs(high or 0.0)) or 1.0
    return _heat_values(grid / limit)


def _heat_values(share: np.ndarray) -> np.ndarray:
    """Numbers from −1 to 1 as colors (..., 3) uint8; those that are not finite in a color of their own."""
    finite = np.isfinite(share)
    clean = np.clip(np.where(finite, share, 0.0), -1, 1)
    stops = np.linspace(0, 1, len(_POSITIVE))
    channels = [
        np.where(
            clean >= 0,
            np.interp(clean, stops, _POSITIVE[:, channel]),
            np.interp(-clean, stops, _NEGATIVE[:, channel]),
        )
        for channel in range(3)
    ]
    colors = np.rint(np.stack(channels, axis=-1)).astype(np.uint8)
    colors[~finite] = _NOT_FINITE
    return colors


def _drawn(picture: np.ndarray, floor: float) -> Thumbnail:
    """The picture at a size at which it fits; `floor` keeps a single row of numbers from being a hair line."""
    rows, columns = picture.shape[:2]
    scale = min(WIDEST / columns, HIGHEST / rows, 9.0)
    width, height = max(columns * scale, 6.0), max(rows * scale, 4.0 * floor if rows == 1 else 6.0)
    uri = "data:image/png;base64," + base64.b64encode(png(picture)).decode("ascii")
    return Thumbnail(uri, round(width, 1), round(height, 1))
