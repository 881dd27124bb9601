"""Each schedule begins at the highest rate and stays between 0 and 1."""

import math
from itertools import pairwise

import numpy as np
import pytest

from pellucid.optimizers.schedules import SCHEDULES, constant, cosine


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_share_that_never_rises(name):
    shares = [SCHEDULES[name](time) for time in np.linspace(0, 1, 101)]
    assert shares[0] == 1.0
    assert all(0 <= later <= earlier for earlier, later in pairwise(shares))


def test_constant():
    assert {constant(time) for time in (0.0, 0.3, 1.0)} == {1.0}


def test_half_a_cosine_wave():
    assert cosine(0.5) == pytest.approx(0.5, abs=1e-15)
    assert cosine(1.0) == 0.0
    assert cosine(0.25) == pytest.approx((1 + math.sqrt(0.5)) / 2, rel=1e-15)
