"""What the settings of features can be, and how a picture is divided into fields."""

import math
import operator
from itertools import pairwise
from numbers import Real
from typing import Any

import numpy as np

from pellucid.storage.errors import InputError


def whole(feature: str, least: int = 1, **setting: Any) -> int:
    """The setting as a whole number, also where it was written as 8.0. Raises `InputError` below `least`."""
    ((name, value),) = setting.items()
    found = _index(value)
    if found is None or found < least:
        raise InputError(f"{feature}: {name} must be a whole number, {least} or more, got {value!r}.")
    return found


def whole_pair(feature: str, **setting: Any) -> tuple[int, int]:
    """The setting as two whole numbers, down and across; one number stands for both."""
    ((name, value),) = setting.items()
    pair = tuple(value) if isinstance(value, tuple | list) else (value, value)
    found = [_index(each) for each in pair]
    if len(pair) != 2 or any(each is None or each < 1 for each in found):
        raise InputError(f"{feature}: {name} must be one or two whole numbers, 1 or more, got {value!r}.")
    return found[0], found[1]  # type: ignore[return-value]


def positive(feature: str, **setting: Any) -> float:
    """The setting as a number above 0. Raises `InputError` where it is none."""
    ((name, value),) = setting.items()
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 < float(value) < math.inf:
        raise InputError(f"{feature}: {name} must be a number above 0, got {value!r}.")
    return float(value)


def flag(feature: str, **setting: Any) -> bool:
    """The setting as true or false, also where it was written as 1 or 0. Raises `InputError` where it is neither."""
    ((name, value),) = setting.items()
    if not isinstance(value, Real | np.bool) or value not in (0, 1):
        raise InputError(f"{feature}: {name} must be true or false, got {value!r}.")
    return bool(value)


def exact(number: float) -> str:
    """A number as text from which the very same is read again: 10, 0.3, 52.520008."""
    return f"{number:g}" if float(f"{number:g}") == number else repr(float(number))


def fields(size: tuple[int, int], grid: tuple[int, int]) -> np.ndarray:
    """The fields of a picture of this height and width in a grid, as equal as pixels allow: (F, 4) int, top, bottom,
    left and right of each, row by row."""
    rows, columns = (
        [round(k * side / count) for k in range(count + 1)] for side, count in zip(size, grid, strict=True)
    )
    return np.array([(*row, *column) for row in pairwise(rows) for column in pairwise(columns)])


def _index(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    try:
        return operator.index(value)
    except TypeError:
        return None
