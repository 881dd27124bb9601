"""The losses of the margin m = t s, to the last digit that is printed; and the one that cannot be descended."""

import math

import numpy as np
import pytest

from pellucid.arrays.compile import compiled
from pellucid.graph import gradients, variables
from pellucid.graph.reductions import sum
from pellucid.losses import (
    binary_cross_entropy,
    exponential_loss,
    hinge_loss,
    logistic_loss,
    squared_hinge_loss,
    zero_one_loss,
)
from pellucid.storage.errors import InputError

M = np.array([-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0])
GOLDEN = {
    zero_one_loss: [1, 1, 1, 1, 0, 0, 0],
    logistic_loss: [
        2.126928011,
        1.313261688,
        0.974076984,
        0.693147181,
        0.474076984,
        0.313261688,
        0.126928011,
    ],
    exponential_loss: [7.389056099, 2.718281828, 1.648721271, 1.0, 0.606530660, 0.367879441, 0.135335283],
    hinge_loss: [3, 2, 1.5, 1, 0.5, 0, 0],
    squared_hinge_loss: [9, 4, 2.25, 1, 0.25, 0, 0],
}
"""Golden number 16. Of the zero-one loss, 0 takes no side and counts as wrong."""

EVERY = pytest.mark.parametrize("loss", GOLDEN)
SURROGATES = pytest.mark.parametrize("loss", list(GOLDEN)[1:])


@EVERY
def test_the_printed_numbers(loss):
    np.testing.assert_allclose(loss(M, np.ones(7)), GOLDEN[loss], rtol=0, atol=5.1e-10)


@EVERY
def test_only_the_margin_counts(loss):
    """A score of −2 for a picture of the negative class is as good as 2 for one of the positive class."""
    np.testing.assert_array_equal(loss(-M, -np.ones(7)), loss(M, np.ones(7)))
    signs = np.array([1, -1, 1, -1, 1, -1, 1])
    np.testing.assert_array_equal(loss(M * signs, signs), loss(M, np.ones(7)))


def test_the_log_loss_in_bits():
    bits = logistic_loss(np.array([0.0, 1.0]), np.ones(2)) / math.log(2)
    np.testing.assert_allclose(bits, [1.0, 0.451941083], rtol=0, atol=5.1e-10)


@pytest.mark.parametrize(
    ("loss", "slope"),
    [(logistic_loss, -0.5), (exponential_loss, -1), (hinge_loss, -1), (squared_hinge_loss, -2)],
)
@pytest.mark.parametrize("sign", [1, -1])
def test_the_slopes_at_0(loss, slope, sign):
    (s,) = variables(s=np.zeros(1))
    np.testing.assert_array_equal(gradients(sum(loss(s, np.array([sign]))))[s], [slope * sign])


def test_the_slopes_along_the_margin():
    (s,) = variables(s=M)
    for loss, slopes in (
        (logistic_loss, -1 / (1 + np.exp(M))),
        (exponential_loss, -np.exp(-M)),
        (hinge_loss, np.where(M < 1, -1.0, 0.0)),
        (squared_hinge_loss, -2 * np.maximum(0, 1 - M)),
    ):
        np.testing.assert_allclose(gradients(sum(loss(s, np.ones(7))))[s], slopes, rtol=1e-14)


@SURROGATES
def test_every_surrogate_is_convex_and_above_the_zero_one_loss(loss):
    m = np.linspace(-30, 30, 2001)
    ones = np.ones(len(m))
    values = loss(m, ones) / (math.log(2) if loss is logistic_loss else 1)
    assert (values >= zero_one_loss(m, ones)).all()
    assert (np.diff(values, 2) >= -1e-9 * values[1:-1]).all()
    assert (np.diff(values) <= 0).all()


def test_the_exponential_loss_is_above_the_log_loss_also_for_right_answers():
    """Some notes draw them as crossing."""
    m = np.linspace(-30, 30, 2001)
    ones = np.ones(len(m))
    assert (exponential_loss(m, ones) > logistic_loss(m, ones)).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_where_the_exponential_loss_becomes_a_line(dtype):
    """Exact down to −c, and from there the line that touches it: no step, no bend, no infinity."""
    c = math.log(float(np.finfo(dtype).max)) / 2
    assert c == pytest.approx({np.float32: 44.36, np.float64: 354.89}[dtype], abs=0.01)
    ones = np.ones(4, dtype)
    (s,) = variables(s=np.array([-c + 1, -c, -c - 1, -c - 1e5], dtype))
    losses = exponential_loss(s, ones)
    flow = gradients(sum(losses))[s]
    top = math.exp(c)
    rtol = {np.float32: 1e-5, np.float64: 1e-12}[dtype]
    np.testing.assert_allclose(losses.value, top * np.array([1 / math.e, 1, 2, 1 + 1e5]), rtol=rtol)
    np.testing.assert_allclose(flow, -top * np.array([1 / math.e, 1, 1, 1]), rtol=rtol)


def test_the_zero_one_loss_is_measured_and_never_descended():
    (s,) = variables(s=M)
    losses = zero_one_loss(s, np.ones(7))
    assert losses.value.sum() == 4
    with pytest.raises(
        InputError, match=r"zero_one_loss has no gradient.*logistic_loss, hinge_loss, squared_hinge_"
    ):
        gradients(sum(losses))
    with pytest.raises(InputError, match="exponential_loss"):
        compiled(lambda x: _slope(x))(M.astype(np.float32))
    # Without a walk it compiles like any other.
    np.testing.assert_array_equal(
        compiled(zero_one_loss)(M.astype(np.float32), np.ones(7, np.int32)), GOLDEN[zero_one_loss]
    )


def _slope(x):
    from pellucid.graph import Tensor

    s = Tensor(x)
    return gradients(sum(zero_one_loss(s, np.ones(7, np.float32))))[s]


def test_the_log_loss_of_signs_is_the_cross_entropy_of_bits():
    rng = np.random.Generator(np.random.Philox(key=5))
    s, t = 5 * rng.standard_normal(50), rng.integers(0, 2, 50)
    np.testing.assert_allclose(binary_cross_entropy(s, t), logistic_loss(s, 2 * t - 1), rtol=1e-13)


@pytest.mark.parametrize("loss", [hinge_loss, squared_hinge_loss])
def test_a_margin_met_exactly_pays_nothing_and_another_margin_scales(loss):
    (s,) = variables(s=np.ones(1))
    losses = loss(s, np.ones(1))
    assert (losses.value, gradients(sum(losses))[s]) == ([0.0], [0.0])
    assert loss(M, np.ones(7), margin=0.5)[4] == 0.0
    with pytest.raises(InputError, match="the margin must be 0 or more, got -1"):
        loss(M, np.ones(7), margin=-1)


@pytest.mark.parametrize("loss", [*GOLDEN, binary_cross_entropy])
def test_scores_and_labels_of_other_shapes_are_refused(loss):
    """A column of scores (N, 1) beside labels (N) would be broadcast to N × N."""
    with pytest.raises(InputError, match=rf"{loss.__name__}.*shape \(N,\): take s\[:, 0\]"):
        loss(M[:, None], np.ones(7))
    with pytest.raises(InputError, match=r"single scores must have the shape \(N,\)$"):
        loss(np.ones((7, 2)), np.ones(7))
    for labels in (np.ones((7, 1)), np.ones(1), np.float64(1.0)):
        with pytest.raises(InputError, match=r"labels must have the shape of the scores, \(7,\)"):
            loss(M, labels)


@pytest.mark.parametrize("loss", [*GOLDEN, binary_cross_entropy])
@pytest.mark.parametrize("kind", [np.int8, np.int32, np.int64, np.float32, np.float64])
def test_labels_of_any_dtype_leave_float32_what_it_is(loss, kind):
    found = loss(M.astype(np.float32), np.ones(7, kind))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, loss(M, np.ones(7)), rtol=1e-6)
