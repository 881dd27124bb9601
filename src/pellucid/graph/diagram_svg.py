"""A diagram as an SVG: values in green above, gradients in red below, light and dark, without a script."""

import html
import math
import re

from pellucid.graph.arrangement import STACKED, Arrangement, Figure, arrangement
from pellucid.graph.diagram import Arrow, Diagram, Node
from pellucid.graph.diagram_style import STYLE
from pellucid.graph.exhibit import CAPTION, CELL, NUMBER, Exhibit, text_width
from pellucid.graph.number_text import exact, extent, shape_text
from pellucid.graph.routing import Point

_LEGEND = 22.0
_WIDE = 1800.0


def svg(diagram: Diagram) -> str:
    """The drawing as text. Nothing in it depends on time or chance: the same graph gives the same bytes."""
    arranged = arrangement(diagram)
    legend = _legend(diagram)
    legend_width = sum(text_width(text, 12.0) + 24 for text, _ in legend)
    width = max(arranged.places.width, legend_width + 24)
    height = arranged.places.height + (_LEGEND if legend else 0.0)
    shift = (width - arranged.places.width) / 2
    result = diagram.nodes[-1].id
    body = [_edges(diagram, arranged), *(_node(f, c, f.node.id == result) for f, c in _centered(arranged))]
    # A long chain is better scrolled than shrunk until nobody can read it.
    least = f' style="min-width:{_n(0.6 * width)}px"' if width > _WIDE else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="pellucid-graph" viewBox="0 0 {_n(width)} {_n(height)}" '
        f'width="{_n(width)}" height="{_n(height)}" role="group" aria-label="{_escaped(_summary(diagram))}"{least}>'
        f"<style>{STYLE}</style>"
        f'<rect class="paper" width="{_n(width)}" height="{_n(height)}" rx="8"/>'
        f'<g transform="translate({_n(shift)} 0)">{"".join(body)}</g>'
        f"{_legend_text(legend, width, height)}</svg>"
    )


def _centered(arranged: Arrangement) -> list[tuple[Figure, Point]]:
    return list(zip(arranged.figures, arranged.places.centers, strict=True))


def _summary(diagram: Diagram) -> str:
    count, last = len(diagram.nodes), diagram.content[-1]
    result = f", result {exact(last.value.item())}" if last.value is not None and last.value.ndim == 0 else ""
    return f"Computational graph of {count} node{'' if count == 1 else 's'}{result}"


def _legend(diagram: Diagram) -> list[tuple[str, str]]:
    entries = [("value above", "value")]
    if any(node.gradient is not None for node in diagram.nodes):
        entries.append(("gradient below: how the result changes with it", "gradient"))
    return entries


def _legend_text(entries: list[tuple[str, str]], width: float, height: float) -> str:
    x, found = 18.0, []
    for text, kind in entries:
        found.append(f'<text class="legend {kind}" x="{_n(x)}" y="{_n(height - 12)}">{text}</text>')
        x += text_width(text, 12.0) + 16
    return "".join(found)


def curve(points: tuple[Point, ...], tip: float = 0.0) -> str:
    """An edge's points as a path: level through columns, a cubic curve with level ends through gaps.

    Parameters
    ----------
    tip : how far before the last point the path ends
    """
    x, y = points[0]
    found = [f"M{_n(x)} {_n(y)}"]
    for index in range(1, len(points)):
        (x0, y0), (x1, y1) = points[index - 1], points[index]
        if index == len(points) - 1:
            x1 -= tip
        if index % 2 == 0 and y0 != y1:
            middle = (x0 + x1) / 2
            found.append(f"C{_n(middle)} {_n(y0)} {_n(middle)} {_n(y1)} {_n(x1)} {_n(y1)}")
        elif x0 != x1:
            found.append(f"H{_n(x1)}")
    return "".join(found)


def on_border(points: tuple[Point, ...], target: Figure, center: Point) -> tuple[Point, ...]:
    """The points of an edge, with the last one on the target's round border."""
    if not target.round:
        return points
    x, y = points[-1]
    inset = target.half_width - math.sqrt(max(target.half_width**2 - (y - center[1]) ** 2, 0.0))
    return (*points[:-1], (round(x + inset, 2), y))


def _edges(diagram: Diagram, arranged: Arrangement) -> str:
    number = {node.id: index for index, node in enumerate(diagram.nodes)}
    found = []
    for arrow, route in zip(diagram.arrows, arranged.places.routes, strict=True):
        target = number[arrow.target]
        points = on_border(route, arranged.figures[target], arranged.places.centers[target])
        found.append(_edge(arrow, points))
    return f'<g class="edges" aria-hidden="true">{"".join(found)}</g>'


def _edge(arrow: Arrow, points: tuple[Point, ...]) -> str:
    x, y = points[-1]
    silent = "" if arrow.flows else " still"
    return (
        f'<g class="edge{silent}" data-from="{arrow.source}" data-to="{arrow.target}">'
        f'<path d="{curve(points, 6.0)}"/>'
        f'<path class="head" d="M{_n(x)} {_n(y)}l-8 -3.8v7.6z"/></g>'
    )


def _node(figure: Figure, center: Point, result: bool) -> str:
    node, (x, y) = figure.node, center
    described = _escaped(description(node))
    parts = [_symbol(figure)]
    if figure.above:
        parts.append(_exhibit(figure.above, "value", -figure.value_bottom - figure.above.height))
    if figure.shape:
        parts.append(f'<text class="shape" y="{_n(figure.half_height + CAPTION + 3)}">{figure.shape}</text>')
    if figure.below:
        parts.append(_exhibit(figure.below, "gradient", figure.gradient_top))
    members = f' data-members="{len(node.members)}"' if node.kind == "box" else ""
    kind = f"{node.kind} result" if result else node.kind
    return (
        f'<g class="node {kind}" data-node="{node.id}"{members} transform="translate({_n(x)} {_n(y)})" role="img" '
        f'tabindex="0" aria-label="{described}"><title>{described}</title>{"".join(parts)}</g>'
    )


def _symbol(figure: Figure) -> str:
    w, h, kind, shape = figure.half_width, figure.half_height, figure.node.kind, ""
    if figure.round:
        shape = f'<circle class="body" r="{_n(w)}"/>'
    else:
        corner = h if kind == "operation" and len(figure.lines) == 1 else 9 if kind == "operation" else 7
        frame = f'width="{_n(2 * w)}" height="{_n(2 * h)}"'
        # A box of several stands before two more.
        for shift in (STACKED, STACKED / 2, 0) if kind == "box" else (0,):
            shape += (
                f'<rect class="body" x="{_n(shift - w)}" y="{_n(-h - shift)}" {frame} rx="{_n(corner)}"/>'
            )
    texts = []
    for index, line in enumerate(figure.lines):
        small = kind == "box" and index == 1
        size = CAPTION if small else figure.type_size
        middle = (index - (len(figure.lines) - 1) / 2) * (figure.type_size + 3.5)
        name = _named(line) if kind in ("variable", "constant") else _escaped(line)
        italic = " italic" if kind in ("variable", "constant") and re.fullmatch(r"[^\W\d_]\d*", line) else ""
        texts.append(
            f'<text class="label{" note" if small else ""}{italic}" font-size="{_n(size)}" '
            f'y="{_n(middle + size * 0.355)}">{name}</text>'
        )
    return shape + "".join(texts)


def _named(name: str) -> str:
    """A name with a number at its end lowered: w0 as w with a small 0."""
    split = re.fullmatch(r"([^\W\d_]+)_?(\d+)", name)
    if not split:
        return _escaped(name)
    return f'{_escaped(split[1])}<tspan class="index" dy="0.25em">{split[2]}</tspan>'


def _exhibit(shown: Exhibit, kind: str, top: float) -> str:
    """A value or gradient, centered, from `top` down."""
    if shown.picture:
        picture = shown.picture
        x = -picture.width / 2
        # The picture is next to the symbol's side that it belongs to; the caption is outside.
        caption_first = kind == "value"
        picture_top = top + (CAPTION + 4 if caption_first else 2)
        caption_y = top + CAPTION - 1 if caption_first else top + picture.height + 2 + CAPTION + 2
        return (
            f'<image class="cells" x="{_n(x)}" y="{_n(picture_top)}" width="{_n(picture.width)}" '
            f'height="{_n(picture.height)}" preserveAspectRatio="none" href="{picture.uri}"/>'
            f'<rect class="frame {kind}" x="{_n(x - 1)}" y="{_n(picture_top - 1)}" '
            f'width="{_n(picture.width + 2)}" height="{_n(picture.height + 2)}" rx="1.5"/>'
            f'<text class="caption {kind}" y="{_n(caption_y)}">{_escaped(shown.caption)}</text>'
        )
    if not shown.rows:
        return f'<text class="number {kind}" y="{_n(top + NUMBER - 1)}">{_escaped(shown.caption)}</text>'
    if not shown.column_width:
        text, value = shown.rows[0][0]
        return (
            f'<text class="number {kind}" y="{_n(top + NUMBER - 1)}" data-v="{value}">{_escaped(text)}</text>'
        )
    half, found = shown.width / 2, []
    for row, cells in enumerate(shown.rows):
        for column, (text, value) in enumerate(cells):
            # Right-aligned, so that the digits of a column stand below each other.
            x = -half + 5 + (column + 1) * shown.column_width - 4
            y = top + (row + 1) * (CELL + 4) - 2.5
            found.append(f'<text class="cell {kind}" x="{_n(x)}" y="{_n(y)}" data-v="{value}">{text}</text>')
    bracket = "".join(
        f'<path class="bracket {kind}" d="M{_n(side * (half - 4))} {_n(top)}H{_n(side * half)}'
        f'V{_n(top + shown.height)}H{_n(side * (half - 4))}"/>'
        for side in (-1, 1)
    )
    return "".join(found) + bracket


def description(node: Node) -> str:
    """A node in words, with its numbers at full precision."""
    what = {
        "variable": f"variable {node.label}".strip(),
        "constant": f"constant {node.label}".strip(),
        "operation": f"{node.op.replace('_', ' ')}{f' {node.name}' if node.name else ''} ({node.label})",
        "box": f"{node.label}, {node.note}, {len(node.members)} parts inside",
    }[node.kind]
    texts = [what]
    for name, values in (("value", node.value), ("gradient", node.gradient)):
        if values is None:
            continue
        if values.ndim == 0:
            texts.append(f"{name} {exact(values.item())}")
            continue
        low, high, wrong = extent(values)
        span = (
            f"from {exact(low)} to {exact(high)}" if low is not None and high is not None else "none finite"
        )
        missing = f", {wrong} not finite" if wrong else ""
        texts.append(f"{name} {values.dtype} {shape_text(values.shape)} {span}{missing}")
    return ": ".join((texts[0], "; ".join(texts[1:]))) if len(texts) > 1 else texts[0]


def _escaped(text: str) -> str:
    """For XML, in which most control characters cannot even be escaped."""
    return html.escape(re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text))


def _n(number: float) -> str:
    """A coordinate in as few characters as show the same."""
    text = f"{number:.1f}"
    return text[:-2] if text.endswith(".0") else text
