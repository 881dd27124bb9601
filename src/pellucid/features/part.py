"""What every kind of features can be asked."""

from collections.abc import Callable, Mapping
from dataclasses import Field, fields
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np


class Part:
    """One kind of features, such as `HoG`: a frozen dataclass of settings that is called with pictures.

    A kind that learns, such as a codebook of visual words, keeps nothing of what it learned: it returns arrays, and is
    given them again in each call.

    Attributes
    ----------
    name : what `--features` calls it
    compiles : whether it can be traced by a compiler; else it is called with NumPy's arrays alone
    """

    name: ClassVar[str]
    compiles: ClassVar[bool] = True

    __call__: Callable[..., Any]
    """Features (N, D) float32 of pictures (N, H, W, C) uint8, with what was learned by name, on NumPy or traced."""

    @property
    def content(self) -> str:
        """SHA-256 (hex) of a file that decides its numbers beside its settings; "" where there is none."""
        return ""

    @property
    def file(self) -> str:
        """Where a file is that it needs, which a model keeps a copy of; "" where there is none."""
        return ""

    @property
    def copy_name(self) -> str:
        """What that copy is called."""
        return ""

    def beside(self, folder: Path) -> Self:
        """The same with the copy of the file in the folder of a model."""
        return self

    def written(self) -> str:
        """Its name and the settings that are not the defaults, as `features_described` reads them."""
        given = {each.name: getattr(self, each.name) for each in fields(self) if _changed(self, each)}  # type: ignore[arg-type]
        settings = ",".join(f"{name}={_text(value)}" for name, value in given.items())
        return f"{self.name}:{settings}" if settings else self.name

    def check(self, height: int, width: int, channels: int) -> None:
        """Raise `InputError` unless it can be measured in pictures of this size."""

    def settled(self, shape: tuple[int, int, int], pictures: int) -> Self:
        """With what was left open decided, for pictures of this shape and so many to learn from.

        Raises `InputError` where it cannot be measured in them.
        """
        self.check(*shape)
        return self

    def learn(self, pictures: np.ndarray, rows: np.ndarray, seed: int) -> dict[str, np.ndarray]:
        """What it learns from these rows (n,) of the pictures (N, H, W, C) uint8: name → float32 array."""
        return {}

    def arrays(self, shape: tuple[int, int, int]) -> dict[str, tuple[int, ...]]:
        """The shapes of what it learns from pictures of this shape, by name."""
        return {}

    def boxes(self, height: int, width: int, channels: int) -> np.ndarray:
        """Where each feature of a picture was measured: (D, 4) int, top, bottom, left and right."""
        raise NotImplementedError

    def compiled_from(self, shape: tuple[int, int, int]) -> int:
        """How many pictures of this shape take NumPy longer than bringing a compiler up and compiling."""
        return 10_000

    def names(self, height: int, width: int, channels: int) -> list[str]:
        """What each of the D features is, such as "hog 3,4 40°": rows and columns are counted from 0, downwards and to
        the right."""
        raise NotImplementedError


def _changed(part: Any, setting: Field) -> bool:
    return bool(getattr(part, setting.name) != setting.default)


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return "|".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def labels(parts: tuple[Part, ...]) -> list[str]:
    """The name of each part, the second of the same name with a 2 behind it: "words", "hog", "words2"."""
    found: list[str] = []
    for part in parts:
        count = sum(each.name == part.name for each in parts[: len(found)]) + 1
        found.append(part.name if count == 1 else f"{part.name}{count}")
    return found


def own(learned: Mapping[str, Any], label: str) -> dict[str, Any]:
    """What the part of this label learned: {"codebook": …} of {"words.codebook": …}."""
    prefix = f"{label}."
    return {name.removeprefix(prefix): array for name, array in learned.items() if name.startswith(prefix)}
