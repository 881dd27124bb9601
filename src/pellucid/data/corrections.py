"""What a person found wrong with the labels: a table that says which pictures to relabel and which to leave out.

    picture,label,suggested,reason,action
    photos/cat/017.jpg,cat,dog,label,relabel
    photos/cat/031.jpg,cat,,double,remove

`pellucid data DATA --suspects` writes such a table with the column `action` empty. A line without an action changes
nothing. The folder of pictures is never changed.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from pellucid.data.dataset import PARTS, TAKEN_OUT, Dataset
from pellucid.data.delimited import LISTED, filled, is_text, records, refuse_lines
from pellucid.storage.errors import FileError, InputError, listing, meant, printable

COLUMNS = ("picture", "label", "suggested", "reason", "action", "part", "probability", "like")
"""The columns that are written. Read are picture, suggested and action, and label where it is there."""

ACTIONS = ("relabel", "remove")


@dataclass(frozen=True)
class Corrections:
    """What is to be changed in a dataset.

    Attributes
    ----------
    relabelled : row of the dataset → its class number from now on
    removed : rows that are left out
    digest : SHA-256 (hex) of the pictures that are changed, and to what
    source : the table
    """

    relabelled: dict[int, int]
    removed: tuple[int, ...]
    digest: str
    source: str

    def to_json(self) -> dict[str, Any]:
        """What a run keeps of it."""
        return {
            "file": self.source,
            "sha256": self.digest,
            "relabelled": len(self.relabelled),
            "removed": len(self.removed),
        }


def corrected(dataset: Dataset, path: str | os.PathLike[str]) -> Dataset:
    """The same data with the corrections of this table: labels changed, pictures left out.

    Every picture stays in its part of the split, so that accuracies before and after can be compared; what is left out
    is in none (`TAKEN_OUT`).

    Raises
    ------
    InputError : there is no such table, or a class has no picture left to train on
    FileError : the table cannot be read; lines that name no picture, no class or no action, or a picture twice with
        different actions: all are named
    """
    found = read_corrections(dataset, path)
    if not found.relabelled and not found.removed:
        note = f"{found.source}: no line of it has an action, so nothing is corrected"
        return replace(dataset, corrections=found.to_json(), notes=(*dataset.notes, note))
    labels, split = np.array(dataset.labels), np.array(dataset.split)
    labels[list(found.relabelled)] = list(found.relabelled.values())
    split[list(found.removed)] = TAKEN_OUT
    _check_trained(dataset, labels, split, found.source)
    note = f"{found.source}: {len(found.relabelled):,} relabelled, {len(found.removed):,} left out"
    together = hashlib.sha256(f"{dataset.fingerprint} {found.digest}".encode())
    return replace(
        dataset,
        labels=labels,
        split=split,
        notes=(*dataset.notes, note),
        fingerprint=together.hexdigest(),
        corrections=found.to_json(),
    )


def read_corrections(dataset: Dataset, path: str | os.PathLike[str]) -> Corrections:
    """What the table says of these data. Raises as `corrected` does."""
    lines = records(path)
    _, head = next(lines, (0, []))
    names = [name.strip().lower() for name in head]
    if twice := sorted({name for name in names if name in COLUMNS and names.count(name) > 1}):
        raise FileError(
            f"{printable(path)}: the first line names {', '.join(twice)} more than once: which of them counts? "
            "Leave one."
        )
    if not {"picture", "action"} <= set(names):
        raise FileError(
            f"{printable(path)}: the first line must name the columns picture and action, and suggested to relabel; "
            f"it names {', '.join(map(printable, head)) or 'nothing'}."
        )
    rows = _rows_by_name(dataset)
    shortly = cache(lambda: [dataset.short_name(row) for row in range(len(dataset))])
    text = True
    wrong: list[str] = []
    decided: dict[int, tuple[str, int | None, int]] = {}
    for line, cells in filled(lines, len(names), wrong):
        # A file's name may begin with a space; what a person writes beside it does not.
        given = {
            name: cell if name == "picture" else cell.strip() for name, cell in zip(names, cells, strict=True)
        }
        if not given["action"]:
            continue
        text = text and is_text(*cells)
        # To look for what was meant takes a moment: not for lines that are not told.
        known = shortly if len(wrong) < LISTED else list
        row, action, label, complaints = _understood(dataset, rows, given, known)
        before = None if row is None or complaints else decided.get(row)
        if before is not None and before[:2] != (action, label):
            complaints = [f"{printable(given['picture'])} is decided otherwise in line {before[2]}"]
        wrong += [f"line {line}: {complaint}" for complaint in complaints]
        if row is not None and not complaints:
            decided.setdefault(row, (action, label, line))
    refuse_lines(path, wrong, text)
    relabelled = {row: label for row, (_, label, _) in sorted(decided.items()) if label is not None}
    removed = tuple(row for row, (_, label, _) in sorted(decided.items()) if label is None)
    return Corrections(
        relabelled, removed, _digest(dataset.classes, relabelled, removed), printable(os.fspath(path))
    )


def _understood(
    dataset: Dataset, rows: dict[str, list[int]], given: dict[str, str], known: Callable[[], list[str]]
) -> tuple[int | None, str, int | None, list[str]]:
    """The row, the action, the new class number (None: to be left out), and what is wrong with this line.

    Parameters
    ----------
    known : returns the names of pictures that may have been meant
    """
    picture, action, suggested = given["picture"], given["action"].lower(), given.get("suggested", "")
    wrong = []
    named = _named(dataset, rows, picture)
    row = named[0] if len(named) == 1 else None
    if len(named) > 1:
        wrong.append(f"{printable(picture)} is the name of several pictures: write its whole path")
    elif row is None:
        near = meant(picture, _beside(known(), picture))
        wrong.append(f"{printable(picture) or 'nothing'} is no picture of these data.{near}")
    elif given.get("label") and _class_number(dataset.classes, given["label"]) != dataset.labels[row]:
        now = printable(dataset.classes[dataset.labels[row]])
        wrong.append(
            f"{printable(picture)} is labelled {now}, and the table says {printable(given['label'])}: it was made for "
            "other labels"
        )
    label = None
    if action not in ACTIONS:
        came = printable(given["action"])
        wrong.append(f"the action must be relabel, remove or nothing, got {came!r}.{meant(action, ACTIONS)}")
    elif action == "relabel":
        label = _class_number(dataset.classes, suggested)
        if label is None:
            classes = [printable(name) for name in dataset.classes]
            wrong.append(
                f"{printable(suggested) or 'nothing'} is no class of these data.{meant(suggested, classes)} There are "
                f"{listing(classes, 10)}"
                if suggested
                else f"to what {printable(picture)} is to be relabelled stands under suggested, which is empty"
            )
    return row, action, label, wrong


def _class_number(classes: Sequence[str], typed: str) -> int | None:
    """The number of the class of this name; None where there is none. Spreadsheets make 14 of 00014, which is as good
    where it is the only class of that number."""
    names = [printable(name) for name in classes]
    if typed in names:
        return names.index(typed)
    same = [
        k
        for k, name in enumerate(names)
        if typed.isdigit() and name.isdigit() and typed.lstrip("0") == name.lstrip("0")
    ]
    return same[0] if len(same) == 1 else None


def _rows_by_name(dataset: Dataset) -> dict[str, list[int]]:
    """The rows of all pictures with this name, whatever their folders."""
    found: dict[str, list[int]] = {}
    for row, origin in enumerate(dataset.origins):
        found.setdefault(_parts(printable(origin))[-1], []).append(row)
    return found


def _named(dataset: Dataset, rows: dict[str, list[int]], picture: str) -> list[int]:
    """The rows that a path may mean: its own, or those whose paths end with it, so that it does not matter from where
    the data were named."""
    typed = _parts(picture)
    whole = [row for row in rows.get(typed[-1], ()) if printable(dataset.origins[row]) == picture]
    ending = [
        row
        for row in rows.get(typed[-1], ())
        if _parts(printable(dataset.origins[row]))[-len(typed) :] == typed
    ]
    return whole or ending


def _parts(path: str) -> list[str]:
    """The folders and the name of a path, without what only leads to where it begins."""
    parts = [part for part in path.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    return parts or [""]


def _beside(names: list[str], picture: str, most: int = 2000) -> list[str]:
    """Pictures of the same folder as the one that was typed, or any; not all of many, which would take too long."""
    folder = _parts(picture)[:-1]
    return ([name for name in names if _parts(name)[:-1][-1:] == folder[-1:]] or names)[:most]


def _digest(classes: Sequence[str], relabelled: dict[int, int], removed: Iterable[int]) -> str:
    """SHA-256 (hex) of what is done, whatever the table looks like."""
    lines = [f"{row} {printable(classes[label])}" for row, label in relabelled.items()]
    text = "\n".join([*lines, "removed", *map(str, removed)])
    return hashlib.sha256(text.encode()).hexdigest()


def _check_trained(dataset: Dataset, labels: np.ndarray, split: np.ndarray, source: str) -> None:
    """Raise `InputError` where a class that was trained has no picture left to train on."""
    train = PARTS.index("train")
    before = np.unique(dataset.labels[dataset.split == train])
    lost = np.setdiff1d(before, labels[split == train])
    if len(lost):
        names = listing(dataset.classes[k] for k in lost)
        raise InputError(
            f"{source}: nothing is left to train on of {names}. Leave some pictures, or take the class out of the "
            "data."
        )
