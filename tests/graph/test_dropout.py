"""Dropout: masks that are random enough, the same on both engines, and an expected sum that stays."""

import re

import numpy as np
import pytest

from pellucid.arrays import random
from pellucid.graph import Tensor, gradients, variables
from pellucid.graph.dropout import dropout
from pellucid.graph.reductions import sum
from pellucid.storage.errors import InputError


def test_what_stays_is_made_stronger():
    (x,) = variables(x=[[1.0, 2, 3, 4]])
    z = dropout(x, np.array([[True, False, True, False]]), rate=0.5)
    np.testing.assert_array_equal(z.value, [[2, 0, 6, 0]])
    np.testing.assert_array_equal(gradients(sum(z))[x], [[2, 0, 2, 0]])


def test_the_expected_sum_stays():
    mask = random.kept(random.key(1), (1000, 1000), 0.3)
    assert dropout(np.ones((1000, 1000)), mask, rate=0.3).mean() == pytest.approx(1, abs=0.004)


def test_a_rate_of_0_drops_nothing():
    x = np.arange(4.0).reshape(2, 2)
    mask = random.kept(random.key(0), (2, 2), 0)
    assert mask.all()
    np.testing.assert_array_equal(dropout(x, mask, rate=0), x)


@pytest.mark.parametrize(
    ("shape", "rate", "sentence"),
    [
        ((2, 3), 1.0, "rate, the share of units that are dropped, must be from 0 to below 1"),
        ((2, 3), -0.1, "rate, the share of units that are dropped, must be from 0 to below 1"),
        ((3,), 0.5, "the mask must have one 0 or 1 for each unit"),
    ],
)
def test_what_is_said_where_it_does_not_fit(shape, rate, sentence):
    with pytest.raises(InputError, match=re.escape(sentence)):
        dropout(Tensor(np.ones((2, 3)), name="hidden"), np.ones(shape), rate=rate)
