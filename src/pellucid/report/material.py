"""What a report is made of, with the questions that several of its sections ask."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from pellucid.data.dataset import Dataset
from pellucid.inspection.first_layer import FirstLayer, first_layer
from pellucid.inspection.metrics import Evaluation
from pellucid.inspection.view import ICON
from pellucid.report.sheets import Sheets

ORDER = ("test", "validation", "train")  # the first of these that was evaluated is what the report is about


@dataclass(frozen=True)
class Material:
    """The data, the classifier, what it said, and the record of its training."""

    dataset: Dataset
    classifier: Any
    evaluations: dict[str, Evaluation]
    events: list[dict[str, Any]]
    run: dict[str, Any]

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(self.classifier.classes)

    @cached_property
    def main(self) -> Evaluation | None:
        """The evaluation that counts most: on the test part, else validation, else training; or None."""
        return next((self.evaluations[part] for part in ORDER if part in self.evaluations), None)

    @property
    def has_pictures(self) -> bool:
        return self.dataset.viewable is not None

    @property
    def viewable(self) -> np.ndarray:
        """The pictures (N, H, W, C) uint8 of data that have them."""
        assert self.dataset.viewable is not None
        return self.dataset.viewable

    @property
    def picture_size(self) -> tuple[int, int]:
        """Height and width of the pictures; 1 and 1 where there are none."""
        height, width = self.viewable.shape[1:3] if self.has_pictures else (1, 1)
        return height, width

    @property
    def thing(self) -> str:
        """What one row of the data is called: a picture, or an example where it is a row of numbers."""
        return "picture" if self.has_pictures else "example"

    @property
    def draws_receipts(self) -> bool:
        """Whether each contribution belongs to a pixel, or to a part of the picture, so that it can be drawn on it."""
        size = int(np.prod(self.dataset.images.shape[1:]))
        return self.dataset.images.ndim == 4 and self.classifier.preprocessing.inputs == size

    @property
    def sees_pixels(self) -> bool:
        """Whether the model's weights belong to pixels, so that they can be drawn as pictures."""
        return self.draws_receipts and self.classifier.preprocessing.measure is None

    @cached_property
    def first_layer(self) -> FirstLayer | None:
        """The weights of a network's first layer, where they can be drawn."""
        return first_layer(self.classifier) if self.sees_pixels else None

    @cached_property
    def sheets(self) -> Sheets:
        """Where the small pictures of the data are collected."""
        height, width = self.picture_size
        return Sheets("p", height, width)

    @cached_property
    def template_sheets(self) -> Sheets:
        """Where the pictures of templates, or of a network's first layer, are collected."""
        if self.first_layer is not None:
            height, width = self.first_layer.pictures.shape[1:3]
            return Sheets("w", height, width, shown=64)
        height, width = self.picture_size
        return Sheets("w", height, width, shown=104 if len(self.classes) <= 24 else 64)

    @cached_property
    def icon_sheets(self) -> Sheets:
        """Where the icons of features are collected."""
        return Sheets("i", ICON, ICON, shown=ICON)

    @cached_property
    def place_sheets(self) -> Sheets:
        """Where pictures are collected that show the place of a feature."""
        height, width = self.picture_size
        return Sheets("l", height, width, shown=ICON)

    def patch_sheets(self, height: int, width: int) -> Sheets:
        """Where patches of this size are collected."""
        return self._patch_sheets.setdefault(
            (height, width), Sheets(f"q{height}x{width}x", height, width, shown=30)
        )

    @cached_property
    def _patch_sheets(self) -> dict[tuple[int, int], Sheets]:
        return {}

    @property
    def all_sheets(self) -> list[Sheets]:
        """All of them: what the page's style must hold."""
        return [
            self.sheets,
            self.template_sheets,
            self.icon_sheets,
            self.place_sheets,
            *self._patch_sheets.values(),
        ]

    def tiles(self, rows: Sequence[int] | np.ndarray, titles: list[str]) -> list[str]:
        """A small picture of each row of the dataset, as HTML."""
        keys = [int(row) for row in rows]
        return self.sheets.tiles(self.viewable[np.asarray(keys, np.int64)], titles, keys)

    def origin(self, row: int) -> str:
        """Where a picture came from, without the folder that all have in common."""
        text = str(self.dataset.origins[int(row)])
        return text[len(self._common) :]

    @cached_property
    def _common(self) -> str:
        """The folder that all origins share, with the slash at its end; empty where there is none."""
        origins = self.dataset.origins
        if not len(origins):
            return ""
        first, last = min(origins, key=str), max(origins, key=str)  # all others lie between these two
        shared = 0
        for a, b in zip(str(first), str(last), strict=False):
            if a != b:
                break
            shared += 1
        return str(first)[: str(first).rfind("/", 0, shared) + 1]

    def recorded(self, *keys: str) -> Any:
        """An entry of run.json, such as ("result", "seconds", "train"); None where it is missing."""
        entry: Any = self.run
        for key in keys:
            if not isinstance(entry, dict) or key not in entry:
                return None
            entry = entry[key]
        return entry

    def recorded_number(self, *keys: str) -> float | None:
        """The same for a number; None where it is missing or no number."""
        entry = self.recorded(*keys)
        return float(entry) if isinstance(entry, int | float) and not isinstance(entry, bool) else None
