"""An array shown in little room: a number, a small matrix of numbers, or a thumbnail with its range."""

from dataclasses import dataclass

import numpy as np

from pellucid.graph.number_text import exact, extent, range_text, short
from pellucid.graph.thumbnail import Thumbnail, thumbnail

NUMBER = 14.0  # sizes of type, in pixels
CELL = 12.0
CAPTION = 11.0
_WIDEST_MATRIX = 220.0

_WIDEST = frozenset("…@mwMW%")
_WIDE = frozenset("−×÷+=<>±∇≥≤∞→‖ΣOQGD")
_NARROW = frozenset(".,:;il'·()[] !ftjrI/⁰¹²³⁴⁵⁶⁷⁸⁹₁")


@dataclass(frozen=True)
class Exhibit:
    """What is shown of an array, and the room it takes. `rows` are texts with their exact numbers."""

    width: float
    height: float
    rows: tuple[tuple[tuple[str, str], ...], ...] = ()
    column_width: float = 0.0
    picture: Thumbnail | None = None
    caption: str = ""


def text_width(text: str, size: float) -> float:
    """How wide a text can become in any common sans-serif: an upper bound, measured on DejaVu Sans, a wide one."""
    units = 0.0
    for letter in text:
        if letter in _WIDEST:
            units += 1.0
        elif letter in _WIDE:
            units += 0.84
        else:
            units += 0.42 if letter in _NARROW else 0.7 if letter.isupper() else 0.645
    return units * size


def exhibit(
    values: np.ndarray | None,
    *,
    prefix: str = "",
    picture_shape: tuple[int, int, int] | None = None,
    signed: bool = False,
    gradient: bool = False,
) -> Exhibit | None:
    """How an array is shown: as a number, as numbers if it is at most 4 × 4, else as a picture. None for None."""
    if values is None:
        return None
    if values.ndim == 0:
        number = values.item()
        text = prefix + _number(number)
        return Exhibit(text_width(text, NUMBER), NUMBER + 3, (((text, _exact(number)),),), 0.0)
    low, high, wrong = extent(values)
    if values.size > 4 and low == high and not wrong:
        caption = f"all {short(low or 0.0)}"
        return Exhibit(text_width(caption, NUMBER), NUMBER + 3, caption=caption)
    if 0 < values.size <= 12 and values.ndim <= 2 and (values.ndim == 1 or max(values.shape) <= 4):
        grid = np.atleast_2d(values)
        grid = grid.astype(np.int8) if grid.dtype == bool else grid
        for digits in (3, 2):
            rows = tuple(tuple((_number(v.item(), digits), _exact(v.item())) for v in row) for row in grid)
            column = max(text_width(text, CELL) for row in rows for text, _ in row) + 8
            if column * grid.shape[1] <= _WIDEST_MATRIX:
                return Exhibit(column * grid.shape[1] + 10, len(rows) * (CELL + 4) + 4, rows, column)
    picture = thumbnail(values, picture_shape, signed)
    caption = gradient_range(values) if gradient else range_text(values)
    width = text_width(caption, CAPTION)
    height = CAPTION + 4
    if picture:
        width, height = max(width, picture.width + 4), height + picture.height + 3
    return Exhibit(width, height, picture=picture, caption=caption)


def _number(number: object, digits: int = 3) -> str:
    return str(number) if isinstance(number, bool) else short(float(number), digits)  # type: ignore[arg-type]


def _exact(number: object) -> str:
    return str(number) if isinstance(number, bool | int) else exact(float(number))  # type: ignore[arg-type]


def gradient_range(values: np.ndarray) -> str:
    """How strong a gradient is at most: its sign is seen in the picture."""
    low, high, wrong = extent(values)
    if low is None or high is None or wrong:
        return range_text(values)
    strongest = max(abs(low), abs(high))
    return f"|∇| ≤ {short(strongest, 2)}" if strongest else "∇ = 0"
