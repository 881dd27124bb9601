"""Charts as inline SVG: lines, dots with whiskers, the reliability diagram; no script, readable in print."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pellucid.inspection.axes import apart, log_ticks, ticks
from pellucid.inspection.metrics import Reliability
from pellucid.report.markup import escape

WIDTH = 460  # in CSS pixels; narrow enough that the text stays readable on a telephone


@dataclass(frozen=True)
class Line:
    """One curve: its name, its points, and its look (`one`: blue, drawn through; `two`: orange, dashed)."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    look: str


@dataclass(frozen=True)
class Whisker:
    """One row of a dot chart: a value with its interval, 0 to 1, and the text beside it."""

    name: str
    value: float
    low: float
    high: float
    text: str
    look: str = "one"


def line_chart(
    lines: Sequence[Line],
    label: str,
    tick: Callable[[float], str],
    mark: tuple[float, str] | None = None,
    logarithmic: bool = False,
    x_name: str = "epoch",
) -> str:
    """Curves over epochs, each named at its end; what is not finite (or ≤ 0 on a log axis) is left out."""
    usable = lambda y: math.isfinite(y) and (y > 0 or not logarithmic)
    curves = [(line, [(x, y) for x, y in zip(line.x, line.y, strict=True) if usable(y)]) for line in lines]
    curves = [(line, points) for line, points in curves if points]
    if not curves:
        return ""
    height, left, right, top, bottom = 250, 54, 86, 22, 36
    xs = [x for _, points in curves for x, _ in points]
    ys = [y for _, points in curves for _, y in points]
    x_low, x_high = min(xs), max(max(xs), min(xs) + 1)
    forward = math.log if logarithmic else float
    marks = log_ticks(min(ys), max(ys)) if logarithmic else ticks(min(ys), max(ys))
    y_low, y_high = forward(min([*ys, *marks])), forward(max([*ys, *marks]))
    span = (y_high - y_low) or 1.0
    px = lambda x: left + (x - x_low) / (x_high - x_low) * (WIDTH - left - right)
    py = lambda y: top + (y_high - forward(y)) / span * (height - top - bottom)
    parts = []
    for value in marks:
        parts.append(
            f'<line class="grid" x1="{left}" x2="{WIDTH - right}" y1="{py(value):.1f}" y2="{py(value):.1f}"/>'
            f'<text class="tick" x="{left - 8}" y="{py(value) + 4:.1f}" text-anchor="end">'
            f"{tick(value)}</text>"
        )
    for value in ticks(x_low, x_high, 6):
        if value == int(value) and x_low <= value <= x_high:
            parts.append(
                f'<text class="tick" x="{px(value):.1f}" y="{height - 18}" text-anchor="middle">'
                f"{value:g}</text>"
            )
    parts.append(
        f'<text class="tick" x="{WIDTH - right}" y="{height - 2}" text-anchor="end">{escape(x_name)}</text>'
    )
    if mark is not None and x_low <= mark[0] <= x_high:
        at = px(mark[0])
        anchor = "end" if at > (left + WIDTH - right) / 2 else "start"
        parts.append(
            f'<line class="best" x1="{at:.1f}" x2="{at:.1f}" y1="{top - 6}" y2="{height - bottom}"/>'
            f'<text class="tick" x="{at:.1f}" y="{top - 10}" text-anchor="{anchor}">{escape(mark[1])}</text>'
        )
    for line, points in curves:
        path = "L".join(f"{px(x):.1f} {py(y):.1f}" for x, y in points)
        parts.append(f'<path class="{line.look}" d="M{path}"/>')
        parts.append(
            f'<circle class="dot {line.look}" cx="{px(points[-1][0]):.1f}" cy="{py(points[-1][1]):.1f}" '
            'r="3.5"/>'
        )
    ends = apart([py(points[-1][1]) for _, points in curves], 15)
    for (line, _), y in zip(curves, ends, strict=True):
        parts.append(
            f'<text class="{line.look}" x="{WIDTH - right + 8}" y="{y + 4:.1f}">{escape(line.name)}</text>'
        )
    return _svg(WIDTH, height, label, parts)


def dot_chart(rows: Sequence[Whisker], label: str, reference: tuple[float, str] | None = None) -> str:
    """One row for each value: a dot, a whisker from `low` to `high`, the number; the axis is 0 to 100 %."""
    if not rows:
        return ""
    left, right, top, step = 138, 58, 24 if reference else 8, 25
    high = top + len(rows) * step
    px = lambda share: left + share * (WIDTH - left - right)
    parts = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(
            f'<line class="grid" x1="{px(share):.1f}" x2="{px(share):.1f}" y1="{top}" y2="{high}"/>'
            f'<text class="tick" x="{px(share):.1f}" y="{high + 16}" text-anchor="middle">{share:.0%}</text>'
        )
    if reference is not None:
        at, text = px(reference[0]), escape(reference[1])
        anchor = "start" if reference[0] < 0.5 else "end"
        parts.append(
            f'<line class="best" x1="{at:.1f}" x2="{at:.1f}" y1="{top - 6}" y2="{high}"/>'
            f'<text class="tick" x="{at:.1f}" y="{top - 10}" text-anchor="{anchor}">{text}</text>'
        )
    for index, row in enumerate(rows):
        y = top + index * step + step / 2
        parts.append(
            f'<text x="{left - 10}" y="{y + 4:.1f}" text-anchor="end">{escape(short(row.name))}</text>'
        )
        parts.append(
            f'<path class="whisker" d="M{px(row.low):.1f} {y - 4:.1f}v8m0-4H{px(row.high):.1f}m0-4v8"/>'
        )
        if math.isfinite(row.value):
            parts.append(f'<circle class="dot {row.look}" cx="{px(row.value):.1f}" cy="{y:.1f}" r="4"/>')
        parts.append(f'<text x="{WIDTH - right + 10}" y="{y + 4:.1f}">{row.text}</text>')
    return _svg(WIDTH, high + 22, label, parts)


def reliability_chart(curve: Reliability, label: str) -> str:
    """Accuracy over confidence, a dot's area like its number of pictures; on the diagonal they agree."""
    side, left, top = 250, 54, 26
    px = lambda share: left + share * side
    py = lambda share: top + (1 - share) * side
    parts = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(
            f'<line class="grid" x1="{left}" x2="{left + side}" y1="{py(share):.1f}" y2="{py(share):.1f}"/>'
            f'<text class="tick" x="{left - 8}" y="{py(share) + 4:.1f}" text-anchor="end">{share:.0%}</text>'
            f'<text class="tick" x="{px(share):.1f}" y="{top + side + 18}" text-anchor="middle">'
            f"{share:.0%}</text>"
        )
    parts.append(f'<line class="ideal" x1="{px(0)}" y1="{py(0)}" x2="{px(1)}" y2="{py(1)}"/>')
    most = max(1, int(curve.counts.max()))
    filled = [i for i, n in enumerate(curve.counts) if n]
    for i in filled:
        x, y = px(curve.confidence[i]), py(curve.accuracy[i])
        # The gap to the diagonal is what is wrong with the probability, so it is drawn.
        parts.append(
            f'<line class="whisker" x1="{x:.1f}" x2="{x:.1f}" y1="{py(curve.confidence[i]):.1f}" '
            f'y2="{y:.1f}"/>'
        )
        radius = 2.5 + 8 * math.sqrt(curve.counts[i] / most)
        parts.append(f'<circle class="dot one" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"/>')
    parts.append(
        f'<text class="tick" x="{left + side}" y="{top + side + 36}" text-anchor="end">how sure it was</text>'
        f'<text class="tick" x="{left - 8}" y="{top - 12}">how often it was right</text>'
    )
    return _svg(left + side + 24, top + side + 44, label, parts)


def short(name: str, letters: int = 16) -> str:
    """A name that fits beside a chart; of a long one the middle is left out, because names often differ at the end."""
    tail = letters // 2 - 1
    return name if len(name) <= letters else f"{name[: letters - 1 - tail]}…{name[-tail:]}"


def _svg(width: float, height: float, label: str, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(label)}" '
        f'style="max-width:{width * 1.12:.0f}px">{"".join(parts)}</svg>'
    )
