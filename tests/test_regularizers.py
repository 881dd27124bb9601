"""L2 prefers spread weights, L1 makes zeros, the elastic net does some of both; strengths are checked at the door."""

import numpy as np
import pytest

from pellucid.arrays.compile import compiled
from pellucid.graph import gradients, variables
from pellucid.regularizers import (
    REGULARIZERS,
    checked_strength,
    elastic_net,
    exact_zeros,
    l1,
    l2,
    regularizer_named,
    soft_threshold,
)
from pellucid.storage.errors import InputError

ONE, SPREAD = np.array([[1.0, 0.0, 0.0, 0.0]]), np.full((1, 4), 0.25)


def test_l2_prefers_the_spread_weights_and_l1_has_no_preference():
    """Golden number 9. Both give the score 1 to x = (1, 1, 1, 1). Some notes say that L1 prefers the first: it ties."""
    assert (2 * l2(ONE), 2 * l2(SPREAD)) == (1.0, 0.25)
    assert (l1(ONE), l1(SPREAD)) == (1.0, 1.0)
    assert (l1(ONE) + 2 * l2(ONE), l1(SPREAD) + 2 * l2(SPREAD)) == (2.0, 1.25)
    # Nor is L1 how many weights are not zero.
    assert l1(2 * ONE) == 2.0


@pytest.mark.parametrize("ratio", [0.0, 0.3, 1.0, np.float64(0.5)])
def test_the_elastic_net_lies_between(ratio):
    (w,) = variables(w=np.array([[3.0, -4.0, 0.0]]))
    penalty = elastic_net(w, l1_ratio=ratio)
    np.testing.assert_allclose(penalty.value, ratio * 7 + (1 - ratio) * 12.5, rtol=1e-15)
    slope = ratio * np.sign(w.value) + (1 - ratio) * w.value
    np.testing.assert_allclose(gradients(penalty)[w], slope, rtol=1e-15)
    assert elastic_net(w.value.astype(np.float32), l1_ratio=ratio).dtype == np.float32


@pytest.mark.parametrize("ratio", [-0.1, 1.1, float("nan")])
def test_a_share_that_is_none_is_refused(ratio):
    with pytest.raises(InputError, match=f"l1_ratio must be 0 to 1, got {ratio}"):
        elastic_net(ONE, l1_ratio=ratio)


def test_l1_pulls_small_weights_as_hard_as_large_ones_and_zeros_not_at_all():
    (w,) = variables(w=np.array([[5.0, -1e-9, 0.0, -0.0]]))
    np.testing.assert_array_equal(gradients(l1(w))[w], [[1.0, -1.0, 0.0, 0.0]])
    np.testing.assert_array_equal(gradients(l2(w))[w], w.value)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("engine", ["numpy", "compiled"])
def test_a_step_towards_zero_stops_there(dtype, engine):
    w = np.array([[3.0, -3.0, 0.5, -0.5, 0.4, -0.4, 0.0, -0.0]], dtype)
    step = soft_threshold if engine == "numpy" else compiled(soft_threshold)
    if engine == "compiled" and dtype == np.float64:
        from pellucid.arrays.compile import precision

        with precision(dtype):
            found = np.asarray(step(w, np.float64(0.5)))
    else:
        found = np.asarray(step(w, np.float64(0.5)))
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, [[2.5, -2.5, 0, 0, 0, 0, 0, 0]])
    assert not np.signbit(found[0, 2:]).any()  # no −0.0
    assert exact_zeros(found) == 6


def test_the_step_minimizes_what_it_promises():
    """½(u − w)² + a|u|, tried on a fine grid."""
    grid = np.linspace(-3, 3, 60_001)
    for w in (-2.0, -0.31, 0.0, 0.29, 0.3, 1.7):
        best = grid[np.argmin(0.5 * (grid - w) ** 2 + 0.3 * abs(grid))]
        assert soft_threshold(np.array([w]), 0.3)[0] == pytest.approx(best, abs=1.1e-4)


def test_a_threshold_of_0_changes_nothing_and_one_a_row_is_broadcast():
    w = np.array([[1.0, -2.0], [1.0, -2.0]])
    np.testing.assert_array_equal(soft_threshold(w, 0.0), w)
    np.testing.assert_array_equal(soft_threshold(w, np.array([[1.5], [0.5]])), [[0, -0.5], [0.5, -1.5]])
    assert soft_threshold(np.float32(2), 0.5) == np.float32(1.5)


def test_descent_with_the_step_finds_zeros_where_descent_with_the_gradient_finds_none():
    """Least squares in which only 2 of 10 features matter."""
    rng = np.random.Generator(np.random.Philox(key=13))
    x = rng.standard_normal((100, 10))
    truth = np.zeros(10)
    truth[:2] = 3.0, -2.0
    y = x @ truth + 0.1 * rng.standard_normal(100)
    by_step, by_gradient = np.zeros((1, 10)), np.zeros((1, 10))
    for _ in range(500):
        by_step = soft_threshold(by_step - 0.1 * ((x @ by_step[0] - y) @ x / 100), 0.1 * 0.2)
        (w,) = variables(w=by_gradient)
        slope = gradients(l1(w))[w]
        by_gradient = by_gradient - 0.1 * ((x @ by_gradient[0] - y) @ x / 100 + 0.2 * slope)
    assert exact_zeros(by_step) == 8
    assert (by_step[0, :2] != 0).all()
    assert exact_zeros(by_gradient) == 0


@pytest.mark.parametrize("name", REGULARIZERS)
def test_no_weights_cost_nothing(name):
    assert REGULARIZERS[name](np.zeros((0, 3))) == 0.0
    assert REGULARIZERS[name](np.zeros((2, 3))) == 0.0
    assert REGULARIZERS[name](np.ones((2, 3))) > 0.0


def test_names():
    assert regularizer_named("L1") is l1
    assert regularizer_named("elastic_net") is elastic_net
    with pytest.raises(
        InputError, match=r"one of l2, l1, elastic-net; got 'elasticnet'\. Did you mean elastic-net"
    ):
        regularizer_named("elasticnet")
    with pytest.raises(InputError, match=r"got 'dropout'\.$"):
        regularizer_named("dropout")


def test_strengths():
    assert checked_strength(0) == 0.0
    assert type(checked_strength(np.float64(1e-3))) is float
    for wrong in (-1e-9, float("nan"), float("inf")):
        with pytest.raises(InputError, match="--l2 must be 0 or more and finite, got"):
            checked_strength(wrong, "--l2")
    for wrong in ("strong", None, [1, 2]):
        with pytest.raises(InputError, match="the strength λ must be a number, 0 or more, got"):
            checked_strength(wrong)
