"""How much room each node of a diagram takes, and where all of them stand."""

from dataclasses import dataclass
from functools import cached_property

from pellucid.graph.diagram import Diagram, Node
from pellucid.graph.exhibit import CAPTION, Exhibit, exhibit, text_width
from pellucid.graph.layout import layout
from pellucid.graph.number_text import shape_text
from pellucid.graph.routing import Edge, Layout, Size

RADIUS = 19.0
STACKED = 6.0  # how far the cards behind a box stand out
_GAP = 5.0


@dataclass(frozen=True)
class Figure:
    """A node with all that is written on it. `lines` stand in its symbol, at most two; `half_width` and
    `half_height` are the symbol's; the gradient begins at `gradient_top` below the center."""

    node: Node
    lines: tuple[str, ...]
    type_size: float
    round: bool
    half_width: float
    half_height: float
    above: Exhibit | None
    shape: str
    below: Exhibit | None

    @cached_property
    def value_bottom(self) -> float:
        """How far above the center the value ends."""
        return self.half_height + _GAP + (STACKED if self.node.kind == "box" else 0.0)

    @cached_property
    def gradient_top(self) -> float:
        """How far below the center the gradient begins."""
        return self.half_height + _GAP + (CAPTION + 4 if self.shape else 0.0)

    @cached_property
    def size(self) -> Size:
        """The room for the layout."""
        half = max(
            self.half_width,
            self.above.width / 2 if self.above else 0.0,
            self.below.width / 2 if self.below else 0.0,
            text_width(self.shape, CAPTION) / 2,
        )
        above = self.value_bottom + self.above.height if self.above else self.half_height
        below = self.gradient_top + self.below.height if self.below else self.gradient_top - _GAP
        return Size(half, above, below, self.half_width, self.half_height - 7)


@dataclass(frozen=True)
class Arrangement:
    """A diagram's nodes with their measures, and their places."""

    figures: tuple[Figure, ...]
    places: Layout


def arrangement(diagram: Diagram) -> Arrangement:
    """Measure and place every node of a diagram."""
    number = {node.id: index for index, node in enumerate(diagram.nodes)}
    weights = {
        arrow.source
        for arrow in diagram.arrows
        if arrow.place >= 1 and diagram.nodes[number[arrow.target]].op in ("affine", "matmul")
    }
    figures = tuple(_figure(node, diagram.picture_shape, node.id in weights) for node in diagram.nodes)
    entering: dict[str, list[int]] = {}
    for arrow in diagram.arrows:
        entering.setdefault(arrow.target, []).append(arrow.place)
    edges = []
    for arrow in diagram.arrows:
        target = number[arrow.target]
        places = sorted(entering[arrow.target])
        ordered = diagram.nodes[target].ordered and len(places) > 1
        edges.append(
            Edge(number[arrow.source], target, places.index(arrow.place), len(places))
            if ordered
            else Edge(number[arrow.source], target)
        )
    return Arrangement(figures, layout([figure.size for figure in figures], edges))


def _figure(node: Node, picture_shape: tuple[int, int, int] | None, weights: bool) -> Figure:
    prefix = f"{node.name} = " if node.kind == "operation" and node.name else ""
    above = exhibit(node.value, prefix=prefix, picture_shape=picture_shape, signed=weights)
    below = exhibit(node.gradient, picture_shape=picture_shape, signed=True, gradient=True)
    shape = shape_text(node.shape) if node.shape else ""
    if node.kind == "operation":
        lines, type_size, round_, half_width, half_height = _symbol(node.label)
    elif node.kind == "box":
        lines, type_size, round_ = (node.label, node.note) if node.note else (node.label,), 14.0, False
        widest = max(text_width(node.label, 14.0), text_width(node.note, CAPTION))
        half_width, half_height = widest / 2 + 16, 26.0 if node.note else 20.0
    else:
        lines, round_ = ((node.label or "·"),), False
        type_size, half_height = (16.0, 16.0) if node.kind == "variable" else (13.0, 12.0)
        half_width = max(text_width(lines[0], type_size) / 2 + 9, half_height)
    return Figure(node, lines, type_size, round_, half_width, half_height, above, shape, below)


def _symbol(label: str) -> tuple[tuple[str, ...], float, bool, float, float]:
    """An operation in a circle if its symbol is short, else in a box, in two lines if it is long."""
    if len(label) <= 2:
        return (label,), 19.0, True, RADIUS, RADIUS
    if text_width(label, 14.0) <= 2 * RADIUS - 5:
        return (label,), 14.0, True, RADIUS, RADIUS
    if len(label) > 13 and " " in label:
        cut = min(
            (place for place, letter in enumerate(label) if letter == " "),
            key=lambda p: abs(p - len(label) / 2),
        )
        lines = (label[:cut], label[cut + 1 :])
        return lines, 14.0, False, max(text_width(line, 14.0) for line in lines) / 2 + 12, 24.0
    return (label,), 14.0, False, text_width(label, 14.0) / 2 + 12, 17.0
