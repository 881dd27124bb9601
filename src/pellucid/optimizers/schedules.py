"""How the learning rate changes while training: each is a share of the highest rate, at a time from 0 to 1.

Time 0 is the first step, 1 the moment after the last: step k of n, counted from 0, is at time k / n. A schedule does
not know how many steps there are, so the same one serves a training of any length. The ways of CS231n, Neural networks
3: "Annealing the learning rate", and those that came later.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from pellucid.optimizers.optimizer import check_number
from pellucid.storage.errors import InputError

Schedule = Callable[[float], float]
"""From a time, 0 to 1, to a share of the highest rate."""


def _check_time(time: float) -> None:
    if not 0 <= time <= 1:
        raise InputError(
            f"A schedule goes from time 0 to 1, asked for was {time!r}: the training is past its end. Train for more "
            "epochs from the start, so that the schedule is stretched over all of them."
        )


def _check_share(setting: str, value: float) -> None:
    check_number(setting, value, "above 0 to 1", lambda share: 0 < share <= 1)


@dataclass(frozen=True)
class Constant:
    """The same rate all the time: 1."""

    def __call__(self, time: float) -> float:
        _check_time(time)
        return 1.0


@dataclass(frozen=True)
class Step:
    """A drop at each of some times: fᵏ after k of them (He et al. 2016, "Deep residual learning", section 4.2).

    Attributes
    ----------
    factor : f, above 0 to 1, what is left after a drop
    at : when it drops, times above 0 and below 1, in order
    """

    factor: float = 0.1
    at: tuple[float, ...] = (0.5, 0.75)

    def __post_init__(self) -> None:
        _check_share("factor", self.factor)
        times = self.at if isinstance(self.at, tuple | list) else (self.at,)
        for time in times:
            check_number("at", time, "times above 0 and below 1", lambda value: 0 < value < 1)
        if list(times) != sorted(times):
            raise InputError(f"at must be times in order, got {self.at!r}.")
        object.__setattr__(self, "at", tuple(times))

    def __call__(self, time: float) -> float:
        _check_time(time)
        return float(self.factor) ** sum(time >= drop for drop in self.at)


@dataclass(frozen=True)
class Exponential:
    """In equal times it falls by equal factors: lastᵗ, which is e^(−kt) with k = −ln last.

    Attributes
    ----------
    last : what is left at the end, above 0 to 1
    """

    last: float = 0.01

    def __post_init__(self) -> None:
        _check_share("last", self.last)

    def __call__(self, time: float) -> float:
        _check_time(time)
        return float(self.last) ** time


@dataclass(frozen=True)
class Cosine:
    """Half a cosine wave from 1 down: last + (1 − last) (1 + cos πt) / 2.

    Source: Loshchilov and Hutter 2017, "SGDR", section 3, without restarts.

    Attributes
    ----------
    last : what is left at the end, 0 to 1
    """

    last: float = 0.0

    def __post_init__(self) -> None:
        check_number("last", self.last, "0 to 1", lambda share: 0 <= share <= 1)

    def __call__(self, time: float) -> float:
        _check_time(time)
        return float(self.last) + (1.0 - float(self.last)) * (0.5 * (1.0 + math.cos(math.pi * time)))


@dataclass(frozen=True)
class InverseTime:
    """Fast at first, slower and slower: 1 / (1 + kt) (Robbins and Monro 1951: such rates reach the minimum in spite of
    the noise).

    Attributes
    ----------
    fall : k, above 0; at the end 1 / (1 + k) is left
    """

    fall: float = 9.0

    def __post_init__(self) -> None:
        check_number("fall", self.fall, "finite and above 0", lambda value: 0 < value < math.inf)

    def __call__(self, time: float) -> float:
        _check_time(time)
        return 1.0 / (1.0 + float(self.fall) * time)


@dataclass(frozen=True)
class WarmUp:
    """A straight rise to 1, and then another schedule over the time that remains (Goyal et al. 2017, "Accurate, large
    minibatch SGD", section 2.2).

    Attributes
    ----------
    then : the schedule after the rise
    share : of the time that the rise takes, above 0 and below 1
    first : where it begins, above 0 to 1: a step at rate 0 would be a step for nothing
    """

    then: Schedule = Cosine()
    share: float = 0.05
    first: float = 0.01

    def __post_init__(self) -> None:
        if not callable(self.then):
            raise InputError(f"then must be a schedule such as Cosine(), got {self.then!r}.")
        check_number("share", self.share, "above 0 and below 1", lambda share: 0 < share < 1)
        _check_share("first", self.first)

    def __call__(self, time: float) -> float:
        _check_time(time)
        share = float(self.share)
        if time < share:
            return float(self.first) + (1.0 - float(self.first)) * (time / share)
        return self.then(min(1.0, (time - share) / (1.0 - share)))


@dataclass(frozen=True)
class OneCycle:
    """One rise and one long fall, both half cosine waves: from `first` to 1 at the time `peak`, then to `last`.

    Source: Smith and Topin 2018, "Super-convergence", section 3; waves and numbers as in PyTorch's `OneCycleLR`. The
    momentum, which the paper lowers while the rate is high, stays as it is.

    Attributes
    ----------
    peak : when the rate is highest, above 0 and below 1
    first : where it begins, above 0 to 1
    last : what is left at the end, 0 to 1
    """

    peak: float = 0.3
    first: float = 1 / 25
    last: float = 1 / 250_000

    def __post_init__(self) -> None:
        check_number("peak", self.peak, "above 0 and below 1", lambda time: 0 < time < 1)
        _check_share("first", self.first)
        check_number("last", self.last, "0 to 1", lambda share: 0 <= share <= 1)

    def __call__(self, time: float) -> float:
        _check_time(time)
        peak, first, last = float(self.peak), float(self.first), float(self.last)
        if time < peak:
            return first + (1.0 - first) * 0.5 * (1.0 - math.cos(math.pi * time / peak))
        return last + (1.0 - last) * 0.5 * (1.0 + math.cos(math.pi * (time - peak) / (1.0 - peak)))


SCHEDULES: dict[str, Schedule] = {
    "constant": Constant(),
    "cosine": Cosine(),
    "step": Step(),
    "exponential": Exponential(),
    "inverse-time": InverseTime(),
    "warm-up": WarmUp(),
    "one-cycle": OneCycle(),
}
"""Each schedule by its name, with its default settings; `named.schedule` sets others."""
