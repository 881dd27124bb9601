"""Decoded pictures kept between runs, so that the second time is instant and the pictures may exceed memory.

One file for each pair of (folder or table, frame), in `cache_folder("pictures")`, readable by its user only.
It is used while the list of files is the same: path, size and time of the last change of each, frame, version
of the decoder. Where some files changed, only those are decoded; the others' pixels are copied from the old
file, which then goes.
"""

import errno
import hashlib
import os
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import PIL

from pellucid.data.cache_build import FileList, collect, columns_of
from pellucid.data.cache_file import PictureFile, PictureWriter, digest_of, hash_blocks, open_picture_file
from pellucid.data.decoder import VERSION, Progress
from pellucid.data.frame import Frame
from pellucid.storage.atomic import refuse_disk, writing
from pellucid.storage.cache_folder import cache_folder
from pellucid.storage.errors import FileError, StorageError, printable

KEPT_BYTES = 20 << 30
"""After a new file was written, the least recently used ones go until at most 20 GiB are kept."""
VERIFIED_BYTES = 4 << 30
"""Up to this size all pixels are compared with their hash on every load (0.3 s a GB on two cores): a flipped
bit is worth that. Beyond, where it would take longer than people wait, on request only."""
IN_MEMORY_BYTES = 2 << 30
"""Up to this size pictures are held in memory where the cache folder cannot be written to."""
_ENDING = ".pictures"
_ABANDONED_SECONDS = 3600


@dataclass(frozen=True)
class Decoded:
    """The pictures of a list of N files.

    Attributes
    ----------
    pictures (M, H, W, C) uint8 : the readable ones, read-only, in the list's order
    kept (M,) int64 : the place in the list of each
    hashes (N, 32) uint8 : SHA-256 of each file's bytes; zeros where it could not be opened
    reasons : place → why that file cannot be read
    digest : SHA-256 (hex) that stands for all pixels
    notes : sentences for the user
    """

    pictures: np.ndarray = field(repr=False)
    kept: np.ndarray = field(repr=False)
    hashes: np.ndarray = field(repr=False)
    reasons: dict[int, str]
    digest: str
    notes: tuple[str, ...] = ()


def decoded_files(
    source: str,
    files: FileList,
    frame: Frame,
    *,
    progress: Progress | None = None,
    verify: bool | None = None,
) -> Decoded:
    """The pictures of N files: mapped from the cache where they are in it, else decoded and kept there.

    Parameters
    ----------
    source : the folder or table that the list comes from; each has one cache file for each frame
    progress : called with (files done, N) while files are decoded; never where all come from the cache
    verify : compare all pixels with their SHA-256; by default where they are at most 4 GiB. The manifest and
        all sizes are always checked. A damaged file is made again.

    Raises
    ------
    StorageError : the disk is full; names the file and the bytes that were needed. Nothing is left behind.
    """
    identity = _sha256(repr((os.path.abspath(source), frame, VERSION, PIL.__version__)))[:20]
    state = _sha256("\0".join(files.names), files.sizes.tobytes(), files.times.tobytes())
    needed = len(files) * (int(np.prod(frame.shape)) + 50) + sum(map(len, files.names)) + 4096
    try:
        path = _folder() / f"{identity}-{state[:20]}{_ENDING}"
        found = _found(path, verify)
        if found is None or _may_now_be_opened(found, files):
            _build(path, identity, files, frame, progress, needed)
            # What was written a moment ago need not be read again to be trusted.
            found = _found(path, verify=False)
        if found is None:
            raise StorageError(
                f"{printable(path)}: was deleted by another program as soon as it was written."
            )
    except _Unusable as error:
        if needed > IN_MEMORY_BYTES:
            raise StorageError(str(error)) from error
        return _in_memory(
            files, frame, progress, f"The decoded pictures are not kept for the next time: {error}"
        )
    with suppress(OSError):
        os.utime(path)  # the least recently used file goes first
    kept = np.flatnonzero(np.frombuffer(found.columns["kept"], np.uint8))
    hashes = np.frombuffer(found.columns["hashes"], np.uint8).reshape(-1, 32)
    return Decoded(found.pictures, kept, hashes, dict(found.facts["reasons"]), found.digest)


def cache_size() -> int:
    """Bytes of all decoded pictures that are kept; 0 where there is no cache folder."""
    return sum(size for _, size, _ in _kept_files(_folder()))


def clear_cache() -> int:
    """Delete all decoded pictures that are kept. Returns how many bytes that freed.

    Pictures that a running program has mapped stay valid for it. Raises `StorageError` where one cannot be
    deleted.
    """
    freed = 0
    for path, size, _ in _kept_files(_folder()):
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(f"{printable(path)}: cannot be deleted: {error.strerror}.") from error
        freed += size
    return freed


class _Unusable(StorageError):
    """The cache folder cannot be used; small data can do without it."""


def _folder() -> Path:
    try:
        return cache_folder("pictures")
    except (StorageError, RuntimeError) as error:  # RuntimeError: there is no home folder
        raise _Unusable(f"{error} Set PELLUCID_CACHE to a folder that you may write to.") from error


def _kept_files(folder: Path) -> list[tuple[Path, int, float]]:
    """Path, bytes and time of the last use of each file of decoded pictures, also of half-written ones."""
    files = []
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(_ENDING) or (_ENDING in entry.name and entry.name.endswith(".part")):
                with suppress(OSError):
                    found = entry.stat(follow_symlinks=False)
                    files.append((folder / entry.name, found.st_size, found.st_mtime))
    return files


def _build(
    path: Path, identity: str, files: FileList, frame: Frame, progress: Progress | None, needed: int
) -> None:
    folder = path.parent
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _Unusable(
            f"{printable(folder)}: the cache folder may not be written to. Set PELLUCID_CACHE to another."
        )
    now = time.time()
    olds = []
    for other, _, used in _kept_files(folder):
        if other.name.endswith(_ENDING):
            olds += [other] if other.name.startswith(identity) else []
        elif (
            now - used > _ABANDONED_SECONDS
        ):  # left by a process that was killed; a live one writes all the time
            other.unlink(missing_ok=True)
    if shutil.disk_usage(folder).free < needed:
        raise refuse_disk(path, OSError(errno.ENOSPC, "no room"), needed)
    old = max(
        filter(None, (_found(other, None) for other in olds)),
        key=lambda file: len(file.pictures),
        default=None,
    )
    with writing(path, needed) as file:
        writer = PictureWriter(file, frame.shape)
        hashes, reasons = collect(files, frame, old, writer.add, progress)
        writer.finish(columns_of(files, hashes, reasons), reasons=list(reasons.items()))
    # Windows refuses to delete what is mapped; such a file goes another time.
    with suppress(OSError):
        os.chmod(path, 0o600)
        for other in olds:
            if other != path:
                other.unlink(missing_ok=True)
    _trim(folder, path)


def _trim(folder: Path, spared: Path) -> None:
    kept = sorted(_kept_files(folder), key=lambda file: file[2])
    excess = sum(size for _, size, _ in kept) - KEPT_BYTES
    for path, size, _ in kept:
        if excess > 0 and path != spared and path.name.endswith(_ENDING):
            with suppress(OSError):
                path.unlink()
                excess -= size


def _found(path: Path, verify: bool | None) -> PictureFile | None:
    """The cache file, whole and checked; None where there is none or a damaged one, which is then deleted."""
    try:
        size = path.stat().st_size
        return open_picture_file(path, verify=size <= VERIFIED_BYTES if verify is None else verify)
    except FileError:
        with suppress(OSError):
            path.unlink()
        return None
    except OSError:
        return None


def _may_now_be_opened(found: PictureFile, files: FileList) -> bool:
    """Whether a file that could not be opened then (its hash is zero) can be now: rights change no size and no time."""
    hashes = np.frombuffer(found.columns["hashes"], np.uint8).reshape(-1, 32)
    closed = [files.paths[place] for place in np.flatnonzero(~hashes.any(axis=1)).tolist()]
    return any(os.path.isfile(file) and os.access(file, os.R_OK) for file in closed)


def _in_memory(files: FileList, frame: Frame, progress: Progress | None, note: str) -> Decoded:
    blocks = [np.zeros((0, *frame.shape), np.uint8)]
    hashes, reasons = collect(files, frame, None, blocks.append, progress)
    pictures = np.concatenate(blocks)
    pictures.flags.writeable = False
    kept = np.array([place for place in range(len(files)) if place not in reasons], np.int64)
    return Decoded(pictures, kept, hashes, reasons, digest_of(hash_blocks(pictures)), (note,))


def _sha256(*parts: str | bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part if isinstance(part, bytes) else part.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
