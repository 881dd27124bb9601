"""The layered layout: few crossings, no overlaps, edges that never run through a node, always the same."""

import itertools

import numpy as np
import pytest

from pellucid.graph.layout import columns_of, isotonic, layout
from pellucid.graph.ordering import crossings_between
from pellucid.graph.routing import Edge, Size

NODE = Size(20.0, 30.0, 30.0, 15.0, 8.0)


def drawn(count: int, seed: int) -> tuple[list[Size], list[Edge]]:
    """A graph without cycles whose nodes take different room."""
    rng = np.random.default_rng(seed)
    sizes = [
        Size(float(core + wider), float(above), float(below), float(core), 6.0)
        for core, wider, above, below in rng.integers([15, 0, 12, 12], [60, 40, 90, 90], (count, 4))
    ]
    edges = []
    for target in range(1, count):
        for source in sorted(set(rng.integers(max(0, target - 9), target, rng.integers(1, 4)).tolist())):
            edges.append(Edge(source, target))
    return sizes, edges


def sampled(points: tuple[tuple[float, float], ...]) -> list[tuple[float, float]]:
    """Many points of an edge as it is drawn: level pieces, and cubic curves with level ends."""
    found = []
    for index in range(1, len(points)):
        (x0, y0), (x1, y1) = points[index - 1], points[index]
        for t in np.linspace(0, 1, 25):
            if index % 2:
                found.append((x0 + t * (x1 - x0), y0 + t * (y1 - y0)))
            else:
                middle = (x0 + x1) / 2
                a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
                found.append(((a * x0 + b * middle + c * middle + d * x1), (a + b) * y0 + (c + d) * y1))
    return found


def test_columns_follow_the_longest_way_and_weights_stand_beside_their_user():
    chain = [Edge(0, 1), Edge(1, 2), Edge(2, 3)]
    assert columns_of(4, chain) == [0, 1, 2, 3]
    assert columns_of(5, [*chain, Edge(4, 3)])[4] == 2, (
        "a weight of the last operation is not at the left border"
    )


def test_a_circle_is_refused():
    with pytest.raises(ValueError, match="circle"):
        columns_of(3, [Edge(0, 1), Edge(1, 2), Edge(2, 1)])


@pytest.mark.parametrize("seed", range(20))
def test_crossings_are_counted_as_by_comparing_all_pairs(seed):
    rng = np.random.default_rng(seed)
    upper, lower = list(range(6)), list(range(6, 13))
    rng.shuffle(lower)
    links = [
        [(int(t), 0.5) for t in rng.choice(range(6, 13), rng.integers(0, 5), replace=False)] for _ in upper
    ]
    links += [[] for _ in lower]
    place = {node: index for index, node in enumerate(lower)}
    pairs = [(a, place[t]) for a in upper for t, _ in links[a]]
    expected = sum((a - c) * (b - d) < 0 for (a, b), (c, d) in itertools.combinations(pairs, 2))
    assert crossings_between(upper, lower, links) == expected


def test_crossings_that_can_be_avoided_are_and_others_are_not_hidden():
    tangled = [Edge(a, b) for a, b in ((0, 7), (1, 6), (2, 5), (3, 4))]
    assert layout([NODE] * 8, tangled).crossings == 0
    complete = [Edge(a, b) for a in range(3) for b in range(3, 6)]
    assert layout([NODE] * 6, complete).crossings == 9, "three nodes each with edges to three: 9 in any order"


def test_ordered_ports_put_the_first_input_above():
    found = layout([NODE] * 3, [Edge(0, 2, 1, 2), Edge(1, 2, 0, 2)])
    (_, y0), (_, y1), _ = found.centers
    assert y1 < y0
    assert found.crossings == 0
    assert found.routes[1][-1][1] < found.routes[0][-1][1], "the edge of the first input arrives above"


@pytest.mark.parametrize("seed", range(12))
def test_nothing_overlaps_and_no_edge_runs_through_a_node(seed):
    sizes, edges = drawn(28, seed)
    found = layout(sizes, edges)
    boxes = [
        (x - s.half_width, y - s.above, x + s.half_width, y + s.below)
        for (x, y), s in zip(found.centers, sizes, strict=True)
    ]
    for (l0, t0, r0, b0), (l1, t1, r1, b1) in itertools.combinations(boxes, 2):
        assert r0 <= l1 or r1 <= l0 or b0 <= t1 or b1 <= t0
    for left, top, right, bottom in boxes:
        assert left >= 0
        assert top >= 0
        assert right <= found.width
        assert bottom <= found.height
    for edge, route in zip(edges, found.routes, strict=True):
        for x, y in sampled(route):
            for node, (left, top, right, bottom) in enumerate(boxes):
                if node not in (edge.source, edge.target):
                    assert not (left < x < right and top < y < bottom), (edge, node)


def test_edges_begin_and_end_at_the_symbols_and_go_to_the_right():
    sizes, edges = drawn(20, 3)
    found = layout(sizes, edges)
    for edge, route in zip(edges, found.routes, strict=True):
        (x0, y0), (x1, y1) = found.centers[edge.source], found.centers[edge.target]
        assert route[0] == pytest.approx((x0 + sizes[edge.source].core, y0), abs=0.02)
        assert route[-1][0] == pytest.approx(x1 - sizes[edge.target].core, abs=0.02)
        assert abs(route[-1][1] - y1) <= sizes[edge.target].port_reach + 0.01
        assert all(a[0] <= b[0] + 0.011 for a, b in itertools.pairwise(route))


def test_a_stream_runs_level_with_its_weights_around_it():
    """x → affine → relu → affine, with a weight and a bias at each affine."""
    edges = [Edge(0, 3), Edge(1, 3), Edge(2, 3), Edge(3, 4), Edge(4, 7), Edge(5, 7), Edge(6, 7), Edge(7, 8)]
    ys = [y for _, y in layout([NODE] * 9, edges).centers]
    assert ys[3] == pytest.approx(ys[4], abs=0.1)
    assert ys[4] == pytest.approx(ys[7], abs=0.1)
    assert ys[7] == pytest.approx(ys[8], abs=0.1)


def test_the_same_graph_is_laid_out_in_the_same_way():
    sizes, edges = drawn(40, 1)
    assert layout(sizes, edges) == layout(sizes, edges)


def test_no_nodes_and_one_node():
    assert layout([], []).centers == ()
    one = layout([NODE], [])
    assert (one.width, one.height) == (2 * 18 + 40, 2 * 18 + 60)


@pytest.mark.parametrize("seed", range(5))
def test_isotonic_is_scikit_learns(seed):
    from sklearn.isotonic import isotonic_regression

    rng = np.random.default_rng(seed)
    values, weights = rng.normal(0, 1, 30), rng.uniform(0.1, 3, 30)
    expected = isotonic_regression(values, sample_weight=weights)
    np.testing.assert_allclose(isotonic(values.tolist(), weights.tolist()), expected, atol=1e-12)
