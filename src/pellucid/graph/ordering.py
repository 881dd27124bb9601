"""In which order do the nodes of a column stand, so that few edges cross? Part of the layered layout."""

import itertools
from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence

Columns = list[list[int]]
"""The nodes of each column, from the top down."""

Link = tuple[int, float]
"""A neighbor, and where on this side's node or the neighbor's the edge arrives: 0 to 1, from the top down."""


def crossings_between(upper: Sequence[int], lower: Sequence[int], links: Sequence[Sequence[Link]]) -> int:
    """How many pairs of edges cross between two columns: O(E log E) by counting inversions.

    Parameters
    ----------
    upper, lower : the left and the right column, each from the top down
    links : for each node the edges to the right: (node, height of the port there)
    """
    position = {node: index for index, node in enumerate(lower)}
    ends: list[float] = []
    found = 0
    for node in upper:
        arriving = [position[target] + port for target, port in links[node] if target in position]
        # Edges of one node do not cross each other: all are compared before any is put in.
        for end in arriving:
            found += len(ends) - bisect_right(ends, end)
        for end in arriving:
            insort(ends, end)
    return found


def crossings(columns: Columns, links: Sequence[Sequence[Link]]) -> int:
    """How many pairs of edges cross in the whole drawing."""
    return sum(crossings_between(*pair, links) for pair in itertools.pairwise(columns))


def fewest_crossings(
    starts: Sequence[Columns], links: Sequence[Sequence[Link]], back: Sequence[Sequence[Link]], sweeps: int
) -> tuple[Columns, int]:
    """The best order found from several starts: barycentre sweeps, each followed by swaps of neighbors.

    Nothing is drawn by chance, so that the same graph always looks the same.

    Parameters
    ----------
    links, back : for each node its edges to the right and to the left: (neighbor, height of the port)

    Source     Gansner, Koutsofios, North and Vo 1993, "A technique for drawing directed graphs", section 3
    """
    best, fewest = [list(column) for column in starts[0]], crossings(starts[0], links)
    for start in starts:
        columns = [list(column) for column in start]
        idle = 0
        for sweep in range(sweeps):
            if fewest == 0 or idle > 3:
                break
            _barycentre(columns, back if sweep % 2 == 0 else links, rightward=sweep % 2 == 0)
            _swap(columns, links, back)
            now = crossings(columns, links)
            idle = idle + 1 if now >= fewest else 0
            if now < fewest:
                best, fewest = [list(column) for column in columns], now
    return best, fewest


def _barycentre(columns: Columns, neighbors: Sequence[Sequence[Link]], rightward: bool) -> None:
    """Put each node at the mean height of its neighbors in the column before; without any it stays where it is."""
    for index in range(1, len(columns)) if rightward else range(len(columns) - 2, -1, -1):
        before = columns[index - 1 if rightward else index + 1]
        position = {node: place for place, node in enumerate(before)}
        column = columns[index]
        means = {}
        for place, node in enumerate(column):
            # Only the right end of an edge has ports: seen from the right column they are on this node.
            ends = [position[other] + (0 if rightward else port) for other, port in neighbors[node]]
            scale = len(before) / max(len(column), 1)
            means[node] = sum(ends) / len(ends) if ends else place * scale
        column.sort(key=means.__getitem__)


def _swap(columns: Columns, links: Sequence[Sequence[Link]], back: Sequence[Sequence[Link]]) -> None:
    """Swap neighbors in a column as long as that removes crossings."""
    for _ in range(4):
        improved = False
        for index, column in enumerate(columns):
            left = {node: place for place, node in enumerate(columns[index - 1])} if index else {}
            right = (
                {node: place for place, node in enumerate(columns[index + 1])}
                if index + 1 < len(columns)
                else {}
            )
            # The ends of each node's edges in both columns, sorted once; swapping does not change them.
            before = {n: sorted(left[other] for other, _ in back[n]) for n in column}
            after = {n: sorted(right[other] + port for other, port in links[n]) for n in column}
            for place in range(len(column) - 1):
                a, b = column[place], column[place + 1]
                gain = (
                    _inversions(before[a], before[b])
                    + _inversions(after[a], after[b])
                    - _inversions(before[b], before[a])
                    - _inversions(after[b], after[a])
                )
                if gain > 0:
                    column[place], column[place + 1] = b, a
                    improved = True
        if not improved:
            return


def _inversions(upper: Sequence[float], lower: Sequence[float]) -> int:
    """How many edges of the lower node end above edges of the upper node."""
    if not upper or not lower or upper[-1] <= lower[0]:
        return 0
    return sum(bisect_left(lower, end) for end in upper)
