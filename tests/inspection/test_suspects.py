"""Suspect labels: what was changed on purpose comes first, and the numbers are those of the definition."""

import numpy as np
import pytest

from pellucid.inspection.suspects import suspects
from pellucid.storage.errors import InputError


def flipped(count=400, classes=4, share=0.1, noise=1.0, seed=3):
    """Probabilities of a good classifier, labels of which a share is wrong, and which these are."""
    rng = np.random.Generator(np.random.Philox(key=seed))
    truth = rng.integers(0, classes, count)
    scores = 4.0 * np.eye(classes)[truth] + noise * rng.normal(size=(count, classes))
    p = np.exp(4.0 * scores / noise**2)  # as sure as it may be: the posterior of these scores
    wrong = rng.random(count) < share
    labels = np.where(wrong, (truth + rng.integers(1, classes, count)) % classes, truth)
    return p / p.sum(axis=1, keepdims=True), labels, wrong, truth


def test_what_was_flipped_comes_first_with_what_it_was():
    p, labels, wrong, truth = flipped()
    found = suspects(p, labels, budget=int(wrong.sum()))
    assert wrong[found.places].mean() > 0.9
    right = found.places[wrong[found.places]]
    assert (found.suggested[wrong[found.places]] == truth[right]).mean() > 0.95
    assert (np.diff(found.own) >= 0).all()
    np.testing.assert_array_equal(found.labels, labels[found.places])


@pytest.mark.parametrize("noise", [1.0, 2.0])
def test_about_as_many_are_estimated_as_were_flipped_however_good_the_classifier(noise):
    p, labels, wrong, truth = flipped(6000, classes=8, share=0.08, noise=noise)
    found = suspects(p, labels)
    assert (p.argmax(axis=1) == truth).mean() < (1.0 if noise < 2 else 0.9)
    assert abs(found.estimated - wrong.sum()) < 0.25 * wrong.sum()
    assert len(found) <= found.estimated
    assert wrong[found.places].mean() > 0.6


def test_the_number_is_that_of_the_definition(monkeypatch):
    """Pairs of least probability: 0.05 twice, of which one is a label. That is a background of one half; behind it
    labels are at least as frequent as that, so with a limit of 1.5 times the background only the first is doubted."""
    monkeypatch.setattr("pellucid.inspection.suspects.BACKGROUND", 0.2)
    monkeypatch.setattr("pellucid.inspection.suspects.TIMES", 1.5)
    p = np.array([[0.95, 0.05], [0.95, 0.05], [0.2, 0.8], [0.3, 0.7], [0.9, 0.1]])
    found = suspects(p, np.array([1, 0, 1, 1, 0]))
    np.testing.assert_array_equal(found.places, [0])
    np.testing.assert_array_equal(found.suggested, [0])
    np.testing.assert_allclose([found.own[0], found.other[0], found.estimated], [0.05, 0.95, 0.5 * 5])


def test_a_few_wrong_labels_are_found_beside_a_classifier_that_is_always_right():
    """Of 80 pictures six; of the tenth of the pairs that it thinks least likely none is a label."""
    rng = np.random.Generator(np.random.Philox(key=0))
    truth = np.arange(80) % 4
    p = np.where(np.eye(4)[truth] > 0, 1.0, 1e-3 * rng.random((80, 4)))
    labels = np.where(np.arange(80) < 6, (truth + 1) % 4, truth)
    p[np.arange(6), labels[:6]] = 1e-3
    found = suspects(p / p.sum(axis=1, keepdims=True), labels)
    assert sorted(found.places) == [0, 1, 2, 3, 4, 5]
    assert found.estimated == 3


def test_right_labels_are_not_doubted_however_bad_the_classifier():
    p, _, _, truth = flipped(3000, noise=4.0)
    assert (p.argmax(axis=1) == truth).mean() < 0.7
    assert len(suspects(p, truth)) < 0.02 * len(truth)  # of which a third would be called otherwise


def test_labels_that_a_classifier_agrees_with_are_not_doubted():
    p = np.full((6, 3), 0.1) + 0.7 * np.eye(3)[[0, 1, 2, 0, 1, 2]]
    assert len(suspects(p, np.array([0, 1, 2, 0, 1, 2]))) == 0
    assert len(suspects(p, np.array([0, 1, 2, 0, 1, 2]), budget=5)) == 0


def test_a_class_without_pictures_is_no_trouble():
    p, labels, wrong, _ = flipped(classes=3)
    p = np.concatenate([p, np.zeros((len(p), 1))], axis=1)
    found = suspects(p, labels, budget=20)
    assert wrong[found.places].mean() > 0.9
    assert (found.suggested < 3).all()


@pytest.mark.parametrize(
    ("p", "labels", "match"),
    [
        (np.ones((0, 2)), np.zeros(0, int), "at least one picture"),
        (np.ones((3, 1)), np.zeros(3, int), "2 classes or more"),
        (np.full((3, 2), 0.5), np.zeros(2, int), "at least one picture"),
        (np.full((3, 2), 0.5), np.array([0, 1, 2]), "whole numbers from 0 to 1"),
        (np.full((3, 2), 0.5), np.array([0.0, 1.0, 1.0]), "whole numbers from 0 to 1"),
        (np.full((3, 2), 0.6), np.array([0, 1, 1]), "must add up to 1"),
        (np.array([[np.nan, 1.0]]), np.array([0]), "must be finite"),
    ],
)
def test_what_are_no_probabilities_is_refused(p, labels, match):
    with pytest.raises(InputError, match=match):
        suspects(p, labels)


def test_a_negative_budget_is_refused():
    with pytest.raises(InputError, match="must be 0 or more, got -1"):
        suspects(np.full((3, 2), 0.5), np.array([0, 1, 1]), budget=-1)
