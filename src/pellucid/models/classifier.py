"""A finished classifier: preprocessing, model, weights, class names and the temperature of its probabilities."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.layers.layer import chain
from pellucid.layers.linear import Linear
from pellucid.models.kinds import LINEAR, NEIGHBORS, NETWORKS
from pellucid.models.linear import templates
from pellucid.models.refusal import Refusal
from pellucid.models.scoring import outputs
from pellucid.models.summary import Row, Summary, summary
from pellucid.models.verdicts import Near, Verdict
from pellucid.preprocessing.pipeline import Preprocessing
from pellucid.storage.errors import InputError

Progress = Callable[[int, int], None]


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
    test_time_flips : whether a score is the mean of those of the picture and of its mirror image, which a network that
        was trained on mirrored pictures knows as well (Krizhevsky, Sutskever and Hinton 2012, section 4.1)
    origin : where it comes from: recipe, data, accuracies, versions
    refusal : when it says "none of these"; None where it always names a class
    """

    kind: str
    classes: tuple[str, ...]
    preprocessing: Preprocessing
    model: Any = field(repr=False)
    params: dict[str, np.ndarray] = field(repr=False)
    temperature: float = 1.0
    origin: dict[str, Any] = field(default_factory=dict, repr=False)
    statistics: dict[str, np.ndarray] = field(default_factory=dict, repr=False)
    test_time_flips: bool = False
    refusal: Refusal | None = None

    def scores(
        self, inputs: np.ndarray, rows: np.ndarray | None = None, progress: Progress | None = None
    ) -> np.ndarray:
        """Scores (N, K) float32 of prepared inputs (N, H, W, C) uint8, or (N, D) for rows of numbers.

        Thousands are scored by a compiled program where that is faster; it comes to the same within 1e-5.

        Parameters
        ----------
        rows (n,) : which of the inputs, in this order; all of them by default
        progress : called with (inputs scored, all inputs), mirror images counted like any other
        """
        own, views = (self.model, self.params, self.statistics, self.preprocessing), self.views(inputs)

        def so_far(before: int, done: int, count: int) -> None:
            if progress:
                progress(before * count + done, len(views) * count)

        scores = [outputs(*own, view, rows, progress=partial(so_far, k)) for k, view in enumerate(views)]
        return scores[0] if len(scores) == 1 else 0.5 * (scores[0] + scores[1])

    def views(self, inputs: np.ndarray) -> list[np.ndarray]:
        """What is scored of these inputs (N, ...): they themselves, and with `test_time_flips` their mirror images."""
        return [inputs, np.asarray(inputs)[:, :, ::-1]] if self.test_time_flips else [inputs]

    def summary(self, depth: int | None = None) -> Summary:
        """Its layers as a table: what comes out of each, numbers to learn, and work for one picture."""
        features = self.preprocessing.features
        if self.remembers:
            row = Row("examples", self.kind, (len(self.classes),), 0, self.model.multiply_adds())
            return Summary((row,), replace(row, name=self.kind, kind=""))
        if not self.linear:
            return summary(self.model, depth=depth)
        # Of two classes with a single score the other class has its negative.
        scores = Linear(features, len(self.params["weight"]))
        return summary(chain(scores=scores), (features,), name=self.kind)

    @property
    def linear(self) -> bool:
        """Whether its scores are weighted sums of the features, so that they can be taken apart exactly."""
        return self.kind in LINEAR

    @property
    def network(self) -> bool:
        """Whether it is made of layers, which can be looked into."""
        return self.kind in NETWORKS

    @property
    def remembers(self) -> bool:
        """Whether it compares a picture with those that it was trained on, so that these are the reason it gives."""
        return self.kind == NEIGHBORS

    @property
    def templates(self) -> tuple[np.ndarray, np.ndarray]:
        """The weights (K, D) of the standardized inputs and the biases (K,) whose sums are the scores of a linear
        classifier, also where it sees a projection of them.

        Raises `InputError` for a classifier that has none.
        """
        if not self.linear:
            what = "it compares pictures with pictures" if self.remembers else "it is a network"
            raise InputError(f"A {self.kind} has no single template for each class: {what}.")
        weight, bias = templates(self.model, self.params)
        weight = self.preprocessing.pulled_back(weight)
        return self._with_mirror_image(weight, bias) if self.test_time_flips else (weight, bias)

    def _with_mirror_image(self, weight: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Weights (K, D) and biases (K,) whose sums for a picture are the mean of its scores and its mirror image's.

        Pixel i of the mirror image is pixel m(i) of the picture. With w/σ the weight of a gray level, x = (p − μ)/σ:
        Σ wᵢ (p_m(i) − μᵢ)/σᵢ = Σ w'ᵢ xᵢ + Σ w_m(i) (μᵢ − μ_m(i))/σ_m(i),  w'ᵢ = σᵢ w_m(i)/σ_m(i).
        """
        assert self.preprocessing.frame is not None
        mean, scale = (
            np.asarray(each, np.float64) for each in (self.preprocessing.mean, self.preprocessing.scale)
        )
        mirror = np.arange(len(mean)).reshape(self.preprocessing.frame.shape)[:, ::-1].reshape(-1)
        its = weight[:, mirror] / scale[mirror]  # (K, D) of a gray level
        return 0.5 * (weight + its * scale), bias + 0.5 * (its @ (mean - mean[mirror]))

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

    def verdicts(
        self, inputs: np.ndarray, origins: Sequence[str] | None = None, progress: Progress | None = None
    ) -> list[Verdict]:
        """The verdicts on prepared inputs (N, H, W, C) uint8 or (N, D), with where each comes from; `progress` is that
        of `scores`."""
        scores = self.scores(inputs, progress=progress)
        probabilities = self.probabilities(scores)
        near = self._nearest_to_refused(np.asarray(inputs), probabilities.max(axis=1))
        return [
            Verdict(
                self.classes,
                s,
                p,
                origins[row] if origins else "",
                inputs[row],
                row in near,
                near.get(row, ()),
            )
            for row, (s, p) in enumerate(zip(scores, probabilities, strict=True))
        ]

    def refused(self, inputs: np.ndarray, sure: np.ndarray) -> np.ndarray:
        """(n,) bool: of which prepared inputs (n, …) it says "none of these", where it is so sure (n,) of its verdicts;
        of none where it never does."""
        if self.refusal is None:
            return np.zeros(len(sure), bool)
        distances = self.refusal.vicinity.distances(self.preprocessing.apply, inputs)
        return self.refusal.refused(sure, distances)

    def _nearest_to_refused(self, inputs: np.ndarray, sure: np.ndarray) -> dict[int, tuple[Near, ...]]:
        """The training pictures nearest to each of the inputs (n, …) that is refused, by its place."""
        refused = np.flatnonzero(self.refused(inputs, sure))
        if self.refusal is None or not len(refused):
            return {}
        vicinity = self.refusal.vicinity
        distances, places = vicinity.nearest(self.preprocessing.apply, inputs, refused)
        return {
            int(row): tuple(
                Near(vicinity.names[place], self.classes[vicinity.labels[place]], float(distance))
                for distance, place in zip(distances[i], places[i], strict=True)
            )
            for i, row in enumerate(refused)
        }
