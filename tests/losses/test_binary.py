"""Binary cross-entropy from the score: right where the probability itself would round to 0 or 1."""

import math

import numpy as np
import pytest

from pellucid.graph import gradients, variables
from pellucid.graph.activations import sigmoid
from pellucid.graph.reductions import sum
from pellucid.losses import binary_cross_entropy, checked_bits, softmax_cross_entropy


def test_against_the_formula_where_the_formula_holds():
    s = np.linspace(-8, 8, 33)
    p = sigmoid(s)
    np.testing.assert_allclose(binary_cross_entropy(s, np.ones(33)), -np.log(p), rtol=1e-12)
    np.testing.assert_allclose(binary_cross_entropy(s, np.zeros(33)), -np.log(1 - p), rtol=1e-12)
    half = np.full(33, 0.25)
    np.testing.assert_allclose(
        binary_cross_entropy(s, half), -(0.25 * np.log(p) + 0.75 * np.log(1 - p)), rtol=1e-12
    )


def test_where_the_probability_rounds_the_loss_does_not():
    s = np.array([-800.0, 800.0, 40.0])
    np.testing.assert_array_equal(binary_cross_entropy(s, np.array([1, 0, 1]))[:2], [800.0, 800.0])
    assert binary_cross_entropy(s, np.array([1, 0, 1]))[2] == pytest.approx(math.exp(-40), rel=1e-15)
    assert (binary_cross_entropy(s, np.array([0, 1, 1]))[:2] == 0).all()


def test_the_gradient_is_the_probability_less_the_label_also_for_soft_ones():
    (s,) = variables(s=np.array([-1000.0, -1.0, 0.0, 1.0, 1000.0]))
    t = np.array([0.0, 1.0, 0.5, 0.3, 0.0])
    flow = gradients(sum(binary_cross_entropy(s, t)))[s]
    np.testing.assert_allclose(flow, sigmoid(s.value) - t, rtol=1e-15, atol=1e-16)


def test_it_is_softmax_of_two_classes_of_which_one_has_the_score_0():
    rng = np.random.Generator(np.random.Philox(key=6))
    s, labels = 3 * rng.standard_normal(40), rng.integers(0, 2, 40)
    two = np.stack([np.zeros(40), s], axis=1)
    np.testing.assert_allclose(
        binary_cross_entropy(s, labels), softmax_cross_entropy(two, labels), rtol=1e-12
    )


def test_the_course_s_sigmoids_of_three_scores_are_three_questions():
    """They do not add up to 1: each class is asked for itself."""
    scores = np.array([3.2, 5.1, -1.7])
    assert sigmoid(scores).sum() == pytest.approx(2.109239741, abs=5e-10)
    np.testing.assert_allclose(
        np.exp(-binary_cross_entropy(scores, checked_bits([1, 1, 1]))), sigmoid(scores), rtol=1e-14
    )
