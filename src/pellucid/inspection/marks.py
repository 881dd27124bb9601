"""What can stand in a chart: curves, bands, dots, bars, arrows, lines across, words; see also `contours` and `cells`.

Each mark knows how far it reaches (`extent`, so that the axes hold it) and draws itself as SVG (`svg`, from the two
scales of its panel). Colors are names: blue, orange, green, purple, red, gray.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from pellucid.inspection.axes import Scale
from pellucid.inspection.strokes import Numbers, pixels, places, visible, words


class Mark(Protocol):
    """Something in a chart.

    Attributes
    ----------
    clipped : whether it ends at the panel's edge; dots and words may reach over it
    """

    clipped: ClassVar[bool]

    def extent(self) -> tuple[Iterable[float], Iterable[float]]:
        """The values along x and along y that the axes must hold."""
        ...

    def svg(self, px: Scale, py: Scale) -> str:
        """The drawing, in pixels."""
        ...


@dataclass(frozen=True)
class Curve:
    """A line through points, with its name at its end; where a value cannot be shown, the line is broken.

    x, y (n,); dashed, dotted (with a dot at each point), width in pixels.
    """

    x: Numbers
    y: Numbers
    name: str = ""
    color: str = "blue"
    dashed: bool = False
    dotted: bool = False
    width: float = 2.0
    clipped: ClassVar[bool] = True

    def extent(self) -> tuple[Iterable[float], Iterable[float]]:
        return self.x, self.y

    def svg(self, px: Scale, py: Scale) -> str:
        parts, pen = [], "M"
        for x, y in places(self.x, self.y, px, py):
            shown = math.isfinite(x + y)
            parts.append(f"{pen}{pixels(x, y)}" if shown else "")
            pen = "L" if shown else "M"
        dash = ' stroke-dasharray="6 4"' if self.dashed else ""
        line = f'<path class="line {self.color}" stroke-width="{self.width:g}"{dash} d="{"".join(parts)}"/>'
        return line + (Dots(self.x, self.y, color=self.color, radius=3).svg(px, py) if self.dotted else "")


@dataclass(frozen=True)
class Dots:
    """Points that are not joined. x, y (n,); radius in pixels; hollow: drawn as rings."""

    x: Numbers
    y: Numbers
    name: str = ""
    color: str = "blue"
    radius: float = 4.0
    hollow: bool = False
    clipped: ClassVar[bool] = False

    def extent(self) -> tuple[Iterable[float], Iterable[float]]:
        return self.x, self.y

    def svg(self, px: Scale, py: Scale) -> str:
        look = f"{'ring' if self.hollow else 'dot'} {self.color}"
        return "".join(
            f'<circle class="{look}" cx="{pixels(x)}" cy="{pixels(y)}" r="{self.radius:g}"/>'
            for x, y in visible(places(self.x, self.y, px, py))
        )


@dataclass(frozen=True)
class Band:
    """The region between two curves: a spread over seeds, a margin. x, low, high (n,)."""

    x: Numbers
    low: Numbers
    high: Numbers
    color: str = "blue"
    clipped: ClassVar[bool] = True

    def extent(self) -> tuple[Iterable[float], Iterable[float]]:
        return self.x, [*self.low, *self.high]

    def svg(self, px: Scale, py: Scale) -> str:
        there = [*places(self.x, self.high, px, py), *reversed(places(self.x, self.low, px, py))]
        path = "L".join(pixels(x, y) for x, y in visible(there))
        return f'<path class="area {self.color}" fill-opacity="0.18" d="M{path}Z"/>' if path else ""


@dataclass(frozen=True)
class Bars:
    """Upright bars from `base` to y, `width` wide in units of x, with words above (or below) them."""

    x: Numbers
    y: Numbers
    name: str = ""
    color: str = "blue"
    width: float = 0.7
    base: float = 0.0
    texts: Sequence[str] = ()
    clipped: ClassVar[bool] = False

    def extent(self) -> tuple[Iterable[float], Iterable[float]]:
        x = [float(v) for v in self.x]
        return [v + side * self.width * 0.7 for v in x for side in (-1, 1)], [*self.y, self.base]

    def svg(self, px: Scale, py: Scale) -> str:
        parts = []
        floor = py(self.base)
        floor = floor if math.isfinite(floor) else py.start  # a logarithmic axis has no 0
        for i, (x, height) in enumerate(zip(self.x, self.y, strict=True)):
            left, right, top = px(x - self.width / 2), px(x + self.width / 2), py(height)
            if not math.isfinite(left + right + top):
                continue
            upper, lower = min(top, floor), max(top, floor)
            parts.append(
                f'<rect class="area {self.color}" x="{pixels(left)}" y="{pixels(upper)}" '
                f'width="{pixels(right - left)}" height="{pixels(lower - upper)}" rx="1.5"/>'
            )
            if self.texts:
                y = upper - 6 if height >= self.base else lower + 16
                parts.append(words(self.texts[i], (left + right) / 2, y, "ink", "middle"))
        return "".join(parts)


@dataclass(frozen=True)
class Arrow:
    """From one place to another: a gradient, a step."""

    x: float
    y: float
    to_x: float
    to_y: float
    color: str = "red"
    width: float = 2.0
    clipped: ClassVar[bool] = False

    def extent(self) -> tuple[Iterable[float], Iterable[float]]:
        return (self.x, self.to_x), (self.y, self.to_y)

    def svg(self, px: Scale, py: Scale) -> str:
        (x0, y0), (x1, y1) = places([self.x, self.to_x], [self.y, self.to_y], px, py)
        length = math.hypot(x1 - x0, y1 - y0)
        if not length >= 0.5:  # also where an axis cannot show it
            return ""
        head = min(9.0, length)
        ux, uy = head * (x1 - x0) / length, head * (y1 - y0) / length
        bx, by = x1 - ux, y1 - uy  # where the shaft ends and the head begins
        wings = pixels(bx - 0.45 * uy, by + 0.45 * ux), pixels(bx + 0.45 * uy, by - 0.45 * ux)
        shaft = f'stroke-width="{self.width:g}" d="M{pixels(x0, y0)}L{pixels(bx, by)}"'
        return (
            f'<path class="line {self.color}" {shaft}/>'
            f'<path class="area {self.color}" d="M{pixels(x1, y1)}L{"L".join(wings)}Z"/>'
        )


@dataclass(frozen=True)
class Rule:
    """A dashed line across the panel at one value of x or of y, and its name: chance, the optimum, a margin."""

    x: float | None = None
    y: float | None = None
    name: str = ""
    color: str = "gray"
    clipped: ClassVar[bool] = False

    def extent(self) -> tuple[Iterable[float], Iterable[float]]:
        return [] if self.x is None else [self.x], [] if self.y is None else [self.y]

    def svg(self, px: Scale, py: Scale) -> str:
        dash = f'<path class="line {self.color}" stroke-width="1.4" stroke-dasharray="3 3" '
        if self.x is not None and math.isfinite(x := px(self.x)):
            left = x > (px.start + px.end) / 2
            word = words(
                self.name, x + (-6 if left else 6), py.end + 12, self.color, "end" if left else "start"
            )
            return f'{dash}d="M{pixels(x, py.start)}V{pixels(py.end)}"/>{word}'
        if self.y is not None and math.isfinite(y := py(self.y)):
            word = words(self.name, px.end - 4, y - 6, self.color, "end")
            return f'{dash}d="M{pixels(px.start, y)}H{pixels(px.end)}"/>{word}'
        return ""


@dataclass(frozen=True)
class Note:
    """Words at a place, moved by dx, dy pixels; `anchor`: which end of them is there (start, middle, end)."""

    x: float
    y: float
    text: str
    color: str = "ink"
    anchor: str = "start"
    dx: float = 0.0
    dy: float = 0.0
    clipped: ClassVar[bool] = False

    def extent(self) -> tuple[Iterable[float], Iterable[float]]:
        return [self.x], [self.y]

    def svg(self, px: Scale, py: Scale) -> str:
        x, y = px(self.x), py(self.y)
        if not math.isfinite(x + y):
            return ""
        return words(self.text, x + self.dx, y + self.dy, self.color, self.anchor)
