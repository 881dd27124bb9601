"""The ladder: the models that are compared, the simplest first, and how each of them is trained."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from pellucid.data.dataset import Dataset
from pellucid.inspection.metrics import Evaluation
from pellucid.models.kinds import KINDS, REMEMBERING
from pellucid.models.majority import MajorityClass
from pellucid.models.model_file import save_model
from pellucid.storage.errors import InputError, meant
from pellucid.training.recipe import Recipe
from pellucid.training.trainer import fit

Tell = Callable[[str, int, int], None]
"""Told (what, done, in all) while a model is trained: first "pictures" that are measured, where they are, then
"epochs"."""


class Model(Protocol):
    """What a rung needs of a finished model."""

    def scores(self, inputs: np.ndarray) -> np.ndarray: ...

    def probabilities(self, scores: np.ndarray) -> np.ndarray: ...


@dataclass(frozen=True, eq=False)
class Trained:
    """What training one rung on one split made.

    Attributes
    ----------
    model : scores prepared inputs
    evaluations : part → what the model says of it; "test", and "validation" where there are such pictures
    seconds : spent on training alone, without compiling and measuring
    save : writes the model's files into a folder
    facts : more to know, ready for JSON: the settled recipe, the engine
    remarks : sentences, such as a check before training that found something
    """

    model: Model
    evaluations: dict[str, Evaluation]
    seconds: float
    save: Callable[[Path], None] = field(repr=False)
    facts: dict[str, Any] = field(default_factory=dict, repr=False)
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rung:
    """One model of the ladder.

    Attributes
    ----------
    name : what `--models` calls it
    words : what it is, in a few words
    train : (dataset, recipe, engine, tell) → `Trained`
    """

    name: str
    words: str
    train: Callable[[Dataset, Recipe, str, Tell], Trained] = field(repr=False)


def ladder(models: Sequence[str], features: Sequence[str] = ()) -> tuple[Rung, ...]:
    """The lowest rung, and those of these names above it, in their order; a name that comes twice counts once.

    Parameters
    ----------
    models : names, each alone or with features of its own, such as "svm@hog+color"
    features : every model named alone is trained on each of these

    Raises `InputError` for an unknown name, or none; and for a model that cannot see such features.
    """
    unknown = [name for name in models if name.partition("@")[0] not in RUNGS]
    if unknown or not models:
        came = ", ".join(repr(name) for name in unknown) or "none"
        raise InputError(
            f"--models must be names out of {', '.join(RUNGS)}, with commas between, got {came}."
            f"{meant(unknown[0].partition('@')[0].lower(), RUNGS) if unknown else ''}"
        )
    alone = [name for name in models if "@" not in name and name != LOWEST]
    names = [f"{name}@{each}" for each in features for name in alone]
    names += [name for name in models if "@" in name or not features]
    return tuple(_rung(name) for name in dict.fromkeys((LOWEST, *names)))


def _rung(name: str) -> Rung:
    """The rung of a name, alone or with "@features" behind it."""
    model, at, features = name.partition("@")
    if not at:
        return RUNGS[model]
    if model == LOWEST:
        raise InputError(f"--models {name}: the majority class looks at no picture. Leave out @{features}.")
    recipe = Recipe(model=model, features=features)  # what does not go together is said at once
    return Rung(name, f"{KINDS[model]}, on {recipe.features}", _trainer(model, recipe.features))


def _count(dataset: Dataset, recipe: Recipe, engine: str, tell: Tell) -> Trained:
    """The most common class needs no recipe and no engine."""
    began = time.perf_counter()
    model = MajorityClass.fitted(dataset.classes, dataset.train.labels)
    seconds = time.perf_counter() - began
    evaluations = {}
    for part in (dataset.validation, dataset.test):
        if len(part):
            scores = model.scores(part.rows)
            evaluations[part.name] = Evaluation(
                part.name, dataset.classes, part.rows, part.labels, scores, model.probabilities(scores)
            )
    said = dataset.classes[int(model.counts.argmax())]
    return Trained(model, evaluations, seconds, model.save, remarks=(f"says {said} of every picture",))


def _descend(dataset: Dataset, recipe: Recipe, engine: str, tell: Tell) -> Trained:
    """Any model that the trainer knows."""
    remarks: list[str] = []

    def heard(event: dict[str, Any]) -> None:
        if event["event"] == "epoch":
            tell("epochs", event["epoch"], event["epochs"])
        elif event["event"] == "measuring":
            tell("pictures", event["done"], event["pictures"])
        elif event["event"] == "check" and not event["passed"]:
            remarks.append(f"{event['name']}: {event['sentence']}")

    outcome = fit(dataset, recipe, engine=engine, listener=heard)
    result = outcome.run["result"]
    facts = {key: outcome.run[key] for key in ("recipe", "engine", "versions")}
    facts |= {"best_epoch": result.get("best_epoch"), "compile_seconds": result["seconds"]["compile"]}
    evaluations = {part: found for part, found in outcome.evaluations.items() if part != "train"}
    classifier = outcome.classifier
    return Trained(
        classifier,
        evaluations,
        result["seconds"]["train"],
        lambda folder: save_model(folder, classifier),
        facts,
        tuple(remarks),
    )


def _trainer(name: str, features: str | None = None) -> Callable[[Dataset, Recipe, str, Tell], Trained]:
    """The trainer with this model in the recipe, and these features."""
    if name in REMEMBERING:
        # What the others need in order to descend says nothing to it.
        return lambda dataset, recipe, engine, tell: _descend(
            dataset, Recipe(name, features=features, watch=recipe.watch, seed=recipe.seed), engine, tell
        )
    return lambda dataset, recipe, engine, tell: _descend(
        dataset, replace(recipe, model=name, features=features), engine, tell
    )


LOWEST = "majority"
"""Always compared: what knowing nothing but the labels gives."""

RUNGS = {
    rung.name: rung
    for rung in (
        Rung(LOWEST, "always says the most common class", _count),
        *(Rung(name, words, _trainer(name)) for name, words in KINDS.items()),
    )
}
"""All rungs, the simplest first: every kind of model stands on one."""
