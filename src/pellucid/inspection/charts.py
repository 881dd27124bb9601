"""Charts as SVG files: panels with axes, side by side, in one style; no script, light and dark, readable in print.

    from pellucid.inspection.axes import Axis
    from pellucid.inspection.charts import Panel, figure
    from pellucid.inspection.marks import Curve, Dots, Rule

    falling = Curve(steps, losses, name="rate 0.1")
    panel = Panel([falling, Rule(y=2.303, name="ln 10")], x=Axis("step"), y=Axis("loss", logarithmic=True), title="…")
    Path("loss.svg").write_text(figure([panel], label="The loss falls from 2.3 to 0.4 in 100 steps"), "utf-8")

The same numbers give the same bytes.
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass, field

from pellucid.graph.exhibit import text_width
from pellucid.inspection.axes import Axis, Scale, apart
from pellucid.inspection.chart_style import STYLE
from pellucid.inspection.marks import Bars, Curve, Dots, Mark
from pellucid.inspection.strokes import places, visible

_TEXT = 12.5


@dataclass(frozen=True)
class Panel:
    """One pair of axes and what stands in it, drawn in this order.

    Attributes
    ----------
    marks : see `marks`, `contours`, `cells`; curves, dots and bars that have a name are named
    names : where: at the "end" of each, right of the panel, or at the "top" in one line
    """

    marks: Sequence[Mark]
    x: Axis = field(default_factory=Axis)
    y: Axis = field(default_factory=Axis)
    title: str = ""
    names: str = "end"


def figure(
    panels: Sequence[Panel],
    *,
    label: str,
    width: float = 640.0,
    height: float = 340.0,
    columns: int | None = None,
) -> str:
    """Panels of the same size, from left to right, as one SVG file.

    Parameters
    ----------
    label : what is to be seen, in a sentence, for those who cannot see it
    width, height : of one panel with its axes and names, in pixels
    columns : how many stand in a row; without, all of them
    """
    columns = columns or len(panels)
    rows = -(-len(panels) // columns)
    placed = "".join(
        f'<g transform="translate({i % columns * width:g} {i // columns * height:g})">{_panel(each, width, height)}</g>'
        for i, each in enumerate(panels)
    )
    wide, high = columns * width, rows * height
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="pellucid-chart" viewBox="0 0 {wide:g} {high:g}" '
        f'width="{wide:g}" height="{high:g}" role="img" aria-label="{html.escape(label)}">'
        f'<style>{STYLE}</style><rect class="paper" width="{wide:g}" height="{high:g}" rx="8"/>{placed}</svg>\n'
    )


def _panel(panel: Panel, width: float, height: float) -> str:
    named = [mark for mark in panel.marks if isinstance(mark, Curve | Dots | Bars) and mark.name]
    beside = named if panel.names == "end" else []
    xs = [v for mark in panel.marks for v in mark.extent()[0]]
    ys = [v for mark in panel.marks for v in mark.extent()[1]]
    top = (
        14.0
        + (22 if panel.title else 0)
        + (20 if panel.names == "top" and named else 0)
        + (18 if panel.y.name else 0)
    )
    bottom = height - 14 - (20 if panel.x.ticks != {} else 0) - (18 if panel.x.name else 0)
    py = panel.y.scale(ys, bottom, top, rounded=True)
    left = 16.0 + max((text_width(text, 12) for text in py.marks.values()), default=0.0)
    right = width - 18 - max((text_width(mark.name, _TEXT) for mark in beside), default=0.0)
    px = panel.x.scale(xs, left, right)
    return "".join(
        (
            _axes(panel, px, py),
            # A drawing within a drawing ends at its edges.
            f'<svg x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{bottom - top:.1f}" '
            f'viewBox="{left:.1f} {top:.1f} {right - left:.1f} {bottom - top:.1f}">',
            *(mark.svg(px, py) for mark in panel.marks if mark.clipped),
            "</svg>",
            *(mark.svg(px, py) for mark in panel.marks if not mark.clipped),
            _names_at_ends(beside, px, py)
            if panel.names == "end"
            else _names_on_top(named, left, top - (18 if panel.y.name else 0)),
        )
    )


def _axes(panel: Panel, px: Scale, py: Scale) -> str:
    left, right, bottom, top = px.start, px.end, py.start, py.end
    parts = []
    if panel.title:
        parts.append(f'<text class="title" x="{left:.1f}" y="22">{html.escape(panel.title)}</text>')
    if panel.y.name:
        parts.append(
            f'<text class="tick" x="{left:.1f}" y="{top - 10:.1f}">{html.escape(panel.y.name)}</text>'
        )
    for value, text in py.marks.items():
        y = py(value)
        parts.append(f'<path class="grid" d="M{left:.1f} {y:.1f}H{right:.1f}"/>')
        parts.append(
            f'<text class="tick" x="{left - 8:.1f}" y="{y + 4:.1f}" text-anchor="end">{html.escape(text)}</text>'
        )
    if px.marks:
        parts.append(f'<path class="axis" d="M{left:.1f} {bottom:.1f}H{right:.1f}"/>')
    for value, text in px.marks.items():
        parts.append(
            f'<path class="axis" d="M{px(value):.1f} {bottom:.1f}v5"/>'
            f'<text class="tick" x="{px(value):.1f}" y="{bottom + 19:.1f}" text-anchor="middle">'
            f"{html.escape(text)}</text>"
        )
    if panel.x.name:
        parts.append(
            f'<text class="tick" x="{right:.1f}" y="{bottom + 37:.1f}" text-anchor="end">'
            f"{html.escape(panel.x.name)}</text>"
        )
    return "".join(parts)


def _names_at_ends(marks: Sequence[Curve | Dots | Bars], px: Scale, py: Scale) -> str:
    heights = []
    for mark in marks:
        shown = visible(places(mark.x, mark.y, px, py))
        heights.append(min(max(shown[-1][1] if shown else py.start, py.end), py.start))
    return "".join(
        f'<text class="{mark.color}" x="{px.end + 8:.1f}" y="{y + 4:.1f}">{html.escape(mark.name)}</text>'
        for mark, y in zip(marks, apart(heights, 16), strict=True)
    )


def _names_on_top(marks: Sequence[Curve | Dots | Bars], left: float, top: float) -> str:
    parts, x = [], left
    y = top - 14
    for mark in marks:
        parts.append(f'<circle class="dot {mark.color}" cx="{x + 4:.1f}" cy="{y - 4:.1f}" r="4"/>')
        parts.append(
            f'<text class="{mark.color}" x="{x + 13:.1f}" y="{y:.1f}">{html.escape(mark.name)}</text>'
        )
        x += text_width(mark.name, _TEXT) + 26
    return "".join(parts)
