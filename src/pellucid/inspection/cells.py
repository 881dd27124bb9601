"""A small array as squares in a chart, such as the weights of one class."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from pellucid.inspection.axes import Scale
from pellucid.inspection.strokes import pixels


@dataclass(frozen=True)
class Cells:
    """A small array as squares, one unit wide: positive ones orange, negative ones blue, exact zeros as paper.

    values (R, C); `x`, `y`: its left upper corner, where y grows upwards; `largest`: the value of full color.
    """

    values: np.ndarray
    x: float = 0.0
    y: float = 0.0
    largest: float | None = None
    clipped: ClassVar[bool] = False

    def extent(self) -> tuple[Iterable[float], Iterable[float]]:
        rows, columns = np.shape(self.values)
        return (self.x, self.x + columns), (self.y - rows, self.y)

    def svg(self, px: Scale, py: Scale) -> str:
        values = np.asarray(self.values, np.float64)
        largest = self.largest or np.abs(values).max(initial=0.0) or 1.0
        # Ten steps of color on each side: squares of the same color are one path. Only an exact zero has none.
        strength = np.sign(values) * np.clip(np.ceil(10 * np.abs(values) / largest), 0, 10)
        side = px(self.x + 1) - px(self.x)
        rows, columns = values.shape
        left, top = px(self.x), py(self.y)
        parts = [
            f'<rect class="frame" x="{pixels(left)}" y="{pixels(top)}" width="{pixels(columns * side)}" '
            f'height="{pixels(rows * side)}"/>'
        ]
        for step in np.unique(strength[strength != 0]):
            squares = "".join(
                f"M{pixels(left + c * side, top + r * side)}h{pixels(side)}v{pixels(side)}h{pixels(-side)}z"
                for r, c in zip(*np.nonzero(strength == step), strict=True)
            )
            color = "orange" if step > 0 else "blue"
            parts.append(f'<path class="area {color}" fill-opacity="{abs(step) / 10:.1f}" d="{squares}"/>')
        return "".join(parts)
