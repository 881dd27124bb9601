"""From labels as a file holds them, numbers or words, to class numbers 0..K−1 and class names."""

from collections.abc import Sequence

import numpy as np

from pellucid.storage.errors import FileError


def encoded(
    values: np.ndarray, where: str, names: Sequence[str] | None = None
) -> tuple[np.ndarray, tuple[str, ...], tuple[str, ...]]:
    """Class numbers, class names, and notes on what was changed.

    Whole numbers become classes in ascending order, words in the order of their characters; a class is named
    by the label it had. Words that are all whole numbers are taken as numbers, so that 10 comes after 9.

    Parameters
    ----------
    values : (N,) whole numbers (of any type, floats too), or words; (N, 1) is taken as (N,)
    where : the file, as it is printed; every error begins with it
    names : K names, if the file brings them; then the labels must be 0..K−1 and are kept

    Returns
    -------
    labels (N,) int32, classes (K names), notes

    Raises
    ------
    FileError : missing labels, numbers that are not whole or not among the named classes, or one class only
    """
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]  # (N, 1) → (N,)
    if values.ndim != 1:
        raise FileError(
            f"{where}: labels must be one number or word for each row, got an array of shape {values.shape}. "
            f"From one-hot rows take labels.argmax(1)."
        )
    if not len(values):
        raise FileError(f"{where}: it holds no labels. Choose a file with labelled pictures or rows.")
    values = _numbers_or_words(values, where)
    if names is not None and values.dtype.kind in "iu":
        return _named(values, where, names)
    found, labels = np.unique(values, return_inverse=True)
    if len(found) == 1:
        raise FileError(
            f"{where}: every label is {found[0]}; a classifier needs at least two classes. "
            f"Check that these are the labels, or add another class."
        )
    notes: tuple[str, ...] = ()
    if found.dtype.kind in "iu" and (found[0] != 0 or found[-1] != len(found) - 1):
        shown = ", ".join(map(str, found[:10])) + (", …" if len(found) > 10 else "")
        notes = (f"labels that are not 0..{len(found) - 1} became classes in ascending order: {shown}",)
    return labels.reshape(-1).astype(np.int32), tuple(str(value) for value in found), notes


def _numbers_or_words(values: np.ndarray, where: str) -> np.ndarray:
    """(N,) integers or text."""
    kind = values.dtype.kind
    if kind == "b":
        return values.astype(np.int64)
    if kind in "iu":
        return values
    if kind == "f":
        missing = ~np.isfinite(values)
        _refuse(missing, values, where, "missing (NaN or infinite)", "Give every row a label.")
        advice = "A classifier needs classes: give each row a whole number or a word."
        with np.errstate(invalid="ignore"):
            _refuse(values != np.rint(values), values, where, "not whole", advice)
            _refuse(np.abs(values) > 2**53, values, where, "too large", advice)
        return values.astype(np.int64)
    if kind == "S":
        values = np.char.decode(values, "utf-8", "replace")
        kind = "U"
    if kind == "U":
        values = np.char.strip(values)
        _refuse(values == "", values, where, "missing (empty)", "Give every row a label.")
        try:
            numbers = values.astype(np.float64)
        except ValueError:
            return values
        if np.isfinite(numbers).all():
            return _numbers_or_words(numbers, where)
        return values
    raise FileError(
        f"{where}: labels must be whole numbers or words, got {values.dtype}. Save them as one of these."
    )


def _named(
    values: np.ndarray, where: str, names: Sequence[str]
) -> tuple[np.ndarray, tuple[str, ...], tuple[str, ...]]:
    outside = (values < 0) | (values >= len(names))
    _refuse(outside, values, where, f"not in 0..{len(names) - 1}", f"The file names {len(names)} classes.")
    if len(np.unique(values)) == 1:
        raise FileError(
            f"{where}: every label is {names[int(values[0])]}; a classifier needs at least two classes. "
            f"Check that these are the labels, or add another class."
        )
    return values.astype(np.int32), tuple(map(str, names)), ()


def _refuse(bad: np.ndarray, values: np.ndarray, where: str, what: str, advice: str) -> None:
    rows = np.flatnonzero(bad)
    if len(rows):
        shown = ", ".join(f"row {row} ({values[row]})" for row in rows[:10]) + (
            ", …" if len(rows) > 10 else ""
        )
        raise FileError(f"{where}: {len(rows):,} of {len(values):,} labels are {what}: {shown}. {advice}")
