"""All that training needs, put together: data, settled recipe, preprocessing, model and engine."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from pellucid.arrays import random
from pellucid.data.dataset import Dataset
from pellucid.layers.population import moments, population
from pellucid.losses.weights import picture_weights
from pellucid.models.classifier import Classifier
from pellucid.models.kinds import NETWORKS, model_of
from pellucid.optimizers.averaging import Averaged, averaged
from pellucid.optimizers.optimizer import Walk, is_weight, start
from pellucid.preprocessing.pipeline import Preprocessing
from pellucid.preprocessing.shown import Progress, Shown, first_shown, shown_as_before
from pellucid.storage.errors import InputError, listing, meant, printable
from pellucid.training.batch_size import check_none_alone
from pellucid.training.defaults import AVERAGED, MINIMIZERS
from pellucid.training.engine import Engine, State, Supply, chosen
from pellucid.training.full_batch import Objective, full_batch
from pellucid.training.penalties import strengths
from pellucid.training.recipe import HANDED_IN, Recipe
from pellucid.training.refusing import check_held_out
from pellucid.training.settling import settled, with_features
from pellucid.training.step import Task, draws_key
from pellucid.training.supplying import supply_of
from pellucid.training.warm_start import taken_up

_MEASURED = 8192
"""Pictures that the statistics of batch normalization are measured on: with 64 minibatches instead of 1 to 4 the test
accuracy moves by 0.1 points instead of 0.4 to 0.9."""


@dataclass(frozen=True, eq=False)
class Session:
    """One training, ready to go.

    Attributes
    ----------
    recipe : settled, nothing left open
    l1 : parameter's name → λ of λ Σ|w|, which is in the optimizer and not in the task's objective
    start_params : the weights of the first step
    engine, why : how the steps are run, and why so
    started : whether the first weights are given ones
    """

    dataset: Dataset
    recipe: Recipe
    shown: Shown
    model: Any
    task: Task
    l1: Mapping[str, float]
    supply: Supply
    engine: Engine
    why: str
    start_params: dict[str, np.ndarray]
    started: bool = False

    @property
    def preprocessing(self) -> Preprocessing:
        """From any picture to what the model sees."""
        return self.shown.preprocessing

    def start_state(self) -> State:
        """The state before the first step."""
        return {
            "params": self.start_params,
            "optimizer": start(self.task.optimizer, self.start_params),
            "t": np.int32(0),
        }

    def kept(self, state: State) -> dict[str, np.ndarray]:
        """The weights to judge by and to keep: those of the last step, or their average over all steps."""
        return averaged(self.task.optimizer, state["params"], state["optimizer"])

    def statistics(self, params: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """What the model needs beside these weights, measured on a fixed sample of the training pictures: the mean and
        the variance of batch normalization; {} for a model without it.

        The pictures are taken as they are, since those that it will judge are not augmented either: a mixture of two
        varies less than a picture, and what is normalized by its variance comes out too large.
        """
        if self.recipe.model not in NETWORKS or not self.model.has_statistics:
            return {}
        rows, size = self.dataset.train.rows, self.recipe.batch_size or 1
        drawn = random.permutation(random.fold_in(random.key(self.recipe.seed), 2**31), len(rows))
        blocks = max(1, min(_MEASURED, len(rows)) // size)
        drawn = rows[drawn[: blocks * size]].astype(np.int32).reshape(blocks, -1)
        return population(self.engine.each(_moments, params, drawn), [drawn.shape[1]] * blocks)

    @cached_property
    def full_objective(self) -> Objective:
        """The objective over all training pictures, L1 left out: parameters → its value and its gradients."""
        rows = self.dataset.train.rows
        return full_batch(self.task, self.supply, rows, eager=self.engine.name == "numpy")

    def classifier(
        self,
        params: dict[str, Any],
        statistics: dict[str, Any],
        temperature: float = 1.0,
        origin: dict[str, Any] | None = None,
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
            statistics,
            self.recipe.test_time_flips,
        )


def _moments(task: Task, params: dict[str, Any], x: Any, y: Any, v: Any) -> dict[str, Any]:
    """What each normalization of the model finds in a minibatch: name of a statistic → (C)."""
    return moments(task.model, params, x)


def prepared(
    dataset: Dataset,
    recipe: Recipe,
    *,
    engine: str = "auto",
    shown: Shown | None = None,
    start_from: Classifier | None = None,
    optimizer: Any = None,
    sample_weight: np.ndarray | None = None,
    progress: Progress | None = None,
) -> Session:
    """Everything ready for training on the training part of a dataset.

    Parameters
    ----------
    engine : "auto", "numpy" or "xla"
    shown : what the model sees of the dataset, where training goes on or several trainings share it; measured on the
        training part otherwise
    start_from : a classifier whose weights and preprocessing are the start
    optimizer : an object in the place of the recipe's optimizer, such as `Optax(optax.lion(1e-4))`
    sample_weight (N,) : how much each picture of the dataset counts
    progress : called with (pictures measured, all)

    Raises
    ------
    InputError : the recipe or the classifier does not fit the data
    """
    rows = dataset.train.rows
    if not len(rows):
        raise InputError("There is nothing to train on: the training part has no pictures.")
    check_finite(dataset)
    check_held_out(dataset, recipe.refuse)
    if start_from is not None:
        recipe = taken_up(start_from, dataset, recipe)
        shown = shown_as_before(start_from.preprocessing, dataset.images, progress)
    if shown is None:
        recipe = with_features(recipe, dataset.images.shape[1:], len(rows))
        shown = first_shown(
            dataset.images, rows, dataset.frame, str(recipe.features), seed=recipe.seed, progress=progress
        )
    preprocessing = shown.preprocessing
    recipe = replace(recipe, features=preprocessing.described)
    classes = len(dataset.classes)
    recipe = settled(recipe, shown, rows, classes, optimizer is not None)
    assert recipe.epochs is not None
    assert recipe.batch_size is not None
    assert recipe.l2 is not None
    criterion = recipe.criterion
    criterion.check_classes(classes)
    single = criterion.binary and recipe.model not in NETWORKS
    model = model_of(recipe.model, preprocessing.shape, classes, single=single, network=recipe.network)
    if getattr(model, "has_statistics", False):
        check_none_alone(len(rows), recipe.batch_size, "batch_norm" in vars(model.design))
    params = start_from.params if start_from else model.init(random.key(recipe.seed))[0]
    l2 = strengths("--l2", recipe.l2, params, recipe.penalize_biases)
    l1 = strengths("--l1", recipe.l1, params, recipe.penalize_biases)
    if recipe.augmentation is not None:
        recipe.augmentation.check(dataset.images.shape[1:])
    if recipe.test_time_flips and dataset.images.ndim != 4:
        raise InputError("--test-time-flips is for pictures, and the data are rows of numbers: leave it out.")
    draws = recipe.augmentation is not None or getattr(model, "draws", False)
    key = draws_key(recipe.seed) if draws else None
    task = Task(
        model,
        criterion,
        _optimizer(recipe, optimizer, l1),
        l2,
        key,
        recipe.augmentation,
        recipe.test_time_flips,
    )
    changing = recipe.augmentation is not None or recipe.test_time_flips
    supply = supply_of(dataset, _weights(dataset, recipe, sample_weight), shown, changing=changing)
    steps = -(-len(rows) // recipe.batch_size)
    work = model.multiply_adds() if recipe.model in NETWORKS else preprocessing.features * classes
    runner, why = chosen(engine, task, supply, len(rows), work, recipe.epochs, steps)
    return Session(
        dataset, recipe, shown, model, task, l1, supply, runner, why, params, start_from is not None
    )


def _optimizer(recipe: Recipe, handed_in: Any, l1: dict[str, float]) -> Any:
    """The walk over all parameters, as the recipe asks for it."""
    if recipe.optimizer in MINIMIZERS:
        if l1 or recipe.clip:
            raise InputError(
                f"--optimizer {recipe.optimizer} takes no --l1 and no --clip: take another for these."
            )
        return Walk(_NoRule())
    if (recipe.optimizer == HANDED_IN) and handed_in is None:
        raise InputError(
            "This training's optimizer is an object that was handed in from Python and stands in no file. Hand it in "
            "again: pellucid.training.trainer.resume(folder, dataset, optimizer=…)."
        )
    decays = (lambda name: True) if recipe.penalize_biases else is_weight
    walk = Walk(recipe.rule if handed_in is None else handed_in, recipe.clip, l1, decays)
    return Averaged(walk) if recipe.model in AVERAGED else walk


class _NoRule:
    """In the place of a formula, where a minimizer takes the steps: it remembers nothing."""

    def init(self, w: Any) -> dict[str, Any]:
        return {}


def _weights(dataset: Dataset, recipe: Recipe, sample_weight: np.ndarray | None) -> np.ndarray:
    """How much each picture of the dataset counts (N,) float32; what is balanced is so over the training part."""
    given: Any = recipe.class_weight
    if isinstance(given, Mapping):
        unknown = sorted(set(given) - set(dataset.classes))
        if unknown:
            raise InputError(
                f"--class-weight names {listing(unknown)}, but the classes are {listing(dataset.classes)}."
                f"{meant(unknown[0], dataset.classes)}"
            )
        given = [given.get(name, 1.0) for name in dataset.classes]
    rows, weights = dataset.train.rows, np.ones(len(dataset), np.float32)
    own = None if sample_weight is None else np.asarray(sample_weight)
    if own is not None and own.shape != (len(dataset),):
        raise InputError(f"sample_weight must be {len(dataset):,} numbers, one a picture, got {own.shape}.")
    weights[rows] = picture_weights(
        dataset.labels[rows],
        len(dataset.classes),
        class_weight=given,
        sample_weight=None if own is None else own[rows],
    )
    return weights


def check_finite(dataset: Dataset) -> None:
    """Raise `InputError` where rows of numbers hold NaN or infinite ones; it names them."""
    if dataset.images.dtype == np.uint8:
        return
    bad = np.flatnonzero(~np.isfinite(dataset.images).all(axis=1))
    if len(bad):
        named = ", ".join(printable(dataset.origins[row]) for row in bad[:5])
        raise InputError(
            f"{len(bad):,} rows hold NaN or infinite numbers, first {named}. Mend or remove them."
        )
