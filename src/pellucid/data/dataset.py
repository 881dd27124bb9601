"""Labelled pictures (or rows of numbers), and which part each of them belongs to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from pellucid.data.frame import Frame
from pellucid.storage.errors import InputError, printable

PARTS = ("train", "validation", "test")

TAKEN_OUT = -2
"""In the place of a part, for a picture that corrections leave out: it is in none."""


@dataclass(frozen=True)
class Part:
    """One side of the split: a view of some rows of a dataset.

    Attributes
    ----------
    name : "train", "validation" or "test"
    rows (n,) int64 : which rows of the dataset, ascending
    labels (n,) int32 : the class number of each
    """

    dataset: "Dataset" = field(repr=False)
    name: str
    rows: np.ndarray = field(repr=False)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def labels(self) -> np.ndarray:
        return self.dataset.labels[self.rows]

    @property
    def images(self) -> np.ndarray:
        """(n, H, W, C) uint8: the pictures, or (n, D) float32 for rows of numbers. A view where the rows are neighbors,
        else a copy: for data larger than memory walk over `rows` in blocks."""
        rows = self.rows
        if len(rows) and rows[-1] - rows[0] + 1 == len(rows):
            return self.dataset.images[rows[0] : rows[-1] + 1]
        return self.dataset.images[rows]

    @property
    def origins(self) -> list[str]:
        return [self.dataset.origins[row] for row in self.rows]


@dataclass(frozen=True)
class Dataset:
    """Labelled pictures, with their classes, where each came from, and their split.

    Attributes
    ----------
    name : a short word for the run's folder, such as "photos"
    classes : the names of the K classes; a label is an index into it
    images (N, H, W, C) uint8 : the prepared pictures, often a read-only map of a cache file; for rows of
        numbers (N, D) float32
    labels (N,) int32 : 0..K−1
    origins : N texts: a picture's path, or "test_batch.bin[17]"
    split (N,) int8 : 0 train, 1 validation, 2 test; −1 where nothing has been decided yet, `TAKEN_OUT` for what
        corrections leave out
    groups (N,) int64 or None : pictures of one group (a burst, a patient) stay on one side of a split
    frame : how each picture was brought to H × W × C; None for rows of numbers
    unreadable : (path, reason) of pictures that were left out
    fingerprint : SHA-256 (hex) of prepared pictures, labels and classes; the split is not in it
    source : what the user typed
    corrections : of which table, its digest, and how many pictures were relabelled and left out; None without one
    pictures (N, H, W, C) uint8 : the pictures themselves, where `images` are embeddings of them; else None
    """

    name: str
    classes: tuple[str, ...]
    images: np.ndarray = field(repr=False)
    labels: np.ndarray = field(repr=False)
    origins: Sequence[str] = field(repr=False)
    split: np.ndarray = field(repr=False)
    groups: np.ndarray | None = field(default=None, repr=False)
    frame: Frame | None = None
    unreadable: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    fingerprint: str = ""
    source: str = ""
    notes: tuple[str, ...] = ()
    corrections: Mapping[str, Any] | None = None
    pictures: np.ndarray | None = field(default=None, repr=False)

    @property
    def viewable(self) -> np.ndarray | None:
        """What there is to look at of each row, (N, H, W, C) uint8: `images`, or the pictures behind embeddings; None
        for rows of numbers."""
        return self.images if self.images.ndim == 4 else self.pictures

    def __len__(self) -> int:
        return len(self.labels)

    def part(self, name: str) -> Part:
        """The rows of "train", "validation" or "test". Raises `InputError` for another name."""
        if name not in PARTS:
            raise InputError(f"A dataset has the parts {', '.join(PARTS)}; {name!r} is none of them.")
        return Part(self, name, np.flatnonzero(self.split == PARTS.index(name)))

    def short_name(self, row: int) -> str:
        """Where a picture came from, as text, from the folder on that the user named: "cat/017.jpg"."""
        whole, start = printable(self.origins[row]), self.source.rstrip("/\\")
        inside = whole.removeprefix(start)
        return inside.lstrip("/\\") if inside[:1] in ("/", "\\") else whole

    @cached_property
    def train(self) -> Part:
        return self.part("train")

    @cached_property
    def validation(self) -> Part:
        return self.part("validation")

    @cached_property
    def test(self) -> Part:
        return self.part("test")

    def with_split(self, split: np.ndarray) -> "Dataset":
        """The same data with another split (N,)."""
        return replace(self, split=np.asarray(split, np.int8))
