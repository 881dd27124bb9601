"""JSON files and logs of one JSON object a line."""

import json
import os
from pathlib import Path
from typing import Any

from pellucid.storage.atomic import refuse_disk, write_text
from pellucid.storage.errors import FileError, printable


def write_json(path: str | os.PathLike[str], content: Any) -> None:
    """Write `content` as readable JSON, atomically. Raises `StorageError` where the disk refuses."""
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    # Bytes of a path that are no text are lone surrogates here; JSON's own escape keeps the file valid UTF-8.
    write_text(path, text.encode("utf-8", "backslashreplace").decode())


def read_json(path: str | os.PathLike[str]) -> Any:
    """Read a JSON file. Raises `FileError` if it is missing or not JSON."""
    where = printable(path)
    try:
        return json.loads(Path(path).read_text("utf-8", "surrogateescape"))
    except OSError as error:
        raise FileError(f"{where}: cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise FileError(f"{where}: not a whole JSON file ({error}). Restore it from a copy.") from error


class Log:
    """A file to which one JSON object a line is added; each line is flushed as it is written.

    Raises `StorageError` where the disk refuses.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        try:
            # Without a buffer: what the disk refused must not be written once more when the file is closed.
            self._file = open(self.path, "a+b", buffering=0)  # noqa: SIM115 (kept open for the life of the log)
            end = self._file.seek(0, os.SEEK_END)
            self._file.seek(max(0, end - 1))
            # A crash may have left half a line: the next record must begin on a line of its own.
            self._torn = self._file.read(1) not in (b"", b"\n")
        except OSError as error:
            raise refuse_disk(self.path, error) from error

    def add(self, **record: Any) -> None:
        """Add one record and flush it."""
        text = json.dumps(record, ensure_ascii=False, allow_nan=False)
        line = b"\n" * self._torn + text.encode("utf-8", "backslashreplace") + b"\n"
        left = memoryview(line)
        try:
            while left:
                left = left[self._file.write(left) :]
                self._torn = bool(left)
        except OSError as error:
            raise refuse_disk(self.path, error, len(line)) from error

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        self._file.close()


def read_log(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """The records of a log, oldest first; a line that a crash cut short is left out."""
    records = []
    try:
        lines = Path(path).read_bytes().splitlines()
    except OSError as error:
        raise FileError(f"{printable(path)}: cannot be read: {error.strerror}.") from error
    for line in lines:
        try:
            record = json.loads(line.decode("utf-8", "surrogateescape"))
        except (ValueError, RecursionError):
            continue
        if isinstance(record, dict):
            records.append(record)
    return records
