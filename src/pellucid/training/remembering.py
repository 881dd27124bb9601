"""Training without descent: what is remembered is measured once, and k is chosen on validation pictures."""

import sys
import time
from dataclasses import dataclass, replace
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.data.dataset import PARTS, Dataset
from pellucid.graph.probabilities import softmax
from pellucid.inspection.calibration import fit_temperature, reliability
from pellucid.inspection.metrics import Evaluation
from pellucid.models.class_means import nearest_mean
from pellucid.models.classifier import Classifier
from pellucid.models.kinds import MEAN, NEIGHBORS
from pellucid.models.linear import linear
from pellucid.models.nearest import Examples
from pellucid.models.neighbors import COUNTS, Neighbors, check_count, vote
from pellucid.preprocessing.pipeline import Preprocessing
from pellucid.preprocessing.shown import Shown, first_shown
from pellucid.preprocessing.standardize import block_rows
from pellucid.storage.errors import InputError
from pellucid.training.engine import check_name
from pellucid.training.facts import of_data
from pellucid.training.finishing import Outcome, kept
from pellucid.training.lock import Lock
from pellucid.training.loop import Listener, measuring
from pellucid.training.recipe import Recipe
from pellucid.training.refusing import check_held_out
from pellucid.training.run import write_run
from pellucid.training.selection import watched
from pellucid.training.session import check_finite
from pellucid.training.settling import with_features

_OWN = 2_000  # training pictures that are judged, each by all the others
_USUAL = 5  # neighbors where there are no validation pictures to choose by


def check_nothing_handed_in(recipe: Recipe, start_from: Any, optimizer: Any, sample_weight: Any) -> None:
    """Raise `InputError` where something is handed in that only descent can use."""
    for name, given in (("--from", start_from), ("optimizer", optimizer), ("sample_weight", sample_weight)):
        if given is not None:
            raise InputError(f"--model {recipe.model} remembers and minimizes nothing: leave out {name}.")


def remembered(
    dataset: Dataset,
    recipe: Recipe,
    folder: Path | None,
    engine: str,
    listener: Listener,
    facts: dict[str, Any],
    seconds: dict[str, float],
) -> Outcome:
    """The nearest neighbors or the nearest class mean of the training part, measured as every other classifier.

    The training part is judged as new pictures are: of neighbors each is left out where it is judged itself, at most
    2,000 of them.

    Raises `InputError` where data and recipe do not fit together, `StorageError` where the disk refuses.
    """
    began = time.perf_counter()
    check_name(engine)
    memory = Memory.of(dataset, recipe, "xla" if engine == "xla" else "numpy", listener)
    spent = {**seconds, "prepare": time.perf_counter() - began, "compile": 0.0}
    run: dict[str, Any] = {
        **facts,
        "pellucid": metadata.version("pellucid"),
        "data": of_data(replace(dataset, notes=(*dataset.notes, *memory.shown.notes))),
        "engine": {"asked": engine, "name": memory.engine, "why": "nothing is minimized"},
        "versions": {"python": sys.version.split()[0], "numpy": np.__version__},
    }
    listener(
        {
            "event": "ready",
            "classes": len(dataset.classes),
            "pictures": {part: len(dataset.part(part)) for part in PARTS},
            "features": memory.shown.preprocessing.features,
            "recipe": memory.recipe.to_json(),
            "engine": memory.engine,
            "why": run["engine"]["why"],
            "remarks": list(memory.shown.notes),
        }
    )
    began = time.perf_counter()
    tried = memory.tried if len(dataset.validation) else {}
    recipe, model, params = memory.made(tried)
    events: list[dict[str, Any]] = [
        {"event": "tried", "watch": recipe.watch, "neighbors": k, "value": v} for k, v in tried.items()
    ]
    for event in events:
        listener(event)
    spent["train"] = time.perf_counter() - began
    began = time.perf_counter()
    scores = {part: memory.judged(part, recipe) for part in PARTS if len(dataset.part(part))}
    temperature, calibration = 1.0, None
    if "validation" in scores:
        temperature = fit_temperature(scores["validation"][1], dataset.validation.labels)
    classifier = Classifier(
        recipe.model, dataset.classes, memory.shown.preprocessing, model, params, temperature
    )
    evaluations = {part: _evaluation(dataset, part, *each, classifier) for part, each in scores.items()}
    if "validation" in scores:
        raw = replace(classifier, temperature=1.0).probabilities(scores["validation"][1])
        before = reliability(raw, dataset.validation.labels).error
        calibration = {"before": before, "after": evaluations["validation"].reliability.error}
    spent["evaluate"] = time.perf_counter() - began
    run["recipe"] = recipe.to_json()
    run["result"] = {
        "loss": {part: evaluation.log_loss for part, evaluation in evaluations.items()},
        "stopped": "everything is remembered",
        "temperature": temperature,
        "calibration_error": calibration,
        "seconds": spent,
        **({"tried": [{"neighbors": k, "value": value} for k, value in tried.items()]} if tried else {}),
    }
    told = (dataset, memory.shown, recipe, classifier, evaluations, run, folder, events, listener)
    if folder is None:
        return kept(*told)
    with Lock(folder):
        write_run(folder, run)
        return kept(*told)


@dataclass(frozen=True, eq=False)
class Memory:
    """The training part as the model sees it, and how the other parts compare with it.

    Attributes
    ----------
    most : neighbors that are found of each validation picture
    """

    dataset: Dataset
    recipe: Recipe
    shown: Shown
    engine: str
    most: int

    @classmethod
    def of(
        cls, dataset: Dataset, recipe: Recipe, engine: str, listener: Listener = lambda event: None
    ) -> "Memory":
        """What is to be remembered. Raises `InputError` where data and recipe do not fit together."""
        rows = dataset.train.rows
        if not len(rows):
            raise InputError("There is nothing to remember: the training part has no pictures.")
        check_finite(dataset)
        check_held_out(dataset, recipe.refuse)
        if len(dataset.classes) < 2:
            raise InputError(
                f"A classifier needs pictures of at least 2 classes to tell apart, got {len(dataset.classes)}."
            )
        if recipe.neighbors is not None:
            check_count(recipe.neighbors, len(rows))
        recipe = with_features(recipe, dataset.images.shape[1:], len(rows))
        shown = first_shown(
            dataset.images,
            rows,
            dataset.frame,
            str(recipe.features),
            seed=recipe.seed,
            progress=measuring(listener),
        )
        seen = shown.preprocessing
        if recipe.model == NEIGHBORS:
            recipe = replace(recipe, metric=recipe.metric or "l2", weights=recipe.weights or "uniform")
        if seen.described == "pixels" and seen.frame is not None:
            shown = replace(shown, preprocessing=_as_they_are(seen, centered=recipe.model == MEAN))
        most = recipe.neighbors or max(k for k in COUNTS if k <= len(rows))
        return cls(dataset, replace(recipe, features=seen.described), shown, engine, most)

    def see(self, rows: np.ndarray) -> np.ndarray:
        """What the model sees of these rows of the dataset: (n,) → (n, D) float32."""
        return self.shown.preprocessing.seen(self.shown.numbers[rows])

    @cached_property
    def examples(self) -> Examples:
        """The training pictures among which neighbors are found; as they are where the model sees their pixels."""
        part = self.dataset.train
        whole = len(self.shown.preprocessing.shape) == 3
        inputs = np.ascontiguousarray(part.images) if whole else self._in_blocks(part.rows, self.see)
        return Examples(inputs, str(self.recipe.metric), self.engine)

    @cached_property
    def _validation(self) -> tuple[np.ndarray, np.ndarray]:
        """Neighbors of the validation pictures."""
        return self._nearest(self.dataset.validation.rows, self.most)

    def _nearest(
        self, rows: np.ndarray, k: int, own: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Neighbors of these rows (n,) of the dataset, a block at a time: see `Examples.nearest`."""
        size = block_rows(self.shown.preprocessing.features, 4096)
        found = [
            self.examples.nearest(self.see(rows[block]), k, None if own is None else own[block])
            for block in (slice(first, first + size) for first in range(0, len(rows), size))
        ]
        numbers, far = (np.concatenate(each) for each in zip(*found, strict=True))
        return numbers, far

    @cached_property
    def _means(self) -> dict[str, np.ndarray]:
        """The weights of the nearest class mean."""
        part = self.dataset.train
        return nearest_mean(self.see, part.rows, part.labels, self.dataset.classes)

    @property
    def tried(self) -> dict[int, float]:
        """For each number of neighbors that may be, the watched measure on validation pictures; {} for class means."""
        if self.recipe.model != NEIGHBORS:
            return {}
        counts = [self.most] if self.recipe.neighbors else [k for k in COUNTS if k <= self.most]
        return {k: self.value(k, str(self.recipe.weights)) for k in counts}

    def value(self, k: int, weights: str) -> float:
        """The watched measure of the votes of k neighbors, 1 to `most`, on validation pictures: higher is better."""
        part, classes = self.dataset.validation, self.dataset.classes
        numbers, far = (each[:, :k] for each in self._validation)
        scores = vote(self.dataset.train.labels[numbers], far, len(classes), weights)
        p = softmax(scores)
        found = Evaluation(part.name, classes, part.rows, part.labels, scores, p)
        return watched(self.recipe.watch, found, -np.log(p[np.arange(len(p)), part.labels]))[0]

    def made(self, tried: dict[int, float]) -> tuple[Recipe, Any, dict[str, np.ndarray]]:
        """The settled recipe, the model and what it remembers. Of numbers of neighbors that do equally well the
        smallest is taken."""
        part, classes, recipe = self.dataset.train, self.dataset.classes, self.recipe
        if recipe.model == MEAN:
            return recipe, linear(self.shown.preprocessing.features, len(classes)), self._means
        usual = min(_USUAL, len(part))
        recipe = replace(
            recipe, neighbors=max(tried, key=lambda k: tried[k]) if tried else recipe.neighbors or usual
        )
        whole = len(self.shown.preprocessing.shape) == 3
        looked_at = self.dataset.images.ndim == 4
        pictures = self.examples.inputs if whole else part.images if looked_at else None
        model = Neighbors(
            self.examples,
            part.labels,
            len(classes),
            int(recipe.neighbors or usual),
            str(recipe.weights),
            pictures,
            part.origins,
        )
        return recipe, model, model.arrays()

    def judged(self, part: str, recipe: Recipe) -> tuple[np.ndarray, np.ndarray]:
        """Rows (n,) of a part, and their scores (n, K)."""
        rows, labels = self.dataset.part(part).rows, self.dataset.train.labels
        if recipe.model == MEAN:
            weight, bias = self._means["weight"], self._means["bias"]
            return rows, self._in_blocks(rows, lambda block: self.see(block) @ weight.T + bias)
        k, classes = int(recipe.neighbors or 0), len(self.dataset.classes)
        own = None
        if part == "validation":
            numbers, far = (each[:, :k] for each in self._validation)
        else:
            if part == "train":
                own = np.unique(np.linspace(0, len(rows) - 1, min(_OWN, len(rows))).astype(np.int64))
                rows, k = rows[own], min(k, len(self.dataset.train) - 1)
            numbers, far = self._nearest(rows, k, own)
        return rows, vote(labels[numbers], far, classes, str(recipe.weights))

    def _in_blocks(self, rows: np.ndarray, make: Any) -> np.ndarray:
        size = block_rows(self.shown.preprocessing.features, 4096)
        return np.concatenate([make(rows[first : first + size]) for first in range(0, len(rows), size)])


def _as_they_are(seen: Preprocessing, *, centered: bool) -> Preprocessing:
    """Gray levels all in one unit, so that distances are those of the pictures.

    Neighbors compare the levels themselves. For class means they are counted from the mean of each pixel, in units of
    the deviation of all, which changes no order of distances and keeps float32 sums small.
    """
    if not centered:
        return replace(seen, mean=np.zeros_like(seen.mean), scale=np.ones_like(seen.scale))
    common = np.sqrt(np.mean(seen.scale.astype(np.float64) ** 2))
    return replace(seen, scale=np.full_like(seen.scale, common))


def _evaluation(
    dataset: Dataset, part: str, rows: np.ndarray, scores: np.ndarray, classifier: Classifier
) -> Evaluation:
    probabilities = classifier.probabilities(scores)
    return Evaluation(part, dataset.classes, rows, dataset.labels[rows], scores, probabilities)
