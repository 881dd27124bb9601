"""Decoded pictures kept between runs, so that the second time is instant and the pictures may exceed memory.

One file for each pair of (folder or table, frame), in `cache_folder("pictures")`, readable by its user only.
It is used while the list of files is the same: path, size and time of the last change of each, frame, version
of the decoder. Where some files changed, only those are decoded; the others' pixels are copied from the old
file, which then goes.
"""

import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import PIL

from pellucid.data.cache_build import FileList, collect, columns_of
from pellucid.data.decoder import VERSION, Progress
from pellucid.data.frame import Frame
from pellucid.storage.atomic import writing
from pellucid.storage.errors import StorageError, printable
from pellucid.storage.kept_files import (
    UnusableCacheError,
    found_rows,
    freed,
    kept_files,
    make_private,
    make_ready,
    mark_used,
    usable_folder,
)
from pellucid.storage.rows_file import RowsFile, RowsWriter, digest_of, hash_blocks

IN_MEMORY_BYTES = 2 << 30
"""Up to this size pictures are held in memory where the cache folder cannot be written to."""
_ENDING = ".pictures"


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
        path = usable_folder("pictures") / f"{identity}-{state[:20]}{_ENDING}"
        found = found_rows(path, verify)
        if found is None or _may_now_be_opened(found, files):
            _build(path, identity, files, frame, progress, needed)
            # What was written a moment ago need not be read again to be trusted.
            found = found_rows(path, verify=False)
        if found is None:
            raise StorageError(
                f"{printable(path)}: was deleted by another program as soon as it was written."
            )
    except UnusableCacheError as error:
        if needed > IN_MEMORY_BYTES:
            raise StorageError(str(error)) from error
        return _in_memory(
            files, frame, progress, f"The decoded pictures are not kept for the next time: {error}"
        )
    mark_used(path)
    kept = np.flatnonzero(np.frombuffer(found.columns["kept"], np.uint8))
    hashes = np.frombuffer(found.columns["hashes"], np.uint8).reshape(-1, 32)
    return Decoded(found.rows, kept, hashes, dict(found.facts["reasons"]), found.digest)


def cache_size() -> int:
    """Bytes of all decoded pictures that are kept; 0 where there is no cache folder."""
    return sum(size for _, size, _ in kept_files(usable_folder("pictures"), _ENDING))


def clear_cache() -> int:
    """Delete all decoded pictures that are kept. Returns how many bytes that freed.

    Pictures that a running program has mapped stay valid for it. Raises `StorageError` where one cannot be
    deleted.
    """
    return freed(usable_folder("pictures"), _ENDING)


def _build(
    path: Path, identity: str, files: FileList, frame: Frame, progress: Progress | None, needed: int
) -> None:
    make_ready(path, _ENDING, needed)
    olds = [
        other
        for other, _, _ in kept_files(path.parent, _ENDING)
        if other.name.startswith(identity) and other.name.endswith(_ENDING)
    ]
    old = max(
        filter(None, (found_rows(other) for other in olds)),
        key=lambda file: len(file.rows),
        default=None,
    )
    with writing(path, needed) as file:
        writer = RowsWriter(file, frame.shape)
        hashes, reasons = collect(files, frame, old, writer.add, progress)
        writer.finish(columns_of(files, hashes, reasons), reasons=list(reasons.items()))
    for other in olds:
        # Windows refuses to delete what is mapped; such a file goes another time.
        with suppress(OSError):
            if other != path:
                other.unlink(missing_ok=True)
    make_private(path, _ENDING)


def _may_now_be_opened(found: RowsFile, files: FileList) -> bool:
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
