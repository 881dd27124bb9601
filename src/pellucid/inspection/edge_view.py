"""Histograms of oriented gradients, drawn: the edges of each cell as strokes, over the picture and alone."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pellucid.features.fhog import FelzenszwalbHoG
from pellucid.features.hog import HoG
from pellucid.inspection.edge_cells import EdgeCells
from pellucid.inspection.glyphs import blended, glyphs
from pellucid.inspection.paper import Figure
from pellucid.inspection.pictures import BLUE, ORANGE, largest, luma
from pellucid.inspection.view import ICON, boxed, cut_out, enlarged, spread

_STROKE, _NIGHT = (255, 176, 84), (19, 22, 28)
_SHARE = 0.995  # of the strokes that the scale covers
_LEAST = 14  # pixels of a cell's side in which strokes can be told apart
_TEMPLATE = 192  # pixels, about, of the longer side of drawn weights


@dataclass(frozen=True)
class EdgeView:
    """The cells of a picture; all that is measured in a cell is one group."""

    part: HoG | FelzenszwalbHoG
    shape: tuple[int, int, int]
    cells: EdgeCells

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(f"cell {row},{column}" for row, column in np.ndindex(self.cells.size))

    @property
    def groups(self) -> np.ndarray:
        return self.cells.groups

    def placed(self, picture: np.ndarray, weights: np.ndarray) -> np.ndarray:
        return self.evenly(weights * self.part(picture[np.newaxis])[0].astype(np.float64))

    def evenly(self, amounts: np.ndarray) -> np.ndarray:
        return spread(amounts, self.part.boxes(*self.shape), self.shape[:2])

    def kept(self, picture: np.ndarray, values: np.ndarray, factor: int) -> list[Figure]:
        factor = max(factor, -(-_LEAST // min(self.part.cell)))
        edges = self.cells.edges(values)
        limit = largest(edges, _SHARE) or 1.0
        drawn = self._drawn(np.clip(edges / limit, 0, 1), factor)
        beyond = [
            (0, factor * side - reached) for side, reached in zip(self.shape[:2], drawn.shape, strict=True)
        ]
        drawn = np.pad(drawn, beyond)
        dim = enlarged(np.repeat((22 + 0.42 * luma(picture))[..., np.newaxis], 3, axis=2), factor)
        down, across = self.part.cell
        turn = "360°, bright on the right of a ray" if self.cells.signed else "180°"
        about = (
            f"{self.cells.size[0]} x {self.cells.size[1]} cells of {down} x {across} pixels: {len(values):,} numbers\n"
            f"{edges.shape[2]} directions over {turn}"
        )
        night = np.zeros(dim.shape) + np.array(_NIGHT, float)
        return [
            Figure(blended(dim, _STROKE, drawn), "edges over the picture", "a stroke lies along the edge"),
            Figure(blended(night, (255, 255, 255), drawn), f"what {self.part.name} keeps", about),
        ]

    def strengths(self, weights: np.ndarray) -> np.ndarray:
        return self.cells.strengths(weights)

    def weighed(self, strengths: np.ndarray, limit: float) -> np.ndarray:
        strengths = np.clip(strengths / (limit or 1.0), -1, 1)
        factor = max(1, round(_TEMPLATE / max(self.shape[:2])), -(-_LEAST // min(self.part.cell)))
        up, down = (self._drawn(np.maximum(side, 0), factor) for side in (strengths, -strengths))
        paper = np.zeros((*up.shape, 3)) + np.array(ORANGE[0], float)
        drawn = blended(paper, BLUE[2], np.where(down > up, down, 0.0))
        return blended(drawn.astype(np.float64), ORANGE[2], np.where(up >= down, up, 0.0))

    def icon(self, group: int, picture: np.ndarray) -> np.ndarray:
        edges = self.cells.edges(self.part(picture[np.newaxis])[0])
        own = edges.reshape(-1, edges.shape[2])[group]
        strokes = np.clip(own / (largest(edges, _SHARE) or 1.0), 0, 1)
        ground = 22 + 0.42 * np.repeat(luma(cut_out(picture, self.box(group)))[..., np.newaxis], 3, axis=2)
        drawn = glyphs(strokes[np.newaxis, np.newaxis], ICON, ICON, self.cells.signed, self.cells.first)
        return blended(ground, _STROKE, drawn)

    def where(self, group: int, picture: np.ndarray) -> np.ndarray:
        return boxed(self.box(group), self.shape[:2])

    def box(self, group: int) -> np.ndarray:
        """Top, bottom, left and right of a cell."""
        (row, column), (height, width) = divmod(group, self.cells.size[1]), self.part.cell
        return np.array([row * height, (row + 1) * height, column * width, (column + 1) * width])

    def _drawn(self, strengths: np.ndarray, factor: int) -> np.ndarray:
        height, width = (side * factor for side in self.part.cell)
        return glyphs(strengths, height, width, self.cells.signed, self.cells.first)
