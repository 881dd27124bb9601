"""Why inputs do not fit an operation, in words that name the operation, the shapes and the user's own variables."""

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pellucid.graph.card import card
from pellucid.storage.errors import InputError


class Misfit(ValueError):
    """What an operation says of inputs that do not fit.

    Attributes
    ----------
    turned : the position of the matrix that would fit if it were transposed; None where that would not help
    """

    def __init__(self, reason: str, turned: int | None = None) -> None:
        super().__init__(reason)
        self.turned = turned


def misfit(
    function: Callable[..., Any],
    inputs: Sequence[Any],
    values: Sequence[Any],
    settings: dict[str, Any],
    error: Exception,
) -> str:
    """The sentence for an operation that could not be done: its call with shapes and dtypes, why, and what would fit.

    Parameters
    ----------
    inputs, values : the operation's inputs as they came, tensors among them, and their values
    error : what came out of the operation; libraries' words are replaced where ours are clearer
    """
    labels = [_label(each) for each in inputs]
    told = [
        f"{label}: {_kind(value)}" if label else _kind(value)
        for label, value in zip(labels, values, strict=True)
    ]
    told += [f"{name}={value!r}" for name, value in settings.items()]
    return f"{function.__name__}({', '.join(told)}) does not fit: {_reason(function, labels, values, settings, error)}"


def _label(each: Any) -> str:
    return (getattr(each, "name", "") or getattr(each, "op", "")) if hasattr(each, "pullbacks") else ""


def _kind(value: Any) -> str:
    return f"{value.dtype} {value.shape}" if _is_array(value) else type(value).__name__


def _is_array(value: Any) -> bool:
    return hasattr(value, "dtype") and hasattr(value, "shape")


def _reason(
    function: Callable[..., Any],
    labels: Sequence[str],
    values: Sequence[Any],
    settings: dict[str, Any],
    error: Exception,
) -> str:
    strange = _no_numbers(labels, values)
    if strange:
        return strange
    if isinstance(error, Misfit):
        if error.turned is None:
            return str(error)
        return f"{error}; did you mean {labels[error.turned] or 'the transposed matrix: '}.T?".replace(
            ": .", ": "
        )
    if any(hasattr(value, "pullbacks") for value in settings.values()):
        return (
            "a setting is a fixed number, not a tensor; for a power with a tensor above write exp(y * log(x)), "
            "for a part named by a tensor take its .value"
        )
    if "not inexact" in str(error):
        return "it needs floating numbers, got whole ones: x.astype(np.float32) makes them floating"
    if "zero-size" in str(error):
        return "where there are no numbers there is no largest one"
    unknown = _unknown_axis(function, values, settings)
    if unknown:
        return unknown
    shapes = [np.shape(value) for value in values]
    with contextlib.suppress(InputError):
        if len(shapes) > 1 and card(function).result == ("...",):
            apart = _apart(labels, shapes)
            if apart:
                return apart
    if type(error).__module__.startswith("jax"):
        return (
            "it depends on numbers that are not known while a program is compiled; "
            "choose with where() and masks instead"
        )
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def _no_numbers(labels: Sequence[str], values: Sequence[Any]) -> str:
    """What is said of the first input that is not made of numbers; "" where all are."""
    for label, value in zip(labels, values, strict=True):
        if _is_array(value):
            # "V": NumPy does not know bfloat16 as a number.
            if np.dtype(value.dtype).kind not in "biufcV":
                return f"{label or 'an array'} of dtype {value.dtype} holds no numbers"
        elif not isinstance(value, bool | int | float):
            kind = type(value).__name__
            return f"a {kind} is no array: give tensors, arrays or numbers (np.asarray makes arrays of lists)"
    return ""


def _unknown_axis(function: Callable[..., Any], values: Sequence[Any], settings: dict[str, Any]) -> str:
    """What is said of an axis that the first input does not have; "" where it has all of them."""
    asked = ({**(getattr(function, "__kwdefaults__", None) or {}), **settings}).get("axis")
    if asked is None or not values or function.__name__ == "stack":
        return ""
    count = np.ndim(values[0])
    for axis in asked if isinstance(asked, tuple | list) else (asked,):
        if isinstance(axis, int | np.integer) and not -count <= axis < count:
            has = f"axes 0 to {count - 1}" if count > 1 else "axis 0 alone" if count else "no axis"
            return f"there is no axis {axis}: an array of shape {np.shape(values[0])} has {has}"
    return ""


def _apart(labels: Sequence[str], shapes: Sequence[tuple[int, ...]]) -> str:
    """Which sizes do not meet, and what would; "" where the shapes can be broadcast to each other."""
    for place in range(-1, -max(len(shape) for shape in shapes) - 1, -1):
        sizes = sorted({shape[place] for shape in shapes if len(shape) >= -place} - {1})
        if len(sizes) > 1:
            which = "the last axis" if place == -1 else f"axis {place}, counted from the end"
            met = f"on {which} {' meets '.join(map(str, sizes))}; sizes must be equal, or 1"
            return met + _would_fit(labels, shapes)
    return ""


def _would_fit(labels: Sequence[str], shapes: Sequence[tuple[int, ...]]) -> str:
    if len(shapes) != 2:
        return ""
    for mine, other in ((1, 0), (0, 1)):
        name, shape, target = labels[mine] or ("the first", "the second")[mine], shapes[mine], shapes[other]
        if len(shape) == 2 and shape[::-1] == target:
            return f": did you mean {name}.T?"
        if len(shape) == 1 and len(target) == 2 and shape[0] == target[0]:
            return f": for one number a row write {name}[:, None]"
    return ""
