"""A folder of class folders, as most people keep their pictures.

Either the folder holds one folder for each class, or it holds `train/` and perhaps `validation/` (or `val/`, `valid/`)
and `test/`, each with class folders. Files may lie as deep below their class folder as they like. Classes are sorted by
name, character by character ("10" before "2"), and so are the files. Hidden files and the usual litter are passed over;
files whose ending is not a picture's are counted in the dataset's notes.
"""

import os
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from pellucid.data.cache_build import FileList
from pellucid.data.dataset import Dataset
from pellucid.data.decoder import Progress
from pellucid.data.frame import Frame
from pellucid.data.listing import Listing, dataset_of
from pellucid.data.picture import unopened
from pellucid.data.recognition import READ
from pellucid.storage.errors import FileError, InputError, UnreadableError, printable

ENDINGS = frozenset(
    [".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp", ".bmp", ".dib", ".gif", ".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm", ".pfm"]
)
PART_FOLDERS = {"train": 0, "validation": 1, "val": 1, "valid": 1, "test": 2}
_LITTER = frozenset(
    ["thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "icon\r", "$recycle.bin", "@eadir"]
)


@dataclass
class _Scan:
    """What was met below one class folder."""

    paths: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    ignored: Counter[str] = field(default_factory=Counter)


def load_folder(
    path: str | os.PathLike[str],
    *,
    frame: Frame,
    skip_unreadable: bool = False,
    progress: Progress | None = None,
) -> Dataset:
    """Load a folder of class folders, with or without `train/`, `validation/` and `test/`.

    Parameters
    ----------
    frame : what the model sees of each picture
    skip_unreadable : go on without pictures that cannot be read; they are listed in `Dataset.unreadable`
    progress : called with (pictures done, all) while they are decoded; never where they come from the cache

    Returns a dataset whose split is 0, 1, 2 by the folders, and −1 everywhere where there is no `train/`.

    Raises
    ------
    InputError : the folder is missing, empty, has one class, an empty class, or a class that training never sees
    UnreadableError : some pictures cannot be read (all of them are listed)
    StorageError : the disk is full while the decoded pictures are kept
    """
    return dataset_of(list_folder(path), frame=frame, skip_unreadable=skip_unreadable, progress=progress)


def list_folder(path: str | os.PathLike[str]) -> Listing:
    """The pictures of a folder of class folders, with their labels and parts, before any of them is opened."""
    source = os.fspath(path)
    where = printable(source)
    top, loose, _ = _children(source)
    found = {PART_FOLDERS[name.lower()]: name for name in top if name.lower() in PART_FOLDERS}
    scan = _Scan()
    notes = []
    if 0 in found and (len(found) > 1 or len(top) == 1):
        names = [name for name in top if name.lower() in PART_FOLDERS]
        if len(names) > len(found):
            raise InputError(f"{where}: {' and '.join(names)} are two names of one part. Keep one of them.")
        others = [name for name in top if name not in names]
        if others:
            notes.append(f"Not used, because it is neither train, validation nor test: {_joined(others)}.")
        parts = [(PART_FOLDERS[name.lower()], os.path.join(source, name)) for name in names]
    elif found and len(found) == len(top):
        raise InputError(
            f"{where}: there is {_joined(top)} but no train folder. Name the training folder 'train'."
        )
    else:
        parts = [(-1, source)]
    rows = []
    empty = []
    for part, folder in parts:
        inside, loose, _ = (top, loose, None) if folder == source else _children(folder)
        if loose:
            notes.append(
                f"Not used, because they lie outside the class folders of {printable(folder)}: {len(loose):,} pictures."
            )
        if not inside:
            if loose:
                raise InputError(
                    f"{printable(folder)}: holds {len(loose):,} pictures but no class folders. Put the pictures of each "
                    "class into a folder of its own, or give a .csv file of file name and label."
                )
            raise InputError(
                f"{printable(folder)}: the folder is empty: there are no class folders with pictures in it."
            )
        for name in inside:
            start = len(scan.paths)
            before = len(scan.unreadable)
            _walk(os.path.join(folder, name), scan, ())
            label = unicodedata.normalize("NFC", printable(name))
            count = len(scan.paths) - start
            rows.append((label, part, start, count))
            if not count and len(scan.unreadable) == before:
                empty.append((label, os.path.join(folder, name)))
    return _listing(source, scan, rows, empty, notes)


def _listing(
    source: str,
    scan: _Scan,
    rows: list[tuple[str, int, int, int]],
    empty: list[tuple[str, str]],
    notes: list[str],
) -> Listing:
    where = printable(source)
    if scan.ignored:
        kinds = ", ".join(f"{count:,} {ending}" for ending, count in scan.ignored.most_common(8))
        notes.append(f"Not used, because their endings are not those of pictures that can be read: {kinds}.")
    filled = {label for label, _, _, count in rows if count}
    without = [printable(folder) for label, folder in empty if label not in filled]
    if without:
        extra = f" {notes[-1]}" if scan.ignored else ""
        raise InputError(
            f"{where}: no picture ({READ}) in the class folder{'s' if len(without) > 1 else ''} {', '.join(without)}. "
            f"Add pictures or remove the folder{'s' if len(without) > 1 else ''}.{extra}"
        )
    if not filled and scan.unreadable:
        raise UnreadableError(tuple(scan.unreadable), "No other picture was found.")
    classes = tuple(sorted(filled))
    number = {label: index for index, label in enumerate(classes)}
    labels = np.concatenate([np.full(count, number.get(label, -1), np.int32) for label, _, _, count in rows])
    split = np.concatenate([np.full(count, part, np.int8) for _, part, _, count in rows])
    base = os.path.join(source, "")
    files = FileList(
        scan.paths,
        [path.removeprefix(base) for path in scan.paths],
        np.array(scan.sizes, np.int64),
        np.array(scan.times, np.int64),
    )
    return Listing(source, classes, files, labels, split, None, tuple(scan.unreadable), tuple(notes))


def _children(folder: str) -> tuple[list[str], list[str], list[str]]:
    """The names of folders, pictures and other files in a folder, sorted. Raises `InputError` where it is none."""
    where = printable(folder)
    folders, pictures, others = [], [], []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if _is_litter(entry.name):
                    continue
                if entry.is_dir():
                    folders.append(entry.name)
                elif os.path.splitext(entry.name)[1].lower() in ENDINGS:
                    pictures.append(entry.name)
                else:
                    others.append(entry.name)
    except NotADirectoryError as error:
        raise InputError(f"{where}: a file, where a folder of class folders was wanted.") from error
    except FileNotFoundError as error:
        raise InputError(
            f"{where}: there is no such folder. Check the spelling; the current folder is {_here()}."
        ) from error
    except (OSError, ValueError) as error:
        raise FileError(f"{where}: the folder cannot be read: {unopened(folder, error)}.") from error
    return sorted(folders), sorted(pictures), sorted(others)


def _walk(folder: str, scan: _Scan, above: tuple[tuple[int, int], ...]) -> None:
    """Add all pictures below a class folder, sorted by path."""
    files, folders = [], []
    try:
        if above or os.path.islink(folder):
            found = os.stat(folder)
            if (found.st_dev, found.st_ino) in above:  # a link that leads back up would be followed for ever
                return
            above = (*above, (found.st_dev, found.st_ino))
        with os.scandir(folder) as entries:
            for entry in entries:
                if _is_litter(entry.name):
                    continue
                if entry.is_dir():
                    folders.append(entry.path)
                    continue
                ending = os.path.splitext(entry.name)[1].lower()
                if ending not in ENDINGS:
                    scan.ignored[ending or "without an ending"] += 1
                    continue
                try:
                    known = entry.stat()
                except OSError as error:
                    scan.unreadable.append((entry.path, unopened(entry.path, error)))
                    continue
                files.append((entry.path, known.st_size, known.st_mtime_ns))
    except OSError as error:
        scan.unreadable.append((folder, f"the folder cannot be read: {unopened(folder, error)}"))
        return
    files.sort()
    for path, size, time in files:
        scan.paths.append(path)
        scan.sizes.append(size)
        scan.times.append(time)
    if folders and not above:
        found = os.stat(folder)
        above = ((found.st_dev, found.st_ino),)
    for below in sorted(folders):
        _walk(below, scan, above)


def _is_litter(name: str) -> bool:
    return name.startswith(".") or name.lower() in _LITTER


def _joined(names: list[str]) -> str:
    return ", ".join(printable(name) for name in names)


def _here() -> str:
    try:
        return printable(Path.cwd())
    except OSError:
        return "gone"
