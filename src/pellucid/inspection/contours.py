"""Lines of equal height on a surface: where they pass through the cells of a grid, joined to rings."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from pellucid.inspection.axes import Scale
from pellucid.inspection.strokes import Numbers, pixels, places

Point = tuple[float, float]

# Corners of a cell in the order of going around it: (row, column), and the edges between neighbors.
_CORNERS = ((0, 0), (0, 1), (1, 1), (1, 0))


@dataclass(frozen=True)
class Contours:
    """A surface seen from above: the higher, the darker, with a line at each level.

    x (C,), y (R,) evenly spaced; heights (R, C); levels in any order.
    """

    x: Numbers
    y: Numbers
    heights: np.ndarray
    levels: Numbers
    color: str = "blue"
    clipped: ClassVar[bool] = True

    def extent(self) -> tuple[Iterable[float], Iterable[float]]:
        return self.x, self.y

    def svg(self, px: Scale, py: Scale) -> str:
        columns, rows = np.arange(len(self.x)), np.arange(len(self.y))
        shade = f'class="level {self.color}" fill-rule="evenodd" fill-opacity="{0.55 / len(self.levels):.3f}"'
        parts = []
        for level in sorted(float(each) for each in self.levels):
            path = ""
            for ring in rings(self.heights, level):
                x = np.interp([at for at, _ in ring], columns, self.x)
                y = np.interp([at for _, at in ring], rows, self.y)
                path += "M" + "L".join(pixels(*place) for place in places(x, y, px, py)) + "Z"
            parts.append(f'<path {shade} d="{path}"/>' if path else "")
        return "".join(parts)


def rings(heights: np.ndarray, level: float) -> list[list[Point]]:
    """The borders of the region where a surface is at least as high as the level, as closed rings.

    The cells that the border passes are cut by straight lines between places that are interpolated on their edges
    (marching squares; Lorensen and Cline 1987 is the same with cubes). Where the region reaches the end of the
    grid its ring follows that end. Drawn with the even-odd rule the rings fill the region.

    Parameters
    ----------
    heights : (R, C), at the points of a grid

    Returns
    -------
    rings of (column, row), in steps of the grid from 0, the last point next to the first
    """
    surrounded = np.pad(np.asarray(heights, np.float64), 1, constant_values=-np.inf)
    after: dict[tuple, tuple] = {}
    high = surrounded >= level
    mixed = high[:-1, :-1].astype(int) + high[:-1, 1:] + high[1:, 1:] + high[1:, :-1]
    for row, column in zip(*np.nonzero((mixed > 0) & (mixed < 4)), strict=True):
        cell = [(int(row) + r, int(column) + c) for r, c in _CORNERS]
        inside = [bool(high[at]) for at in cell]
        # Around the cell the border goes out where the next corner is low, and in again where it is high.
        out = [i for i in range(4) if inside[i] and not inside[(i + 1) % 4]]
        for i in out:
            back = next(k for k in range(i, i - 4, -1) if not inside[(k - 1) % 4]) % 4
            after[_edge(cell[i], cell[(i + 1) % 4])] = _edge(cell[(back - 1) % 4], cell[back])
    found = []
    while after:
        edge, here = after.popitem()
        ring = [edge]
        while here != edge:
            ring.append(here)
            here = after.pop(here)
        found.append([_crossing(surrounded, a, b, level) for a, b in ring])
    return found


def _edge(a: tuple[int, int], b: tuple[int, int]) -> tuple:
    return (a, b) if a < b else (b, a)


def _crossing(heights: np.ndarray, a: tuple[int, int], b: tuple[int, int], level: float) -> Point:
    """Where the height passes the level between two neighbors, in steps of the grid without its surroundings."""
    if not np.isfinite(heights[a]) or not np.isfinite(heights[b]):
        share = 0.0 if np.isfinite(heights[a]) else 1.0
    else:
        share = float((level - heights[a]) / (heights[b] - heights[a]))
    row, column = (a[i] + share * (b[i] - a[i]) - 1 for i in (0, 1))
    return (column, row)
