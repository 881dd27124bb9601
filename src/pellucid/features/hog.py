"""Histograms of oriented gradients: which way the edges run, cell by cell."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from pellucid.arrays.compile import materialized
from pellucid.arrays.namespace import namespace
from pellucid.features.gradients import strongest_gradients
from pellucid.features.part import Part
from pellucid.features.settings import flag, whole, whole_pair
from pellucid.storage.errors import InputError, known_name

NORMS = ("L1", "L1-sqrt", "L2", "L2-Hys")
"""How a block is normalized (Dalal and Triggs 2005, section 6.4)."""

_EPSILON = 1e-5  # added to a block's length, so that a block without edges stays zero
_CLIP = 0.2  # of L2-Hys: no single edge counts for more


@dataclass(frozen=True)
class HoG(Part):
    """Histograms of oriented gradients (Dalal and Triggs 2005), equal to scikit-image's `hog` within 1e-6.

    At every pixel the gradient of the channel in which it is largest; in every cell a histogram of their directions,
    weighted by their lengths; each block of neighboring cells normalized as a whole, so that light and contrast matter
    little. A cell is in several blocks, each time normalized by other neighbors.

    Attributes
    ----------
    orientations : bins of the directions
    cell : height and width of a cell in pixels; what is left over at the right and at the bottom is not looked at
    block : height and width of a block in cells
    norm : one of `NORMS`
    transform_sqrt : take the square root of the pixels first, which makes shadows count more
    signed : tell dark-to-bright from bright-to-dark: directions over 360°, not 180° (not in scikit-image)

    Raises
    ------
    InputError : a setting out of its range; pictures smaller than one block of cells
    """

    name: ClassVar[str] = "hog"

    orientations: int = 9
    cell: tuple[int, int] = (8, 8)
    block: tuple[int, int] = (3, 3)
    norm: str = "L2-Hys"
    transform_sqrt: bool = False
    signed: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "orientations", whole("hog", orientations=self.orientations))
        object.__setattr__(self, "cell", whole_pair("hog", cell=self.cell))
        object.__setattr__(self, "block", whole_pair("hog", block=self.block))
        for name in ("transform_sqrt", "signed"):
            object.__setattr__(self, name, flag("hog", **{name: getattr(self, name)}))
        norm = next((each for each in NORMS if each.lower() == str(self.norm).lower()), None)
        object.__setattr__(self, "norm", norm or known_name("norm of hog", self.norm, NORMS))

    @property
    def dtype(self) -> str:
        """Of the gradients: differences of pixels are exact in float32; those of their roots take float64, where
        rounding breaks ties as it does in scikit-image."""
        return "float64" if self.transform_sqrt else "float32"

    def check(self, height: int, width: int, channels: int) -> None:
        """Raise `InputError` where pictures of this size have no block of cells."""
        self.cells(height, width)

    def boxes(self, height: int, width: int, channels: int) -> np.ndarray:
        """Where each feature of a picture was measured: (D, 4) int, top, bottom, left and right, of its cell."""
        rows, columns, down, across, _ = np.indices(self.shape(height, width)).reshape(5, -1)
        top, left = (rows + down) * self.cell[0], (columns + across) * self.cell[1]
        return np.stack([top, top + self.cell[0], left, left + self.cell[1]], axis=1)

    def names(self, height: int, width: int, channels: int) -> list[str]:
        """Of each feature the cell, the direction in which pictures grow lighter there (or darker, unless signed: 0° to
        the right, 90° downwards), and the block that it is normalized in, where that is more than a cell."""
        turn = 360 if self.signed else 180
        found = []
        for row, column, down, across, k in np.ndindex(self.shape(height, width)):
            cell, angle = f"{row + down},{column + across}", (k + 0.5) * turn / self.orientations
            block = f" in block {row},{column}" if self.block != (1, 1) else ""
            found.append(f"hog {cell} {angle:g}°{block}")
        return found

    def cells(self, height: int, width: int) -> tuple[int, int]:
        """How many cells there are in a picture, down and across."""
        down, across = height // self.cell[0], width // self.cell[1]
        if down < self.block[0] or across < self.block[1]:
            least = tuple(c * b for c, b in zip(self.cell, self.block, strict=True))
            raise InputError(
                f"HoG with cells of {self.cell[0]} × {self.cell[1]} pixels in blocks of {self.block[0]} × "
                f"{self.block[1]} needs pictures of {least[0]} × {least[1]} or more, got {height} × {width}. Take "
                "smaller cells or blocks, or a larger --size."
            )
        return down, across

    def shape(self, height: int, width: int) -> tuple[int, ...]:
        """The axes of a picture's features: blocks down and across, cells of a block down and across, orientations."""
        down, across = self.cells(height, width)
        return (down - self.block[0] + 1, across - self.block[1] + 1, *self.block, self.orientations)

    def __call__(self, pictures: Any) -> Any:
        """Features (N, D) float32 of pictures (N, H, W, C) uint8, with D the product of `shape`."""
        xp = namespace(pictures)
        histograms = self.histograms(pictures)  # (down, across, orientations, N)
        down, across = histograms.shape[:2]
        rows, columns = down - self.block[0] + 1, across - self.block[1] + 1
        # (rows, columns, block down, block across, orientations, N)
        blocks = xp.stack(
            [
                xp.stack([histograms[r : r + rows, c : c + columns] for c in range(self.block[1])], axis=2)
                for r in range(self.block[0])
            ],
            axis=2,
        )
        normalized = self._normalized(blocks)
        return normalized.reshape(math.prod(normalized.shape[:-1]), -1).T

    def histograms(self, pictures: Any) -> Any:
        """How strong the edges of each direction are in each cell, before blocks are normalized: (cells down, cells
        across, orientations, N) float32, of pictures (N, H, W, C) uint8."""
        xp, (height, width) = namespace(pictures), self.cell
        down, across = self.cells(*pictures.shape[1:3])
        vertical, horizontal, length = strongest_gradients(pictures, root=self.transform_sqrt)
        bins = self._bin(xp, vertical, horizontal)
        bins, length = materialized(
            tuple(
                each[: down * height, : across * width].reshape(down, height, -1) for each in (bins, length)
            )
        )
        # Row by row, then column by column: sums of whole arrays, which a compiler makes better loops of than of a
        # reduction over inner axes (7 µs a gray picture of 32 × 32, and 20).
        rows = materialized(
            tuple(
                sum(xp.where(bins[:, row] == k, length[:, row], 0) for row in range(height))
                for k in range(self.orientations)
            )
        )
        columns = [each.reshape(down, across, width, -1) for each in rows]
        sums = [sum(each[:, :, column] for column in range(width)) for each in columns]
        return (xp.stack(sums, axis=2) / (height * width)).astype("float32")

    def _bin(self, xp: Any, vertical: Any, horizontal: Any) -> Any:
        """The number of the bin (H, W, N) float32 that the gradient points to."""
        n, turn = self.orientations, 360 if self.signed else 180
        if self.transform_sqrt or self.signed:
            angle = xp.rad2deg(xp.arctan2(vertical, horizontal)) % turn
            past = [angle >= turn / n * k for k in range(1, n)]
        else:
            # A direction is at or past an angle where v cos ≥ h sin. That takes no arc tangent, and what lies on the
            # edge of a bin is told exactly: float32 makes sine and cosine of 45° equal, and a comparison is not
            # fused into one rounding.
            upper = (vertical > 0) | ((vertical == 0) & (horizontal >= 0))
            sign = xp.where(upper, np.float32(1), np.float32(-1))
            vertical, horizontal = sign * vertical, sign * horizontal
            past = [vertical * _cosine(k / n) >= horizontal * _cosine(k / n - 0.5) for k in range(1, n)]
        return sum((each.astype("float32") for each in past), xp.zeros_like(vertical, dtype="float32"))

    def _normalized(self, blocks: Any) -> Any:
        """Blocks (rows, columns, block down, block across, orientations, N), each divided by its length."""
        xp, axes = namespace(blocks), (2, 3, 4)
        if self.norm in ("L1", "L1-sqrt"):
            share = blocks / (blocks.sum(axis=axes, keepdims=True) + np.float32(_EPSILON))
            return share if self.norm == "L1" else xp.sqrt(share)
        unit = _unit(xp, blocks, axes)
        return unit if self.norm == "L2" else _unit(xp, xp.minimum(unit, np.float32(_CLIP)), axes)


def _cosine(turn: float) -> Any:
    """Of an angle in half turns; exactly 0 at a quarter of a full one."""
    return np.float32(round(math.cos(math.pi * turn), 12))


def _unit(xp: Any, blocks: Any, axes: tuple[int, ...]) -> Any:
    """Blocks divided by √(‖block‖² + ε²)."""
    return blocks / xp.sqrt((blocks * blocks).sum(axis=axes, keepdims=True) + np.float32(_EPSILON**2))
