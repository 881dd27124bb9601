"""Whether the settings of a layer can be what they are, said before anything is computed."""

import math
import operator
from typing import Any

from pellucid.storage.errors import InputError


def check_whole(layer: str, least: int = 1, **numbers: Any) -> None:
    """Raise `InputError` unless each of these settings is a whole number of at least `least`."""
    for name, number in numbers.items():
        if not _is_whole(number, least):
            raise InputError(f"{layer}: {name} must be a whole number, {least} or more, got {number!r}.")


def check_sizes(layer: str, **sizes: Any) -> None:
    """Raise `InputError` unless each of these settings is a list of whole numbers above 0."""
    for name, numbers in sizes.items():
        if not isinstance(numbers, tuple | list) or not all(_is_whole(number, 1) for number in numbers):
            raise InputError(
                f"{layer}: {name} must be whole numbers, 1 or more, as in (512, 256), got {numbers!r}."
            )


def check_between(layer: str, low: float, high: float, **numbers: Any) -> None:
    """Raise `InputError` unless each of these settings is a number from `low` to below `high`."""
    for name, number in numbers.items():
        try:
            fits = not isinstance(number, bool | str) and low <= float(number) < high
        except (TypeError, ValueError):
            fits = False
        if not fits:
            wanted = f"from {low:g} to below {high:g}" if high < math.inf else f"finite, {low:g} or more"
            raise InputError(f"{layer}: {name} must be {wanted}, got {number!r}.")


def _is_whole(number: Any, least: int) -> bool:
    try:
        return not isinstance(number, bool) and operator.index(number) >= least
    except TypeError:
        return False
