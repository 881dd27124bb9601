"""A file of many rows of one shape, such as decoded pictures: written once, from front to back, then mapped read-only.

    0    8 bytes   "PELLUCID"
    8    8 bytes   format version, little-endian as all numbers here
    16   8 bytes   where the manifest begins
    24   8 bytes   how long it is
    32   32 bytes  SHA-256 of the manifest
    64   N rows    of one shape and type: on a 64-byte boundary, so that XLA can use the mapped pages in place
    ...            the manifest: one line of JSON, then the raw columns that it names

It is written with `write()`: a map that is *written* to a full disk kills the process without an exception
(SIGBUS). The rows are not in safetensors because their number may be known only when the last has been
read, and because they may exceed memory.

Every part has a SHA-256, checked on load: a flipped bit is detected. The rows are hashed in blocks of 16
MiB, by as many threads as there are cores (0.1 s for the 184 MB of CIFAR-10).
"""

import hashlib
import json
import math
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np

from pellucid.storage.errors import FileError, printable

MAGIC = b"PELLUCID"
FORMAT = 1
START = 64
BLOCK = 1 << 24


@dataclass
class RowsWriter:
    """Writes one such file into an open file, front to back; `finish` must be called last.

    shape, dtype : of one row, and of its numbers as NumPy writes it, such as "<f4"
    """

    file: BinaryIO
    shape: tuple[int, ...]
    dtype: str = "|u1"
    count: int = 0
    _hashes: list[str] = field(default_factory=list)
    _open: Any = field(default_factory=hashlib.sha256)
    _room: int = BLOCK

    def __post_init__(self) -> None:
        self.file.write(bytes(START))

    def add(self, rows: np.ndarray) -> None:
        """Append rows (n, …) of the shape and type of this file."""
        content = _bytes(rows)
        self.file.write(content)
        self.count += len(rows)
        while len(content) >= self._room:
            self._open.update(content[: self._room])
            content = content[self._room :]
            self._hashes.append(self._open.hexdigest())
            self._open, self._room = hashlib.sha256(), BLOCK
        self._open.update(content)
        self._room -= len(content)

    def finish(self, columns: dict[str, bytes], **facts: Any) -> None:
        """Append the manifest and fill in the header."""
        if self._room < BLOCK:
            self._hashes.append(self._open.hexdigest())
        manifest = {
            **facts,
            "shape": [self.count, *self.shape],
            "dtype": self.dtype,
            "blocks": self._hashes,
            "columns": {name: [len(raw), hashlib.sha256(raw).hexdigest()] for name, raw in columns.items()},
        }
        line = json.dumps(manifest, allow_nan=False).encode("ascii") + b"\n"
        where = self.file.tell()
        self.file.write(line)
        for raw in columns.values():
            self.file.write(raw)
        self.file.seek(0)
        numbers = b"".join(number.to_bytes(8, "little") for number in (FORMAT, where, len(line)))
        self.file.write(MAGIC + numbers + hashlib.sha256(line).digest())


@dataclass(frozen=True)
class RowsFile:
    """A file of rows that was opened and found whole.

    Attributes
    ----------
    facts : what was given to `finish`, and `shape`, `dtype`, `blocks`, `columns`
    rows (N, …) : a read-only map
    columns : the raw bytes of each, by name
    """

    facts: dict[str, Any]
    rows: np.ndarray = field(repr=False)
    columns: dict[str, bytes] = field(repr=False)

    @property
    def digest(self) -> str:
        """SHA-256 (hex) that stands for all rows: the hash of the blocks' hashes."""
        return digest_of(self.facts["blocks"])


def open_rows(path: str | os.PathLike[str], *, verify: bool = True) -> RowsFile:
    """Map a file of rows. Raises `FileError` where it is missing, cut short, damaged or of another version.

    verify : compare the rows with their SHA-256 too, not only the manifest, the columns and the sizes
    """
    path = os.fspath(path)
    try:
        with open(path, "rb") as file:
            header = file.read(START)
            version, where, length = (int.from_bytes(header[at : at + 8], "little") for at in (8, 16, 24))
            found = os.fstat(file.fileno()).st_size
            if header[:8] != MAGIC or version != FORMAT or where + length > found:
                raise _damaged(path)
            file.seek(where)
            line = file.read(length)
            if hashlib.sha256(line).digest() != header[32:START]:
                raise _damaged(path)
            facts = json.loads(line)
            shape = tuple(facts["shape"])
            sizes = [size for size, _ in facts["columns"].values()]
            dtype = np.dtype(facts.get("dtype", "|u1"))
            if where != START + dtype.itemsize * math.prod(shape) or found != where + length + sum(sizes):
                raise _damaged(path)
            columns = {}
            for name, (size, digest) in facts["columns"].items():
                columns[name] = file.read(size)
                if hashlib.sha256(columns[name]).hexdigest() != digest:
                    raise _damaged(path)
            rows = _mapped(file, shape, dtype)
    except FileError:
        raise
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FileError(f"{printable(path)}: cannot be read: {error}.") from error
    if verify and hash_blocks(rows) != facts["blocks"]:
        raise _damaged(path)
    return RowsFile(facts, rows, columns)


def hash_blocks(rows: np.ndarray) -> list[str]:
    """SHA-256 (hex) of every 16 MiB of the rows; several at once, since hashing releases the lock."""
    if not rows.size:
        return []
    content = _bytes(rows)
    starts = range(0, len(content), BLOCK)
    with ThreadPoolExecutor(min(len(starts), os.cpu_count() or 1)) as threads:
        return list(threads.map(lambda at: hashlib.sha256(content[at : at + BLOCK]).hexdigest(), starts))


def _bytes(rows: np.ndarray) -> memoryview:
    return memoryview(np.ascontiguousarray(rows).reshape(-1).view(np.uint8).data)


def digest_of(blocks: Iterable[str]) -> str:
    """One SHA-256 (hex) for a list of blocks' hashes."""
    return hashlib.sha256("\n".join(blocks).encode("ascii")).hexdigest()


def _mapped(file: BinaryIO, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    if not all(shape):
        return np.zeros(shape, dtype)
    return np.asarray(np.memmap(file, dtype, mode="r", offset=START, shape=shape))


def _damaged(path: str) -> FileError:
    return FileError(f"{printable(path)}: not a whole cache file of this version; it will be made again.")
