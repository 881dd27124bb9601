"""One object that takes any picture to what the model sees; saved in the model file."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.data.frame import Frame
from pellucid.preprocessing.standardize import moments, standardize
from pellucid.storage.errors import InputError, UnreadableError, printable


@dataclass(frozen=True)
class Preprocessing:
    """The frame that every picture is brought to, and the mean and scale of each number.

    Attributes
    ----------
    frame : height, width, fit and color of pictures; None for rows of numbers
    mean, scale (D,) float32 : in the units of the inputs (gray levels for pictures)
    """

    frame: Frame | None
    mean: np.ndarray = field(repr=False)
    scale: np.ndarray = field(repr=False)

    @property
    def features(self) -> int:
        """D"""
        return len(self.mean)

    def apply(self, inputs: np.ndarray) -> np.ndarray:
        """x (N, D) float32 of inputs (N, H, W, C) uint8 or (N, D). Raises `InputError` where the shape does not fit."""
        inputs = _numbers(inputs)
        wanted = self.frame.shape if self.frame else (self.features,)
        if inputs.shape[1:] != wanted:
            raise InputError(
                f"The model sees inputs of shape (N, {', '.join(map(str, wanted))}), got {inputs.shape}. "
                "Bring pictures of other sizes to it by `classifier.read(paths)` or `preprocessing.prepare(picture)`."
            )
        if self.frame and inputs.dtype != np.uint8:
            raise InputError(
                f"Pictures are uint8, 0 to 255, got {inputs.dtype}: scale and convert them first."
            )
        return standardize(inputs, self.mean, self.scale)

    def prepare(self, picture: Any) -> np.ndarray:
        """One picture, a path, a Pillow image or an array (H, W), (H, W, C) uint8 of any size, as (H, W, C) uint8.

        Raises `InputError` or `FileError` where it is no picture.
        """
        if self.frame is None:
            raise InputError("This model was trained on rows of numbers: it cannot look at pictures.")
        from pellucid.data.picture import prepare, read_picture

        if isinstance(picture, str | Path):
            return read_picture(picture, self.frame)
        return prepare(picture, self.frame)

    def read(
        self, paths: Sequence[str | Path], skip_unreadable: bool = False
    ) -> tuple[np.ndarray, list[int], list[tuple[str, str]]]:
        """The pictures (n, H, W, C) uint8, which of the paths they are, and (path, reason) of those that
        cannot be read.

        Raises `UnreadableError` naming all that cannot be read, unless they are to be skipped.
        """
        pictures, read, unreadable = [], [], []
        for number, path in enumerate(paths):
            try:
                pictures.append(self.prepare(path))
                read.append(number)
            except InputError as error:
                reason = str(error).removeprefix(f"{printable(path)}: ").removesuffix(".")
                unreadable.append((str(path), reason))
        if unreadable and not skip_unreadable:
            raise UnreadableError(
                tuple(unreadable), "Mend or remove them, or pass --skip-unreadable to go on without them."
            )
        shape = self.frame.shape if self.frame else (self.features,)
        return np.stack(pictures) if pictures else np.zeros((0, *shape), np.uint8), read, unreadable

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """The settings as JSON can hold them, and the arrays by name."""
        return {"frame": asdict(self.frame) if self.frame else None}, {"mean": self.mean, "scale": self.scale}

    @classmethod
    def from_state(cls, settings: dict[str, Any], arrays: dict[str, np.ndarray]) -> "Preprocessing":
        """The object that `state` described."""
        frame = settings.get("frame")
        return cls(Frame(**frame) if frame else None, arrays["mean"], arrays["scale"])

    @classmethod
    def measured(cls, inputs: np.ndarray, rows: np.ndarray, frame: Frame | None) -> "Preprocessing":
        """Mean and scale measured on these rows, the training part."""
        return cls(frame, *moments(inputs, rows))


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
