"""Which pictures an epoch visits."""

import numpy as np
import pytest

from pellucid.arrays import random
from pellucid.storage.errors import InputError
from pellucid.training.sampling import epoch_order

LABELS = np.repeat([0, 1, 2], [700, 250, 50])
ROWS = np.random.Generator(np.random.Philox(key=1)).permutation(1000)[:801]
KEY = random.key(6)


def test_shuffled_visits_every_row_once():
    order = epoch_order(LABELS, ROWS, "shuffled", KEY)
    assert order.dtype == np.int32
    np.testing.assert_array_equal(np.sort(order), np.sort(ROWS))
    assert (order != ROWS).mean() > 0.9


def test_balanced_visits_every_class_as_often():
    order = epoch_order(LABELS, ROWS, "balanced", KEY)
    assert len(order) == len(ROWS)
    counts = np.bincount(LABELS[order])
    assert counts.max() - counts.min() <= 1
    assert set(order) <= set(ROWS)
    rare = ROWS[LABELS[ROWS] == 2]
    visits = np.bincount(order, minlength=1000)[rare]
    assert visits.max() - visits.min() <= 1, "the rare ones take turns"
    assert visits.min() >= 5
    # Mixed, not class after class.
    assert len(set(LABELS[order[:30]].tolist())) == 3


def test_another_epoch_has_another_order_and_the_same_one_the_same():
    for sampling in ("shuffled", "balanced"):
        first, again, other = (epoch_order(LABELS, ROWS, sampling, random.fold_in(KEY, n)) for n in (1, 1, 2))
        np.testing.assert_array_equal(first, again)
        assert (first != other).mean() > 0.9


def test_a_class_without_rows_and_fewer_rows_than_classes():
    rows = np.flatnonzero(LABELS != 1)[:5]
    np.testing.assert_array_equal(np.sort(epoch_order(LABELS, rows, "balanced", KEY)), rows)
    assert len(epoch_order(LABELS, np.array([0, 999]), "balanced", KEY)) == 2
    assert len(epoch_order(LABELS, np.array([0]), "balanced", KEY)) == 1


def test_an_unknown_sampling_is_refused():
    with pytest.raises(InputError, match="--sampling must be one of shuffled, balanced; got 'lucky'"):
        epoch_order(LABELS, ROWS, "lucky", KEY)
