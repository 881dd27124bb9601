"""Many picture files decoded; unreadable ones are gathered with their reasons."""

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pellucid.data.frame import Frame
from pellucid.data.picture import PictureError, read_content, read_file

VERSION = 1
"""Counts the changes after which the same file gives other pixels; caches of another version are not used."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Block:
    """Some neighbors of a list of files, decoded.

    Attributes
    ----------
    first : the place of the first of the n files in the list
    pictures (m, H, W, C) uint8 : those that can be read, in order
    hashes (n, 32) uint8 : SHA-256 of each file's bytes; zeros where it could not be opened
    reasons : place in the list → why that file cannot be read
    """

    first: int
    pictures: np.ndarray
    hashes: np.ndarray
    reasons: dict[int, str]


def decode(paths: Sequence[str], frame: Frame, *, progress: Progress | None = None) -> Iterator[Block]:
    """Decode many picture files; yields blocks in the order of `paths`."""
    told = 0.0
    size = 64
    for first in range(0, len(paths), size):
        part = paths[first : first + size]
        pictures, reasons = [], {}
        hashes = np.zeros((len(part), 32), np.uint8)
        for place, path in enumerate(part):
            try:
                content = read_file(path)
                hashes[place] = np.frombuffer(hashlib.sha256(content).digest(), np.uint8)
                pictures.append(read_content(content, frame, os.fsdecode(path)))
            except PictureError as error:
                reasons[first + place] = error.reason
        yield Block(first, np.array(pictures, np.uint8).reshape(-1, *frame.shape), hashes, reasons)
        now = time.monotonic()
        if progress is not None and (now - told >= 0.1 or first + size >= len(paths)):
            told = now
            progress(min(first + size, len(paths)), len(paths))
