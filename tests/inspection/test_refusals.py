"""The rates of refusals, counted by hand."""

import numpy as np
import pytest

from pellucid.inspection.refusals import accepted_by_threshold, rates
from pellucid.storage.errors import InputError


def test_the_rates_are_counted():
    refused = np.array([True, False, False, True, True, False])
    right = np.array([True, True, True, False, False, False])
    found = rates(refused, right)
    assert (found.pictures, found.refused) == (6, 0.5)
    assert found.wrong_refusals == pytest.approx(1 / 3)
    assert found.wrong_acceptances == pytest.approx(1 / 3)
    assert found.accuracy == pytest.approx(2 / 3)


def test_of_nothing_there_is_no_share():
    found = rates(np.array([True, True]), np.array([True, True]))
    assert found.wrong_acceptances is None
    assert found.accuracy is None
    with pytest.raises(InputError, match=r"must be \(n,\) both"):
        rates(np.zeros(2, bool), np.zeros(3, bool))


def test_a_threshold_accepts_what_reaches_it_and_is_not_too_far():
    sure, far = np.array([0.2, 0.5, 0.5, 1.0]), np.array([False, False, True, False])
    found = accepted_by_threshold(sure, far)
    np.testing.assert_allclose(found[[0, 20, 21, 50, 51, 100]], [0.75, 0.75, 0.5, 0.5, 0.25, 0.25])
    assert np.isnan(accepted_by_threshold(np.zeros(0), np.zeros(0, bool))).all()
