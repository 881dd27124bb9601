"""Histograms of oriented gradients with soft bins, each cell measured by all of its neighborhoods at once."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from pellucid.arrays.namespace import namespace
from pellucid.features.gradients import strongest_gradients
from pellucid.features.part import Part
from pellucid.features.settings import whole, whole_pair
from pellucid.storage.errors import InputError

_CLIP = 0.2  # no single edge counts for more
_FAINT = 1.0  # squared gray levels that are added to a neighborhood's energy, so that a flat one stays zero
_TEXTURE = 4  # features of a cell beside the directions: how much edge there is, by each of its neighborhoods


@dataclass(frozen=True)
class FelzenszwalbHoG(Part):
    """Histograms of oriented gradients in the form of Felzenszwalb et al.: fewer numbers than `HoG`, and more in them.

    An edge counts in the two nearest directions and the four nearest cells, by how near they are, so that one that
    moves or turns a little changes the features a little. Each cell has 2 · O directions, dark-to-bright told from
    bright-to-dark, O without that, and four for its texture. A cell is divided by the strength of each of the four
    neighborhoods of 2 × 2 cells that it is in, clipped, and these are added up, where `HoG` puts them side by side.

    Forward    h_k = Σ over pixels of length · max(0, 1 − |direction − k|) · max(0, 1 − |row|) · max(0, 1 − |column|)
               with directions in bins, and distances from the middle of the cell in cells;
               u_k = h_k + h_(k+O), E = Σ u_k², and of the neighborhoods b: c_b = min(0.2, (h, u) / √(Σ_b E + 1))
               features (½ Σ_b c_b, and for each b the sum of its first 2 · O)
    Shapes     pictures (N, H, W, C) → (N, rows · columns · (3 · O + 4)) float32, laid out (row, column, feature)
    Source     Felzenszwalb, Girshick, McAllester and Ramanan 2010, "Object detection with discriminatively trained
               part-based models", section 6; directions are soft here as well, and the border's cells are kept, with
               neighbors like themselves

    Attributes
    ----------
    orientations : O, directions over 180°
    cell : height and width of a cell in pixels

    Raises
    ------
    InputError : a setting out of its range; pictures smaller than a cell
    """

    name: ClassVar[str] = "fhog"

    orientations: int = 9
    cell: tuple[int, int] = (8, 8)

    def __post_init__(self) -> None:
        object.__setattr__(self, "orientations", whole("fhog", orientations=self.orientations))
        object.__setattr__(self, "cell", whole_pair("fhog", cell=self.cell))

    def check(self, height: int, width: int, channels: int) -> None:
        """Raise `InputError` where a cell does not fit into pictures of this size."""
        if height < self.cell[0] or width < self.cell[1]:
            raise InputError(
                f"fhog with cells of {self.cell[0]} × {self.cell[1]} pixels needs pictures of that size or more, got "
                f"{height} × {width}: take smaller cells, or a larger --size."
            )

    def shape(self, height: int, width: int) -> tuple[int, int, int]:
        """The axes of a picture's features: cells down and across, features of a cell."""
        return height // self.cell[0], width // self.cell[1], 3 * self.orientations + _TEXTURE

    def boxes(self, height: int, width: int, channels: int) -> np.ndarray:
        """Where each feature of a picture was measured: (D, 4) int, top, bottom, left and right, of its cell."""
        row, column, _ = np.indices(self.shape(height, width)).reshape(3, -1)
        top, left = row * self.cell[0], column * self.cell[1]
        return np.stack([top, top + self.cell[0], left, left + self.cell[1]], axis=1)

    def names(self, height: int, width: int, channels: int) -> list[str]:
        """Of each feature the cell, and the direction in which pictures grow lighter there (0° to the right, 90°
        downwards), or grow lighter or darker, or by which neighborhood its texture is told."""
        signed = [f"{180 * k / self.orientations:g}°" for k in range(2 * self.orientations)]
        both = [f"{one} or {other}" for one, other in zip(signed, signed[self.orientations :], strict=False)]
        textures = [f"texture, {way}" for way in ("up left", "up right", "down left", "down right")]
        rows, columns, _ = self.shape(height, width)
        each = [*signed, *both, *textures]
        return [
            f"fhog {row},{column} {what}" for row in range(rows) for column in range(columns) for what in each
        ]

    def __call__(self, pictures: Any) -> Any:
        """Features (N, D) float32 of pictures (N, H, W, C) uint8, with D the product of `shape`."""
        self.check(*pictures.shape[1:])
        xp, directions = namespace(pictures), 2 * self.orientations
        signed = self.histograms(pictures)  # (rows, columns, 2O, N)
        both = xp.concatenate(
            [signed, signed[:, :, : self.orientations] + signed[:, :, self.orientations :]], axis=2
        )
        energy = (both[:, :, directions:] ** 2).sum(axis=2)  # (rows, columns, N)
        summed, texture = 0, []
        for strength in _neighborhoods(xp, energy):
            clipped = xp.minimum(both / xp.sqrt(strength + np.float32(_FAINT))[:, :, None], np.float32(_CLIP))
            summed = summed + clipped
            texture.append(clipped[:, :, :directions].sum(axis=2))
        found = xp.concatenate([summed * np.float32(0.5), xp.stack(texture, axis=2)], axis=2)
        return found.reshape(-1, found.shape[-1]).T  # (rows, columns, features, N) → (N, D)

    def histograms(self, pictures: Any) -> Any:
        """How strong the edges of each direction are in and around each cell: (rows, columns, 2 · O, N) float32, of
        pictures (N, H, W, C) uint8."""
        xp, bins = namespace(pictures), 2 * self.orientations
        vertical, horizontal, length = strongest_gradients(pictures)
        direction = xp.arctan2(vertical, horizontal) * np.float32(bins / (2 * np.pi))  # −O to O
        down, across = (_nearness(side, cell) for side, cell in zip(length.shape[:2], self.cell, strict=True))
        found = []
        for k in range(bins):
            away = xp.abs(direction - np.float32(k))
            near = xp.maximum(np.float32(1) - xp.minimum(away, xp.abs(bins - away)), np.float32(0))
            rows = xp.tensordot(down, length * near, axes=1)  # (rows, W, N)
            found.append(xp.matmul(across, rows))  # (rows, columns, N)
        return xp.stack(found, axis=2)


def _nearness(side: int, cell: int) -> np.ndarray:
    """How much each pixel counts in each cell (cells, side): all in its middle, nothing in those of its neighbors."""
    middles = (np.arange(side // cell) + 0.5) * cell
    away = np.abs(np.arange(side) + 0.5 - middles[:, None]) / cell
    return np.maximum(0, 1 - away).astype(np.float32)


def _neighborhoods(xp: Any, energy: Any) -> list[Any]:
    """The energies (rows, columns, N) added up over the four neighborhoods of 2 × 2 cells that a cell is in; behind the
    border are cells like those at it."""
    energy = xp.concatenate([energy[:1], energy, energy[-1:]])
    energy = xp.concatenate([energy[:, :1], energy, energy[:, -1:]], axis=1)
    pairs = energy[:-1] + energy[1:]
    fours = pairs[:, :-1] + pairs[:, 1:]  # (rows + 1, columns + 1, N)
    return [fours[:-1, :-1], fours[:-1, 1:], fours[1:, :-1], fours[1:, 1:]]
