"""Batch normalization: what it does to a minibatch, of rows as of pictures; what is said where it does not fit."""

import re

import numpy as np
import pytest
from witnesses import assert_agrees_with_differences, assert_agrees_with_jax, pulled

from pellucid.graph import Tensor
from pellucid.graph.normalization import batch_normalize, normalize_with
from pellucid.storage.errors import InputError

SHAPES = [(7, 3), (2, 3, 4), (3, 2, 4, 5)]


def drawn(shape):
    stream = np.random.Generator(np.random.Philox(key=8))
    channels = shape[-1:]
    return {
        "x": stream.normal(3, 2, shape),
        "scale": stream.uniform(0.5, 1.5, channels),
        "shift": stream.normal(size=channels),
    }


@pytest.mark.parametrize("shape", SHAPES)
def test_each_channel_gets_the_mean_and_the_spread_that_were_learned(shape):
    of = drawn(shape)
    z = batch_normalize(*of.values(), epsilon=0)
    axes = tuple(range(len(shape) - 1))
    np.testing.assert_allclose(z.mean(axes), of["shift"], rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(z.std(axes), of["scale"], rtol=1e-12)


@pytest.mark.parametrize("shape", SHAPES)
def test_gradients_of_rows_and_of_pictures(shape):
    of = drawn(shape)
    assert_agrees_with_differences(batch_normalize, of, {"epsilon": 1e-3})
    assert_agrees_with_jax(batch_normalize, of, {"epsilon": 1e-3}, np.float64)


@pytest.mark.parametrize("shape", SHAPES)
def test_with_the_minibatchs_own_mean_and_variance_both_are_the_same(shape):
    of = drawn(shape)
    axes = tuple(range(len(shape) - 1))
    known = normalize_with(of["x"], of["x"].mean(axes), of["x"].var(axes), of["scale"], of["shift"])
    np.testing.assert_allclose(batch_normalize(*of.values()), known, rtol=1e-12, atol=1e-13)


def test_nothing_flows_back_that_a_shift_or_a_stretch_of_the_minibatch_would_need():
    of = drawn((50, 4))
    _, _, flows = pulled(batch_normalize, of, epsilon=0)
    np.testing.assert_allclose(flows["x"].sum(0), 0, atol=1e-12)
    np.testing.assert_allclose((flows["x"] * of["x"]).sum(0), 0, atol=1e-11)


def test_a_mean_far_from_zero_costs_few_digits():
    """The mean of squares less the square of the mean would have none left in float32: 10⁶ against 0.01."""
    stream = np.random.Generator(np.random.Philox(key=2))
    x = (1000 + stream.normal(0, 0.1, (4096, 2))).astype(np.float32)
    one, zero = np.ones(2, np.float32), np.zeros(2, np.float32)
    found = batch_normalize(x, one, zero)
    exact = batch_normalize(x.astype(np.float64), one.astype(float), zero.astype(float))
    np.testing.assert_allclose(found, exact, atol=0.02)


def test_a_channel_that_never_changes_is_shifted_and_stays_finite():
    z, _, flows = pulled(
        batch_normalize, {"x": np.ones((5, 2)), "scale": np.ones(2), "shift": np.full(2, 0.5)}
    )
    np.testing.assert_array_equal(z, 0.5)
    assert np.isfinite(flows["x"]).all()


@pytest.mark.parametrize(
    ("operation", "shapes", "sentence"),
    [
        (
            batch_normalize,
            {"x": (1, 3), "scale": (3,), "shift": (3,)},
            "batch_normalize(x: float64 (1, 3), scale: float64 (3,), shift: float64 (3,)) does not fit: "
            "a minibatch of 1 has no variance: give at least 2 rows, or use normalize_with",
        ),
        (
            batch_normalize,
            {"x": (4, 3), "scale": (4,), "shift": (3,)},
            "scale must have the shape (3,), one number for each channel",
        ),
        (
            normalize_with,
            {"x": (4, 3), "mean": (3,), "variance": (4,), "scale": (3,), "shift": (3,)},
            "variance must have the shape (3,), one number for each channel",
        ),
        (batch_normalize, {"x": (3,), "scale": (3,), "shift": (3,)}, "x must have at least two axes"),
    ],
)
def test_what_is_said_where_it_does_not_fit(operation, shapes, sentence):
    with pytest.raises(InputError, match=re.escape(sentence)):
        operation(*(Tensor(np.ones(shape), name=name) for name, shape in shapes.items()))
