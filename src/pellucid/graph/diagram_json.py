"""A diagram as JSON, for the page: nodes with their places and numbers, edges with their points, cards."""

import math
from typing import Any

import numpy as np

from pellucid.graph.arrangement import Figure, arrangement
from pellucid.graph.card import card
from pellucid.graph.diagram import Diagram, Node
from pellucid.graph.diagram_svg import curve, description, on_border
from pellucid.graph.exhibit import Exhibit
from pellucid.graph.number_text import extent
from pellucid.graph.tensor import OPERATIONS
from pellucid.storage.errors import InputError

_WHOLE = 64  # numbers of an array that are written out


def to_json(diagram: Diagram) -> dict[str, Any]:
    """Everything that the page needs to draw the graph, step through it and explain it.

    Returns
    -------
    `width`, `height`, `crossings`; `nodes`, each after those it is made from: `id`, `kind`, `label`, `note`, `op`,
    `name`, `x`, `y` (of the center), `half_width`, `half_height`, `round`, `value` and `gradient` (`shape`, `dtype`,
    `numbers` up to 64 of them, `low`, `high`, `not_finite`, `picture`), `members` of a box, `description`;
    `edges`: `from`, `to`, `place`, `flows`, `points`, `path`; `cards`: by operation, the lines of its card.
    Numbers that are not finite, which JSON does not know, stand as the texts "nan", "inf" and "-inf".
    """
    arranged = arrangement(diagram)
    number = {node.id: index for index, node in enumerate(diagram.nodes)}
    edges = []
    for arrow, route in zip(diagram.arrows, arranged.places.routes, strict=True):
        target = number[arrow.target]
        points = on_border(route, arranged.figures[target], arranged.places.centers[target])
        edges.append(
            {
                "from": arrow.source,
                "to": arrow.target,
                "place": arrow.place,
                "flows": arrow.flows,
                "points": [list(point) for point in points],
                "path": curve(points),
            }
        )
    places = zip(arranged.figures, arranged.places.centers, strict=True)
    return {
        "width": arranged.places.width,
        "height": arranged.places.height,
        "crossings": arranged.places.crossings,
        "nodes": [_node(figure, x, y) for figure, (x, y) in places],
        "edges": edges,
        "cards": {op: _card(op) for op in sorted({node.op for node in diagram.nodes if node.op})},
    }


def _node(figure: Figure, x: float, y: float) -> dict[str, Any]:
    node: Node = figure.node
    return {
        "id": node.id,
        "kind": node.kind,
        "label": node.label,
        "note": node.note,
        "op": node.op,
        "name": node.name,
        "x": x,
        "y": y,
        "half_width": round(figure.half_width, 2),
        "half_height": round(figure.half_height, 2),
        "round": figure.round,
        "value": _array(node.value, figure.above),
        "gradient": _array(node.gradient, figure.below),
        "members": list(node.members),
        "description": description(node),
    }


def _array(values: np.ndarray | None, shown: Exhibit | None) -> dict[str, Any] | None:
    if values is None or shown is None:
        return None
    low, high, wrong = extent(values)
    return {
        "shape": list(values.shape),
        "dtype": str(values.dtype),
        "numbers": _plain(values.tolist()) if values.size <= _WHOLE else None,
        "low": low,
        "high": high,
        "not_finite": wrong,
        "picture": shown.picture.uri if shown.picture else None,
    }


def _plain(numbers: Any) -> Any:
    if isinstance(numbers, list):
        return [_plain(each) for each in numbers]
    return str(numbers) if isinstance(numbers, float) and not math.isfinite(numbers) else numbers


def _card(op: str) -> dict[str, str]:
    """The lines of the operation's card; of an operation without a whole card its first sentence."""
    operation = OPERATIONS.get(op)
    if operation is None:
        return {"summary": ""}
    try:
        found = card(operation)
    except InputError:
        return {"summary": (operation.__doc__ or "").strip().split("\n")[0]}
    return {
        name: getattr(found, name)
        for name in ("summary", "forward", "gradient", "shapes", "inputs", "source")
    }
