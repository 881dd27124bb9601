"""What every kind of features can show of itself: its numbers in groups that have a name, a place and a picture."""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from pellucid.features.part import Part
from pellucid.inspection.paper import Figure
from pellucid.inspection.pictures import color_picture, diverging, luma

ICON = 40
"""Pixels of the side of an icon."""


class View(Protocol):
    """One kind of features, looked at in pictures of one shape (H, W, C); it has D features in G groups."""

    @property
    def names(self) -> tuple[str, ...]:
        """What each group is called, (G,), such as "cell 3,2"."""
        ...

    @property
    def groups(self) -> np.ndarray:
        """Which group each feature belongs to, (D,) int."""
        ...

    def placed(self, picture: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Where in the picture Σ weights · features comes from: (H, W) float64, which add up to about it."""
        ...

    def evenly(self, amounts: np.ndarray) -> np.ndarray:
        """Amounts (D,) shared out evenly where each feature is measured: (H, W) float64, of the same sum."""
        ...

    def kept(self, picture: np.ndarray, values: np.ndarray, factor: int) -> list[Figure]:
        """What the features (D,) of a picture keep of it, drawn; `factor` is by how much a pixel is enlarged."""
        ...

    def strengths(self, weights: np.ndarray) -> np.ndarray:
        """Of weights (D,) what `weighed` draws: their sums over all that stands for the same."""
        ...

    def weighed(self, strengths: np.ndarray, limit: float) -> np.ndarray:
        """Strengths drawn, (h, w, 3) uint8: orange where a larger number speaks for a class, blue against; those of
        `limit` and more have the full color."""
        ...

    def icon(self, group: int, picture: np.ndarray) -> np.ndarray:
        """A small picture (`ICON`, `ICON`, 3) uint8 of a group, in this picture."""
        ...

    def where(self, group: int, picture: np.ndarray) -> np.ndarray:
        """Where a group is in the picture: (H, W) float from 0, not there, to 1."""
        ...


@dataclass(frozen=True)
class PlainView:
    """Features of which nothing more is known than where they were measured: each a group of its own."""

    part: Part
    shape: tuple[int, int, int]

    @cached_property
    def boxes(self) -> np.ndarray:
        """Where each was measured: (D, 4) int, top, bottom, left and right."""
        return self.part.boxes(*self.shape)

    @cached_property
    def names(self) -> tuple[str, ...]:
        every = self.part.names(*self.shape)
        return tuple(name.removeprefix(f"{self.part.name} ") for name in every)

    @property
    def groups(self) -> np.ndarray:
        return np.arange(len(self.boxes))

    def placed(self, picture: np.ndarray, weights: np.ndarray) -> np.ndarray:
        return self.evenly(weights * self.part(picture[np.newaxis])[0].astype(np.float64))

    def evenly(self, amounts: np.ndarray) -> np.ndarray:
        return spread(amounts, self.boxes, self.shape[:2])

    def kept(self, picture: np.ndarray, values: np.ndarray, factor: int) -> list[Figure]:
        return [Figure(strip(values), self.part.name, f"{len(values):,} numbers")]

    def strengths(self, weights: np.ndarray) -> np.ndarray:
        return weights

    def weighed(self, strengths: np.ndarray, limit: float) -> np.ndarray:
        return strip(strengths, limit)

    def icon(self, group: int, picture: np.ndarray) -> np.ndarray:
        return cut_out(picture, self.boxes[group])

    def where(self, group: int, picture: np.ndarray) -> np.ndarray:
        return boxed(self.boxes[group], self.shape[:2])


def strip(values: np.ndarray, limit: float | None = None) -> np.ndarray:
    """Numbers (D,) as a field of colored squares, row by row: (h, w, 3) uint8."""
    columns = max(1, int(np.ceil(np.sqrt(len(values)))))
    rows = -(-len(values) // columns)
    squares = np.zeros(rows * columns)
    squares[: len(values)] = values
    return enlarged(diverging(squares.reshape(rows, columns), limit), max(1, 256 // columns))


def spread(amounts: np.ndarray, boxes: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Amounts (n,), each shared out evenly among the pixels of its box (n, 4): (H, W) float64."""
    top, bottom, left, right = boxes.T
    shares = amounts / ((bottom - top) * (right - left))
    # Corners of boxes, summed up from the top left, are the boxes.
    corners = np.zeros((size[0] + 1, size[1] + 1))
    for rows, columns, sign in ((top, left, 1), (top, right, -1), (bottom, left, -1), (bottom, right, 1)):
        np.add.at(corners, (rows, columns), sign * shares)
    return corners.cumsum(axis=0).cumsum(axis=1)[:-1, :-1]


def boxed(box: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """1 within a box, 0 around it: (H, W) float64."""
    inside = np.zeros(size)
    inside[box[0] : box[1], box[2] : box[3]] = 1.0
    return inside


def located(picture: np.ndarray, where: np.ndarray) -> np.ndarray:
    """A picture (H, W, C) in its colors where `where` (H, W) is 1, dark and gray where it is 0: (H, W, 3) uint8."""
    dark = 0.28 * luma(picture)[..., np.newaxis] + 12
    return np.rint(dark + where[..., np.newaxis] * (color_picture(picture) - dark)).astype(np.uint8)


def enlarged(picture: np.ndarray, factor: int) -> np.ndarray:
    """Each pixel of a picture (H, W, …) as a square of factor × factor."""
    return picture.repeat(factor, axis=0).repeat(factor, axis=1)


def cut_out(picture: np.ndarray, box: np.ndarray) -> np.ndarray:
    """A box of a picture as an icon (`ICON`, `ICON`, 3) uint8."""
    top, bottom, left, right = (int(side) for side in box)
    return fitted(color_picture(picture[top:bottom, left:right]))


def fitted(picture: np.ndarray, side: int = ICON) -> np.ndarray:
    """A picture (h, w, 3) brought to side × side, each pixel a square where it is enlarged."""
    from PIL import Image

    way = Image.Resampling.NEAREST if max(picture.shape[:2]) <= side else Image.Resampling.BOX
    return np.asarray(Image.fromarray(np.ascontiguousarray(picture)).resize((side, side), way))
