"""The seven questions that CS231n asks about the multiclass SVM, each answered by the loss itself."""

import numpy as np
import pytest

from pellucid.graph import gradients, variables
from pellucid.graph.reductions import mean, sum
from pellucid.losses import multiclass_hinge, multiclass_squared_hinge

SCORES = np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])
LABELS = np.array([0, 1, 2])
"""Three pictures, of a cat, a car and a frog; the columns are the scores for cat, car and frog (golden number 2)."""

CAR = SCORES[1:2], LABELS[1:2]


def test_1_what_if_the_scores_of_the_car_change_a_little():
    """Nothing happens: the car is ahead by 2.9, more than the margin of 1."""
    scores, label = CAR
    rng = np.random.Generator(np.random.Philox(key=1))
    for _ in range(100):
        moved = scores + rng.uniform(-0.9, 0.9, scores.shape)
        assert multiclass_hinge(moved, label) == [0.0]
    (s,) = variables(s=scores)
    np.testing.assert_array_equal(gradients(sum(multiclass_hinge(s, label)))[s], np.zeros((1, 3)))


def test_2_the_smallest_loss_is_0_and_there_is_no_largest():
    rng = np.random.Generator(np.random.Philox(key=2))
    assert (multiclass_hinge(rng.normal(0, 9, (1000, 5)), rng.integers(0, 5, 1000)) >= 0).all()
    assert multiclass_hinge(np.array([[1.0, 0.0, 0.0]]), LABELS[:1]) == [0.0]
    # It stops falling when every margin is met, not when the gap is 0.
    assert multiclass_hinge(np.zeros((1, 3)), LABELS[:1]) == [2.0]
    for gap in (1e3, 1e6, 1e12):
        assert multiclass_hinge(np.array([[0.0, gap, 0.0]]), LABELS[:1]) == [gap + 2.0]


@pytest.mark.parametrize("classes", [2, 3, 10, 1000])
def test_3_at_the_start_all_scores_are_about_equal_and_the_loss_is_k_minus_1(classes):
    labels = np.arange(classes)
    np.testing.assert_array_equal(multiclass_hinge(np.zeros((classes, classes)), labels), classes - 1.0)
    small = 1e-3 * np.random.Generator(np.random.Philox(key=3)).standard_normal((classes, classes))
    np.testing.assert_allclose(multiclass_hinge(small, labels), classes - 1.0, rtol=1e-2)


def test_4_what_if_the_right_class_were_summed_too():
    """Every loss is 1 larger, the minimum is 1, and the gradient is the same."""
    right = SCORES[np.arange(3), LABELS][:, None]
    everywhere = np.maximum(0, SCORES - right + 1).sum(axis=1)
    np.testing.assert_allclose(everywhere, [3.9, 1.0, 13.9], rtol=1e-14)
    np.testing.assert_allclose(everywhere.mean(), 6.266667, rtol=0, atol=5e-7)
    np.testing.assert_allclose(multiclass_hinge(SCORES, LABELS) + 1, everywhere, rtol=1e-14)


def test_5_what_if_the_mean_over_the_classes_were_taken_instead_of_the_sum():
    """The loss is rescaled by 1/(K − 1): the same weights are best, unless a penalty is balanced against it."""
    (s,) = variables(s=SCORES)
    loss = sum(multiclass_hinge(s, LABELS))
    rescaled = loss * (1 / 2)
    np.testing.assert_allclose(rescaled.value, 15.8 / 2, rtol=1e-14)
    np.testing.assert_allclose(gradients(rescaled)[s], gradients(loss)[s] / 2, rtol=1e-15)


def test_6_what_if_it_were_squared():
    """Another loss: it minds one large mistake more than many small ones of the same sum."""
    np.testing.assert_allclose(multiclass_squared_hinge(SCORES, LABELS), [8.41, 0.0, 83.25], rtol=1e-14)
    np.testing.assert_allclose(mean(multiclass_squared_hinge(SCORES, LABELS)), 30.553333, rtol=0, atol=5e-7)
    plain, squared = multiclass_hinge(SCORES, LABELS), multiclass_squared_hinge(SCORES, LABELS)
    assert squared[2] / squared[0] > plain[2] / plain[0]
    # It is no function of the plain loss: one excess of 2 is worse than two of 1.
    one, two = np.array([[0.0, 1.0, -1.0]]), np.array([[0.0, 0.0, 0.0]])
    assert multiclass_hinge(one, LABELS[:1]) == multiclass_hinge(two, LABELS[:1]) == [2.0]
    assert multiclass_squared_hinge(one, LABELS[:1]) > multiclass_squared_hinge(two, LABELS[:1])


def test_7_weights_with_loss_0_are_not_the_only_ones():
    """Twice the weights give twice the scores, and the loss is 0 again. That is what a penalty decides."""
    scores, label = CAR
    for factor in (1, 2, 10, 1e6):
        assert multiclass_hinge(factor * scores, label) == [0.0]
    # Where the loss is not 0, larger weights do not help.
    assert multiclass_hinge(2 * SCORES[:1], LABELS[:1]) > multiclass_hinge(SCORES[:1], LABELS[:1])


def test_the_mean_divides_by_pictures_and_not_by_classes():
    np.testing.assert_allclose(mean(multiclass_hinge(SCORES, LABELS)), 5.266667, rtol=0, atol=5e-7)
    np.testing.assert_allclose(mean(multiclass_hinge(SCORES[:2], LABELS[:2])), 2.9 / 2, rtol=1e-14)
