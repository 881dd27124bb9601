"""How the learning rate changes while training: each is a share of the highest rate, at a time from 0 to 1."""

import math
from collections.abc import Callable


def constant(time: float) -> float:
    """The same rate all the time."""
    return 1.0


def cosine(time: float) -> float:
    """Half a cosine wave, from 1 down to 0 (Loshchilov and Hutter 2017, "SGDR", section 3, without restarts)."""
    return 0.5 * (1.0 + math.cos(math.pi * time))


SCHEDULES: dict[str, Callable[[float], float]] = {"constant": constant, "cosine": cosine}
