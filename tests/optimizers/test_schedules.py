"""Each schedule stays between 0 and 1, has the numbers of its formula, and ends where the training ends."""

import dataclasses
import math
from itertools import pairwise

import numpy as np
import pytest

from pellucid.optimizers.named import schedule
from pellucid.optimizers.schedules import (
    SCHEDULES,
    Constant,
    Cosine,
    Exponential,
    InverseTime,
    OneCycle,
    Step,
    WarmUp,
)
from pellucid.storage.errors import InputError

RISING = {"warm-up", "one-cycle"}


def test_every_schedule_is_in_the_list():
    from pellucid.optimizers import schedules

    kinds = {
        kind for kind in vars(schedules).values() if dataclasses.is_dataclass(kind) and isinstance(kind, type)
    }
    assert {type(each) for each in SCHEDULES.values()} == kinds


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_share_of_the_highest_rate(name):
    shares = [SCHEDULES[name](time) for time in np.linspace(0, 1, 1001)]
    assert all(0 <= share <= 1 for share in shares)
    assert max(shares) == pytest.approx(1.0, abs=1e-12)
    assert shares[0] > 0, "the first step would be for nothing"
    if name in RISING:
        peak = int(np.argmax(shares))
        assert all(earlier < later for earlier, later in pairwise(shares[: peak + 1]))
        assert all(later <= earlier for earlier, later in pairwise(shares[peak:]))
    else:
        assert shares[0] == 1.0
        assert all(later <= earlier for earlier, later in pairwise(shares))


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("time", [1.0001, -0.0001, math.nan, math.inf])
def test_past_its_end(name, time):
    with pytest.raises(InputError, match=r"from time 0 to 1, asked for was .*: the training is past its end"):
        SCHEDULES[name](time)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (Constant(), {0.0: 1.0, 0.3: 1.0, 1.0: 1.0}),
        (Cosine(), {0.25: (1 + math.sqrt(0.5)) / 2, 0.5: 0.5, 1.0: 0.0}),
        (Cosine(last=0.2), {0.5: 0.6, 1.0: 0.2}),
        (Step(), {0.49: 1.0, 0.5: 0.1, 0.74: 0.1, 0.75: 0.01, 1.0: 0.01}),
        (Step(factor=0.5, at=(0.2,)), {0.19: 1.0, 0.2: 0.5, 1.0: 0.5}),
        (Step(at=[0.2, 0.2]), {0.2: 0.01}),
        (Exponential(), {0.5: 0.1, 1.0: 0.01}),
        (InverseTime(), {1 / 9: 0.5, 1.0: 0.1}),
        (WarmUp(), {0.0: 0.01, 0.025: 0.505, 0.05: 1.0, 0.525: 0.5, 1.0: 0.0}),
        (WarmUp(Constant(), share=0.5, first=0.2), {0.25: 0.6, 0.75: 1.0}),
        (OneCycle(), {0.0: 0.04, 0.15: 0.52, 0.3: 1.0, 0.65: (1 + 4e-6) / 2, 1.0: 4e-6}),
    ],
)
def test_by_hand(schedule, expected):
    for time, share in expected.items():
        assert schedule(time) == pytest.approx(share, abs=1e-12), time


def test_exponential_is_the_formula_of_the_notes():
    k = -math.log(0.01)
    assert [Exponential()(time) for time in (0.1, 0.7)] == pytest.approx(
        [math.exp(-k * time) for time in (0.1, 0.7)]
    )


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("cosine", {"last": -0.1}, "last must be 0 to 1, got -0.1"),
        ("cosine", {"last": math.nan}, "last must be 0 to 1, got nan"),
        ("step", {"factor": 0}, "factor must be above 0 to 1, got 0"),
        ("step", {"factor": 2}, "factor must be above 0 to 1, got 2"),
        ("step", {"at": (0.5, 1.0)}, "at must be times above 0 and below 1, got 1.0"),
        ("step", {"at": (0.7, 0.5)}, r"at must be times in order, got \(0.7, 0.5\)"),
        ("step", {"at": "half"}, "at must be times above 0 and below 1, got 'half'"),
        ("exponential", {"last": 0}, "last must be above 0 to 1, got 0"),
        ("inverse-time", {"fall": 0}, "fall must be finite and above 0, got 0"),
        ("inverse-time", {"fall": math.inf}, "fall must be finite and above 0, got inf"),
        ("warm-up", {"share": 1}, "share must be above 0 and below 1, got 1"),
        ("warm-up", {"first": 0}, "first must be above 0 to 1, got 0"),
        ("warm-up", {"then": "cosine"}, r"then must be a schedule such as Cosine\(\), got 'cosine'"),
        ("one-cycle", {"peak": 0}, "peak must be above 0 and below 1, got 0"),
        ("one-cycle", {"first": None}, "first must be above 0 to 1, got None"),
        ("one-cycle", {"last": 1.5}, "last must be 0 to 1, got 1.5"),
    ],
)
def test_settings_out_of_range(name, settings, message):
    with pytest.raises(InputError, match=message):
        schedule(name, **settings)
