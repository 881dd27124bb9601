"""How much each picture counts: its class's weight times its own."""

import numpy as np
import pytest

from pellucid.arrays.compile import compiled
from pellucid.graph import Tensor, gradients
from pellucid.graph.reductions import weighted_mean
from pellucid.losses import multiclass_hinge, picture_weights
from pellucid.storage.errors import InputError

LABELS = np.array([0, 0, 0, 2], np.int32)


def test_without_a_wish_all_pictures_count_the_same():
    found = picture_weights(LABELS, 3)
    assert found.dtype == np.float32
    assert found.tolist() == [1, 1, 1, 1]


def test_balanced_classes_count_the_same():
    found = picture_weights(LABELS, 2 + 1, class_weight="balanced")
    np.testing.assert_allclose(found, [4 / 9, 4 / 9, 4 / 9, 4 / 3], rtol=1e-7)
    assert found[:3].sum() == pytest.approx(found[3])


def test_balanced_is_scikit_learn_s():
    from sklearn.utils.class_weight import compute_sample_weight

    labels = np.random.Generator(np.random.Philox(key=12)).integers(0, 5, 100)
    expected = compute_sample_weight("balanced", labels)
    np.testing.assert_allclose(picture_weights(labels, 5, class_weight="balanced"), expected, rtol=1e-6)


def test_the_weights_of_class_and_picture_are_multiplied():
    found = picture_weights(LABELS, 3, class_weight=[1, 7, 2], sample_weight=[1, 0, 0.5, 3])
    assert found.tolist() == [1, 0, 0.5, 6]


def test_in_the_mean_they_do_what_they_say():
    scores = np.zeros((4, 3))
    scores[3, 2] = 5.0
    losses = multiclass_hinge(scores, LABELS)
    assert weighted_mean(losses, picture_weights(LABELS, 3)) == 6 / 4
    balanced = picture_weights(LABELS, 3, class_weight="balanced")
    assert weighted_mean(losses, balanced) == pytest.approx((2 + 0) / 2)


def test_no_pictures_have_no_weights():
    assert picture_weights(LABELS[:0], 3, class_weight="balanced", sample_weight=[]).shape == (0,)


def test_a_minibatch_in_which_nothing_counts_costs_nothing_and_moves_nothing():
    for dtype in (np.float32, np.float64):
        x = Tensor(np.array([3.0, np.pi], dtype))
        mean = weighted_mean(x, np.zeros(2, dtype))
        assert (mean.value, mean.dtype) == (0, dtype)
        np.testing.assert_array_equal(gradients(mean)[x], np.zeros(2, dtype))
        assert compiled(weighted_mean)(x.value, np.zeros(2, dtype)) == 0


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ({"class_weight": "even"}, r"class_weight must be None, \"balanced\" or 3 numbers, got 'even'"),
        (
            {"class_weight": [1, 2]},
            r"class_weight must be 3 numbers, one a class, got an array of shape \(2,\)",
        ),
        ({"class_weight": [1, -2, np.nan]}, r"2 of 3 are not, -2\.0 \(class 1\), nan \(class 2\)"),
        ({"class_weight": {0: 1.0}}, r"class_weight must be 3 numbers, one a class, got \{0: 1\.0\}"),
        (
            {"sample_weight": [1, 2, 3]},
            r"sample_weight must be 4 numbers, one a picture, got an array of shape \(3,\)",
        ),
        ({"sample_weight": [1, 1, np.inf, 1]}, r"1 of 4 are not, inf \(picture 2\)\."),
        ({"sample_weight": ["a"] * 4}, r"sample_weight must be 4 numbers, one a picture, got \['a'"),
        ({"sample_weight": [0, 0, 0, 0]}, r"weights of all pictures are 0"),
        ({"sample_weight": [2e38] * 4}, r"the largest is 2e\+38, they add up to 8e\+38\. Divide"),
        ({"class_weight": [0, 1, 0]}, r"weights of all pictures are 0"),
        ({"sample_weight": [1e300] * 4}, r"beyond float32: the largest is 1e\+300"),
        ({"class_weight": [1e300] * 3, "sample_weight": [1e300] * 4}, r"beyond float32: the largest is inf"),
    ],
)
def test_weights_that_are_none(wish, sentence):
    with pytest.raises(InputError, match=sentence):
        picture_weights(LABELS, 3, **wish)
