"""The picture itself, but small: where it is light and dark, and of which color, without any detail."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from pellucid.arrays.namespace import namespace
from pellucid.features.part import Part
from pellucid.features.settings import fields, whole_pair
from pellucid.storage.errors import InputError


@dataclass(frozen=True)
class Thumbnail(Part):
    """The mean color of each field of a grid.

    Attributes
    ----------
    grid : fields down and across

    Raises
    ------
    InputError : a setting out of its range; pictures with less pixels than fields
    """

    name: ClassVar[str] = "thumbnail"

    grid: tuple[int, int] = (8, 8)

    def __post_init__(self) -> None:
        object.__setattr__(self, "grid", whole_pair("thumbnail", grid=self.grid))

    def check(self, height: int, width: int, channels: int) -> None:
        """Raise `InputError` unless pictures of this size have a pixel in each field."""
        if height < self.grid[0] or width < self.grid[1]:
            raise InputError(
                f"A thumbnail of {self.grid[0]} × {self.grid[1]} needs pictures of that many pixels, got {height} × "
                f"{width}: take a smaller grid, or a larger --size."
            )

    def boxes(self, height: int, width: int, channels: int) -> np.ndarray:
        """Where each feature of a picture was measured: (D, 4) int, top, bottom, left and right, of its field."""
        return np.repeat(fields((height, width), self.grid), channels, axis=0)

    def names(self, height: int, width: int, channels: int) -> list[str]:
        """The field of each feature, and its color where there are several."""
        colors = (" red", " green", " blue") if channels == 3 else ("",) * channels
        return [
            f"thumbnail {row},{column}{color}" for row, column in np.ndindex(self.grid) for color in colors
        ]

    def __call__(self, pictures: Any) -> Any:
        """Features (N, D) float32 from 0 to 255 of pictures (N, H, W, C) uint8, field by field, channels last."""
        self.check(*pictures.shape[1:])
        xp = namespace(pictures)
        means = [
            pictures[:, top:bottom, left:right].astype("float32").mean(axis=(1, 2))
            for top, bottom, left, right in fields(pictures.shape[1:3], self.grid)
        ]
        return xp.stack(means, axis=1).reshape(len(pictures), -1)
