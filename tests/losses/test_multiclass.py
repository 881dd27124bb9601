"""Structured and squared hinge, label smoothing, soft targets: against their formulas and each other."""

import numpy as np
import pytest

from pellucid.arrays import random
from pellucid.arrays.compile import compiled
from pellucid.graph import Tensor, gradients, variables
from pellucid.graph.gradient_check import check_gradients
from pellucid.graph.probabilities import log_softmax
from pellucid.graph.reductions import sum
from pellucid.losses import (
    multiclass_hinge,
    multiclass_squared_hinge,
    soft_cross_entropy,
    softmax_cross_entropy,
    structured_hinge,
)
from pellucid.storage.errors import InputError

SCORES = np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])
LABELS = np.array([0, 1, 2])
HINGES = pytest.mark.parametrize("loss", [multiclass_hinge, multiclass_squared_hinge, structured_hinge])


def drawn(n=9, k=4):
    rng = np.random.Generator(np.random.Philox(key=4))
    return rng.standard_normal((n, k)), rng.integers(0, k, n)


def test_the_structured_hinge_of_cat_car_and_frog():
    (s,) = variables(s=SCORES)
    losses = structured_hinge(s, LABELS)
    np.testing.assert_allclose(losses.value, [2.9, 0.0, 6.6], rtol=1e-14)
    np.testing.assert_array_equal(gradients(sum(losses))[s], [[-1, 1, 0], [0, 0, 0], [0, 1, -1]])


@pytest.mark.parametrize("margin", [0.0, 0.3, 1.0, 5.0])
def test_the_hinges_are_what_loops_over_their_formulas_give(margin):
    scores, labels = drawn()
    excess = [
        [max(0.0, s[j] - s[y] + margin) for j in range(4) if j != y]
        for s, y in zip(scores, labels, strict=True)
    ]
    for loss, of in (
        (multiclass_hinge, lambda row: np.sum(row)),
        (multiclass_squared_hinge, lambda row: np.sum(np.square(row))),
        (structured_hinge, lambda row: np.max(row)),
    ):
        np.testing.assert_allclose(
            loss(scores, labels, margin=margin), [of(row) for row in excess], rtol=1e-13, atol=1e-15
        )


def test_the_gradient_of_the_squared_hinge_of_cat_car_and_frog():
    (s,) = variables(s=SCORES)
    flow = gradients(sum(multiclass_squared_hinge(s, LABELS)))[s]
    np.testing.assert_allclose(flow, [[-5.8, 5.8, 0], [0, 0, 0], [12.6, 13.2, -25.8]], rtol=1e-14, atol=1e-14)


def test_several_strongest_rivals_share_the_gradient():
    (s,) = variables(s=np.array([[0.0, 2.0, 2.0, 1.0], [0.0, 2.0, 2.0, 1.0]]))
    flow = gradients(sum(structured_hinge(s, np.array([0, 1]))))[s]
    np.testing.assert_array_equal(flow, [[-1, 0.5, 0.5, 0], [0, -1, 1, 0]])


@HINGES
def test_a_margin_met_exactly_pays_nothing(loss):
    (s,) = variables(s=np.array([[1.0, 0.0, 0.0]]))
    losses = loss(s, np.array([0]))
    assert losses.value == [0.0]
    np.testing.assert_array_equal(gradients(sum(losses))[s], np.zeros((1, 3)))


@HINGES
@pytest.mark.parametrize("margin", [-0.1, float("nan"), float("inf")])
def test_a_margin_that_is_none_is_refused(loss, margin):
    with pytest.raises(InputError, match=rf"{loss.__name__}\(.*the margin must be 0 or more, got {margin}"):
        loss(*drawn(), margin=margin)


def test_of_two_classes_all_hinges_are_the_hinge_of_the_difference():
    scores, labels = drawn(k=2)
    m = (scores[:, 0] - scores[:, 1]) * (1 - 2 * labels)
    for loss in (multiclass_hinge, structured_hinge):
        np.testing.assert_allclose(loss(scores, labels), np.maximum(0, 1 - m), rtol=1e-14)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, np.float64(0.5), 0.99])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_smoothed_labels_are_soft_targets(smoothing, dtype):
    scores, labels = drawn()
    q = np.eye(4)[labels] * (1 - smoothing) + smoothing / 4
    (s,) = variables(s=scores.astype(dtype))
    smoothed = softmax_cross_entropy(s, labels, smoothing=smoothing)
    soft = soft_cross_entropy(s, q)
    assert smoothed.dtype == soft.dtype == dtype
    rtol = {np.float32: 2e-6, np.float64: 1e-14}[dtype]
    np.testing.assert_allclose(smoothed.value, soft.value, rtol=rtol)
    flow = gradients(sum(smoothed))[s]
    assert flow.dtype == dtype
    np.testing.assert_allclose(flow, gradients(sum(soft))[s], rtol=0, atol=rtol)
    program = compiled(lambda s: softmax_cross_entropy(s, labels, smoothing=smoothing))
    np.testing.assert_allclose(program(scores.astype(np.float32)), smoothed.value, rtol=2e-6)


def test_the_gradient_of_smoothed_labels_agrees_with_differences():
    scores, labels = drawn()
    compared = check_gradients(
        lambda s: sum(softmax_cross_entropy(s, labels, smoothing=0.2)), {"s": scores}, rng=random.key(0)
    )
    assert compared["s"].error < 1e-8


def test_smoothing_asks_for_a_finite_gap():
    """Without it a larger gap is always better; with it the best gap is ln((1 − ε + ε/K) / (ε/K))."""
    epsilon, classes = 0.1, 3
    best = np.log((1 - epsilon + epsilon / classes) / (epsilon / classes))
    losses = [
        softmax_cross_entropy(np.array([[gap, 0.0, 0.0]]), LABELS[:1], smoothing=epsilon)[0]
        for gap in (best - 0.01, best, best + 0.01, 100.0)
    ]
    assert losses[1] < min(losses[0], losses[2])
    assert losses[3] > losses[1]
    (s,) = variables(s=np.array([[best, 0.0, 0.0]]))
    flow = gradients(sum(softmax_cross_entropy(s, LABELS[:1], smoothing=epsilon)))[s]
    np.testing.assert_allclose(flow, 0.0, atol=1e-15)


@pytest.mark.parametrize("smoothing", [-0.1, 1.0, float("nan")])
def test_smoothing_that_is_none_is_refused(smoothing):
    with pytest.raises(InputError, match=rf"smoothing must be 0 to below 1, got {smoothing}"):
        softmax_cross_entropy(SCORES, LABELS, smoothing=smoothing)


def test_certain_targets_are_labels():
    certain = np.eye(3)[LABELS]
    np.testing.assert_array_equal(soft_cross_entropy(SCORES, certain), softmax_cross_entropy(SCORES, LABELS))
    np.testing.assert_array_equal(
        soft_cross_entropy(SCORES, certain.astype(int)), softmax_cross_entropy(SCORES, LABELS)
    )
    np.testing.assert_allclose(
        soft_cross_entropy(SCORES, certain), [2.040355153, 0.079131778, 6.156477202], rtol=0, atol=5.1e-10
    )


def test_soft_targets_are_best_met_by_themselves():
    """Of all predictions q itself costs least: its entropy. There the gradient is 0."""
    q = np.array([[0.2, 0.3, 0.5], [0.6, 0.3, 0.1]])
    (s,) = variables(s=np.log(q))
    losses = soft_cross_entropy(s, q)
    np.testing.assert_allclose(losses.value, -(q * np.log(q)).sum(1), rtol=1e-14)
    np.testing.assert_allclose(gradients(sum(losses))[s], 0.0, atol=1e-15)


def test_a_gradient_flows_into_soft_targets_in_their_own_dtype_and_not_into_whole_ones():
    s, q = Tensor(SCORES.astype(np.float32)), Tensor(np.full((3, 3), 1 / 3))
    flow = gradients(sum(soft_cross_entropy(s, q)))
    assert (flow[s].dtype, flow[q].dtype) == (np.float32, np.float64)
    np.testing.assert_allclose(flow[q], -log_softmax(SCORES), rtol=1e-6)
    whole = Tensor(np.eye(3, dtype=int))
    assert soft_cross_entropy(s, whole).dtype == np.float32
    assert list(gradients(sum(soft_cross_entropy(s, whole)))) == [s]


def test_targets_and_labels_are_told_apart():
    with pytest.raises(
        InputError, match=r"whole numbers of shape \(3,\); for a probability of each class there is"
    ):
        softmax_cross_entropy(SCORES, np.eye(3))
    for targets in (LABELS, np.eye(3)[:2], np.eye(3)[:, :2], np.ones((3, 1))):
        with pytest.raises(
            InputError, match=r"both have the shape \(N, K\); for one label a picture there is softmax_"
        ):
            soft_cross_entropy(SCORES, targets)
