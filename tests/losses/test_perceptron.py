"""The perceptron's losses: their steps are Rosenblatt's and Collins' updates, and they begin to learn from nothing."""

import numpy as np
import pytest

from pellucid.graph import gradients, variables
from pellucid.graph.algebra import affine
from pellucid.graph.reductions import mean, sum
from pellucid.losses import hinge_loss, multiclass_perceptron, perceptron_loss, structured_hinge
from pellucid.optimizers.descent import GradientDescent
from pellucid.optimizers.optimizer import start, stepped


def flow(loss, scores, labels):
    (s,) = variables(s=scores)
    return gradients(sum(loss(s, labels)))[s]


def test_by_hand():
    scores = np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])
    labels = np.array([0, 1, 2])
    np.testing.assert_allclose(multiclass_perceptron(scores, labels), [1.9, 0.0, 5.6])
    np.testing.assert_array_equal(
        flow(multiclass_perceptron, scores, labels), [[-1, 1, 0], [0, 0, 0], [0, 1, -1]]
    )
    np.testing.assert_array_equal(
        perceptron_loss(np.array([2.0, -2.0, -0.5]), np.array([1, 1, -1])), [0, 2, 0]
    )
    np.testing.assert_array_equal(
        flow(perceptron_loss, np.array([2.0, -2.0, -0.5]), np.array([1, 1, -1])), [0, -1, 0]
    )


def test_a_tie_is_learned_from():
    """With all scores 0 the hinge at Δ = 0 has no slope, and a training from zeros would stand still."""
    nothing, labels = np.zeros((2, 4)), np.array([0, 2])
    np.testing.assert_allclose(
        flow(multiclass_perceptron, nothing, labels),
        [[-1, 1 / 3, 1 / 3, 1 / 3], [1 / 3, 1 / 3, -1, 1 / 3]],
    )
    assert not flow(lambda s, y: structured_hinge(s, y, margin=0.0), nothing, labels).any()
    np.testing.assert_array_equal(flow(perceptron_loss, np.zeros(2), np.array([1, -1])), [-1, 1])
    assert not flow(lambda s, t: hinge_loss(s, t, margin=0.0), np.zeros(2), np.array([1, -1])).any()
    # The right class ties with one rival, and a third class is behind.
    np.testing.assert_array_equal(
        flow(multiclass_perceptron, np.array([[2.0, 2.0, 1.0]]), np.array([1])), [[1, -1, 0]]
    )


def test_beside_its_kink_it_is_the_structured_hinge_without_a_margin():
    rng = np.random.Generator(np.random.Philox(key=4))
    scores, labels = rng.standard_normal((50, 5)), rng.integers(0, 5, 50)

    def hinge(s, y):
        return structured_hinge(s, y, margin=0.0)

    np.testing.assert_array_equal(multiclass_perceptron(scores, labels), hinge(scores, labels))
    np.testing.assert_array_equal(flow(multiclass_perceptron, scores, labels), flow(hinge, scores, labels))


def test_one_class_alone_has_nothing_to_pay():
    assert multiclass_perceptron(np.array([[-3.0], [0.0]]), np.array([0, 0])).tolist() == [0.0, 0.0]
    assert not flow(multiclass_perceptron, np.array([[-3.0], [0.0]]), np.array([0, 0])).any()


@pytest.mark.parametrize("rate", [1.0, 0.125])
def test_picture_by_picture_it_is_the_perceptron_and_the_rate_is_without_meaning(rate):
    """Against the algorithm as it is printed: where the prediction is not strictly right, add x and subtract x."""
    rng = np.random.Generator(np.random.Philox(key=6))
    x, y = rng.standard_normal((60, 7)), rng.integers(0, 4, 60)
    params = {"weight": np.zeros((4, 7)), "bias": np.zeros(4)}
    weights, mistakes = np.zeros((4, 8)), 0
    optimizer = GradientDescent()
    state = start(optimizer, params)
    for t in range(60):
        w, b = variables(**params)
        loss = mean(multiclass_perceptron(affine(x[t : t + 1], w, b), y[t : t + 1]))
        found = gradients(loss)
        g = {"weight": found[w], "bias": found[b]}
        params, state = stepped(optimizer, params, g, state, rate, t + 1)

        picture = np.append(x[t], 1.0)
        scores = weights @ picture
        rivals = [j for j in range(4) if j != y[t]]
        best = max(scores[rivals])
        if best >= scores[y[t]]:
            mistakes += 1
            strongest = [j for j in rivals if scores[j] == best]
            weights[y[t]] += picture
            weights[strongest] -= picture / len(strongest)
    assert 30 < mistakes < 60
    np.testing.assert_allclose(params["weight"], rate * weights[:, :7], atol=1e-12)
    np.testing.assert_allclose(params["bias"], rate * weights[:, 7], atol=1e-12)


def test_a_problem_that_lines_can_solve_is_solved_and_then_nothing_moves():
    """Novikoff 1962: at most (R/γ)² mistakes."""
    rng = np.random.Generator(np.random.Philox(key=8))
    x = rng.uniform(-1, 1, (200, 2))
    x = x[abs(x @ [0.6, -0.8]) > 0.1]
    t = np.where(x @ [0.6, -0.8] > 0, 1, -1)
    w, mistakes = np.zeros(2), []
    for _ in range(20):
        wrong = 0
        for row in range(len(x)):
            (s,) = variables(s=x[row : row + 1] @ w)
            slope = gradients(sum(perceptron_loss(s, t[row : row + 1])))[s]
            wrong += bool(slope.any())
            w -= slope @ x[row : row + 1]
        mistakes.append(wrong)
    assert 0 < np.sum(mistakes) <= (x**2).sum(axis=1).max() / 0.1**2
    assert mistakes[-1] == 0
