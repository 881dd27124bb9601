"""Every loss takes the scores and labels of a classifier, and its settings are looked at before training."""

import numpy as np
import pytest

from pellucid.graph.backward import gradients
from pellucid.graph.reductions import weighted_mean
from pellucid.graph.tensor import Tensor
from pellucid.losses import loss_named
from pellucid.losses.criterion import TRAINABLE, Criterion
from pellucid.losses.names import NAMES
from pellucid.storage.errors import InputError

S = np.random.Generator(np.random.Philox(key=4)).normal(0, 2, (6, 2))
Y = np.array([0, 1, 1, 0, 1, 0], np.int32)


def test_all_but_two_losses_can_be_descended_with_labels():
    assert set(NAMES) - set(TRAINABLE) == {"zero-one-loss", "soft-cross-entropy"}


@pytest.mark.parametrize("name", TRAINABLE)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_one_value_a_picture_and_a_gradient_for_each_score(name, dtype):
    s = Tensor(S.astype(dtype), name="s")
    losses = Criterion(name)(s, Y)
    assert losses.value.shape == (6,)
    assert losses.value.dtype == dtype
    g = gradients(weighted_mean(losses, np.ones(6, dtype)), of=[s])[s]
    assert g.shape == (6, 2)
    assert g.dtype == dtype
    assert np.isfinite(g).all()
    np.testing.assert_array_equal(Criterion(name)(S.astype(dtype), Y), losses.value)


@pytest.mark.parametrize("name", ["logistic-loss", "hinge-loss", "exponential-loss", "squared-hinge-loss"])
def test_a_single_score_is_the_difference_and_labels_are_signs(name):
    np.testing.assert_allclose(Criterion(name)(S, Y), loss_named(name)(S[:, 1] - S[:, 0], 2 * Y - 1))


def test_the_logistic_loss_binary_cross_entropy_and_softmax_are_one_for_two_classes():
    softmax = Criterion("softmax-cross-entropy")(S, Y)
    np.testing.assert_allclose(Criterion("logistic-loss")(S, Y), softmax)
    np.testing.assert_allclose(Criterion("binary-cross-entropy")(S, Y), softmax)


def test_squared_error_is_from_one_at_the_right_class():
    expected = ((S - np.eye(2)[Y]) ** 2).sum(axis=1)
    np.testing.assert_allclose(Criterion("squared-error")(S, Y), expected)


@pytest.mark.parametrize("name", TRAINABLE)
@pytest.mark.parametrize("classes", [2, 7])
def test_at_zero_is_what_scores_of_zero_cost(name, classes):
    criterion = Criterion(name)
    if criterion.binary and classes > 2:
        with pytest.raises(InputError, match=f"--loss {name} is for a single score and 2 classes, got 7"):
            criterion.check_classes(classes)
        return
    criterion.check_classes(classes)
    labels = np.arange(classes, dtype=np.int32)
    np.testing.assert_allclose(criterion(np.zeros((classes, classes)), labels), criterion.at_zero(classes))


def test_at_zero_knows_the_margin():
    assert Criterion("multiclass-hinge", margin=2.5).at_zero(10) == pytest.approx(22.5)


def test_settings_reach_the_loss():
    assert Criterion("multiclass-hinge", margin=3.0)(np.zeros((1, 4)), Y[:1])[0] == 9.0
    smoothed = Criterion("softmax-cross-entropy", smoothing=0.2)(S, Y)
    np.testing.assert_allclose(smoothed, loss_named("softmax-cross-entropy")(S, Y, smoothing=0.2))
    assert Criterion("multiclass_hinge").name == "multiclass-hinge"
