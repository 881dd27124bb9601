"""What all losses promise: a value for each picture, in the scores' dtype, finite far out; and their names."""

import math

import numpy as np
import pytest

from pellucid.arrays.compile import compiled
from pellucid.graph import Tensor, gradients
from pellucid.graph.reductions import weighted_mean
from pellucid.graph.tensor import OPERATIONS
from pellucid.losses import initial_loss, loss_named
from pellucid.losses.names import NAMES
from pellucid.storage.errors import InputError

SINGLE = (
    "binary-cross-entropy",
    "zero-one-loss",
    "logistic-loss",
    "exponential-loss",
    "hinge-loss",
    "squared-hinge-loss",
    "perceptron-loss",
)
TABLES = ("soft-cross-entropy", "squared-error", "half-squared-error")
DESCENDED = [name for name in NAMES if name != "zero-one-loss"]
EVERY = pytest.mark.parametrize("name", NAMES)


def example(name, scale=1.0, dtype=np.float64, n=24, k=4):
    """Scores and what the loss compares them with."""
    rng = np.random.Generator(np.random.Philox(key=10))
    shape = (n,) if name in SINGLE else (n, k)
    # Numbers at both ends and in the middle: ties, hopeless and perfect scores.
    scores = (scale * rng.choice([-1.0, -0.5, 0.0, 1e-6, 0.5, 1.0], shape)).astype(dtype)
    if name in TABLES:
        return scores, rng.dirichlet(np.ones(k), n).astype(dtype)
    if name in SINGLE:
        bits = rng.integers(0, 2, n)
        return scores, bits if name == "binary-cross-entropy" else 2 * bits - 1
    return scores, rng.integers(0, k, n)


def flow_of(name, scores, targets):
    s = Tensor(scores)
    losses = NAMES[name](s, targets)
    return losses.value, gradients(weighted_mean(losses, np.ones(len(scores), scores.dtype)))[s]


@pytest.mark.parametrize("name", DESCENDED)
@pytest.mark.parametrize("scale", [1.0, 1e3, 1e6])
def test_scores_up_to_a_million_in_float32(name, scale):
    """Warnings are errors in all tests: an overflow on the way is seen too. Both engines agree."""
    scores, targets = example(name, scale, np.float32)
    losses, flow = flow_of(name, scores, targets)
    assert (losses.dtype, flow.dtype) == (np.float32, np.float32)
    assert np.isfinite(losses).all()
    assert np.isfinite(flow).all()
    assert (losses >= 0).all()
    assert np.abs(flow).max() > 0
    exact, slope = flow_of(name, scores.astype(np.float64), targets)
    traced, traced_flow = compiled(lambda s, t: flow_of(name, s, t))(scores, targets)
    np.testing.assert_allclose(losses, traced, rtol=2e-5, atol=1e-6)
    np.testing.assert_allclose(flow, traced_flow, rtol=2e-5, atol=1e-6)
    if name == "exponential-loss" and scale > 40:
        return  # the line begins elsewhere in float64
    np.testing.assert_allclose(losses, exact, rtol=2e-5, atol=1e-5)
    np.testing.assert_allclose(flow, slope, rtol=2e-5, atol=1e-6)


def test_the_zero_one_loss_of_a_million():
    scores, targets = example("zero-one-loss", 1e6, np.float32)
    assert set(NAMES["zero-one-loss"](scores, targets)) == {np.float32(0), np.float32(1)}


@EVERY
def test_pictures_do_not_look_at_each_other(name):
    scores, targets = example(name)
    whole = NAMES[name](scores, targets)
    assert whole.shape == (24,)
    for row in range(24):
        np.testing.assert_allclose(
            NAMES[name](scores[row : row + 1], targets[row : row + 1]), whole[row : row + 1], rtol=1e-15
        )


@EVERY
def test_nothing_to_pay_is_0_and_not_minus_0(name):
    if name in TABLES:
        scores = targets = np.array([[1.0, 0.0]])
    elif name in SINGLE:
        scores, targets = np.array([50.0]), np.array([1])
    else:
        scores, targets = np.array([[50.0, -50.0]]), np.array([0])
    assert not np.signbit(NAMES[name](scores, targets)).any()


@EVERY
def test_no_pictures_have_no_losses(name):
    scores, targets = example(name)
    found = NAMES[name](scores[:0], targets[:0])
    assert (found.shape, found.dtype) == ((0,), np.float64)


@pytest.mark.parametrize("name", DESCENDED)
def test_a_picture_of_weight_2_counts_as_two_and_one_of_weight_0_not_at_all(name):
    scores, targets = example(name, n=4)
    s, twice = Tensor(scores), Tensor(scores[[0, 0, 1, 3]])
    weighted = weighted_mean(NAMES[name](s, targets), np.array([2.0, 1.0, 0.0, 1.0]))
    repeated = weighted_mean(NAMES[name](twice, targets[[0, 0, 1, 3]]), np.ones(4))
    np.testing.assert_allclose(weighted.value, repeated.value, rtol=1e-14)
    flow, each = gradients(weighted)[s], gradients(repeated)[twice]
    np.testing.assert_allclose(flow, [each[0] + each[1], each[2], 0 * each[0], each[3]], rtol=1e-14)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in TABLES[1:]])
@pytest.mark.parametrize("classes", [2, 3, 10, 100, 1000])
def test_what_it_costs_to_know_nothing(name, classes):
    loss = NAMES[name]
    if name in SINGLE:
        found = loss(np.zeros(2), np.array([0, 1]) if name == "binary-cross-entropy" else np.array([-1, 1]))
    elif name in TABLES:
        found = loss(np.zeros((2, classes)), np.full((2, classes), 1 / classes))
    else:
        found = loss(np.zeros((2, classes)), np.array([0, classes - 1]))
    np.testing.assert_allclose(found, initial_loss(name, classes), rtol=1e-12)


def test_the_printed_numbers_of_knowing_nothing():
    """Golden number 15."""
    printed = {2: 0.693147181, 3: 1.098612289, 10: 2.302585093, 100: 4.605170186, 1000: 6.907755279}
    for classes, expected in printed.items():
        assert initial_loss("softmax-cross-entropy", classes) == pytest.approx(expected, abs=5.1e-10)
        assert initial_loss("multiclass-hinge", classes) == classes - 1
    assert initial_loss("logistic_loss", 2) == math.log(2)


def test_every_loss_has_its_name_and_no_other():
    found = {each for each in OPERATIONS.values() if each.__module__.startswith("pellucid.losses.")}
    assert found == set(NAMES.values())
    assert all(loss_named(name) is loss_named(name.replace("-", "_")) is NAMES[name] for name in NAMES)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("hinge", "hinge-loss"),
        ("softmax", "softmax-cross-entropy"),
        ("half squared error", "half-squared-error"),
    ],
)
def test_a_name_that_no_loss_has_gets_the_nearest(typed, meant):
    with pytest.raises(
        InputError, match=f"The loss must be one of softmax-cross-entropy, .*Did you mean {meant}"
    ):
        loss_named(typed)


def test_a_name_like_no_other_gets_no_suggestion():
    with pytest.raises(InputError, match=r"got 'zzz'\.$"):
        initial_loss("zzz", 3)
    with pytest.raises(InputError, match="got 'squared-error'"):
        initial_loss("squared-error", 3)
