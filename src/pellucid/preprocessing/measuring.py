"""What is measured in pictures: several kinds of features side by side."""

import math
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.arrays import compile as compiler
from pellucid.arrays.namespace import namespace
from pellucid.features.part import Part, labels, own
from pellucid.preprocessing.standardize import block_rows
from pellucid.storage.errors import InputError


@dataclass(frozen=True)
class Measured:
    """What is measured in each picture, one kind of features beside the other, before it is standardized.

    Attributes
    ----------
    parts : such as `HoG`, `ColorHistogram`, `Thumbnail`
    learned : what those of them that learn have learned, such as {"words.codebook": (W, P)}
    """

    parts: tuple[Part, ...]
    learned: Mapping[str, np.ndarray] = field(default_factory=dict, repr=False, compare=False)

    def settled(self, shape: tuple[int, ...], pictures: int) -> "Measured":
        """With all settings decided, for inputs of this shape. Raises `InputError` where it cannot be measured."""
        if len(shape) != 3:
            raise InputError(
                f"--features {self} is measured in pictures, and the data are rows of {shape[0]:,} numbers: leave it "
                "out."
            )
        return replace(self, parts=tuple(part.settled(shape, pictures) for part in self.parts))

    def fitted(self, pictures: np.ndarray, rows: np.ndarray, seed: int) -> "Measured":
        """With what is learned from these rows (n,) of the pictures (N, H, W, C) uint8."""
        learned = {
            f"{label}.{name}": array
            for label, part in zip(labels(self.parts), self.parts, strict=True)
            for name, array in part.learn(pictures, rows, seed).items()
        }
        return replace(self, learned=learned)

    def arrays(self, shape: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
        """The shapes of what is learned from pictures of this shape (H, W, C), by name."""
        return {
            f"{label}.{name}": wanted
            for label, part in zip(labels(self.parts), self.parts, strict=True)
            for name, wanted in part.arrays(shape).items()  # type: ignore[arg-type]
        }

    def __call__(self, pictures: Any) -> Any:
        """Features (N, D) float32 of pictures (N, H, W, C) uint8."""
        return _measure(self.parts, pictures, self.learned)

    def of_many(self, pictures: np.ndarray, rows: np.ndarray | None = None) -> np.ndarray:
        """The features (n, D) of these rows (n,) of the pictures, or of all."""
        count, first = len(pictures) if rows is None else len(rows), 0
        found = _aligned(count, len(self.boxes(pictures.shape[1:])))
        for block in self.blocks(pictures, rows):
            found[first : first + len(block)] = block
            first += len(block)
        return found

    def blocks(self, pictures: np.ndarray, rows: np.ndarray | None = None) -> Iterator[np.ndarray]:
        """The same block by block (b, D): memory stays bounded. Compiled where that pays."""
        count = len(pictures) if rows is None else len(rows)
        many = min(part.compiled_from(pictures.shape[1:]) for part in self.parts)
        compiled = count >= many and self._compiles()
        measure = _program(self.parts) if compiled else partial(_measure, self.parts)
        size = block_rows(_EACH * math.prod(pictures.shape[1:]), _BLOCK)

        def measured(first: int) -> np.ndarray:
            block = slice(first, first + size)
            seen = pictures[block if rows is None else rows[block]]
            short = size - len(seen) if compiled else 0
            filled = np.concatenate([seen, np.zeros((short, *seen.shape[1:]), seen.dtype)]) if short else seen
            return np.asarray(measure(filled, dict(self.learned)))[: len(seen)]

        if not compiled:
            yield from map(measured, range(0, count, size))
            return
        # A program's products keep all cores busy, its sums only one: the next block's products fill the gaps.
        with ThreadPoolExecutor(_PROGRAMS) as threads:
            running: deque[Future[np.ndarray]] = deque()
            for first in range(0, count, size):
                running.append(threads.submit(measured, first))
                if len(running) > _PROGRAMS:
                    yield running.popleft().result()
            yield from (block.result() for block in running)

    def boxes(self, shape: tuple[int, ...]) -> np.ndarray:
        """Where each feature of a picture (H, W, C) was measured: (D, 4) int, top, bottom, left and right."""
        return np.concatenate([part.boxes(*shape) for part in self.parts])

    def names(self, shape: tuple[int, ...]) -> list[str]:
        """What each feature of a picture (H, W, C) is, D texts such as "hog 3,4 40°"."""
        return [name for part in self.parts for name in part.names(*shape)]

    @property
    def content(self) -> str:
        """What stands for the files that decide the numbers beside the settings."""
        return " ".join(part.content for part in self.parts)

    @property
    def files(self) -> dict[str, str]:
        """The files that a model keeps copies of: name of the copy → where the file is."""
        return {part.copy_name: part.file for part in self.parts if part.file}

    def beside(self, folder: Path) -> "Measured":
        """The same with the copies in the folder of a model."""
        return replace(self, parts=tuple(part.beside(folder) for part in self.parts))

    def __str__(self) -> str:
        return "+".join(part.written() for part in self.parts)

    def _compiles(self) -> bool:
        from pellucid.arrays.canary import trustworthy

        double = any(getattr(part, "dtype", "float32") == "float64" for part in self.parts)
        able = all(part.compiles for part in self.parts)
        return able and not double and compiler.available() and trustworthy()


_BLOCK = 250
"""Pictures at once, at most: their numbers stay in the cache."""

_EACH = 4
"""Numbers that are made of each of a picture's at the same time, about: of large pictures fewer are taken at once."""

_PROGRAMS = 2
"""Blocks that are measured side by side: three are no faster than two."""


def _aligned(count: int, features: int) -> np.ndarray:
    """An array (N, D) float32 that begins on a 64-byte boundary, so that a compiled program uses it in place: features
    of all pictures can fill half of the memory."""
    raw = np.empty(4 * count * features + 64, np.uint8)
    begin = -raw.ctypes.data % 64
    return raw[begin : begin + 4 * count * features].view(np.float32).reshape(count, features)


@lru_cache(maxsize=4)
def _program(parts: tuple[Part, ...]) -> Callable[..., Any]:
    """`_measure` of these parts, compiled once for all that ask for them."""
    return compiler.compiled(partial(_measure, parts))


def _measure(parts: tuple[Part, ...], pictures: Any, learned: Mapping[str, Any]) -> Any:
    """Features (N, D) float32 of pictures (N, H, W, C) uint8, with what was learned."""
    xp = namespace(pictures)
    found = [part(pictures, **own(learned, label)) for label, part in zip(labels(parts), parts, strict=True)]
    return xp.concatenate(found, axis=1)
