"""What the losses promise beyond their cards: no overflow, no label of another shape, and the course's experiments."""

import numpy as np
import pytest

from pellucid.arrays.compile import compiled
from pellucid.graph import gradients, variables
from pellucid.graph.reductions import mean, sum
from pellucid.losses import initial_loss, loss_named, multiclass_hinge, softmax_cross_entropy
from pellucid.regularizers import l2
from pellucid.storage.errors import InputError

LOSSES = (softmax_cross_entropy, multiclass_hinge)
BOTH = pytest.mark.parametrize("loss", LOSSES, ids=("softmax", "svm"))


def stream(key=0):
    return np.random.Generator(np.random.Philox(key=key))


def scores_and_labels(n=7, k=4):
    return stream().standard_normal((n, k)), stream(1).integers(0, k, n)


@BOTH
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_any_finite_scores_give_a_finite_loss_and_gradient(loss, dtype):
    largest = float(np.finfo(dtype).max) / 8
    scores = np.array([[largest, -largest, 0], [-largest, largest, 1], [0, 0, 0], [1e-30, -1e-30, 1]], dtype)
    for label in range(3):
        (s,) = variables(s=scores)
        losses = loss(s, np.full(4, label))
        assert np.isfinite(losses.value).all()
        assert (losses.value >= 0).all()
        assert np.isfinite(gradients(sum(losses))[s]).all()


@BOTH
def test_a_constant_added_to_all_scores_changes_nothing(loss):
    scores, labels = scores_and_labels()
    np.testing.assert_allclose(loss(scores + 1000.0, labels), loss(scores, labels), rtol=1e-9)


@BOTH
def test_the_gradient_of_each_picture_adds_up_to_zero_and_its_right_score_pushes_up(loss):
    scores, labels = scores_and_labels()
    (s,) = variables(s=scores)
    flow = gradients(sum(loss(s, labels)))[s]
    np.testing.assert_allclose(flow.sum(axis=1), 0, atol=1e-15)
    assert (flow[np.arange(7), labels] <= 0).all()


@BOTH
def test_pictures_do_not_look_at_each_other(loss):
    scores, labels = scores_and_labels()
    whole = loss(scores, labels)
    for row in range(7):
        np.testing.assert_array_equal(loss(scores[row : row + 1], labels[row : row + 1]), whole[row])


@BOTH
@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.int64, np.uint64])
def test_labels_of_any_whole_type(loss, dtype):
    scores, labels = scores_and_labels()
    found = loss(scores.astype(np.float32), labels.astype(dtype))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, loss(scores, labels), rtol=1e-5, atol=1e-6)


@BOTH
def test_more_classes_than_a_byte_counts(loss):
    scores, labels = stream().standard_normal((5, 300)), np.array([0, 7, 200, 255, 44])
    np.testing.assert_array_equal(loss(scores, labels.astype(np.uint8)), loss(scores, labels))


@BOTH
@pytest.mark.parametrize("shape", [(1,), (4, 1), (1, 4), (4, 4), (5,), ()])
def test_labels_of_another_shape_are_refused(loss, shape):
    """With N = K a table of targets would be broadcast to a loss of something else."""
    with pytest.raises(InputError, match=rf"{loss.__name__}.*labels must be whole numbers of shape \(4,\)"):
        loss(np.ones((4, 4)), np.zeros(shape, int))


@BOTH
def test_labels_that_are_not_whole_numbers_are_refused(loss):
    for labels in (np.zeros(4), np.zeros(4, bool)):
        with pytest.raises(InputError, match="labels must be whole numbers"):
            loss(np.ones((4, 4)), labels)
    with pytest.raises(InputError, match=r"scores must have the shape \(N, K\)"):
        loss(np.ones(4), np.zeros(4, int))
    with pytest.raises(InputError, match="labels must be whole numbers"):
        compiled(loss)(np.ones((4, 4), np.float32), np.zeros((4, 4), np.int32))


def test_the_sum_over_all_classes_adds_the_margin_and_moves_no_gradient():
    """CS231n asks: what if the right class were summed too? Each loss is Δ larger."""
    scores, labels = scores_and_labels()
    right = scores[np.arange(7), labels][:, None]
    everywhere = np.maximum(0, scores - right + 1).sum(1)
    np.testing.assert_allclose(multiclass_hinge(scores, labels) + 1, everywhere, rtol=1e-12)


@pytest.mark.parametrize("margin", [0.0, 0.5, 1.0, np.float64(10)])
def test_the_margin_is_a_scale(margin):
    scores, labels = scores_and_labels()
    doubled = multiclass_hinge(2 * scores, labels, margin=2 * margin)
    np.testing.assert_allclose(doubled, 2 * multiclass_hinge(scores, labels, margin=margin), rtol=1e-12)


def test_doubled_weights_of_a_content_hinge_stay_content_and_softmax_becomes_surer():
    scores, labels = np.array([[5.0, 1.0, 0.0]]), np.array([0])
    assert multiclass_hinge(scores, labels) == multiclass_hinge(2 * scores, labels) == 0
    assert softmax_cross_entropy(2 * scores, labels) < softmax_cross_entropy(scores, labels)


def test_the_mean_divides_by_pictures_and_not_by_classes():
    scores, labels = scores_and_labels(n=7, k=4)
    for loss in LOSSES:
        np.testing.assert_allclose(mean(loss(scores, labels)), loss(scores, labels).sum() / 7, rtol=1e-14)


def test_a_single_class_costs_nothing():
    scores = stream().standard_normal((3, 1))
    for loss in LOSSES:
        np.testing.assert_array_equal(loss(scores, np.zeros(3, int)), 0.0)


@pytest.mark.parametrize("name", ["softmax-cross-entropy", "multiclass-hinge"])
@pytest.mark.parametrize("classes", [2, 3, 10, 1000])
def test_the_loss_at_the_start(name, classes):
    labels = np.arange(classes)
    found = loss_named(name)(np.full((classes, classes), 3.0), labels)
    np.testing.assert_allclose(found, initial_loss(name, classes), rtol=1e-12)


def test_l2_is_half_the_squares_and_pulls_to_zero():
    (w,) = variables(w=np.array([[3.0, -4.0]]))
    assert l2(w).value == 12.5
    np.testing.assert_array_equal(gradients(l2(w))[w], w.value)
