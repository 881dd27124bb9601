"""What a classifier says of pictures that it was not trained on, for every picture: one model for each fold."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from pellucid.data.dataset import TAKEN_OUT, Dataset
from pellucid.data.splits import folds
from pellucid.inspection.calibration import fit_temperature
from pellucid.inspection.metrics import Evaluation
from pellucid.models.kinds import REMEMBERING
from pellucid.preprocessing.shown import Shown, first_shown
from pellucid.storage.errors import InputError
from pellucid.training.checkpoint import Standing
from pellucid.training.judging import evaluated
from pellucid.training.loop import Listener, trained
from pellucid.training.recipe import Recipe
from pellucid.training.session import prepared
from pellucid.training.trainer import fit

LEAST_SIDE = 24
"""Pixels of the smaller side from which on edges say more than pixels do: three cells of 8."""


@dataclass(frozen=True)
class OutOfFold:
    """Predictions for pictures by models that had not seen them.

    Attributes
    ----------
    rows (n,) int64 : of the dataset, ascending: all but those that no fold could test
    probabilities (n, K) float32 : each row adds up to 1
    accuracy : the share whose label is the most probable class, 0 to 1
    recipe : how each model was trained
    folds : how many models
    """

    rows: np.ndarray = field(repr=False)
    probabilities: np.ndarray = field(repr=False)
    accuracy: float
    recipe: Recipe
    folds: int


def suiting_features(shape: tuple[int, ...]) -> str:
    """What suits pictures of this shape (H, W, C), or rows of numbers (D,), where nothing is asked for."""
    if len(shape) != 3 or min(shape[:2]) < LEAST_SIDE:
        return "pixels"
    return "hog+color" if shape[2] == 3 else "hog"


def out_of_fold(
    dataset: Dataset,
    recipe: Recipe,
    *,
    count: int = 5,
    groups: np.ndarray | None = None,
    engine: str = "auto",
    progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> OutOfFold:
    """Train on all folds but one and predict that one, for each; all parts of the data take part.

    What the model sees of the pictures is the same for all folds; what it learns on the way, such as a codebook or a
    mean, it learns from all pictures, without their labels. The probabilities of all folds have one temperature, fitted
    on them.

    Parameters
    ----------
    recipe : of every model; its features, where they are open, are `suiting_features`
    count : of folds, at least 2
    groups (N,) : rows that stay in one fold, such as doubles (`data.duplicates.double_groups`); searched by default
    engine : "auto", "numpy" or "xla"
    progress : called with (what, done, in all): "pictures" that are measured, where they are, then "epochs" of all
        folds, or "models" of those that have no epochs

    Raises `InputError` where there are too few pictures or classes, or the recipe does not fit the data.
    """
    if len(dataset.classes) < 2:
        raise InputError(f"{dataset.name}: one class only, so no label can be told from another.")
    shape = dataset.images.shape[1:]
    text = recipe.features or suiting_features(shape)
    recipe = replace(recipe, features=text)
    parts = folds(dataset, count, seed=recipe.seed, validation=0.0, over="all", groups=groups)
    kept = np.flatnonzero(dataset.split != TAKEN_OUT)
    measured = partial(progress, "pictures")
    shown = first_shown(dataset.images, kept, dataset.frame, text, seed=recipe.seed, progress=measured)
    scores = np.zeros((len(dataset), len(dataset.classes)), np.float32)
    tested = np.zeros(len(dataset), bool)

    def heard(fold: int, event: dict[str, Any]) -> None:
        progress("epochs", fold * event["epochs"] + event["epoch"], len(parts) * event["epochs"])

    for number, part in enumerate(parts):
        found = _judged(part, recipe, engine, shown, partial(heard, number))
        scores[found.rows], tested[found.rows] = found.scores, True
        if recipe.model in REMEMBERING:
            progress("models", number + 1, len(parts))
    rows = np.flatnonzero(tested)
    probabilities = _softmax(scores[rows] / fit_temperature(scores[rows], dataset.labels[rows]))
    right = probabilities.argmax(axis=1) == dataset.labels[rows]
    return OutOfFold(rows, probabilities, float(right.mean()), recipe, len(parts))


def _judged(part: Dataset, recipe: Recipe, engine: str, shown: Shown, listener: Listener) -> Evaluation:
    """What a model trained on the rest says of the pictures of a fold."""
    if recipe.model in REMEMBERING:
        return fit(part, recipe, engine=engine).evaluations["test"]
    session = prepared(part, recipe, engine=engine, shown=shown)
    standing = Standing(0, session.start_state(), session.start_params)
    end = trained(session, standing, None, listener)
    return evaluated(session, end.standing.best_params, "test")[0]


def _softmax(scores: np.ndarray) -> np.ndarray:
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)
