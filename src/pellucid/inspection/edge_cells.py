"""Which cell and which direction each number of a histogram of gradients belongs to, for both of its forms."""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from pellucid.features.fhog import FelzenszwalbHoG
from pellucid.features.hog import HoG


class EdgeCells(Protocol):
    """The cells of a picture, with the edges in each."""

    @property
    def signed(self) -> bool:
        """Whether dark-to-bright is told from bright-to-dark."""
        ...

    @property
    def first(self) -> float:
        """The middle of the first direction, in directions."""
        ...

    @property
    def size(self) -> tuple[int, int]:
        """How many cells there are, down and across."""
        ...

    @property
    def groups(self) -> np.ndarray:
        """The cell of each feature, (D,) int, row by row."""
        ...

    def edges(self, values: np.ndarray) -> np.ndarray:
        """How strong the edges of each direction are in each cell (rows, columns, directions), of features (D,)."""
        ...

    def strengths(self, weights: np.ndarray) -> np.ndarray:
        """What an edge of each direction adds in each cell (rows, columns, directions), by weights (D,)."""
        ...


@dataclass(frozen=True)
class HoGCells:
    """Of `HoG`: a cell is in several blocks, and its numbers in all of them belong to it."""

    part: HoG
    shape: tuple[int, int, int]
    first: float = 0.5

    @property
    def signed(self) -> bool:
        return self.part.signed

    @cached_property
    def size(self) -> tuple[int, int]:
        return self.part.cells(*self.shape[:2])

    @cached_property
    def groups(self) -> np.ndarray:
        rows, columns, down, across, _ = np.indices(self.part.shape(*self.shape[:2])).reshape(5, -1)
        return (rows + down) * self.size[1] + columns + across

    def edges(self, values: np.ndarray) -> np.ndarray:
        return self.strengths(values) / self.strengths(np.ones(len(values)))

    def strengths(self, weights: np.ndarray) -> np.ndarray:
        directions = self.part.orientations
        places = self.groups * directions + np.arange(len(weights)) % directions
        return np.bincount(places, weights).reshape(*self.size, directions)


@dataclass(frozen=True)
class FelzenszwalbCells:
    """Of `FelzenszwalbHoG`: an edge counts in a direction over 360° and in one over 180°; texture has no direction."""

    part: FelzenszwalbHoG
    shape: tuple[int, int, int]
    signed: bool = True
    first: float = 0.0

    @cached_property
    def size(self) -> tuple[int, int]:
        return self.part.shape(*self.shape[:2])[:2]

    @cached_property
    def groups(self) -> np.ndarray:
        return np.repeat(np.arange(self.size[0] * self.size[1]), self.part.shape(*self.shape[:2])[2])

    def edges(self, values: np.ndarray) -> np.ndarray:
        return values.reshape(*self.size, -1)[:, :, : 2 * self.part.orientations]

    def strengths(self, weights: np.ndarray) -> np.ndarray:
        half = self.part.orientations
        own = weights.reshape(*self.size, -1)
        both = own[:, :, 2 * half : 3 * half]
        return own[:, :, : 2 * half] + np.concatenate([both, both], axis=2)
