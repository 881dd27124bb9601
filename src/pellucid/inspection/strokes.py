"""The smallest pieces of a chart: places on paper, numbers as text, lines of words."""

import html
import math
from collections.abc import Iterable, Sequence

import numpy as np

from pellucid.inspection.axes import Scale

Numbers = Sequence[float] | np.ndarray


def places(x: Numbers, y: Numbers, px: Scale, py: Scale) -> list[tuple[float, float]]:
    """Where points are on paper; NaN for what an axis cannot show."""
    return [(px(a), py(b)) for a, b in zip(x, y, strict=True)]


def visible(points: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """The points of which both axes can show their value."""
    return [point for point in points if math.isfinite(sum(point))]


def words(said: str, x: float, y: float, color: str, anchor: str) -> str:
    """A line of text; `anchor`: which end of it is at x (start, middle, end)."""
    if not said:
        return ""
    return f'<text class="{color}" x="{pixels(x)}" y="{pixels(y)}" text-anchor="{anchor}">{html.escape(said)}</text>'


def pixels(*distances: float) -> str:
    """Distances with a space between them; a tenth of a pixel is as fine as anybody sees."""
    return " ".join(f"{d:.1f}".removesuffix(".0") if abs(d) >= 0.05 else "0" for d in distances)
