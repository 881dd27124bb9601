"""Where does each node of a graph stand, and along which way does each edge go? From left to right, in columns.

The layered layout of Sugiyama, Tagawa and Toda 1981 ("Methods for visual understanding of hierarchical system
structures") as Gansner et al. 1993 refined it: columns by longest path, long edges as chains of dummy nodes, few
crossings by barycentre sweeps and swaps, then heights that keep edges straight. It knows nothing of tensors.
"""

import itertools
from collections.abc import Sequence

from pellucid.graph.ordering import Columns, Link, fewest_crossings
from pellucid.graph.routing import MARGIN, Edge, Layout, Size, across, edge_routes

ROW_GAP = 20.0  # between the texts of two nodes of a column
EDGE_GAP = 11.0  # between a passing edge and its neighbors
_MIXED = 20  # orders to begin with beside the four that follow the edges
_BALANCING = 20  # sweeps over the columns in which both sides pull


def layout(sizes: Sequence[Size], edges: Sequence[Edge], *, sweeps: int = 24) -> Layout:
    """Lay out a directed graph without cycles, always in the same way.

    Parameters
    ----------
    sizes : one for each node
    edges : between nodes by their numbers; where an order is free, nodes with smaller numbers stand higher
    sweeps : how long to look for an order with fewer crossings, from each start
    """
    if not sizes:
        return Layout((), (), 2 * MARGIN, 2 * MARGIN, 0)
    ranks = columns_of(len(sizes), edges)
    sizes, ranks, chains = _with_dummies(sizes, edges, ranks)
    links: list[list[Link]] = [[] for _ in sizes]
    back: list[list[Link]] = [[] for _ in sizes]
    for edge, chain in zip(edges, chains, strict=True):
        for first, second in itertools.pairwise(chain):
            height = (edge.port + 0.5) / edge.ports if second == edge.target else 0.5
            links[first].append((second, height * 0.9))
            back[second].append((first, height * 0.9))
    starts = _starts(ranks, links, back)
    # Time is bounded: in a drawing with very many places fewer orders are tried.
    columns, crossed = fewest_crossings(starts, links, back, max(3, min(sweeps, 4000 // len(sizes))))
    ys = _heights(columns, sizes, links, back, len(sizes) - sum(len(chain) - 2 for chain in chains))
    top = min(y - size.above for y, size in zip(ys, sizes, strict=True))
    ys = [y - top + MARGIN for y in ys]
    xs, bounds = across(columns, sizes, links, ys)
    routes = edge_routes(edges, chains, sizes, ranks, xs, ys, bounds)
    count = len(sizes) - sum(len(chain) - 2 for chain in chains)
    bottom = max(y + size.below for y, size in zip(ys, sizes, strict=True))
    return Layout(
        tuple((round(xs[node], 2), round(ys[node], 2)) for node in range(count)),
        tuple(routes),
        round(bounds[-1][1] + MARGIN, 2),
        round(bottom + MARGIN, 2),
        crossed,
    )


def columns_of(count: int, edges: Sequence[Edge]) -> list[int]:
    """The column of each node: by the longest way to it, then as near to its users as edges become shorter.

    Raises `ValueError` where the edges go round in a circle.
    """
    after: list[list[int]] = [[] for _ in range(count)]
    before: list[list[int]] = [[] for _ in range(count)]
    for edge in edges:
        after[edge.source].append(edge.target)
        before[edge.target].append(edge.source)
    ranks = [0] * count
    waiting = [len(sources) for sources in before]
    order = [node for node in range(count) if not waiting[node]]
    for node in order:
        for target in after[node]:
            ranks[target] = max(ranks[target], ranks[node] + 1)
            waiting[target] -= 1
            if not waiting[target]:
                order.append(target)
    if len(order) < count:
        raise ValueError("the edges of a layout must not go round in a circle")
    # A node with more edges to the right than to the left goes as far to the right as it can: weights stand
    # beside the operation that takes them, not all at the left border.
    for _ in range(3):
        for node in reversed(order):
            if after[node] and len(after[node]) > len(before[node]):
                ranks[node] = max(ranks[node], min(ranks[target] for target in after[node]) - 1)
    lowest = min(ranks)
    return [rank - lowest for rank in ranks]


def _with_dummies(
    sizes: Sequence[Size], edges: Sequence[Edge], ranks: list[int]
) -> tuple[list[Size], list[int], list[list[int]]]:
    """Sizes and columns with dummy nodes added where an edge passes a column, and each edge as a chain of nodes."""
    grown, places, chains = list(sizes), list(ranks), []
    for edge in edges:
        chain = [edge.source]
        for rank in range(ranks[edge.source] + 1, ranks[edge.target]):
            chain.append(len(grown))
            grown.append(Size(0.0, 0.0, 0.0, 0.0))
            places.append(rank)
        chains.append([*chain, edge.target])
    return grown, places, chains


def _starts(ranks: list[int], links: list[list[Link]], back: list[list[Link]]) -> list[Columns]:
    """The orders to begin with: from the loss back along the inputs as written, the same with the inputs turned
    round, from the inputs on, and by number; and in a small graph some that are mixed, always in the same way."""
    sinks = [node for node in range(len(ranks)) if not links[node]]
    sources = [node for node in range(len(ranks)) if not back[node]]
    orders = [
        _depth_first(sinks, back, False),
        _depth_first(sinks, back, True),
        _depth_first(sources, links, False),
        list(range(len(ranks))),
    ]
    for start in range(min(_MIXED, 1800 // len(ranks))):
        orders.append(sorted(range(len(ranks)), key=lambda node: _mixed(node, start)))
    starts = []
    for order in orders:
        columns: Columns = [[] for _ in range(max(ranks) + 1)]
        for node in order:
            columns[ranks[node]].append(node)
        starts.append(columns)
    return starts


def _mixed(node: int, start: int) -> int:
    """A number that looks drawn by chance and never changes: the mixing of MurmurHash3 (Appleby 2011)."""
    mixed = (node + 1) * 0x9E3779B1 ^ (start + 1) * 0x85EBCA6B
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        mixed = (mixed ^ mixed >> shift) * factor & 0xFFFFFFFF
    return mixed ^ mixed >> 16


def _depth_first(roots: list[int], neighbors: list[list[Link]], turned: bool) -> list[int]:
    order, seen, stack = [], set(), list(reversed(roots))
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        order.append(node)
        following = [other for other, _ in neighbors[node]]
        stack.extend(following if turned else reversed(following))
    return order


def _heights(
    columns: Columns, sizes: Sequence[Size], links: list[list[Link]], back: list[list[Link]], real: int
) -> list[float]:
    """The height of each node: near its neighbors, in the order of its column, with room between.

    Each column in turn is the weighted least-squares fit to its neighbors under that order: an isotonic
    regression (Barlow and Brunk 1972).
    """
    ys = [0.0] * len(sizes)
    for column in columns:
        for upper, lower in itertools.pairwise(column):
            ys[lower] = ys[upper] + _separation(sizes, upper, lower, real)
    middle = max(ys) / 2
    for column in columns:
        shift = middle - (ys[column[0]] + ys[column[-1]]) / 2
        for node in column:
            ys[node] += shift
    left, right = _pulls(len(sizes), links, back, real)
    last = len(columns) - 1
    for sweep in range(_BALANCING + 1):
        for index in range(len(columns)) if sweep % 2 == 0 else range(last, -1, -1):
            column = columns[index]
            wanted, weights = [], []
            for node in column:
                # The last sweep looks back alone: what has one way in stands exactly on the level of it.
                pulls = left[node] if sweep == _BALANCING and left[node] else left[node] + right[node]
                weight = sum(w for _, w in pulls)
                wanted.append(sum(ys[other] * w for other, w in pulls) / weight if weight else ys[node])
                weights.append(weight or 0.1)
            offsets, total = [0.0], 0.0
            for upper, lower in itertools.pairwise(column):
                total += _separation(sizes, upper, lower, real)
                offsets.append(total)
            fitted = isotonic([w - o for w, o in zip(wanted, offsets, strict=True)], weights)
            for node, value, offset in zip(column, fitted, offsets, strict=True):
                ys[node] = value + offset
    return ys


def _pulls(
    count: int, links: list[list[Link]], back: list[list[Link]], real: int
) -> tuple[list[list[tuple[int, float]]], list[list[tuple[int, float]]]]:
    """For each node how strongly its neighbors to the left and to the right pull it to their level.

    Edges between dummies pull most, so that long edges run straight. A variable that joins the stream (weights, a
    bias) hardly pulls at all: the stream runs straight, and its variables stand around it.
    """
    left: list[list[tuple[int, float]]] = [[] for _ in range(count)]
    right: list[list[tuple[int, float]]] = [[] for _ in range(count)]
    for node in range(count):
        stream = any(back[other] for other, _ in back[node])
        for other, _ in back[node]:
            weight = 8.0 if node >= real and other >= real else 2.0 if node >= real or other >= real else 1.0
            if stream and not back[other]:
                weight = 1e-5
            left[node].append((other, weight))
            right[other].append((node, weight))
    return left, right


def isotonic(values: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The non-decreasing numbers nearest to the values in weighted least squares, by pooling adjacent violators."""
    pools: list[tuple[float, float, int]] = []
    for value, weight in zip(values, weights, strict=True):
        mean, total, count = value, weight, 1
        while pools and pools[-1][0] > mean:
            other, other_total, other_count = pools.pop()
            mean = (mean * total + other * other_total) / (total + other_total)
            total, count = total + other_total, count + other_count
        pools.append((mean, total, count))
    return [mean for mean, _, count in pools for _ in range(count)]


def _separation(sizes: Sequence[Size], upper: int, lower: int, real: int) -> float:
    gap = ROW_GAP if upper < real and lower < real else EDGE_GAP
    return sizes[upper].below + gap + sizes[lower].above
