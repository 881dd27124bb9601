"""One object that takes any picture to what the model sees; saved in the model file."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.data.frame import Frame
from pellucid.features.polar import Polar
from pellucid.preprocessing.features import features_described
from pellucid.preprocessing.measuring import Measured
from pellucid.preprocessing.projection import project
from pellucid.preprocessing.standardize import standardize
from pellucid.storage.errors import InputError, UnreadableError


@dataclass(frozen=True)
class Preprocessing:
    """The frame that every picture is brought to, the mean and scale of each number, and what is made of them.

    Attributes
    ----------
    frame : height, width, fit and color of pictures; None for rows of numbers
    mean, scale (D,) float32 : in the units of the inputs (gray levels for pictures), or of what is measured in them
    projection (C, D) float32 : of the standardized numbers, see `PrincipalComponents`; None where the model sees them
    described : the features that the model sees, as `features_described` reads them
    learned : what the features learned from the training part, such as {"words.codebook": (W, P)}
    """

    frame: Frame | None
    mean: np.ndarray = field(repr=False)
    scale: np.ndarray = field(repr=False)
    projection: np.ndarray | None = field(default=None, repr=False)
    described: str = "pixels"
    learned: Mapping[str, np.ndarray] = field(default_factory=dict, repr=False)

    @cached_property
    def measure(self) -> Measured | None:
        """What is measured in a picture before its numbers are standardized; None where these are its pixels"""
        kind = features_described(self.described)
        return replace(kind, learned=self.learned) if isinstance(kind, Measured) else None

    @property
    def inputs(self) -> int:
        """How many numbers a picture has"""
        return math.prod(self.frame.shape) if self.frame else len(self.mean)

    @property
    def features(self) -> int:
        """How many numbers the model sees of each picture: C of a projection, else D of the mean"""
        return len(self.mean if self.projection is None else self.projection)

    @property
    def shape(self) -> tuple[int, ...]:
        """What the model sees, before it is laid out in a row: (H, W, C) of pictures, else (D,) or (C,)"""
        return self.frame.shape if self.frame and self.described == "pixels" else (self.features,)

    def apply(self, inputs: np.ndarray) -> np.ndarray:
        """What the model sees (N, features) float32 of inputs (N, H, W, C) uint8 or (N, D).

        Raises `InputError` where the shape does not fit.
        """
        return self.projected(self.standardized(inputs))

    def seen(self, numbers: np.ndarray) -> np.ndarray:
        """What the model sees (N, features) of `numbers`, which were measured before."""
        return self.projected(standardize(numbers, self.mean, self.scale))

    def projected(self, x: Any) -> Any:
        """What the model sees of standardized numbers x (N, D), an array or a Tensor."""
        return x if self.projection is None else project(x, self.projection)

    def pulled_back(self, weight: np.ndarray) -> np.ndarray:
        """The weights (U, D) float64 of the standardized numbers that have the effect of these (U, features): what
        looks for w in z = x Pᵀ looks for wP in x."""
        weight = weight.astype(np.float64)
        return weight if self.projection is None else weight @ self.projection.astype(np.float64)

    def standardized(self, inputs: np.ndarray) -> np.ndarray:
        """x (N, D) float32 of inputs (N, H, W, C) uint8 or (N, D): their own numbers, or what is measured in them.

        Raises `InputError` where the shape does not fit.
        """
        return standardize(self.numbers(inputs), self.mean, self.scale)

    def numbers(self, inputs: np.ndarray) -> np.ndarray:
        """What is standardized, of inputs (N, H, W, C) uint8 or (N, D): they themselves, or (N, D) float32 measured in
        them.

        Raises `InputError` where the shape does not fit.
        """
        inputs, kind = self.checked(inputs), features_described(self.described)
        if isinstance(kind, Polar):
            return kind(inputs)
        return inputs if self.measure is None else self.measure.of_many(inputs)

    def checked(self, inputs: np.ndarray) -> np.ndarray:
        """The inputs as an array. Raises `InputError` unless they are what this preprocessing prepares."""
        inputs = _numbers(inputs)
        wanted = self.frame.shape if self.frame else (self.inputs,)
        if inputs.shape[1:] != wanted:
            raise InputError(
                f"The model sees inputs of shape (N, {', '.join(map(str, wanted))}), got {inputs.shape}. "
                "Bring pictures of other sizes to it by `preprocessing.read(paths)` or "
                "`preprocessing.prepare(picture)`."
            )
        if self.frame and inputs.dtype != np.uint8:
            raise InputError(
                f"Pictures are uint8, 0 to 255, got {inputs.dtype}: scale and convert them first."
            )
        return inputs

    def prepare(self, picture: Any) -> np.ndarray:
        """One picture, a path, a Pillow image or an array (H, W), (H, W, C) uint8 of any size, as (H, W, C) uint8.

        Raises `InputError` or `FileError` where it is no picture.
        """
        frame = self._looks_at_pictures()
        from pellucid.data.picture import prepare, read_picture

        if isinstance(picture, str | Path):
            return read_picture(picture, frame)
        return prepare(picture, frame)

    def read(
        self,
        paths: Sequence[str | Path],
        skip_unreadable: bool = False,
        progress: Callable[[int, int], None] | None = None,
    ) -> tuple[np.ndarray, list[int], list[tuple[str, str]]]:
        """The pictures (n, H, W, C) uint8, which of the paths they are, and (path, reason) of those that
        cannot be read. Many are decoded on all cores.

        Parameters
        ----------
        progress : called with (files done, all files), at most 10 times a second

        Raises
        ------
        InputError : the model was trained on rows of numbers
        UnreadableError : names all that cannot be read, unless they are to be skipped
        """
        frame = self._looks_at_pictures()
        from pellucid.data.decoder import decode

        names = [str(path) for path in paths]
        pictures, reasons = [np.zeros((0, *frame.shape), np.uint8)], dict[int, str]()
        for block in decode(names, frame, progress=progress):
            pictures.append(block.pictures)
            reasons |= block.reasons
        unreadable = [(names[place], reason) for place, reason in reasons.items()]
        if unreadable and not skip_unreadable:
            raise UnreadableError(tuple(unreadable), "Mend them, or leave them out.")
        read = [place for place in range(len(names)) if place not in reasons]
        return np.concatenate(pictures), read, unreadable

    def _looks_at_pictures(self) -> Frame:
        """The frame of pictures. Raises `InputError` where there is none."""
        if self.frame is None:
            raise InputError("This model was trained on rows of numbers: it cannot look at pictures.")
        return self.frame

    @property
    def files(self) -> dict[str, str]:
        """The files that a model keeps copies of: name of the copy → where the file is."""
        return {} if self.measure is None else self.measure.files

    def beside(self, folder: Path) -> "Preprocessing":
        """The same with the copies in the folder of a model."""
        return self if self.measure is None else replace(self, described=str(self.measure.beside(folder)))

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """The settings as JSON can hold them, and the arrays by name."""
        settings = {"frame": asdict(self.frame) if self.frame else None, "features": self.described}
        arrays = {"mean": self.mean, "scale": self.scale, "projection": self.projection, **self.learned}
        return settings, {name: array for name, array in arrays.items() if array is not None}

    @classmethod
    def from_state(cls, settings: dict[str, Any], arrays: dict[str, np.ndarray]) -> "Preprocessing":
        """The object that `state` described."""
        frame = settings.get("frame")
        return cls(
            Frame(**frame) if frame else None,
            arrays["mean"],
            arrays["scale"],
            arrays.get("projection"),
            settings.get("features", "pixels"),
            {name: array for name, array in arrays.items() if "." in name},
        )


def _numbers(inputs: Any) -> np.ndarray:
    """The inputs as an array of numbers. Raises `InputError` where they are none."""
    try:
        array = np.asarray(inputs)
    except ValueError as error:
        raise InputError(
            f"The model sees numbers in rows of equal length, got {type(inputs).__name__}: {error}"
        ) from error
    if array.dtype.kind not in "biuf":
        raise InputError(f"The model sees numbers, got an array of {array.dtype}.")
    return array
