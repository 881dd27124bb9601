"""How wide are the columns of a layout, and along which points does each edge go? Part of the layered layout."""

from collections.abc import Sequence
from dataclasses import dataclass

from pellucid.graph.ordering import Columns, Link

Point = tuple[float, float]


@dataclass(frozen=True)
class Size:
    """The room a node takes around its center: pixels to each side. Edges begin and end at `core`, the half width
    of its symbol; texts may reach further, to `half_width`."""

    half_width: float
    above: float
    below: float
    core: float
    port_reach: float = 0.0
    """How far above and below the center edges may arrive."""


@dataclass(frozen=True)
class Edge:
    """From one node to another, by their numbers. Edges into a node with fixed ports arrive in the order of
    `port`, from the top down: 0 is the first of `ports`."""

    source: int
    target: int
    port: int = 0
    ports: int = 1


@dataclass(frozen=True)
class Layout:
    """`centers` of the nodes; `routes` of the edges, each a list of points between which it runs in turns level
    (through a column) and as a curve (through the gap between two columns)."""

    centers: tuple[Point, ...]
    routes: tuple[tuple[Point, ...], ...]
    width: float
    height: float
    crossings: int


MARGIN = 18.0
_COLUMN_GAP = 44.0


def across(
    columns: Columns, sizes: Sequence[Size], links: list[list[Link]], ys: list[float]
) -> tuple[list[float], list[Point]]:
    """The x of each node, and the left and right border of each column; steep edges get a wider gap to turn in."""
    xs, bounds, left = [0.0] * len(sizes), [], MARGIN
    for column in columns:
        half = max(sizes[node].half_width for node in column)
        for node in column:
            xs[node] = left + half
        bounds.append((left, left + 2 * half))
        steepest = max(
            (abs(ys[other] - ys[node]) for node in column for other, _ in links[node]), default=0.0
        )
        left += 2 * half + _COLUMN_GAP + min(0.12 * steepest, 40.0)
    return xs, bounds


def edge_routes(
    edges: Sequence[Edge],
    chains: list[list[int]],
    sizes: Sequence[Size],
    ranks: list[int],
    xs: list[float],
    ys: list[float],
    bounds: list[Point],
) -> list[tuple[Point, ...]]:
    """The points of each edge. In a column it runs level at a height that the column keeps free for it, and it
    changes its height only in the gaps, where no node stands: so it never crosses a node."""
    arriving: dict[int, list[int]] = {}
    for index, edge in enumerate(edges):
        arriving.setdefault(edge.target, []).append(index)
    shifts = [0.0] * len(edges)
    for target, indices in arriving.items():
        # Free ports are taken in the order of the heights from which their edges come.
        indices = sorted(indices, key=lambda i: (edges[i].port, ys[chains[i][-2]], i))
        # An edge that comes level goes on level, to the middle; the others arrive above and below it.
        level = [place for place, i in enumerate(indices) if abs(ys[chains[i][-2]] - ys[target]) < 3]
        middle = level[0] if level else (len(indices) - 1) / 2
        furthest = max(middle, len(indices) - 1 - middle)
        step = min(7.0, sizes[target].port_reach / furthest) if furthest else 0.0
        for place, index in enumerate(indices):
            shifts[index] = step * (place - middle)
    routes = []
    for index, (edge, chain) in enumerate(zip(edges, chains, strict=True)):
        points = [
            (xs[edge.source] + sizes[edge.source].core, ys[edge.source]),
            (bounds[ranks[edge.source]][1], ys[edge.source]),
        ]
        for dummy in chain[1:-1]:
            left, right = bounds[ranks[dummy]]
            points += [(left, ys[dummy]), (right, ys[dummy])]
        y = ys[edge.target] + shifts[index]
        points += [(bounds[ranks[edge.target]][0], y), (xs[edge.target] - sizes[edge.target].core, y)]
        routes.append(tuple((round(x, 2), round(y, 2)) for x, y in points))
    return routes
