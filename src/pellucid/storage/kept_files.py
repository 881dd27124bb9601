"""Files in a cache folder: how many are kept, which go first, and what to say where none can be."""

import errno
import os
import shutil
import time
from contextlib import suppress
from pathlib import Path

from pellucid.storage.atomic import refuse_disk
from pellucid.storage.cache_folder import cache_folder
from pellucid.storage.errors import FileError, StorageError, printable
from pellucid.storage.rows_file import RowsFile, open_rows

KEPT_BYTES = 20 << 30
"""After a new file was written, the least recently used ones go until at most 20 GiB of a kind are kept."""
VERIFIED_BYTES = 4 << 30
"""Up to this size all rows are compared with their hash on every load (0.3 s a GB on two cores): a flipped
bit is worth that. Beyond, where it would take longer than people wait, on request only."""
_ABANDONED_SECONDS = 3600


class UnusableCacheError(StorageError):
    """The cache folder cannot be used; small data can do without it."""


def usable_folder(name: str) -> Path:
    """The folder of this name in the cache. Raises `UnusableCacheError` where it cannot be made."""
    try:
        return cache_folder(name)
    except (StorageError, RuntimeError) as error:  # RuntimeError: there is no home folder
        raise UnusableCacheError(f"{error} Set PELLUCID_CACHE to a folder that you may write to.") from error


def kept_files(folder: Path, ending: str) -> list[tuple[Path, int, float]]:
    """Path, bytes and time of the last use of each file with this ending, also of half-written ones."""
    files = []
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(ending) or (ending in entry.name and entry.name.endswith(".part")):
                with suppress(OSError):
                    found = entry.stat(follow_symlinks=False)
                    files.append((folder / entry.name, found.st_size, found.st_mtime))
    return files


def make_ready(path: Path, ending: str, needed: int) -> None:
    """Delete what killed processes left beside `path`, and see that there is room for so many bytes.

    Raises
    ------
    UnusableCacheError : the folder may not be written to
    StorageError : the disk is full
    """
    folder = path.parent
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UnusableCacheError(
            f"{printable(folder)}: the cache folder may not be written to. Set PELLUCID_CACHE to another."
        )
    now = time.time()
    for other, _, used in kept_files(folder, ending):
        # A process that lives writes all the time.
        if not other.name.endswith(ending) and now - used > _ABANDONED_SECONDS:
            other.unlink(missing_ok=True)
    if shutil.disk_usage(folder).free < needed:
        raise refuse_disk(path, OSError(errno.ENOSPC, "no room"), needed)


def make_private(path: Path, ending: str) -> None:
    """The file that was just written is its user's alone; the least recently used ones go."""
    with suppress(OSError):
        os.chmod(path, 0o600)
    kept = sorted(kept_files(path.parent, ending), key=lambda file: file[2])
    excess = sum(size for _, size, _ in kept) - KEPT_BYTES
    for other, size, _ in kept:
        if excess > 0 and other != path and other.name.endswith(ending):
            # Windows refuses to delete what is mapped; such a file goes another time.
            with suppress(OSError):
                other.unlink()
                excess -= size


def found_rows(path: Path, verify: bool | None = None) -> RowsFile | None:
    """The file of rows, whole and checked; None where there is none or a damaged one, which is then deleted.

    verify : compare all rows with their SHA-256; by default up to `VERIFIED_BYTES`
    """
    try:
        size = path.stat().st_size
        return open_rows(path, verify=size <= VERIFIED_BYTES if verify is None else verify)
    except FileError:
        with suppress(OSError):
            path.unlink()
        return None
    except OSError:
        return None


def mark_used(path: Path) -> None:
    """The least recently used file goes first."""
    with suppress(OSError):
        os.utime(path)


def freed(folder: Path, ending: str) -> int:
    """Delete all files with this ending; how many bytes that freed. What a running program has mapped stays valid for
    it. Raises `StorageError` where one cannot be deleted."""
    total = 0
    for path, size, _ in kept_files(folder, ending):
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(f"{printable(path)}: cannot be deleted: {error.strerror}.") from error
        total += size
    return total
