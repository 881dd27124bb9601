"""A .csv of numbers: one row for each example, one column of which is the label."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from pathlib import Path
from time import monotonic

import numpy as np

from pellucid.data.array_pictures import Progress
from pellucid.data.class_labels import encoded
from pellucid.data.dataset import Dataset
from pellucid.data.fingerprint import fingerprint
from pellucid.data.opening import opened
from pellucid.storage.errors import FileError, printable

LABEL_NAMES = ("label", "class", "target", "y")
Row = tuple[int, list[str]]
SHOWN = 20  # bad rows that an error lists; the rest are counted
_MISSING = {"", "nan", "na", "n/a", "null", "none", "?"}


@dataclass(frozen=True)
class Columns:
    """What the first row says of the table.

    Attributes
    ----------
    names : the header's cells, or () without a header
    label : which column holds the label
    width : cells in each row
    """

    names: tuple[str, ...]
    label: int
    width: int

    def named(self, column: int) -> str:
        """The column as an error calls it."""
        return f"{self.names[column]!r}" if self.names else f"column {column + 1}"


def load_csv(path: Path, *, progress: Progress | None = None) -> Dataset:
    """A dataset of rows of numbers: images (N, D) float32, frame None.

    A header is recognized by a label column's name, or by words where numbers belong. The label is in the
    column called `label`, `class`, `target` or `y` (upper or lower case), else in the last one; it may be a
    word. Cells are separated by commas, semicolons or tabs. Empty lines are passed over.

    Parameters
    ----------
    progress : called with bytes read and bytes in all

    Raises
    ------
    FileError : rows of another length, cells that are no finite numbers, missing labels (all of them counted,
        the first 20 listed with their lines), labels that are no classes, or no table at all
    """
    where = printable(path)
    with opened(path) as (file, size), io.TextIOWrapper(file, encoding="utf-8-sig", newline="") as text:
        rows = _rows(text, where, progress and (lambda: progress(min(file.tell(), size), size)))
        first = next(rows, None)
        if first is None:
            raise FileError(f"{where}: it holds no rows. Give a table with one example a line.")
        columns = _columns(first[1], where)
        numbers, labels, lines, bad = _read(rows if columns.names else chain([first], rows), columns)
    if bad:
        listed = "\n".join(f"  {problem}" for problem in bad[:SHOWN])
        more = f"\n  and {len(bad) - SHOWN:,} more" if len(bad) > SHOWN else ""
        files = re.search(r"\.(jpe?g|png|webp|bmp|gif|tiff?)'", bad[0], re.IGNORECASE)
        hint = " If they name picture files, the first line must be file,label." if files else ""
        raise FileError(
            f"{where}: {len(bad):,} row{'s are' if len(bad) > 1 else ' is'} not {columns.width} cells of finite "
            f"numbers with a label:\n{listed}{more}\nCorrect these lines or take them out.{hint}"
        )
    if not numbers:
        raise FileError(f"{where}: it holds a header but no rows. Give a table with one example a line.")
    label_column = columns.named(columns.label)
    values, classes, notes = encoded(np.array(labels), f"{where}: label {label_column}")
    images = np.stack(numbers)
    if not columns.names or columns.names[columns.label].strip().lower() not in LABEL_NAMES:
        notes = (*notes, f"the label was taken from the last column ({label_column})")
    return Dataset(
        name=path.stem or "table",
        classes=classes,
        images=images,
        labels=values,
        origins=[f"{printable(path.name)} line {line}" for line in lines],
        split=np.full(len(values), -1, np.int8),
        fingerprint=fingerprint(images, values, classes, None),
        notes=notes,
    )


def _rows(text: io.TextIOWrapper, where: str, tell: Callable[[], None] | None) -> Iterator[Row]:
    """Line number and cells of each row that is not empty."""
    line, told = 1, monotonic()
    try:
        first = text.readline(1 << 20)
        delimiter = max(",;\t", key=first.count)  # the first of equals: a comma
        text.seek(0)
        reader = csv.reader(text, delimiter=delimiter, strict=True)
        for row in reader:
            if row:
                yield line, row
            line = reader.line_num + 1
            if tell and line % 256 == 0 and monotonic() - told > 0.1:
                told = monotonic()
                tell()
        if tell:
            tell()
    except UnicodeDecodeError as error:
        raise FileError(f"{where}: not a text in UTF-8 ({error.reason}). Save it as CSV in UTF-8.") from error
    except csv.Error as error:
        raise FileError(f"{where}: not a CSV table, at line {line:,}: {error}.") from error


def _columns(first: list[str], where: str) -> Columns:
    """Whether the first row is a header, and where the label is."""
    if len(first) < 2:
        raise FileError(
            f"{where}: a table of numbers needs a column of labels and at least one of numbers, separated by "
            f"commas; its first line has one cell, {first[0][:40]!r}."
        )
    lower = [cell.strip().lower() for cell in first]
    for name in LABEL_NAMES:
        if name in lower:
            return Columns(tuple(first), lower.index(name), len(first))
    words = any(cell not in _MISSING and _number(cell) is None for cell in lower[:-1])
    return Columns(tuple(first) if words else (), len(first) - 1, len(first))


def _read(rows: Iterator[Row], columns: Columns) -> tuple[list[np.ndarray], list[str], list[int], list[str]]:
    """Rows of (D,) float32, labels, line numbers, and what is wrong with which line."""
    numbers: list[np.ndarray] = []
    labels, lines, bad = [], [], []
    # Tables of pixels repeat few numbers; looking one up takes half the time of reading it (110, 250 ns).
    known = lru_cache(4096)(float)
    parse: Callable[[str], float] = known
    for line, row in rows:
        if len(numbers) == 100 and known.cache_info().hits < known.cache_info().misses:
            parse = float
        if len(row) != columns.width:
            bad.append(f"line {line:,}: {len(row)} cells, {columns.width} wanted")
            continue
        label = row.pop(columns.label).strip()
        try:
            values = np.array(list(map(parse, row)), np.float64)
        except ValueError:
            values = None
        # Python takes 1_000 for a number; in a table it is a name or a slip.
        if values is None or not (np.abs(values) < 3.4e38).all() or "_" in "".join(row):
            bad.append(f"line {line:,}: {_first_bad(row, columns)}")
        elif label.lower() in _MISSING:
            bad.append(f"line {line:,}: no label ({columns.named(columns.label)} is {label!r})")
        elif label.lower().lstrip("+-") in ("inf", "infinity"):
            bad.append(f"line {line:,}: an infinite label ({columns.named(columns.label)} is {label!r})")
        elif len(label) > 200:
            bad.append(f"line {line:,}: a label of {len(label):,} characters, at most 200 wanted")
        else:
            numbers.append(values.astype(np.float32))
            labels.append(label)
            lines.append(line)
    return numbers, labels, lines, bad


def _first_bad(row: list[str], columns: Columns) -> str:
    """Which cells of a row without its label are no finite numbers: the first, and how many more."""
    wrong = [place for place, cell in enumerate(row) if _number(cell) is None]
    first = wrong[0]
    column = first + (first >= columns.label)
    more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
    return f"{columns.named(column)} is {row[first].strip()[:40]!r}, not a finite number{more}"


def _number(cell: str) -> float | None:
    """The finite float32 number that a cell holds, or None."""
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if abs(value) < 3.4e38 and "_" not in cell else None
