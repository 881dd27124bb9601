"""What lies in a folder: pictures by their ending, folders, litter."""

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from pellucid.data.picture_file import unopened
from pellucid.storage.errors import FileError, InputError, printable

ENDINGS = frozenset(
    (
        *(
            ".jpg",
            ".jpeg",
            ".jpe",
            ".jfif",
            ".png",
            ".apng",
            ".webp",
            ".bmp",
            ".dib",
            ".gif",
            ".tif",
            ".tiff",
        ),
        *(".ppm", ".pgm", ".pbm", ".pnm", ".pfm"),
    )
)
_LITTER = frozenset(
    ["thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "icon\r", "$recycle.bin", "@eadir"]
)


@dataclass
class Walk:
    """What was met below some folders.

    Attributes
    ----------
    paths, sizes, times : of the pictures; bytes; nanoseconds of the last change
    unreadable : (path, reason) of files and folders that cannot even be looked at
    ignored : ending → how many files have it that are no pictures
    """

    paths: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    ignored: Counter[str] = field(default_factory=Counter)


def children(folder: str) -> tuple[list[str], list[str]]:
    """The names of the folders and of the pictures in a folder, sorted.

    Raises `InputError` where it is missing or no folder, `FileError` where it cannot be read.
    """
    where = printable(folder)
    folders, pictures = [], []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if is_litter(entry.name):
                    continue
                if entry.is_dir():
                    folders.append(entry.name)
                elif _ending(entry.name) in ENDINGS:
                    pictures.append(entry.name)
    except NotADirectoryError as error:
        raise InputError(f"{where}: a file, where a folder of class folders was wanted.") from error
    except FileNotFoundError as error:
        raise InputError(
            f"{where}: there is no such folder. Check the spelling; it was {_here()}."
        ) from error
    except (OSError, ValueError) as error:
        raise FileError(f"{where}: the folder cannot be read: {unopened(folder, error)}.") from error
    return sorted(folders), sorted(pictures)


def walk(folder: str, found: Walk, above: frozenset[tuple[int, int]] = frozenset()) -> None:
    """Add all pictures below a folder to `found`, sorted by path; links are followed, but not in a circle."""
    files, folders = [], []
    try:
        known = os.stat(folder)
        itself = (known.st_dev, known.st_ino)
        if itself in above:
            return
        with os.scandir(folder) as entries:
            for entry in entries:
                if is_litter(entry.name):
                    continue
                if entry.is_dir():
                    folders.append(entry.path)
                    continue
                ending = _ending(entry.name)
                if ending not in ENDINGS:
                    found.ignored[ending or "without an ending"] += 1
                    continue
                try:
                    known = entry.stat()
                except OSError as error:
                    found.unreadable.append((entry.path, unopened(entry.path, error)))
                    continue
                files.append((entry.path, known.st_size, known.st_mtime_ns))
    except OSError as error:
        found.unreadable.append((folder, f"the folder cannot be read: {unopened(folder, error)}"))
        return
    files.sort()
    for path, size, time in files:
        found.paths.append(path)
        found.sizes.append(size)
        found.times.append(time)
    for below in sorted(folders):
        walk(below, found, above | {itself})


def is_litter(name: str) -> bool:
    """Whether a file or folder is hidden, or was left there by an operating system."""
    return name.startswith(".") or name.lower() in _LITTER


def _ending(name: str) -> str:
    return os.path.splitext(name)[1].lower()


def _here() -> str:
    try:
        return f"looked for from {printable(Path.cwd())}"
    except OSError:
        return "looked for from a folder that was deleted"
