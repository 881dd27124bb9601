"""Mistakes are found, counted and sorted."""

import numpy as np
import pytest

from pellucid.inspection.metrics import Evaluation
from pellucid.inspection.mistakes import cells, closest_calls, confident_mistakes, confusions


@pytest.fixture
def seen():
    scores = np.array(
        [
            [5.0, 0.0, 0.0],  # right
            [0.1, 0.0, 0.0],  # right, narrowly
            [4.0, 0.0, 0.0],  # a 1 called 0, surely
            [2.0, 0.0, 0.0],  # a 1 called 0
            [0.0, 0.0, 3.0],  # a 1 called 2
            [0.0, 9.0, 0.0],  # a 2 called 1, most surely
        ]
    )
    e = np.exp(scores)
    labels = np.array([0, 0, 1, 1, 1, 2])
    return Evaluation(
        "test", ("a", "b", "c"), np.arange(10, 16), labels, scores, e / e.sum(axis=1, keepdims=True)
    )


def test_the_surest_mistakes_come_first(seen):
    np.testing.assert_array_equal(confident_mistakes(seen), [5, 2, 4, 3])
    np.testing.assert_array_equal(confident_mistakes(seen, 2), [5, 2])


def test_probabilities_that_are_both_one_are_ranked_by_margin(seen):
    sure = Evaluation(
        "test", seen.classes, seen.rows, seen.labels, seen.scores * 100, np.eye(3)[seen.predicted]
    )
    np.testing.assert_array_equal(confident_mistakes(sure), [5, 2, 4, 3])


def test_the_closest_call_has_the_smallest_lead(seen):
    np.testing.assert_array_equal(closest_calls(seen, 2), [1, 3])


def test_confusions_are_counted_the_most_frequent_first(seen):
    found = [(c.true, c.said, c.count, c.share) for c in confusions(seen)]
    assert found == [(1, 0, 2, pytest.approx(2 / 3)), (1, 2, 1, pytest.approx(1 / 3)), (2, 1, 1, 1.0)]
    assert len(confusions(seen, 1)) == 1


def test_each_picture_is_in_one_cell_the_gravest_first(seen):
    groups = cells(seen)
    assert {cell: list(places) for cell, places in groups.items()} == {
        (0, 0): [1, 0],
        (1, 0): [2, 3],
        (1, 2): [4],
        (2, 1): [5],
    }
    assert sum(len(places) for places in groups.values()) == len(seen)
