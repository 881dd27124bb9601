"""Measures against scikit-learn and against numbers worked out by hand."""

from math import comb

import numpy as np
import pytest
from sklearn import metrics as peer

from pellucid.inspection.metrics import Evaluation, paired_test, wilson
from pellucid.storage.errors import InputError


def evaluation(random, n=400, classes=5, labels=None):
    labels = random.integers(0, classes, n) if labels is None else np.asarray(labels)
    scores = random.normal(size=(len(labels), classes)).astype(np.float32)
    scores[np.arange(len(labels)), labels] += 1
    e = np.exp(scores)
    names = tuple(f"class {k}" for k in range(classes))
    return Evaluation("test", names, np.arange(len(labels)), labels, scores, e / e.sum(axis=1, keepdims=True))


def test_every_measure_is_that_of_scikit_learn(random):
    e = evaluation(random)
    y, said = e.labels, e.predicted
    assert e.accuracy == peer.accuracy_score(y, said)
    assert e.balanced_accuracy == pytest.approx(peer.balanced_accuracy_score(y, said))
    assert e.macro_f1 == pytest.approx(peer.f1_score(y, said, average="macro"))
    np.testing.assert_allclose(e.recall, peer.recall_score(y, said, average=None))
    np.testing.assert_allclose(e.precision, peer.precision_score(y, said, average=None))
    np.testing.assert_array_equal(e.confusion, peer.confusion_matrix(y, said))
    p = e.probabilities.astype(np.float64)
    p /= p.sum(axis=1, keepdims=True)  # the peer warns about float32's last digit
    assert e.log_loss == pytest.approx(peer.log_loss(y, p), rel=1e-6)


def test_a_class_without_pictures_and_a_class_never_said():
    # Class 0 has no pictures but is said once; class 2 is never said; class 3 is neither there nor said.
    scores = np.array([[9, 1, 0, 0], [0, 9, 1, 0], [0, 9, 1, 0]], np.float32)
    e = Evaluation("test", ("a", "b", "c", "d"), np.arange(3), np.array([1, 1, 2]), scores, scores / 9)
    np.testing.assert_array_equal(e.recall, [np.nan, 0.5, 0, np.nan])
    np.testing.assert_array_equal(e.precision, [0, 0.5, 0, 0])
    np.testing.assert_array_equal(e.f1, [0, 0.5, 0, np.nan])
    assert e.balanced_accuracy == 0.25
    assert e.macro_f1 == pytest.approx(1 / 6)
    np.testing.assert_array_equal(e.recall_intervals[3], [0, 1])
    assert e.most_common == (1, 2 / 3)


def test_measures_are_plain_finite_numbers(random):
    measures = evaluation(random).measures()
    assert all(type(value) in (int, float) and np.isfinite(value) for value in measures.values())
    assert measures["accuracy_low"] < measures["accuracy"] < measures["accuracy_high"]


def test_margin_is_negative_exactly_where_the_verdict_is_wrong(random):
    e = evaluation(random)
    np.testing.assert_array_equal(e.margins > 0, e.correct)
    np.testing.assert_allclose(e.lead[e.correct], e.margins[e.correct])
    assert (e.lead >= 0).all()
    assert (e.runner_up != e.predicted).all()


def test_a_single_class_is_always_right():
    e = Evaluation("test", ("only",), np.arange(2), np.zeros(2, int), np.ones((2, 1)), np.ones((2, 1)))
    assert e.accuracy == 1
    np.testing.assert_array_equal(e.runner_up, [0, 0])


def test_a_probability_of_zero_costs_a_finite_loss():
    p = np.array([[1, 0]], np.float32)
    e = Evaluation("test", ("a", "b"), np.arange(1), np.array([1]), p, p)
    assert 87 < e.log_loss < 88


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"labels": np.array([0, 2])}, "Labels must be 0 to 1, got 0 to 2"),
        ({"scores": np.zeros((2, 3))}, r"needs rows \(2,\)"),
        ({"scores": np.array([[np.nan, 0], [0, 0]])}, "NaN or infinite"),
        ({"labels": np.array([], int)}, "no pictures"),
    ],
)
def test_what_cannot_be_measured_is_refused(change, sentence):
    good = {
        "part": "test",
        "classes": ("a", "b"),
        "rows": np.arange(2),
        "labels": np.array([0, 1]),
        "scores": np.eye(2),
        "probabilities": np.eye(2),
    }
    with pytest.raises(InputError, match=sentence):
        Evaluation(**(good | change))


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    # The two roots of (p − successes/n)² = z² p (1 − p) / n, with z = 1.959964 (Wilson 1927).
    [
        (5, 10, 0.236593, 0.763407),
        (0, 10, 0, 0.277533),
        (10, 10, 0.722467, 1),
        (3937, 10000, 0.384167, 0.403315),
    ],
)
def test_wilson_interval(successes, n, low, high):
    assert wilson(successes, n) == pytest.approx((low, high), abs=1e-6)


def test_wilson_interval_without_trials_and_with_impossible_ones():
    assert wilson(0, 0) == (0, 1)
    with pytest.raises(InputError, match="0 to 3, got 4"):
        wilson(4, 3)
    with pytest.raises(InputError, match="between 0 and 1, got 95"):
        wilson(1, 3, confidence=95)


def test_wilson_covers_the_true_share_about_as_often_as_it_says(random):
    draws = random.binomial(200, 0.3, 2000)
    covered = np.mean([low <= 0.3 <= high for low, high in (wilson(int(k), 200) for k in draws)])
    assert 0.93 < covered < 0.97


@pytest.mark.parametrize(("b", "c"), [(0, 1), (3, 0), (14, 30), (30, 14), (500, 400), (7, 7), (0, 0)])
def test_paired_test_is_the_exact_binomial(b, c):
    a = np.array([True] * b + [False] * c + [True, False])
    other = np.array([False] * b + [True] * c + [True, False])
    n, k = b + c, min(b, c)
    exact = min(1, 2 * sum(comb(n, i) for i in range(k + 1)) / 2**n)
    test = paired_test(a, other)
    assert (test.only_a, test.only_b) == (b, c)
    assert test.p_value == pytest.approx(exact, rel=1e-10)


def test_paired_test_of_a_million_pictures_neither_overflows_nor_waits():
    a = np.zeros(1_000_000, bool)
    a[:500_800] = True
    assert paired_test(a, ~a).p_value == pytest.approx(0.1098, abs=2e-4)  # normal approximation: z = 1.599
    assert paired_test(np.ones(100_000, bool), np.zeros(100_000, bool)).p_value == 0


def test_paired_test_needs_the_same_pictures():
    with pytest.raises(InputError, match="same pictures"):
        paired_test(np.ones(3, bool), np.ones(4, bool))
