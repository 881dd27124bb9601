"""How much each picture counts in the mean loss: by itself, and by its class."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pellucid.storage.errors import InputError


def picture_weights(
    labels: np.ndarray,
    classes: int,
    *,
    class_weight: str | Sequence[float] | np.ndarray | None = None,
    sample_weight: Any = None,
) -> np.ndarray:
    """The weight of each picture (N,) float32, for `weighted_mean`: its class's weight times its own.

    Parameters
    ----------
    labels : (N,) in 0..K−1, as `checked_labels` returns them
    classes : K
    class_weight : None: all classes count as their pictures do; "balanced": N / (K · pictures of the class), so that
        each class counts the same, however many pictures it has; or K numbers
    sample_weight : None, or (N,) numbers

    Raises
    ------
    InputError : weights of another shape, NaN, infinite, negative, or all 0
    """
    weights = np.ones(len(labels))
    if isinstance(class_weight, str):
        if class_weight != "balanced":
            raise InputError(
                f'class_weight must be None, "balanced" or {classes} numbers, got {class_weight!r}.'
            )
        counts = np.bincount(labels, minlength=classes)
        # A class without a picture gets no weight from anybody: whatever stands here is not used.
        weights = (len(labels) / (classes * np.maximum(counts, 1)))[labels]
    elif class_weight is not None:
        weights = _checked(class_weight, classes, "class_weight", "class")[labels]
    if sample_weight is not None:
        own = _checked(sample_weight, len(labels), "sample_weight", "picture")
        with np.errstate(over="ignore"):  # looked at below
            weights = weights * own
    with np.errstate(over="ignore"):
        total = weights.sum()
    if total > np.finfo(np.float32).max:
        raise InputError(
            f"The weights are beyond float32: the largest is {weights.max():.3g}, they add up to {total:.3g}. "
            "Divide all by the largest: only their ratios matter."
        )
    found = weights.astype(np.float32)
    if len(found) and not found.any():
        raise InputError(
            "The weights of all pictures are 0: nothing would count. Give some a weight above 0."
        )
    return found


def _checked(given: Any, count: int, name: str, each: str) -> np.ndarray:
    """(count,) float64, finite and none negative."""
    try:
        found = np.asarray(given, np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{name} must be {count:,} numbers, one a {each}, got {given!r:.80}.") from None
    if found.shape != (count,):
        raise InputError(
            f"{name} must be {count:,} numbers, one a {each}, got an array of shape {found.shape}."
        )
    wrong = np.flatnonzero(~(np.isfinite(found) & (found >= 0)))
    if len(wrong):
        named = ", ".join(f"{found[place]} ({each} {place})" for place in wrong[:5])
        more = ", …" if len(wrong) > 5 else ""
        raise InputError(
            f"{name} must be finite and 0 or more: {len(wrong):,} of {count:,} are not, {named}{more}."
        )
    return found
