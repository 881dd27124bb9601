"""A folder of class folders, as most people keep their pictures.

Either the folder holds one folder for each class, or it holds `train/` and perhaps `validation/` (or `val/`,
`valid/`) and `test/`, each with class folders. Files may lie as deep below their class folder as they like.
Files are sorted by path and classes as `class_order` says. Hidden files and the usual litter are passed over;
files whose ending is not a picture's are counted in the dataset's notes.
"""

import os
from dataclasses import dataclass

import numpy as np

from pellucid.data.cache_build import FileList
from pellucid.data.class_order import class_name, ordered
from pellucid.data.dataset import Dataset
from pellucid.data.decoder import Progress
from pellucid.data.folder_walk import Walk, children, walk
from pellucid.data.frame import Frame
from pellucid.data.listing import Listing, dataset_of
from pellucid.data.recognition import READ
from pellucid.storage.errors import InputError, UnreadableError, printable

PART_FOLDERS = {"train": 0, "validation": 1, "val": 1, "valid": 1, "test": 2}


@dataclass(frozen=True)
class _Rows:
    """The pictures of one class in one part: `count` of them, beginning at the walk's place `first`."""

    label: str
    folder: str
    part: int
    first: int
    count: int
    unreadable: int


def load_folder(
    path: str | os.PathLike[str],
    *,
    frame: Frame,
    skip_unreadable: bool = False,
    for_training: bool = True,
    progress: Progress | None = None,
) -> Dataset:
    """Load a folder of class folders, with or without `train/`, `validation/` and `test/`.

    The dataset's split is 0, 1, 2 by the folders, and −1 everywhere where there is no `train/`.

    Parameters
    ----------
    frame : what the model sees of each picture
    skip_unreadable : go on without pictures that cannot be read; they are listed in `Dataset.unreadable`
    for_training : refuse data that nothing can be learned from: one class, or one that only the test part has
    progress : called with (pictures done, all) while they are decoded; never where they come from the cache

    Raises
    ------
    InputError : the folder is missing or empty, has one class, an empty class, or one that training never
        sees
    UnreadableError : some pictures cannot be read (all of them are listed)
    StorageError : the disk is full while the decoded pictures are kept
    """
    listing = list_folder(path, for_training=for_training)
    return dataset_of(
        listing, frame=frame, skip_unreadable=skip_unreadable, for_training=for_training, progress=progress
    )


def list_folder(path: str | os.PathLike[str], *, for_training: bool = True) -> Listing:
    """The pictures of a folder of class folders, with labels and parts, before any of them is opened."""
    source = os.fspath(path)
    parts, notes = _parts(source)
    found = Walk()
    rows = []
    for part, folder in parts:
        names, loose = children(folder)
        if loose and not names:
            raise InputError(
                f"{printable(folder)}: holds {_counted(len(loose))} but no class folders. Put the pictures "
                "of each class into a folder of its own, or give a .csv file of file name and label."
            )
        if not names:
            raise InputError(
                f"{printable(folder)}: the folder is empty; folders of pictures were wanted, one a class."
            )
        if loose:
            notes.append(
                f"Not used: {_counted(len(loose))} in {printable(folder)}, outside its class folders."
            )
        for name in names:
            first, unreadable = len(found.paths), len(found.unreadable)
            below = os.path.join(folder, name)
            walk(below, found)
            count, unreadable = len(found.paths) - first, len(found.unreadable) - unreadable
            rows.append(_Rows(class_name(name), below, part, first, count, unreadable))
    if found.ignored:
        often = sorted(found.ignored.items(), key=lambda item: (-item[1], item[0]))
        kinds = ", ".join(f"{count:,} {printable(ending)}" for ending, count in often[:8])
        notes.append(f"Not used, because the ending is not that of a picture that can be read: {kinds}.")
    _check(source, found, rows, notes, for_training)
    classes = ordered(row.label for row in rows if row.count)
    number = {label: place for place, label in enumerate(classes)}
    beginning = os.path.join(source, "")
    return Listing(
        source=source,
        classes=classes,
        files=FileList(
            found.paths,
            [each.removeprefix(beginning) for each in found.paths],
            np.array(found.sizes, np.int64),
            np.array(found.times, np.int64),
        ),
        labels=np.concatenate([np.full(row.count, number.get(row.label, 0), np.int32) for row in rows]),
        split=np.concatenate([np.full(row.count, row.part, np.int8) for row in rows]),
        unlisted=tuple(found.unreadable),
        notes=tuple(notes),
    )


def _parts(source: str) -> tuple[list[tuple[int, str]], list[str]]:
    """Which folders hold class folders, with their number in the split (−1 where there is none), and notes.

    A folder called train makes a split only if nothing else is there, or if a validation or test folder is
    there too: beside "car" and "ship" it is a class of railway pictures.
    """
    names, _ = children(source)
    parted = [name for name in names if name.lower() in PART_FOLDERS]
    numbers = {PART_FOLDERS[name.lower()] for name in parted}
    others = [name for name in names if name not in parted]
    where = printable(source)
    if not parted or (others and (0 not in numbers or len(numbers) == 1)):
        return [(-1, source)], []
    if len(parted) > len(numbers):
        raise InputError(
            f"{where}: two of the folders {_joined(parted)} are the same part. Keep one of them."
        )
    if 0 not in numbers:
        raise InputError(
            f"{where}: there is {_joined(parted)}, but no train folder. Call the training folder train."
        )
    notes = (
        [f"Not used, because it is neither train, validation nor test: {_joined(others)}."] if others else []
    )
    parts = [(PART_FOLDERS[name.lower()], os.path.join(source, name)) for name in parted]
    return sorted(parts), notes


def _check(source: str, found: Walk, rows: list[_Rows], notes: list[str], for_training: bool) -> None:
    """Refuse class folders without pictures, and a single class."""
    where = printable(source)
    if not found.paths and found.unreadable:
        raise UnreadableError(tuple(found.unreadable), f"No picture was found in {where}.")
    filled = {row.label for row in rows if row.count or row.unreadable}
    empty = [printable(row.folder) for row in rows if row.label not in filled]
    if empty:
        many = len(empty) > 1
        raise InputError(
            f"{where}: no picture ({READ}) in the class folder{'s' * many} {', '.join(empty)}. Add pictures "
            f"or remove {'them' if many else 'it'}.{' ' + notes[-1] if found.ignored else ''}"
        )
    if len(filled) == 1 and for_training:
        below, _ = children(rows[0].folder)
        hint = (
            f" If the classes are the folders inside it, give {printable(rows[0].folder)}." if below else ""
        )
        raise InputError(
            f"{where}: there is only one class, {next(iter(filled))!r}; two or more were wanted.{hint}"
        )


def _counted(count: int) -> str:
    return f"{count:,} picture{'s' if count != 1 else ''}"


def _joined(names: list[str]) -> str:
    return ", ".join(printable(name) for name in names)
