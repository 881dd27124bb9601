"""A `.csv` that names picture files and their labels, for pictures that are not sorted into class folders.

    file,label,group,split
    birds/0001.jpg,robin,burst-7,train

The first line names the columns, in any order and case: `file` (or `filename`, `path`, `image`), `label` (or
`class`), and optionally `group` (pictures of one group stay on one side of a split) and `split` (train,
validation or val, test); other columns are ignored. Paths are relative to the table's folder. Commas,
semicolons and tabs are understood.
"""

import csv
import itertools
import os
from dataclasses import dataclass

import numpy as np

from pellucid.data.cache_build import FileList
from pellucid.data.class_order import class_name, ordered
from pellucid.data.dataset import Dataset
from pellucid.data.decoder import Progress
from pellucid.data.delimited import decoded, delimiter, filled, is_text, records, refuse_lines
from pellucid.data.frame import Frame
from pellucid.data.listing import Listing, dataset_of
from pellucid.data.picture_file import unopened
from pellucid.storage.errors import FileError, printable

_COLUMNS = {
    "file": ("file", "filename", "file_name", "path", "image"),
    "label": ("label", "class"),
    "group": ("group",),
    "split": ("split",),
}
_PARTS = {"": -1, "train": 0, "training": 0, "validation": 1, "val": 1, "valid": 1, "test": 2, "testing": 2}
_HEADER_BYTES = 1 << 16


@dataclass(frozen=True)
class _Row:
    line: int
    file: str
    label: str
    group: str
    split: str


def is_labels_csv(path: str | os.PathLike[str]) -> bool:
    """Whether the first line names a column of files and one of labels; False where it cannot be read."""
    try:
        if not os.path.isfile(path):
            return False
        with open(path, "rb") as file:
            start = file.read(_HEADER_BYTES)
    except (OSError, ValueError):
        return False
    header = decoded(start).split("\n", 1)[0]
    try:
        names = next(csv.reader([header], delimiter=delimiter(header)), [])
    except csv.Error:
        return False
    return {"file", "label"} <= _places(names).keys()


def load_labels_csv(
    path: str | os.PathLike[str],
    *,
    frame: Frame,
    skip_unreadable: bool = False,
    for_training: bool = True,
    progress: Progress | None = None,
) -> Dataset:
    """Load the pictures that a table of file name, label, and perhaps group and split, names.

    Parameters
    ----------
    frame : what the model sees of each picture
    skip_unreadable : go on without pictures that are missing or damaged; they are listed in
        `Dataset.unreadable`
    for_training : refuse data that nothing can be learned from: one class, or one that only the test part has
    progress : called with (pictures done, all) while they are decoded; never where they come from the cache

    Raises
    ------
    FileError : the table cannot be read, has ragged rows, missing labels or files named twice: all lines are
        named
    UnreadableError : pictures that are missing or cannot be read (all of them)
    InputError : one class only, or a class that training never sees
    StorageError : the disk is full while the decoded pictures are kept
    """
    listing = list_table(path)
    return dataset_of(
        listing, frame=frame, skip_unreadable=skip_unreadable, for_training=for_training, progress=progress
    )


def list_table(path: str | os.PathLike[str]) -> Listing:
    """The pictures that a table names, with their labels, groups and parts, before any of them is opened."""
    source = os.fspath(path)
    rows, has_group, has_split = _rows(source)
    base = os.path.dirname(source)
    kept = []
    paths, sizes, times = [], [], []
    missing = []
    for row in rows:
        where = _located(base, row.file)
        try:
            known = os.stat(where)
        except (OSError, ValueError) as error:
            missing.append((where, unopened(where, error)))
            continue
        kept.append(row)
        paths.append(where)
        sizes.append(known.st_size)
        times.append(known.st_mtime_ns)
    # A class of which every file is missing is still a class: the list of missing files says more.
    classes = ordered(row.label for row in (kept or rows))
    number = {name: place for place, name in enumerate(classes)}
    beginning = os.path.join(base, "") if base else ""
    return Listing(
        source=source,
        classes=classes,
        files=FileList(
            paths,
            [each.removeprefix(beginning) for each in paths],
            np.array(sizes, np.int64),
            np.array(times, np.int64),
        ),
        labels=np.array([number[row.label] for row in kept], np.int32),
        split=np.array([_PARTS[row.split] if has_split else -1 for row in kept], np.int8),
        groups=_numbered([row.group for row in kept]) if has_group else None,
        unlisted=tuple(missing),
    )


def _rows(source: str) -> tuple[list[_Row], bool, bool]:
    """The table's rows, and whether it has groups and splits. Raises `FileError` naming every wrong line."""
    where = printable(source)
    lines = records(source)
    _, names = next(lines, (0, []))
    places = _places(names)
    for wanted in ("file", "label"):
        if wanted not in places:
            raise FileError(
                f"{where}: the first line must name the columns: one of {', '.join(_COLUMNS[wanted])} is "
                f"missing; it names {', '.join(map(printable, names)) or 'nothing'}."
            )
    wrong: list[str] = []
    rows: list[_Row] = []
    seen: dict[str, int] = {}
    text = True
    for line, cells in filled(lines, len(names), wrong):
        text = text and is_text(*cells)
        given = {column: cells[place].strip() for column, place in places.items()}
        row = _Row(
            line,
            given["file"],
            class_name(given["label"]),
            given.get("group", ""),
            given.get("split", "").lower(),
        )
        if not row.file:
            wrong.append(f"line {line}: the file name is missing")
        elif not row.label or row.label.lower() == "nan":
            wrong.append(f"line {line}: the label of {printable(row.file)} is missing")
        elif not is_text(given["label"]):
            wrong.append(f"line {line}: the label {row.label} is not in UTF-8")
        elif row.split not in _PARTS:
            wrong.append(
                f"line {line}: split must be train, validation or test, got {printable(row.split)!r}"
            )
        elif row.file in seen:
            wrong.append(f"line {line}: {printable(row.file)} is already named in line {seen[row.file]}")
        else:
            seen[row.file] = line
            rows.append(row)
    has_split = any(row.split for row in rows)
    wrong += [f"line {row.line}: the split is missing" for row in rows if has_split and not row.split]
    refuse_lines(source, wrong, text)
    if not rows:
        raise FileError(f"{where}: the table names no files. Add a line for each picture: file name, label.")
    return rows, "group" in places, has_split


def _places(names: list[str]) -> dict[str, int]:
    """Which column is which; the first of several wins."""
    lower = [name.strip().lower() for name in names]
    found = {}
    for column, accepted in _COLUMNS.items():
        for name in accepted:
            if name in lower:
                found[column] = lower.index(name)
                break
    return found


def _located(base: str, file: str) -> str:
    where = os.path.join(base, file)
    if os.sep == "/" and "\\" in file and not os.path.lexists(where):
        return os.path.join(base, file.replace("\\", "/"))  # a table that was written on Windows
    return where


def _numbered(groups: list[str]) -> np.ndarray:
    """(N,) int64: one number for each group; a picture without a group is a group of its own."""
    numbers: dict[str, int] = {}
    for group in filter(None, groups):
        numbers.setdefault(group, len(numbers))
    alone = itertools.count(len(numbers))
    return np.array([numbers[group] if group else next(alone) for group in groups], np.int64)
