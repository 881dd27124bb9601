"""A thumbnail, drawn: the mean color of each field."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pellucid.features.settings import fields
from pellucid.features.thumbnail import Thumbnail
from pellucid.inspection.paper import Figure
from pellucid.inspection.pictures import color_picture, diverging
from pellucid.inspection.view import boxed, cut_out, enlarged, spread

_TEMPLATE = 144  # pixels, about, of the longer side of drawn weights


@dataclass(frozen=True)
class ThumbnailView:
    """The fields of the grid; the channels of a field are one group."""

    part: Thumbnail
    shape: tuple[int, int, int]

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(f"field {row},{column}" for row, column in np.ndindex(self.part.grid))

    @cached_property
    def groups(self) -> np.ndarray:
        return np.repeat(np.arange(len(self.names)), self.shape[2])

    def placed(self, picture: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """A mean is shared out among its pixels by how bright each is."""
        heat = np.zeros(self.shape[:2])
        own = weights.reshape(len(self.names), -1)
        for (top, bottom, left, right), each in zip(fields(self.shape[:2], self.part.grid), own, strict=True):
            inside = picture[top:bottom, left:right].astype(np.float64) @ each
            heat[top:bottom, left:right] = inside / inside.size
        return heat

    def evenly(self, amounts: np.ndarray) -> np.ndarray:
        return spread(amounts, self.part.boxes(*self.shape), self.shape[:2])

    def kept(self, picture: np.ndarray, values: np.ndarray, factor: int) -> list[Figure]:
        small = np.rint(values.reshape(*self.part.grid, -1)).astype(np.uint8)
        drawn = np.zeros((self.shape[0] * factor, self.shape[1] * factor, 3), np.uint8)
        boxes = fields(self.shape[:2], self.part.grid) * factor
        for (top, bottom, left, right), color in zip(boxes, color_picture(small).reshape(-1, 3), strict=True):
            drawn[top:bottom, left:right] = color
        down, across = self.part.grid
        about = f"the mean color of {down} x {across} fields: {len(values):,} numbers"
        return [Figure(drawn, "what the thumbnail keeps", about)]

    def strengths(self, weights: np.ndarray) -> np.ndarray:
        """Where brightness speaks for a class, summed over the channels."""
        return np.bincount(self.groups, weights).reshape(self.part.grid)

    def weighed(self, strengths: np.ndarray, limit: float) -> np.ndarray:
        return enlarged(diverging(strengths, limit or 1.0), max(1, _TEMPLATE // max(self.part.grid)))

    def icon(self, group: int, picture: np.ndarray) -> np.ndarray:
        return cut_out(picture, fields(self.shape[:2], self.part.grid)[group])

    def where(self, group: int, picture: np.ndarray) -> np.ndarray:
        return boxed(fields(self.shape[:2], self.part.grid)[group], self.shape[:2])
