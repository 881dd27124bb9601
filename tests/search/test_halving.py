"""Who goes on, and when that is asked."""

import math

import pytest

from pellucid.search.halving import going_on, rungs


@pytest.mark.parametrize(
    ("epochs", "trials", "reduction", "expected"),
    [
        (40, 50, 3, (5, 14, 40)),
        (81, 50, 3, (9, 27, 81)),
        (40, 5, 3, (14, 40)),
        (40, 3, 3, (40,)),
        (2, 50, 3, (2,)),
        (3, 50, 3, (1, 3)),
        (40, 50, 1, (40,)),
        (8, 50, 2, (1, 2, 4, 8)),
    ],
)
def test_rungs_rise_to_the_last_epoch_and_begin_at_a_ninth(epochs, trials, reduction, expected):
    assert rungs(epochs, trials, reduction) == expected


def test_the_best_third_goes_on_and_of_equals_the_first():
    assert going_on({0: 0.3, 1: 0.5, 2: 0.5, 3: 0.5, 4: 0.1}, 3) == (1, 2)
    assert going_on({4: 0.3, 7: 0.2, 9: 0.9}, 3) == (9,)


def test_what_is_not_finite_never_goes_on():
    assert going_on({0: -math.inf, 1: 0.1, 2: -math.inf}, 1) == (1,)
    assert going_on({0: -math.inf, 1: -math.inf}, 3) == ()
