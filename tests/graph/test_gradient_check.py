"""The check finds wrong gradients and leaves right ones alone."""

import numpy as np
import pytest

from pellucid.arrays import random
from pellucid.graph.algebra import affine
from pellucid.graph.elementwise import exp
from pellucid.graph.gradient_check import Compared, check_gradients
from pellucid.graph.reductions import mean, sum
from pellucid.graph.tensor import OPERATIONS, op
from pellucid.losses import multiclass_hinge, softmax_cross_entropy
from pellucid.regularizers import l2

KEY = random.key(3)


def classifier(loss):
    stream = np.random.Generator(np.random.Philox(key=2))
    x, y = stream.standard_normal((7, 5)), stream.integers(0, 3, 7)
    arrays = {"w": stream.standard_normal((3, 5)).astype(np.float32), "b": stream.standard_normal(3)}
    return (lambda w, b: mean(loss(affine(x, w, b), y)) + l2(w) * 0.1), arrays


@pytest.mark.parametrize("loss", [softmax_cross_entropy, multiclass_hinge])
def test_a_right_gradient_passes(loss):
    loss_of, arrays = classifier(loss)
    compared = check_gradients(loss_of, arrays, places=8, rng=KEY)
    assert list(compared) == ["w", "b"]
    assert len(compared["w"].places) == 8
    assert len(compared["b"].places) == 3  # no more than there are
    for each in compared.values():
        assert each.error < 1e-8
        assert each.analytic.dtype == each.numerical.dtype == np.float64


@pytest.mark.parametrize(("factor", "expected"), [(1.0005, 5e-4), (-1.0, 2.0), (0.0, 1.0)])
def test_a_wrong_gradient_is_caught(monkeypatch, factor, expected):
    monkeypatch.setitem(OPERATIONS, "wrong", None)

    @op
    def wrong(x):
        return x * x, (lambda g: factor * 2 * g * x,)

    compared = check_gradients(lambda x: sum(wrong(x)), {"x": np.array([1.0, -2.0, 3.0])}, rng=KEY)
    assert compared["x"].error == pytest.approx(expected, rel=1e-3)


def test_a_gradient_that_is_zero_everywhere_is_right():
    compared = check_gradients(lambda x: sum(x * 0.0), {"x": np.ones(3)}, rng=KEY)
    assert compared["x"].error == 0.0


@pytest.mark.parametrize("size", [1e6, 1.0, 1e-3])
def test_large_and_small_numbers_are_moved_by_their_own_measure(size):
    compared = check_gradients(lambda x: sum(x * x), {"x": size * np.array([1.0, -2.0, 3.0])}, rng=KEY)
    assert compared["x"].error < 1e-7


def test_the_places_are_drawn_from_the_key():
    def drawn(seed):
        arrays = {"x": np.linspace(0.0, 1.0, 100)}
        return check_gradients(lambda x: sum(exp(x)), arrays, places=5, rng=random.key(seed))["x"].places

    np.testing.assert_array_equal(drawn(0), drawn(0))
    assert drawn(0).tolist() != drawn(1).tolist()


def test_a_gradient_that_is_no_number_is_not_right():
    places = np.arange(2)
    for bad in (np.nan, np.inf):
        assert Compared("x", places, np.array([1.0, bad]), np.ones(2)).error == float("inf")
        assert Compared("x", places, np.ones(2), np.array([bad, 1.0])).error == float("inf")


def test_the_arrays_are_not_changed():
    x = np.array([1.0, 2.0])
    x.flags.writeable = False
    check_gradients(lambda x: sum(exp(x)), {"x": x}, rng=KEY)
    np.testing.assert_array_equal(x, [1.0, 2.0])
