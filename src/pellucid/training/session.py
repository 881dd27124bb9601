"""All that training needs, put together: data, settled recipe, preprocessing, model and engine."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.arrays import random
from pellucid.data.dataset import Dataset
from pellucid.data.frame import Frame
from pellucid.layers.linear import Linear
from pellucid.models.classifier import Classifier
from pellucid.models.linear import linear
from pellucid.optimizers.descent import start
from pellucid.preprocessing.pipeline import Preprocessing
from pellucid.storage.errors import InputError, printable
from pellucid.training.engine import Engine, State, Supply, chosen
from pellucid.training.recipe import Recipe
from pellucid.training.step import Task


@dataclass(frozen=True, eq=False)
class Session:
    """One training, ready to go.

    Attributes
    ----------
    recipe : settled, nothing left open
    start_params : the weights of the first step
    engine, why : how the steps are run, and why so
    """

    dataset: Dataset
    recipe: Recipe
    preprocessing: Preprocessing
    model: Linear
    task: Task
    supply: Supply
    engine: Engine
    why: str
    start_params: dict[str, np.ndarray]

    def start_state(self) -> State:
        """The state before the first step."""
        return {
            "params": self.start_params,
            "optimizer": start(self.task.optimizer, self.start_params),
            "t": np.int32(0),
        }

    def classifier(
        self, params: dict[str, Any], temperature: float = 1.0, origin: dict[str, Any] | None = None
    ) -> Classifier:
        """The classifier with these weights."""
        params = {name: np.asarray(array, np.float32) for name, array in params.items()}
        return Classifier(
            self.recipe.model,
            self.dataset.classes,
            self.preprocessing,
            self.model,
            params,
            temperature,
            origin or {},
        )


def prepared(
    dataset: Dataset,
    recipe: Recipe,
    *,
    engine: str = "auto",
    preprocessing: Preprocessing | None = None,
    start_from: Classifier | None = None,
) -> Session:
    """Everything ready for training on the training part of a dataset.

    Parameters
    ----------
    engine : "auto", "numpy" or "xla"
    preprocessing : taken as it is where training goes on; measured on the training part otherwise
    start_from : a classifier whose weights and preprocessing are the start

    Raises
    ------
    InputError : the recipe or the classifier does not fit the data
    """
    rows = dataset.train.rows
    if not len(rows):
        raise InputError("There is nothing to train on: the training part has no pictures.")
    _check_finite(dataset)
    if start_from is not None:
        _check_start(start_from, dataset, recipe)
        preprocessing = start_from.preprocessing
    preprocessing = preprocessing or Preprocessing.measured(dataset.images, rows, dataset.frame)
    recipe = recipe.settled(dataset.images, rows, preprocessing.mean, preprocessing.scale)
    assert recipe.epochs is not None
    assert recipe.batch_size is not None
    assert recipe.l2 is not None
    model = linear(recipe.model, preprocessing.features, len(dataset.classes))
    task = Task(model, recipe.model, recipe.l2, recipe.optimizer)
    weights = picture_weights(dataset.labels, rows, len(dataset.classes), recipe.class_weight)
    supply = Supply(
        dataset.images, dataset.labels.astype(np.int32), weights, preprocessing.mean, preprocessing.scale
    )
    steps = -(-len(rows) // recipe.batch_size)
    runner, why = chosen(
        engine, task, supply, len(rows), preprocessing.features, len(dataset.classes), recipe.epochs, steps
    )
    params = start_from.params if start_from else model.init(random.key(recipe.seed))[0]
    return Session(dataset, recipe, preprocessing, model, task, supply, runner, why, params)


def picture_weights(
    labels: np.ndarray, rows: np.ndarray, classes: int, class_weight: str | None
) -> np.ndarray:
    """How much each picture counts (N,) float32: 1, or with "balanced" n / (K · pictures of its class),
    over the training rows."""
    if class_weight is None:
        return np.ones(len(labels), np.float32)
    counts = np.bincount(labels[rows], minlength=classes)
    return (len(rows) / (classes * np.maximum(counts, 1)))[labels].astype(np.float32)


def _check_finite(dataset: Dataset) -> None:
    if dataset.images.dtype == np.uint8:
        return
    bad = np.flatnonzero(~np.isfinite(dataset.images).all(axis=1))
    if len(bad):
        named = ", ".join(printable(dataset.origins[row]) for row in bad[:5])
        raise InputError(
            f"{len(bad):,} rows hold NaN or infinite numbers, first {named}. Mend or remove them."
        )


def _check_start(start_from: Classifier, dataset: Dataset, recipe: Recipe) -> None:
    if start_from.classes != dataset.classes:
        raise InputError(
            f"--from needs a run with the same classes: it has {', '.join(start_from.classes)}; "
            f"the data have {', '.join(dataset.classes)}."
        )
    if start_from.preprocessing.frame != dataset.frame or start_from.preprocessing.features != np.prod(
        dataset.images.shape[1:]
    ):
        its = _seen(start_from.preprocessing.frame, start_from.preprocessing.features)
        here = _seen(dataset.frame, int(np.prod(dataset.images.shape[1:])))
        raise InputError(
            f"--from needs a run that sees the data the same way: it sees {its}, the data are {here}. "
            "Leave out --size, --fit and --color to take those of the run."
        )
    if start_from.kind != recipe.model:
        raise InputError(f"--from has a {start_from.kind} model, --model asks for {recipe.model}.")


def _seen(frame: Frame | None, features: int) -> str:
    """What a model sees, in words."""
    if frame is None:
        return f"rows of {features:,} numbers"
    return f"{frame.color} pictures of {frame.width} by {frame.height} pixels, fit {frame.fit}"
