"""Receipts add up, for pictures and rows of numbers, for one class and for two."""

import numpy as np
import pytest

from pellucid.inspection.contributions import Receipt, difference_receipt, receipt, signed
from pellucid.storage.errors import InputError


@pytest.mark.parametrize("shape", [(6, 9, 3), (8, 8, 1), (1, 1, 1), (2, 5, 3), (40,), (32, 32, 3)])
def test_the_parts_add_up_to_the_score_the_model_computed(make_classifier, random, shape):
    classifier = make_classifier(shape)
    picture = random.integers(0, 256, shape).astype(np.uint8 if len(shape) == 3 else np.float32)
    scores = classifier.scores(picture[None])[0]
    for k in range(3):
        bill = receipt(classifier, picture, k)
        assert bill.contributions.shape == shape
        assert bill.contributions.dtype == np.float64
        assert bill.score == scores[k]
        assert bill.exact
        assert abs(bill.total - bill.score) <= 1e-5 * max(1, abs(bill.score))
        assert bill.bias + bill.pushed_up + bill.pushed_down == pytest.approx(bill.total, abs=1e-9)
        assert bill.class_name == classifier.classes[k]


def test_the_average_picture_contributes_nothing(make_classifier):
    classifier = make_classifier((4, 4, 1))
    classifier.preprocessing.mean[:] = np.rint(classifier.preprocessing.mean)
    average = classifier.preprocessing.mean.reshape(4, 4, 1).astype(np.uint8)
    bill = receipt(classifier, average, 1)
    np.testing.assert_array_equal(bill.contributions, 0)
    assert bill.total == bill.bias == bill.score
    assert bill.reasons() == ((), ())


def test_why_one_and_not_the_other_is_the_difference_of_two_receipts(make_classifier, random):
    classifier = make_classifier()
    picture = random.integers(0, 256, (6, 9, 3), dtype=np.uint8)
    a, b = receipt(classifier, picture, 0), receipt(classifier, picture, 2)
    both = difference_receipt(classifier, picture, 0, 2)
    np.testing.assert_allclose(both.contributions, a.contributions - b.contributions, atol=1e-12)
    assert both.total == pytest.approx(a.total - b.total)
    assert both.exact
    assert both.title == "ant rather than cat"
    swapped = difference_receipt(classifier, picture, 2, 0)
    assert swapped.total == pytest.approx(-both.total)


def test_a_template_added_to_all_classes_changes_no_difference(make_classifier, random):
    classifier = make_classifier()
    picture = random.integers(0, 256, (6, 9, 3), dtype=np.uint8)
    before = difference_receipt(classifier, picture, 0, 1).total
    classifier.params["weight"] += random.normal(size=162).astype(np.float32)
    assert difference_receipt(classifier, picture, 0, 1).total == pytest.approx(before, abs=1e-4)


def test_a_score_that_is_not_the_sum_is_not_called_exact():
    assert Receipt("a", 0, 1.0, 0.5, np.array([0.5])).exact
    assert not Receipt("a", 0, 1.0, 0.5, np.array([0.5001])).exact
    # Relative to the score where it is large.
    assert Receipt("a", 0, 1000.0, 0.0, np.array([1000.005])).exact


def test_regions_are_named_and_lose_nothing(make_classifier):
    contributions = np.zeros((7, 7, 3))
    contributions[0, 6] = 2.0
    contributions[6, 0] = -1.0
    contributions[3, 3] = 0.5
    bill = Receipt("a", 0, 4.5, 0.0, contributions)
    for_it, against = bill.reasons()
    assert [(reason.where, reason.amount) for reason in for_it] == [("top right", 6.0), ("middle", 1.5)]
    assert [(reason.where, reason.amount) for reason in against] == [("bottom left", -3.0)]
    assert "for it most: top right (+6.00), against it most: bottom left (−3.00)" in bill.sentence()
    assert "compared with the average training picture" in bill.sentence()
    _, amounts = bill._regions
    assert amounts.sum() == pytest.approx(contributions.sum())


def test_rows_of_numbers_are_named_from_one():
    bill = Receipt("a", 0, 1.0, 0.0, np.array([0.0, 3.0, -2.0]))
    assert [r.where for part in bill.reasons() for r in part] == ["number 2", "number 3"]


def test_wrong_classes_and_sizes_are_refused(make_classifier, random):
    classifier = make_classifier()
    picture = random.integers(0, 256, (6, 9, 3), dtype=np.uint8)
    with pytest.raises(InputError, match="0 to 2, got 3"):
        receipt(classifier, picture, 3)
    with pytest.raises(InputError, match="0 to 2, got -1"):
        difference_receipt(classifier, picture, 0, -1)
    with pytest.raises(InputError, match="shape"):
        receipt(classifier, picture[:5], 0)


def test_numbers_carry_their_sign():
    assert [signed(v) for v in (1.318, -0.4, 0.001, -0.001, 1234.5)] == [
        "+1.32",
        "−0.40",
        "0.00",
        "0.00",
        "+1,234.50",
    ]
