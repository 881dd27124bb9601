"""Labels and targets looked at where data come in.

Inside a compiled step values are unknown: a label beyond the last class would be of no class, and the loss one of
something else, in silence.
"""

from typing import Any

import numpy as np

from pellucid.storage.errors import InputError

_NAMED = 5  # rows that a sentence names
_SUM = 1e-3  # how far the probabilities of a row may be from 1: float16 rounds each to a thousandth


def checked_labels(labels: Any, classes: int, *, count: int | None = None) -> np.ndarray:
    """The labels as whole numbers (N,) int32 in 0..K−1.

    Parameters
    ----------
    labels : (N,) whole numbers of any dtype, floating ones too
    classes : K
    count : N, where it is known

    Raises
    ------
    InputError : another shape, no numbers, NaN, infinite, not whole, or outside 0..K−1
    """
    found = _whole(labels, "labels", count)
    outside = (found < 0) | (found >= classes)
    _refuse(outside, found, "labels", f"outside 0..{classes - 1}, the {classes} classes")
    return found.astype(np.int32)


def checked_signs(labels: Any, *, count: int | None = None) -> np.ndarray:
    """The labels of two classes as −1 and +1, (N,) int32, from −1 and +1 or from 0 and 1 (false and true).

    The margin losses take them like this. 0 becomes −1; 1 is the same class in both ways of writing.

    Raises
    ------
    InputError : another shape, or numbers that are neither all −1 or 1 nor all 0 or 1
    """
    return 2 * checked_bits(labels, count=count) - 1


def checked_bits(labels: Any, *, count: int | None = None) -> np.ndarray:
    """The labels of two classes as 0 and 1, (N,) int32, from −1 and +1 or from 0 and 1 (false and true).

    Binary cross-entropy takes them like this. −1 becomes 0.

    Raises
    ------
    InputError : another shape, or numbers that are neither all −1 or 1 nor all 0 or 1
    """
    found = _whole(labels, "labels of two classes", count)
    _refuse(~np.isin(found, (-1, 0, 1)), found, "labels of two classes", "neither −1 or 1 nor 0 or 1")
    if (found == -1).any() and (found == 0).any():
        raise InputError(
            f"labels of two classes must be −1 and 1, or 0 and 1: got −1 (row {int(np.argmax(found == -1))}) and 0 "
            f"(row {int(np.argmax(found == 0))}) together. For three classes take a multiclass loss."
        )
    return (found == 1).astype(np.int32)


def checked_targets(targets: Any, classes: int, *, count: int | None = None) -> np.ndarray:
    """Soft targets: a probability of each class for each picture, (N, K), in their own floating dtype.

    Raises
    ------
    InputError : another shape, NaN, infinite, negative, or rows that do not add up to 1
    """
    wanted = f"({'N' if count is None else count}, {classes})"
    try:
        found = np.asarray(targets)
    except ValueError:
        raise InputError(f"soft targets must be numbers of shape {wanted}, got a ragged list.") from None
    if found.dtype.kind not in "biuf":
        raise InputError(f"soft targets must be numbers, got an array of {found.dtype}.")
    if found.ndim != 2 or found.shape[1] != classes or (count is not None and len(found) != count):
        raise InputError(f"soft targets must have the shape {wanted}, got {found.shape}.")
    found = found if found.dtype.kind == "f" else found.astype(np.float32)
    strange = ~np.isfinite(found).all(axis=1)
    if strange.any():
        raise InputError(
            f"{_some(strange)} of the soft targets hold NaN or infinite numbers. Give probabilities."
        )
    negative = (found < 0).any(axis=1)
    if negative.any():
        raise InputError(f"{_some(negative)} of the soft targets hold negative numbers. Give probabilities.")
    totals = found.sum(axis=1, dtype=np.float64)
    apart = np.abs(totals - 1) > _SUM
    if apart.any():
        raise InputError(
            f"{_some(apart)} of the soft targets do not add up to 1: row {int(np.argmax(apart))} adds up to "
            f"{totals[apart][0]:.6g}. Divide each row by its sum."
        )
    return found


def _whole(labels: Any, what: str, count: int | None) -> np.ndarray:
    """(N,) whole numbers."""
    try:
        found = np.asarray(labels)
    except ValueError:
        raise InputError(f"{what} must be whole numbers of shape (N,), got a ragged list.") from None
    wanted = "(N,)" if count is None else f"({count},)"
    if found.ndim != 1 or (count is not None and len(found) != count):
        hint = " From one-hot rows take labels.argmax(1)." if found.ndim == 2 and found.shape[1] > 1 else ""
        hint = " Take labels[:, 0]." if found.ndim == 2 and found.shape[1] == 1 else hint
        raise InputError(f"{what} must have the shape {wanted}, got {found.shape}.{hint}")
    if not len(found):
        return found.astype(np.int64)
    if found.dtype.kind == "f":
        _refuse(~np.isfinite(found), found, what, "NaN or infinite")
        _refuse(found != np.rint(found), found, what, "not whole numbers")
        # Further out a float's neighbors are more than 1 apart, and int64 would wrap around.
        _refuse(np.abs(found) >= 2.0**53, found, what, "too large to be labels")
        return found.astype(np.int64)
    if found.dtype.kind not in "biu":
        raise InputError(f"{what} must be whole numbers, got an array of {found.dtype}.")
    return found.astype(np.int64) if found.dtype.kind == "b" else found


def _refuse(wrong: Any, found: np.ndarray, what: str, how: str) -> None:
    if wrong.any():
        rows = np.flatnonzero(wrong)
        named = ", ".join(f"{found[row]} (row {row})" for row in rows[:_NAMED])
        more = ", …" if len(rows) > _NAMED else ""
        raise InputError(f"{len(rows):,} of {len(found):,} {what} are {how}: {named}{more}.")


def _some(wrong: Any) -> str:
    """ "2 of 5 rows (0, 3)"."""
    rows = np.flatnonzero(wrong)
    named = ", ".join(str(row) for row in rows[:_NAMED]) + (", …" if len(rows) > _NAMED else "")
    return f"{len(rows):,} of {len(wrong):,} rows ({named})"
