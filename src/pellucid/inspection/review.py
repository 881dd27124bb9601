"""What a person should look at again: doubles and suspect labels as one list, the gravest first, and as a table."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.data.corrections import COLUMNS
from pellucid.data.dataset import PARTS, Dataset
from pellucid.inspection.suspects import Suspects
from pellucid.storage.errors import printable

__all__ = ["Doubt", "as_table", "doubts"]


@dataclass(frozen=True)
class Doubt:
    """One picture to look at again.

    Attributes
    ----------
    row : of the dataset
    reason : "label" or "double"
    suggested : the class number that its label could be changed to; None where the label is not in question
    probability : of the suggested class, 0 to 1; of a double None
    own : of its label
    like : the row of its double
    """

    row: int
    reason: str
    suggested: int | None = None
    probability: float | None = None
    own: float | None = None
    like: int | None = None

    def to_json(self, dataset: Dataset) -> dict[str, Any]:
        """With the names of pictures and classes."""
        return {
            "picture": printable(dataset.origins[self.row]),
            "part": _part(dataset, self.row),
            "label": printable(dataset.classes[dataset.labels[self.row]]),
            "suggested": None if self.suggested is None else printable(dataset.classes[self.suggested]),
            "reason": self.reason,
            "probability": self.probability,
            "probability_of_label": self.own,
            "like": None if self.like is None else printable(dataset.origins[self.like]),
        }


def doubts(dataset: Dataset, pairs: np.ndarray, suspected: Suspects, rows: np.ndarray) -> list[Doubt]:
    """All that is to be looked at again: doubles with different labels, doubles across parts, suspect labels, and the
    other doubles.

    Of doubles with different labels both are named, each with the other's label. Of others one is: what trains if the
    other tests, so that removing it leaves the test as it is; else the later one.

    Parameters
    ----------
    pairs (M, 2) : rows that are doubles
    suspected : with places in `rows`
    rows (n,) : of the dataset
    """
    contradictory, across, within = [], [], []
    for first, second in pairs.tolist():
        one, other = int(dataset.labels[first]), int(dataset.labels[second])
        if one != other:
            contradictory += [
                Doubt(first, "double", suggested=other, like=second),
                Doubt(second, "double", suggested=one, like=first),
            ]
        elif dataset.split[first] != dataset.split[second]:
            named, kept = sorted((first, second), key=lambda row: int(dataset.split[row]))
            across.append(Doubt(named, "double", like=kept))
        else:
            within.append(Doubt(second, "double", like=first))
    labels = [
        Doubt(int(rows[place]), "label", int(suggested), float(other), float(own))
        for place, suggested, other, own in zip(
            suspected.places, suspected.suggested, suspected.other, suspected.own, strict=True
        )
    ]
    return [*contradictory, *across, *labels, *within]


def as_table(dataset: Dataset, found: Iterable[Doubt]) -> str:
    """The list as a `.csv` with an empty column `action`, in which a person writes relabel or remove.

    With other letters than ASCII's it begins with a mark, without which Excel takes it for another encoding than UTF-8,
    and writes other names back.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for doubt in found:
        told = doubt.to_json(dataset)
        told["probability"] = "" if doubt.probability is None else f"{doubt.probability:.4f}"
        told["action"] = ""
        table.writerow([told[column] or "" for column in COLUMNS])
    written = text.getvalue()
    return written if written.isascii() else f"\ufeff{written}"


def _part(dataset: Dataset, row: int) -> str:
    part = int(dataset.split[row])
    return PARTS[part] if part >= 0 else ""
