"""Suspect labels: what was changed on purpose comes first, and the numbers are those of the definition."""

import numpy as np
import pytest

from pellucid.inspection.suspects import confident_joint, suspects
from pellucid.storage.errors import InputError


def flipped(count=400, classes=4, share=0.1, noise=1.0, seed=3):
    """Probabilities of a good classifier, labels of which a share is wrong, and which these are."""
    rng = np.random.Generator(np.random.Philox(key=seed))
    truth = rng.integers(0, classes, count)
    scores = 4.0 * np.eye(classes)[truth] + noise * rng.normal(size=(count, classes))
    p = np.exp(scores)
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


def test_about_as_many_are_estimated_as_were_flipped():
    p, labels, wrong, _ = flipped(4000, share=0.08, noise=0.7)
    found = suspects(p, labels)
    assert abs(found.estimated - wrong.sum()) < 0.1 * wrong.sum()
    assert len(found) == round(found.estimated)
    np.testing.assert_allclose(found.joint.sum(axis=1), np.bincount(labels))


def test_the_joint_is_that_of_the_definition():
    p = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.3, 0.7], [0.1, 0.9], [0.7, 0.3]])
    labels = np.array([0, 0, 0, 1, 1, 1])
    # Averages of the own class: 1.7 / 3 and 1.9 / 3. Counted for 0: rows 0, 1, 5; for 1: rows 2, 3, 4.
    np.testing.assert_allclose(confident_joint(p, labels), [[2, 1], [1, 2]])
    found = suspects(p, labels)
    np.testing.assert_array_equal(found.places, [2, 5])
    np.testing.assert_allclose(found.other, [0.8, 0.7])


def test_labels_that_a_classifier_agrees_with_are_not_doubted():
    p = np.full((6, 3), 0.1) + 0.7 * np.eye(3)[[0, 1, 2, 0, 1, 2]]
    assert len(suspects(p, np.array([0, 1, 2, 0, 1, 2]))) == 0
    assert len(suspects(p, np.array([0, 1, 2, 0, 1, 2]), budget=5)) == 0


def test_a_class_without_pictures_is_no_trouble():
    p, labels, _, _ = flipped(classes=3)
    p = np.concatenate([p, np.zeros((len(p), 1))], axis=1)
    assert suspects(p, labels).joint[3].sum() == 0


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
