"""A finished classifier: preprocessing, model, weights, class names and the temperature of its probabilities."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.models.kinds import NETWORKS
from pellucid.models.linear import templates
from pellucid.models.verdicts import Verdict
from pellucid.preprocessing.pipeline import Preprocessing
from pellucid.preprocessing.standardize import block_rows
from pellucid.storage.errors import InputError

_BLOCK = 4096  # pictures scored at once: memory stays bounded


@dataclass(frozen=True)
class Classifier:
    """Says which class a picture is of, how sure it is, and why.

    Attributes
    ----------
    kind : a name in `KINDS`
    classes : K names
    params : name → float32 array, such as {"weight": (K, D), "bias": (K,)}
    temperature : scores are divided by it before softmax makes probabilities of them; fitted on validation pictures
        (Guo et al. 2017, section 4.2)
    statistics : what the model needs beside its parameters, such as the means of batch normalization
    origin : where it comes from: recipe, data, accuracies, versions
    """

    kind: str
    classes: tuple[str, ...]
    preprocessing: Preprocessing
    model: Any
    params: dict[str, np.ndarray] = field(repr=False)
    temperature: float = 1.0
    origin: dict[str, Any] = field(default_factory=dict, repr=False)
    statistics: dict[str, np.ndarray] = field(default_factory=dict, repr=False)

    def scores(self, inputs: np.ndarray) -> np.ndarray:
        """Scores (N, K) float32 of prepared inputs (N, H, W, C) uint8, or (N, D) for rows of numbers."""
        size = block_rows(self.preprocessing.features, _BLOCK)
        if len(inputs) <= size:
            return self.model(self.params, self.preprocessing.apply(inputs), statistics=self.statistics)
        blocks = range(0, len(inputs), size)
        return np.concatenate([self.scores(inputs[start : start + size]) for start in blocks])

    @property
    def linear(self) -> bool:
        """Whether its scores are weighted sums of the features, so that they can be taken apart exactly."""
        return self.kind not in NETWORKS

    @property
    def templates(self) -> tuple[np.ndarray, np.ndarray]:
        """The weights (K, D) and biases (K,) whose sums are the scores of a linear classifier.

        Raises `InputError` for a network.
        """
        if not self.linear:
            raise InputError(f"A {self.kind} has no single template for each class: it is a network.")
        return templates(self.model, self.params)

    def probabilities(self, scores: np.ndarray) -> np.ndarray:
        """Softmax of the scores (N, K) divided by the temperature: each row adds up to 1."""
        scaled = scores / np.float32(self.temperature)
        exponentials = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        return exponentials / exponentials.sum(axis=1, keepdims=True)

    def predict(self, pictures: Any) -> Any:
        """The verdict on one picture, or a list of verdicts on several.

        Parameters
        ----------
        pictures : a path, a Pillow image or an array (H, W), (H, W, C) uint8 of any size; or a list of
            these; or prepared inputs
            (N, H, W, C) uint8 or (N, D) float

        Raises
        ------
        InputError, FileError : something is no picture
        UnreadableError : some of the listed files cannot be read; all are named
        """
        if isinstance(pictures, list | tuple):
            if all(isinstance(picture, str | Path) for picture in pictures):
                return self.verdicts(self.preprocessing.read(pictures)[0], [str(path) for path in pictures])
            return self.verdicts(np.stack([self.preprocessing.prepare(picture) for picture in pictures]))
        if isinstance(pictures, np.ndarray):
            frame = self.preprocessing.frame
            if pictures.ndim == (4 if frame else 2):
                return self.verdicts(pictures)
            if frame is None or pictures.shape == frame.shape:
                return self.verdicts(pictures[None])[0]
        origin = str(pictures) if isinstance(pictures, str | Path) else ""
        return self.verdicts(self.preprocessing.prepare(pictures)[None], [origin])[0]

    def verdicts(self, inputs: np.ndarray, origins: Sequence[str] | None = None) -> list[Verdict]:
        """The verdicts on prepared inputs (N, H, W, C) uint8 or (N, D), with where each comes from."""
        scores = self.scores(inputs)
        probabilities = self.probabilities(scores)
        return [
            Verdict(self.classes, s, p, origins[row] if origins else "", inputs[row])
            for row, (s, p) in enumerate(zip(scores, probabilities, strict=True))
        ]
