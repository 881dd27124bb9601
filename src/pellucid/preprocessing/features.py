"""What a model can be shown of a picture, by the names that `--features` knows."""

from dataclasses import dataclass, fields
from functools import partial
from typing import Any

import numpy as np

from pellucid.arrays import compile as compiler
from pellucid.arrays.namespace import namespace
from pellucid.features.color import ColorHistogram
from pellucid.features.hog import HoG
from pellucid.features.thumbnail import Thumbnail
from pellucid.preprocessing.projection import PrincipalComponents
from pellucid.storage.described import described
from pellucid.storage.errors import InputError, known_name


@dataclass(frozen=True)
class Pixels:
    """Every number of the picture, standardized; also the numbers of a row."""

    def settled(self, shape: tuple[int, ...], pictures: int) -> "Pixels":
        return self

    def __str__(self) -> str:
        return "pixels"


@dataclass(frozen=True)
class Measured:
    """What is measured in each picture, one kind of features beside the other, before it is standardized.

    Attributes
    ----------
    parts : such as `HoG`, `ColorHistogram`, `Thumbnail`
    """

    parts: tuple[Any, ...]

    def settled(self, shape: tuple[int, ...], pictures: int) -> "Measured":
        """The same. Raises `InputError` where it cannot be measured in inputs of this shape."""
        if len(shape) != 3:
            raise InputError(
                f"--features {self} is measured in pictures, and the data are rows of {shape[0]:,} numbers: leave it "
                "out."
            )
        for part in self.parts:
            part.check(*shape)
        return self

    def __call__(self, pictures: Any) -> Any:
        """Features (N, D) float32 of pictures (N, H, W, C) uint8."""
        xp = namespace(pictures)
        return xp.concatenate([part(pictures) for part in self.parts], axis=1)

    def of_many(self, pictures: np.ndarray, rows: np.ndarray | None = None) -> np.ndarray:
        """The features (n, D) of these rows (n,) of the pictures, or of all: by blocks, compiled where that pays."""
        count = len(pictures) if rows is None else len(rows)
        measure = self._program() if count >= _MANY and self._compiles() else self
        found = []
        for first in range(0, max(count, 1), _BLOCK):
            block = slice(first, first + _BLOCK)
            seen = pictures[block if rows is None else rows[block]]
            short = _BLOCK - len(seen) if measure is not self else 0
            filled = np.concatenate([seen, np.zeros((short, *seen.shape[1:]), seen.dtype)]) if short else seen
            found.append(np.asarray(measure(filled))[: len(seen)])
        return np.concatenate(found)

    def boxes(self, shape: tuple[int, ...]) -> np.ndarray:
        """Where each feature of a picture (H, W, C) was measured: (D, 4) int, top, bottom, left and right."""
        return np.concatenate([part.boxes(*shape) for part in self.parts])

    def kinds(self, shape: tuple[int, ...]) -> np.ndarray:
        """The name of the part that each feature belongs to, (D,) str."""
        return np.concatenate([np.full(len(part.boxes(*shape)), _NAMES[type(part)]) for part in self.parts])

    def __str__(self) -> str:
        return "+".join(_text(part) for part in self.parts)

    def _compiles(self) -> bool:
        from pellucid.arrays.canary import trustworthy

        double = any(getattr(part, "dtype", "float32") == "float64" for part in self.parts)
        return not double and compiler.available() and trustworthy()

    def _program(self) -> Any:
        return compiler.compiled(partial(Measured.__call__, self))


_BLOCK = 250
"""Pictures at once: their numbers stay in the cache."""

_MANY = 10_000
"""Pictures that take NumPy longer than bringing a compiler up and compiling."""

Features = Pixels | PrincipalComponents | Measured

MEASURED: dict[str, Any] = {"hog": HoG(), "color": ColorHistogram(), "thumbnail": Thumbnail()}
"""What can be measured in a picture, by its name, with its default settings; several with + between."""

FEATURES: dict[str, Features] = {"pixels": Pixels(), "pca": PrincipalComponents()}
"""What takes the pixels as they are, or their principal components, with its default settings."""

_NAMES = {type(each): name for name, each in MEASURED.items()}


def features_described(text: str) -> Features:
    """The features that a text names, with their settings behind a colon: "pixels", "pca:components=300,floor=10",
    "hog:cell=4+color:bins=8".

    Raises `InputError` where a name or a setting is not known, or a value is out of its range.
    """
    parts = [part.strip() for part in str(text).split("+")]
    known = (*FEATURES, *MEASURED)
    names = [known_name("kind of features", part.partition(":")[0].strip(), known) for part in parts]
    for name in names:
        if name in FEATURES and len(parts) > 1:
            raise InputError(
                f"--features {name} stands alone, got {text!r}. With + between: {', '.join(MEASURED)}."
            )
    if names[0] in FEATURES:
        return described("kind of features", FEATURES, parts[0])
    return Measured(tuple(described("kind of features", MEASURED, part) for part in parts))


def _text(part: Any) -> str:
    """A part as `features_described` reads it, with the settings that are not the defaults."""
    settings = [
        f"{each.name}={_written(getattr(part, each.name))}"
        for each in fields(part)
        if getattr(part, each.name) != each.default
    ]
    return _NAMES[type(part)] + (":" + ",".join(settings) if settings else "")


def _written(value: Any) -> str:
    return (
        "|".join(map(str, value))
        if isinstance(value, tuple)
        else str(value).lower()
        if isinstance(value, bool)
        else str(value)
    )
