"""One versus rest: K binary problems at once, and exactly what scikit-learn's LinearSVC minimizes."""

import numpy as np
import pytest
from scipy.optimize import minimize

from pellucid.graph import gradients, variables
from pellucid.graph.algebra import affine
from pellucid.graph.reductions import mean, sum
from pellucid.losses import (
    hinge_loss,
    logistic_loss,
    one_versus_rest_hinge,
    one_versus_rest_logistic,
    one_versus_rest_squared_hinge,
    squared_hinge_loss,
)
from pellucid.regularizers import l2

PAIRS = pytest.mark.parametrize(
    ("loss", "single"),
    [(one_versus_rest_hinge, hinge_loss), (one_versus_rest_squared_hinge, squared_hinge_loss)],
)


@PAIRS
@pytest.mark.parametrize("margin", [1.0, 0.25])
def test_it_is_the_sum_of_a_binary_problem_for_each_class(loss, single, margin):
    rng = np.random.Generator(np.random.Philox(key=7))
    scores, labels = rng.standard_normal((11, 4)), rng.integers(0, 4, 11)
    each = [single(scores[:, k], np.where(labels == k, 1, -1), margin=margin) for k in range(4)]
    np.testing.assert_allclose(loss(scores, labels, margin=margin), np.sum(each, axis=0), rtol=1e-14)


@PAIRS
def test_a_constant_added_to_all_scores_matters_here(loss, single):
    """Unlike the multiclass losses: each class compares with 0, and not with the others."""
    assert loss(np.array([[2.0, -2.0, -2.0]]), np.array([0])) == [0.0]
    assert loss(np.array([[12.0, 8.0, 8.0]]), np.array([0])) > [0.0]


def test_the_logistic_one_is_a_logistic_loss_for_each_class():
    rng = np.random.Generator(np.random.Philox(key=7))
    scores, labels = 3 * rng.standard_normal((11, 4)), rng.integers(0, 4, 11)
    each = [logistic_loss(scores[:, k], np.where(labels == k, 1, -1)) for k in range(4)]
    np.testing.assert_allclose(one_versus_rest_logistic(scores, labels), np.sum(each, axis=0), rtol=1e-14)


def test_the_logistic_one_far_out_is_a_straight_line():
    scores = np.array([[-1e6, 1e6, 0.0]], np.float32)
    (s,) = variables(s=scores)
    losses = one_versus_rest_logistic(s, np.array([0]))
    np.testing.assert_allclose(losses.value, [2e6], rtol=1e-6)
    np.testing.assert_array_equal(gradients(sum(losses))[s], [[-1, 1, 0.5]])


def test_by_hand():
    (s,) = variables(s=np.array([[0.5, -3.0, 0.5]]))
    y = np.array([0])
    plain, squared = one_versus_rest_hinge(s, y), one_versus_rest_squared_hinge(s, y)
    assert (plain.value, squared.value) == ([0.5 + 1.5], [0.25 + 2.25])
    np.testing.assert_array_equal(gradients(sum(plain))[s], [[-1, 0, 1]])
    np.testing.assert_array_equal(gradients(sum(squared))[s], [[-1, 0, 3]])


def test_its_optimum_is_that_of_linear_svc():
    """C is 1 / (N λ), and the bias is penalized as a weight of a feature that is always 1."""
    from sklearn.svm import LinearSVC

    rng = np.random.Generator(np.random.Philox(key=8))
    labels = rng.integers(0, 3, 60)
    x = rng.standard_normal((60, 5)) + np.eye(3, 5)[labels]
    strength = 0.05

    def objective(flat):
        w, b = variables(w=flat[:15].reshape(3, 5), b=flat[15:])
        loss = mean(one_versus_rest_squared_hinge(affine(x, w, b), labels))
        total = loss + l2(w) * strength + l2(b) * strength
        flow = gradients(total)
        return float(total.value), np.concatenate([flow[w].ravel(), flow[b]])

    ours = minimize(
        objective, np.zeros(18), jac=True, method="L-BFGS-B", options={"ftol": 1e-15, "gtol": 1e-10}
    )
    theirs = LinearSVC(C=1 / (60 * strength), dual=False, tol=1e-10, max_iter=10_000).fit(x, labels)
    found = np.concatenate([theirs.coef_.ravel(), theirs.intercept_])
    assert objective(found)[0] == pytest.approx(ours.fun, rel=1e-10)
    np.testing.assert_allclose(ours.x, found, rtol=0, atol=1e-5)
