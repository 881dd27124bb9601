"""Opening a file that the user named: only files with data, and every refusal in one sentence."""

import contextlib
import gzip
import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from pellucid.storage.errors import FileError, printable


@contextlib.contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[tuple[BinaryIO, int]]:
    """Open a file for reading; gives the file and its size in bytes.

    Folders, pipes and devices are refused before they are opened: opening a pipe would wait for ever.

    Raises
    ------
    FileError : missing, not a plain file, or it cannot be read, also while the block reads it
    """
    where = printable(path)
    try:
        state = os.stat(path)
        if stat.S_ISDIR(state.st_mode):
            raise FileError(f"{where}: a folder, where a file was wanted. Give the path of the file in it.")
        if not stat.S_ISREG(state.st_mode):
            raise FileError(
                f"{where}: a pipe or a device, where a plain file was wanted. Copy its data to a file."
            )
        with open(path, "rb") as file:
            yield file, state.st_size
    except OSError as error:
        raise FileError(f"{where}: cannot be read: {error.strerror or error}.") from error
    except ValueError as error:
        if "null" in str(error):  # a path with a zero byte in it
            raise FileError(f"{where!r}: no path can have a zero byte in it.") from error
        raise


def names_in(folder: Path) -> list[str]:
    """The names in a folder, sorted. Raises `FileError` if it cannot be read."""
    try:
        return sorted(os.listdir(folder))
    except OSError as error:
        raise FileError(f"{printable(folder)}: cannot be read: {error.strerror}.") from error


class Limited(io.RawIOBase):
    """A stream that refuses to give more than `limit` bytes, so that a small archive cannot fill the memory."""

    def __init__(self, source: BinaryIO | gzip.GzipFile, where: str, limit: int) -> None:
        self._source, self._where, self._limit, self._left = source, where, limit, limit

    def read(self, size: int = -1) -> bytes:
        """The next bytes, at most `size`. Raises `FileError` beyond the limit."""
        block = self._source.read(self._left + 1 if size < 0 else min(size, self._left + 1))
        self._left -= len(block)
        if self._left < 0:
            raise FileError(
                f"{self._where}: it unpacks to more than {self._limit:,} bytes, the most that are read. "
                f"Unpack it yourself and give the folder."
            )
        return block
