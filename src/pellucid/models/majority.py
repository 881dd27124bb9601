"""The classifier that never looks: it always says the most common class. What every other one has to beat."""

import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from pellucid.storage.errors import InputError
from pellucid.storage.records import write_json


@dataclass(frozen=True, eq=False)
class MajorityClass:
    """Says the most common class of the training pictures, and gives every class its share there as probability.

    Attributes
    ----------
    classes : K names
    counts (K,) int64 : training pictures of each class
    """

    classes: tuple[str, ...]
    counts: np.ndarray = field(repr=False)

    @classmethod
    def fitted(cls, classes: tuple[str, ...], labels: np.ndarray) -> "MajorityClass":
        """Count the labels (n,) int, 0..K−1. Raises `InputError` where there are none."""
        if not len(labels):
            raise InputError("The most common class of no pictures is not known: give some to train on.")
        return cls(classes, np.bincount(labels, minlength=len(classes)))

    def scores(self, inputs: np.ndarray) -> np.ndarray:
        """Scores (N, K) float32 of any inputs (N, …): the same for all, ln p of each class.

        p = (n_k + 1) / (n + K), Laplace's rule of succession: a class that was not seen is rare, not impossible,
        so that its score is finite.
        """
        shares = (self.counts + 1) / (self.counts.sum() + len(self.counts))
        return np.tile(np.log(shares).astype(np.float32), (len(inputs), 1))

    def probabilities(self, scores: np.ndarray) -> np.ndarray:
        """Softmax of the scores (N, K): each row adds up to 1."""
        exponentials = np.exp(scores)
        return exponentials / exponentials.sum(axis=1, keepdims=True)

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write `majority.json` into the folder. Raises `StorageError` where the disk refuses."""
        content = {
            "format": 1,
            "kind": "majority",
            "classes": list(self.classes),
            "counts": self.counts.tolist(),
        }
        write_json(Path(folder) / "majority.json", content)
