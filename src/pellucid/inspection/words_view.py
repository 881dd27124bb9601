"""Visual words, drawn: the codebook as a mosaic, a picture put together of its nearest words, a word's patches."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from pellucid.features.patches import patches, positions
from pellucid.features.settings import fields
from pellucid.features.visual_words import VisualWords
from pellucid.inspection.paper import Figure
from pellucid.inspection.pictures import BLUE, ORANGE, color_picture, gray, largest
from pellucid.inspection.view import enlarged, fitted, spread

_PAPER = 251
_SHARE = 0.99  # of a word's numbers that its scale covers
_MOST = 60  # words of a picture that are drawn
_STRONGEST = 6  # words for a class, and as many against it


@dataclass(frozen=True)
class WordsView:
    """The words of a codebook; what a word adds in all fields of the grid is one group."""

    part: VisualWords
    shape: tuple[int, int, int]
    learned: dict[str, np.ndarray] = field(repr=False)

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(str(k) for k in range(len(self.learned["codebook"])))

    @cached_property
    def groups(self) -> np.ndarray:
        return np.tile(np.arange(len(self.names)), self.part.grid[0] * self.part.grid[1])

    @cached_property
    def patterns(self) -> np.ndarray:
        """The words before they were whitened, as patches without brightness and contrast: (W, h, w, C) float64."""
        colored = np.linalg.pinv(self.learned["whitening"].astype(np.float64))
        seen = self.learned["codebook"] @ colored + self.learned["mean"]
        assert self.part.patch is not None
        return seen.reshape(len(seen), self.part.patch, self.part.patch, -1)

    def pictures(self, words: np.ndarray) -> np.ndarray:
        """These words (n,) as pictures, each on a scale of its own: (n, h, w, 3) uint8."""
        return np.stack([color_picture(gray(each, largest(each, _SHARE))) for each in self.patterns[words]])

    def activations(self, picture: np.ndarray) -> np.ndarray:
        """How much each patch of a picture counts for each word: (rows, columns, W)."""
        book = (self.learned[name] for name in ("codebook", "mean", "whitening"))
        return self.part.activations(picture[np.newaxis], *book)[0]

    @property
    def patches(self) -> tuple[int, int]:
        """How many patches a picture has, down and across."""
        assert self.part.patch is not None
        assert self.part.stride is not None
        rows, columns = (positions(side, self.part.patch, self.part.stride) for side in self.shape[:2])
        return rows, columns

    def boxes(self) -> np.ndarray:
        """The patches of a picture: (rows · columns, 4) int, top, bottom, left and right."""
        assert self.part.patch is not None
        assert self.part.stride is not None
        top, left = np.indices(self.patches).reshape(2, -1) * self.part.stride
        return np.stack([top, top + self.part.patch, left, left + self.part.patch], axis=1)

    def placed(self, picture: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """What a word adds in a field, shared out among the patches by how much each counts for it."""
        counts = self.activations(picture).astype(np.float64)
        heat = np.zeros(self.patches)
        added = weights * self.part(picture[np.newaxis], **self.learned)[0].astype(np.float64)
        for (top, bottom, left, right), amounts in self._by_field(added):
            own = counts[top:bottom, left:right]
            total = own.sum(axis=(0, 1))
            shares = np.divide(amounts, total, where=total > 0, out=np.zeros_like(amounts))
            heat[top:bottom, left:right] = own @ shares
        return spread(heat.ravel(), self.boxes(), self.shape[:2])

    def evenly(self, amounts: np.ndarray) -> np.ndarray:
        heat = np.zeros(self.patches)
        for (top, bottom, left, right), own in self._by_field(amounts):
            heat[top:bottom, left:right] = own.sum() / ((bottom - top) * (right - left))
        return spread(heat.ravel(), self.boxes(), self.shape[:2])

    def _by_field(self, amounts: np.ndarray) -> Iterable[tuple[np.ndarray, np.ndarray]]:
        """The fields of the grid, in patches, each with its amounts (W,) of those of all features (D,)."""
        grid = fields(self.patches, self.part.grid)
        return zip(grid, amounts.reshape(len(grid), -1), strict=True)

    def where(self, group: int, picture: np.ndarray) -> np.ndarray:
        """The pixels of the patches to which this word is the nearest; of none, of the one that it is nearest to."""
        counts = self.activations(picture).reshape(-1, len(self.names))
        nearest = np.flatnonzero(counts.argmax(axis=1) == group)
        chosen = nearest if len(nearest) else counts[:, [group]].argmax(axis=0)
        lit = np.zeros(self.shape[:2])
        for top, bottom, left, right in self.boxes()[chosen]:
            lit[top:bottom, left:right] = 1.0
        return lit

    def kept(self, picture: np.ndarray, values: np.ndarray, factor: int) -> list[Figure]:
        sums = np.bincount(self.groups, values)
        most = np.argsort(-sums, kind="stable")[:_MOST]
        down, across = self.part.grid
        about = (
            f"{len(self.names):,} words in {down} x {across} fields: {len(values):,} numbers\n"
            "each patch as its nearest word, without its light"
        )
        words = mosaic(self.pictures(most), 10, max(2, 30 // self.patterns.shape[1]))
        return [
            Figure(self._rebuilt(picture, factor), "what the words keep", about),
            Figure(words, "its words, the strongest first", f"{len(most)} of {len(self.names):,}"),
        ]

    def strengths(self, weights: np.ndarray) -> np.ndarray:
        return np.bincount(self.groups, weights)

    def weighed(self, strengths: np.ndarray, limit: float) -> np.ndarray:
        """The words that speak most for a class, framed orange, and below those most against it, blue."""
        order = np.argsort(-strengths, kind="stable")
        count = min(_STRONGEST, len(order) // 2 or 1)
        rows = ((order[:count], ORANGE[2]), (order[::-1][:count], BLUE[2]))
        factor = max(2, 24 // self.patterns.shape[1])
        return np.concatenate([mosaic(self.pictures(words), count, factor, color) for words, color in rows])

    def icon(self, group: int, picture: np.ndarray) -> np.ndarray:
        return fitted(self.pictures(np.array([group]))[0])

    def _rebuilt(self, picture: np.ndarray, factor: int) -> np.ndarray:
        """The mean over all patches that cover a pixel of what their nearest words have there."""
        nearest = self.activations(picture).reshape(-1, len(self.names)).argmax(axis=1)
        total = np.zeros((*self.shape[:2], self.patterns.shape[3]))
        times = np.zeros((*self.shape[:2], 1))
        for word, (top, bottom, left, right) in zip(nearest, self.boxes(), strict=True):
            total[top:bottom, left:right] += self.patterns[word]
            times[top:bottom, left:right] += 1
        mean = total / np.maximum(times, 1)
        return enlarged(color_picture(gray(mean, largest(mean, _SHARE))), factor)


def mosaic(words: np.ndarray, columns: int, factor: int, frame: Sequence[int] = (_PAPER,) * 3) -> np.ndarray:
    """Words (n, h, w, 3) uint8 in rows, enlarged, with a line of paper, or a frame, between them."""
    count, (height, width) = len(words), (side * factor + 4 for side in words.shape[1:3])
    rows = -(-count // columns)
    drawn = np.full((rows * height, columns * width, 3), _PAPER, np.uint8)
    for place, word in enumerate(words):
        top, left = place // columns * height, place % columns * width
        drawn[top : top + height - 2, left : left + width - 2] = frame
        drawn[top + 1 : top + height - 3, left + 1 : left + width - 3] = enlarged(word, factor)
    return drawn


def codebook(view: WordsView, most: int = 400, columns: int = 25) -> np.ndarray:
    """The words by how many patches of the training pictures are nearest to each, the most frequent first."""
    order = np.argsort(-view.learned["frequencies"], kind="stable")[:most]
    return mosaic(view.pictures(order), min(columns, len(order)), max(2, 30 // view.patterns.shape[1]))


def nearest_patches(
    view: WordsView, pictures: np.ndarray, words: Sequence[int] | np.ndarray, count: int = 8
) -> np.ndarray:
    """The patches that count most for each word, (words, count, h, w, C) uint8, the strongest first, at most one of
    each of the pictures (N, H, W, C)."""
    words = np.asarray(words)
    patch, stride = view.part.patch, view.part.stride
    assert patch is not None
    assert stride is not None
    count = min(count, len(pictures))
    best = np.empty((len(pictures), len(words)))
    place = np.empty((len(pictures), len(words)), np.int64)
    for row, picture in enumerate(pictures):
        counts = view.activations(picture).reshape(-1, len(view.names))[:, words]
        place[row], best[row] = counts.argmax(axis=0), counts.max(axis=0)
    found = []
    for k in range(len(words)):
        rows = np.argsort(-best[:, k], kind="stable")[:count]
        seen = [
            patches(pictures[row : row + 1], patch, stride).reshape(-1, patch, patch, view.shape[2])
            for row in rows
        ]
        found.append(np.stack([each[place[row, k]] for row, each in zip(rows, seen, strict=True)]))
    return np.stack(found)
