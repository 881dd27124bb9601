"""Axes of a chart: from values to places on paper, straight or logarithmic, with round numbers beside them."""

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from pellucid.graph.number_text import short, superscript
from pellucid.storage.errors import InputError


@dataclass(frozen=True)
class Axis:
    """What an axis shows.

    Attributes
    ----------
    name : of the quantity, with its unit
    logarithmic : equal factors are equal steps; what is not above 0 is left out
    low, high : the ends; without, the smallest and the largest value that is drawn
    ticks : value → text, in place of round numbers; {} for none
    """

    name: str = ""
    logarithmic: bool = False
    low: float | None = None
    high: float | None = None
    ticks: Mapping[float, str] | None = None

    def scale(self, values: Iterable[float], start: float, end: float, rounded: bool = False) -> "Scale":
        """The axis laid from pixel `start` to pixel `end`; `rounded` lets it begin and end at round numbers."""
        shown = [float(v) for v in values if self._shows(float(v))]
        low = self.low if self.low is not None else min(shown, default=1.0)
        high = self.high if self.high is not None else max(shown, default=low)
        if not (self._shows(low) and self._shows(high) and low <= high):
            raise InputError(f"The axis {self.name!r} cannot go from {low:g} to {high:g}.")
        marks = self._marks(low, high)
        if rounded and self.low is None:
            low = min([low, *marks])
        if rounded and self.high is None:
            high = max([high, *marks])
        if low == high:
            low, high = (low / 2, high * 2) if self.logarithmic else (low - 0.5, high + 0.5)
        # A tick may miss the end by rounding alone.
        slack = 1e-9 * (high - low)
        inside = {at: text for at, text in marks.items() if low - slack <= at <= high + slack}
        forward = math.log10 if self.logarithmic else float
        return Scale(forward, forward(low), forward(high), start, end, inside, self._shows)

    def _shows(self, value: float) -> bool:
        return math.isfinite(value) and (value > 0 or not self.logarithmic)

    def _marks(self, low: float, high: float) -> dict[float, str]:
        if self.ticks is not None:
            return dict(self.ticks)
        found = log_ticks(low, high) if self.logarithmic else ticks(low, high)
        return {value: tick_text(value) for value in found}


@dataclass(frozen=True)
class Scale:
    """From a value to its place in pixels; NaN for what the axis cannot show."""

    forward: Callable[[float], float]
    low: float
    high: float
    start: float
    end: float
    marks: Mapping[float, str]
    shows: Callable[[float], bool]

    def __call__(self, value: float) -> float:
        if not self.shows(float(value)):
            return math.nan
        share = (self.forward(float(value)) - self.low) / (self.high - self.low)
        # Far outside a drawing programs lose their accuracy, or give up.
        return self.start + min(max(share, -9.0), 10.0) * (self.end - self.start)


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Round numbers (1, 2 or 5 times a power of ten) that cover low to high, about `count` steps."""
    span = (high - low) or abs(high) or 1.0
    power = 10.0 ** math.floor(math.log10(span / count))
    step = next((power * f for f in (1, 2, 5) if span / (power * f) <= count), power * 10)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(i * step, 12) for i in range(first, last + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """1, 2, 5 times powers of ten from low to high; powers alone, or every second, third … of them, where those are
    too many, and finer steps where they are fewer than three."""
    first, last = math.floor(math.log10(low)), math.floor(math.log10(high)) + 1
    inside = [f * 10.0**e for e in range(first, last + 1) for f in (1, 2, 5) if low <= f * 10.0**e <= high]
    stride = 1
    while len(inside) > 6:
        inside = [10.0**e for e in range(first, last + 1) if low <= 10.0**e <= high and e % stride == 0]
        stride += 1
    return inside if len(inside) >= 3 else [t for t in ticks(low, high) if t > 0]


def tick_text(value: float) -> str:
    """A round number as it stands beside an axis: 0.5, −20, 10⁻⁷."""
    exponent = round(math.log10(abs(value))) if value else 0
    if value == 10.0**exponent and not -4 < exponent < 5:
        return f"10{superscript(str(exponent))}"
    return short(value)


def apart(positions: Sequence[float], least: float) -> list[float]:
    """The same positions, moved so that neighbors are `least` apart and texts do not cover each other."""
    if not positions:
        return []
    order = sorted(range(len(positions)), key=lambda i: positions[i])
    moved = list(positions)
    for a, b in itertools.pairwise(order):
        moved[b] = max(moved[b], moved[a] + least)
    shift = sum(moved) / len(moved) - sum(positions) / len(positions)
    return [y - shift for y in moved]
