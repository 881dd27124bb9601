"""What was measured in pictures, kept between runs, so that several models on the same features measure once.

A file for each set of pictures and features, in `cache_folder("features")`, readable by its user only. It is known by
the content of the pictures, the settings, what the features learned, and the code that measures.
"""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from importlib import resources
from pathlib import Path

import numpy as np

from pellucid.preprocessing.measuring import Measured
from pellucid.storage.atomic import writing
from pellucid.storage.errors import FileError, StorageError, printable
from pellucid.storage.kept_files import (
    VERIFIED_BYTES,
    found_rows,
    make_private,
    make_ready,
    mark_used,
    usable_folder,
)
from pellucid.storage.rows_file import RowsWriter, digest_of, hash_blocks
from pellucid.storage.tensors import load_tensors, save_tensors

_ENDING = ".features"
_LEARNED = ".learned"
_WORTH = 2**24
"""Bytes of features below which measuring takes less than a second, and nothing is kept."""


@dataclass(frozen=True, eq=False)
class KeptFeatures:
    """Measures pictures (N, H, W, C) uint8, unless it was done before.

    Where the cache cannot be used, it does without, and `notes` says so. `progress` is called with (pictures done, N)
    while they are measured, if that takes longer than a moment.
    """

    pictures: np.ndarray = field(repr=False)
    notes: list[str] = field(default_factory=list)
    progress: Callable[[int, int], None] | None = None

    def fitted(self, kind: Measured, rows: np.ndarray, seed: int) -> Measured:
        """The features with what they learn from these rows (n,)."""
        if not kind.arrays(self.pictures.shape[1:]) or not self._worthwhile(kind):
            return kind.fitted(self.pictures, rows, seed)
        name = _digest(self._content, str(kind), kind.content, _code(), repr(seed), rows.tobytes())
        path = self._path(name, _LEARNED)
        if path is not None and path.exists():
            with suppress(FileError):  # a damaged one is written anew
                found = load_tensors(path)[0]
                mark_used(path)
                return replace(kind, learned=found)
        kind = kind.fitted(self.pictures, rows, seed)
        if path is not None:
            try:
                save_tensors(path, dict(kind.learned), {})
                make_private(path, _LEARNED)
            except StorageError as error:
                self._note(error)
        return kind

    def numbers(self, kind: Measured) -> np.ndarray:
        """The features (N, D) float32 of all pictures: a read-only map of the file that keeps them, or in memory."""
        if not self._worthwhile(kind):
            return kind.of_many(self.pictures)
        learned = (f"{name} {digest_of(hash_blocks(kind.learned[name]))}" for name in sorted(kind.learned))
        path = self._path(_digest(self._content, str(kind), kind.content, _code(), *learned), _ENDING)
        found = None if path is None else found_rows(path)
        if found is None and path is not None:
            try:
                self._write(path, kind)
                # What was written a moment ago need not be read again to be trusted.
                found = found_rows(path, verify=False)
            except StorageError as error:
                self._note(error)
        if found is None or path is None:
            return kind.of_many(self.pictures)
        mark_used(path)
        return found.rows

    def _write(self, path: Path, kind: Measured) -> None:
        features = len(kind.boxes(self.pictures.shape[1:]))
        needed = 4 * len(self.pictures) * features + 4096
        make_ready(path, _ENDING, needed)
        with writing(path, needed, durable=needed > VERIFIED_BYTES) as file:
            writer = RowsWriter(file, (features,), "<f4")
            done = 0
            for block in kind.blocks(self.pictures):
                writer.add(block.astype("<f4", copy=False))
                done += len(block)
                if self.progress is not None:
                    self.progress(done, len(self.pictures))
            writer.finish({}, features=str(kind))
        make_private(path, _ENDING)

    def _worthwhile(self, kind: Measured) -> bool:
        return 4 * len(self.pictures) * len(kind.boxes(self.pictures.shape[1:])) >= _WORTH

    @cached_property
    def _content(self) -> str:
        return f"{self.pictures.shape} {digest_of(hash_blocks(self.pictures))}"

    def _path(self, name: str, ending: str) -> Path | None:
        try:
            return usable_folder("features") / f"{name[:40]}{ending}"
        except StorageError as error:
            self._note(error)
            return None

    def _note(self, error: StorageError) -> None:
        sentence = f"What was measured in the pictures is not kept for the next time: {printable(error)}"
        if sentence not in self.notes:
            self.notes.append(sentence)


def _digest(*parts: str | bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        content = part if isinstance(part, bytes) else part.encode("utf-8", "surrogateescape")
        digest.update(len(content).to_bytes(8, "little") + content)
    return digest.hexdigest()


@cache
def _code() -> str:
    """SHA-256 (hex) of the code that measures: other code may come to other numbers, and nobody has to remember to
    count a version up."""
    folder = resources.files("pellucid") / "features"
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".py")), key=lambda file: file.name
    )
    return _digest(*(file.read_bytes() for file in files))
