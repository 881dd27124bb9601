"""The walk, one edge at a time; what it may forget behind itself; what it does not touch."""

import tracemalloc
from collections import Counter

import numpy as np
import pytest

from pellucid.graph import Tensor, backward_steps, gradients, variables
from pellucid.graph.activations import relu, sigmoid
from pellucid.graph.algebra import affine
from pellucid.graph.backward import ancestors
from pellucid.graph.elementwise import exp, maximum
from pellucid.graph.reductions import mean, sum
from pellucid.losses import softmax_cross_entropy
from pellucid.storage.errors import InputError


def network():
    stream = np.random.Generator(np.random.Philox(key=8))
    w1, b1, w2, b2 = variables(
        w1=stream.standard_normal((6, 4)),
        b1=stream.standard_normal(6),
        w2=stream.standard_normal((3, 6)),
        b2=stream.standard_normal(3),
    )
    x = stream.standard_normal((5, 4))
    hidden = relu(affine(x, w1, b1))
    scores = affine(hidden + sigmoid(hidden), w2, b2)
    return mean(softmax_cross_entropy(scores, np.array([0, 1, 2, 0, 1]))) + sum(w1 * w1) * 0.1


def neuron():
    w, x, b = variables(w=2.0, x=-1.0, b=-3.0)
    s = w * x + b
    return maximum(1.0 / (1.0 + exp(-s)), s * s * x)


@pytest.mark.parametrize("build", [network, neuron])
def test_the_steps_add_up_to_the_gradients(build):
    loss = build()
    totals, ends = {}, {}
    for step in backward_steps(loss):
        before = totals.get(step.parent)
        totals[step.parent] = step.contribution if before is None else before + step.contribution
        np.testing.assert_array_equal(step.total, totals[step.parent])
        assert step.contribution.shape == step.parent.shape
        ends[step.parent] = step.total
    nodes = [node for node in ancestors(loss) if node is not loss]
    assert set(ends) == set(nodes)
    found = gradients(loss, of=nodes)
    for node in nodes:
        np.testing.assert_array_equal(ends[node], found[node])
    for variable, flow in gradients(loss).items():
        np.testing.assert_array_equal(ends[variable], flow)


def test_upstream_is_all_that_has_reached_the_node_when_its_turn_comes():
    loss = network()
    found = gradients(loss, of=list(ancestors(loss)))
    for step in backward_steps(loss):
        np.testing.assert_array_equal(step.upstream, found[step.node])


@pytest.mark.parametrize("build", [network, neuron])
def test_upstream_times_local_is_the_contribution(build):
    given = 0
    for step in backward_steps(build()):
        if step.local is not None:
            product = np.asarray(step.upstream * step.local)
            np.testing.assert_allclose(product, step.contribution, rtol=1e-14)
            given += 1
        else:
            assert step.node.op in ("affine", "softmax_cross_entropy")
    assert given >= 6


def test_where_a_number_was_stretched_there_is_no_local_slope_for_each_number():
    x, y = variables(x=np.array([1.0, 2.0, 3.0]), y=2.0)
    steps = {step.parent.name: step for step in backward_steps(sum(x * y)) if step.parent.name}
    np.testing.assert_array_equal(steps["x"].local, [2.0, 2.0, 2.0])
    # ∂L/∂y is a sum over three numbers: no single slope times the upstream array gives it.
    assert steps["y"].local is None
    assert steps["y"].contribution == 6.0


def test_steps_in_the_order_of_the_walk_and_one_for_each_edge():
    (x,) = variables(x=3.0)
    y = x * x
    f = y * x
    steps = [(step.node, step.parent, float(step.total)) for step in backward_steps(f)]
    assert steps == [(f, y, 3.0), (f, x, 9.0), (y, x, 18.0), (y, x, 27.0)]


def test_steps_can_be_left_in_the_middle_and_begun_again():
    loss = network()
    first = next(backward_steps(loss))
    assert [first.node, first.parent] == [loss, loss.parents[0]]
    assert len(list(backward_steps(loss))) == len(list(backward_steps(loss)))


def counting(calls, name, parents, depth):
    def pullback(g):
        calls[name] += 1
        return g

    return Tensor(np.float64(1), parents, (pullback,) * len(parents), name, depth=depth)


def test_only_what_leads_to_the_wanted_is_walked_and_each_edge_once():
    calls = Counter()
    x, y = variables(x=1.0, y=1.0)
    a = counting(calls, "a", (x,), 1)
    b = counting(calls, "b", (y,), 1)
    c = counting(calls, "c", (a, b), 2)
    d = counting(calls, "d", (c, c, a), 3)
    assert gradients(d, of=(x,)) == {x: 3.0}
    assert calls == {"d": 3, "c": 1, "a": 1}
    calls.clear()
    assert gradients(d, of=(c,)) == {c: 2.0}
    assert calls == {"d": 2}
    calls.clear()
    assert gradients(d) == {x: 3.0, y: 2.0}
    assert calls == {"d": 3, "c": 2, "a": 1, "b": 1}
    calls.clear()
    (stranger,) = variables(stranger=np.ones(3))
    np.testing.assert_array_equal(gradients(d, of=(stranger,))[stranger], np.zeros(3))
    assert not calls


def test_a_fan_of_ten_thousand_is_summed_once_for_each_branch():
    calls = Counter()
    (x,) = variables(x=1.0)
    fan = counting(calls, "fan", (x,) * 10_000, 1)
    assert gradients(fan) == {x: 10_000.0}
    assert calls == {"fan": 10_000}


def peak(walk):
    tracemalloc.start()
    try:
        walk()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def chain(length):
    (x,) = variables(x=np.ones(20_000))
    node = x
    for _ in range(length):
        node = node * 1.0001
    return x, sum(node)


@pytest.mark.parametrize("limited", [False, True])
def test_release_lets_memory_go_behind_the_walk(limited):
    """100 steps hold 100 arrays of 160 kB; the walk lets one go for each that it makes."""
    lasting = []

    def walk(release):
        x, loss = chain(100)
        built = tracemalloc.get_traced_memory()[0]
        flow = gradients(loss, of=(x,) if limited else None, release=release)
        lasting.append(tracemalloc.get_traced_memory()[0] / built)
        return flow[x], loss

    peak(lambda: walk(False))
    peak(lambda: walk(True))
    kept, released = lasting
    assert kept > 0.95
    assert released < 0.05


def test_release_lowers_the_peak_where_gradients_are_kept():
    """With every gradient wanted by nobody but one new array a step, the peak stays where it was before the walk."""

    def walk(release):
        stages = []
        for _ in range(30):
            _, loss = chain(20)
            stages.append(loss)
            gradients(loss, release=release)
        return stages

    assert peak(lambda: walk(True)) < 0.2 * peak(lambda: walk(False))


def test_release_gives_the_same_gradients():
    loss, again = network(), network()
    found = {tensor.name: flow for tensor, flow in gradients(loss).items()}
    for tensor, flow in gradients(again, release=True).items():
        np.testing.assert_array_equal(flow, found[tensor.name])


def test_a_second_walk_along_a_released_graph_is_a_clear_error():
    loss = network()
    value = loss.value
    gradients(loss, release=True)
    assert loss.value == value
    for walk in (gradients, lambda loss: list(backward_steps(loss))):
        with pytest.raises(
            InputError, match=r"Nothing flows back from .*its graph was released by an earlier walk"
        ):
            walk(loss)


def test_a_graph_built_on_a_released_part_is_an_error_too():
    x, y = variables(x=2.0, y=3.0)
    shared = exp(x)
    gradients(shared * y, release=True)
    with pytest.raises(InputError, match=r"Nothing flows back from <Tensor = exp.*released.*Build it again"):
        gradients(shared * shared)
    with pytest.raises(InputError, match="released"):
        gradients(shared * shared, of=(x,))


def test_a_mask_is_no_variable_and_nothing_flows_into_it():
    (x,) = variables(x=np.array([-1.0, 2.0, 3.0]))
    mask = x > 0.0
    assert gradients(sum(mask * x * x)).keys() == {x}
    np.testing.assert_array_equal(gradients(sum(mask * x * x))[x], [0.0, 4.0, 6.0])
    np.testing.assert_array_equal(gradients(sum(mask), of=(x,))[x], [0.0, 0.0, 0.0])
    assert gradients(sum(mask)) == {}
