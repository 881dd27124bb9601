"""Decoding into a cache file; files that did not change are copied from the old one."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass

import numpy as np

from pellucid.data.decoder import Progress, decode
from pellucid.data.frame import Frame
from pellucid.storage.rows_file import RowsFile

_ROWS_AT_ONCE = 1024


@dataclass(frozen=True)
class FileList:
    """N picture files as they are now.

    Attributes
    ----------
    paths : where they are
    names : the paths without the folder that they have in common
    sizes (N,) int64, times (N,) int64 : bytes, and nanoseconds of the last change
    """

    paths: Sequence[str]
    names: Sequence[str]
    sizes: np.ndarray
    times: np.ndarray

    def __len__(self) -> int:
        return len(self.paths)


def collect(
    files: FileList,
    frame: Frame,
    old: RowsFile | None,
    add: Callable[[np.ndarray], object],
    progress: Progress | None,
) -> tuple[np.ndarray, dict[int, str]]:
    """Hand the pictures (m, H, W, C) of all readable files to `add`, block after block, in order.

    Returns the hashes (N, 32) uint8 of the files' bytes (zeros where a file could not be opened), and place →
    why that file cannot be read.
    """
    rows, hashes = _unchanged(files, old)
    fresh = np.flatnonzero(rows < 0)
    reasons: dict[int, str] = {}
    done = 0

    def copy_until(place: int) -> None:
        for first in range(done, place, _ROWS_AT_ONCE):
            assert old is not None  # without an old file every file is fresh
            add(old.rows[rows[first : min(place, first + _ROWS_AT_ONCE)]])

    def report(count: int, _: int) -> None:
        if progress is not None:
            progress(len(files) - len(fresh) + count, len(files))

    paths = [files.paths[place] for place in fresh.tolist()]
    blocks = decode(paths, frame, sizes=files.sizes[fresh].tolist(), progress=report)
    # Closed at once, also where the disk is full: no child goes on decoding for nobody.
    with closing(blocks):
        for block in blocks:
            places = fresh[block.first : block.first + len(block.hashes)]
            hashes[places] = block.hashes
            reasons.update({int(fresh[at]): why for at, why in block.reasons.items()})
            taken = 0
            for run in np.split(places, np.flatnonzero(np.diff(places) > 1) + 1):
                copy_until(int(run[0]))
                readable = sum(int(place) not in reasons for place in run)
                add(block.pictures[taken : taken + readable])
                taken += readable
                done = int(run[-1]) + 1
    copy_until(len(files))
    return hashes, reasons


def columns_of(files: FileList, hashes: np.ndarray, reasons: dict[int, str]) -> dict[str, bytes]:
    """What a cache file records of each file beside its pixels."""
    kept = np.array([place not in reasons for place in range(len(files))], np.uint8)
    return {
        "names": "\0".join(files.names).encode("utf-8", "surrogateescape"),
        "sizes": files.sizes.tobytes(),
        "times": files.times.tobytes(),
        "hashes": hashes.tobytes(),
        "kept": kept.tobytes(),
    }


def _unchanged(files: FileList, old: RowsFile | None) -> tuple[np.ndarray, np.ndarray]:
    """For each file the row of `old` that holds its picture (−1: none), and the hash of its bytes."""
    rows = np.full(len(files), -1, np.int64)
    hashes = np.zeros((len(files), 32), np.uint8)
    if old is None:
        return rows, hashes
    names = old.columns["names"].decode("utf-8", "surrogateescape").split("\0")
    sizes = np.frombuffer(old.columns["sizes"], np.int64).tolist()
    times = np.frombuffer(old.columns["times"], np.int64).tolist()
    old_hashes = np.frombuffer(old.columns["hashes"], np.uint8).reshape(-1, 32)
    kept = np.frombuffer(old.columns["kept"], np.uint8)
    old_rows = np.where(kept, np.cumsum(kept, dtype=np.int64) - 1, -1)
    places = {entry: place for place, entry in enumerate(zip(names, sizes, times, strict=True))}
    now = zip(files.names, files.sizes.tolist(), files.times.tolist(), strict=True)
    for place, entry in enumerate(now):
        before = places.get(entry)
        if before is not None and kept[before]:
            rows[place] = old_rows[before]
            hashes[place] = old_hashes[before]
    return rows, hashes
