"""A random search: trials drawn from a space, trained side by side, the hopeless ones stopped early."""

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.arrays import compile as compiler
from pellucid.data.dataset import Dataset
from pellucid.models.kinds import NEIGHBORS
from pellucid.preprocessing.shown import Shown, first_shown
from pellucid.search.engines import chosen, seconds
from pellucid.search.halving import REDUCTION, going_on, rungs
from pellucid.search.lots import Lot, Standing, lots
from pellucid.search.settings import setting, with_settings
from pellucid.search.space import NUMBERS, Choice, Range, Space
from pellucid.search.study import Study
from pellucid.search.vectorized import Vectorized
from pellucid.storage.errors import InputError, TrainingError
from pellucid.training.defaults import DEFAULTS, MINIMIZERS
from pellucid.training.engine import check_name
from pellucid.training.loop import measuring
from pellucid.training.recipe import Recipe
from pellucid.training.settling import settled, with_features

Listener = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Plan:
    """All that decides a search, apart from the data.

    Attributes
    ----------
    base : what is not searched; its seed also draws the trials
    trials : how many, 2 or more
    reduction : one in so many goes on from each rung; 1 stops nobody early
    engine : "auto", "numpy" or "xla"
    """

    base: Recipe
    space: Space
    trials: int
    reduction: int = REDUCTION
    engine: str = "auto"

    def __post_init__(self) -> None:
        if not 2 <= self.trials <= 10_000:
            more = " To train with one setting: pellucid train." if self.trials == 1 else ""
            raise InputError(f"--trials must be 2 to 10,000, got {self.trials}.{more}")
        if self.reduction < 1:
            raise InputError(f"--reduction must be 1 or more, got {self.reduction}.")
        check_name(self.engine)
        optimizers = self.space.dimensions.get("optimizer")
        named = (
            optimizers.values if optimizers and not isinstance(optimizers, Range) else (self.base.optimizer,)
        )
        for name in named:
            if name in MINIMIZERS:
                raise InputError(
                    f"--optimizer {name} chooses the length of its steps itself and cannot be searched like the "
                    "others: leave it out."
                )


@dataclass(frozen=True)
class Trial:
    """One trial.

    Attributes
    ----------
    number : 0, 1, …
    recipe : settled
    spans : searched setting → the ends of its range
    values : epochs done → how good it was on the validation pictures then, higher is better
    ended : "finished", "stopped" (early) or "diverged"
    """

    number: int
    recipe: Recipe
    spans: Mapping[str, tuple[float, float]]
    values: Mapping[int, float]
    ended: str

    @property
    def epochs(self) -> int:
        """How long it was trained."""
        return max(self.values)

    @property
    def value(self) -> float:
        """How good it was in the end."""
        return self.values[self.epochs]


def best(trials: Sequence[Trial]) -> Trial:
    """The best of those that were trained to the end; of equals the first.

    Raises `TrainingError` where none was.
    """
    finished = [trial for trial in trials if trial.ended == "finished"]
    if not finished:
        raise TrainingError(
            "No trial came to the end: the numbers of all of them grew beyond all bounds. Search lower learning rates."
        )
    return max(finished, key=lambda trial: trial.value)


def searched(
    dataset: Dataset, plan: Plan, folder: Path, listener: Listener = lambda event: None
) -> list[Trial]:
    """Run all trials of the plan, or those that are left of a search in the same folder; by number.

    Only the training and the validation part are looked at. A search that was stopped at any moment, and goes on,
    comes to the same trials and the same values as one that was not.

    Parameters
    ----------
    folder : of the search; gets `study.db`, and while trials run a checkpoint of each lot
    listener : told of each event: "measuring", "ready", "epoch", "rung"

    Raises
    ------
    InputError : less than 2 classes, no validation pictures, settings that do not fit the data
    FileError, StorageError : the study is damaged; the disk refuses
    """
    _check(dataset)
    if plan.base.model == NEIGHBORS:
        from pellucid.search.neighbor_trials import compared

        return compared(dataset, plan, listener)
    rows = dataset.train.rows
    base = plan.base
    if "model" in plan.space.dimensions and base.features is None:
        # All trials see the same, and pixels are what every model can see.
        base = replace(base, features="pixels")
    base = with_features(base, dataset.images.shape[1:], len(rows))
    tried = plan.space.dimensions.get("features")
    texts = tried.values if isinstance(tried, Choice) else (str(base.features),)
    measured = partial(
        first_shown, dataset.images, rows, dataset.frame, seed=base.seed, progress=measuring(listener)
    )
    shown = {text: measured(features=text) for text in texts}
    plan = replace(plan, base=base)
    recipes, spans = _recipes(dataset, plan, shown)
    epochs = recipes[0].epochs
    assert epochs is not None
    stages = rungs(epochs, plan.trials, plan.reduction)
    longest = max(seconds(dataset, recipes[0], each.preprocessing) for each in shown.values())
    engine = chosen(plan.engine, _work(plan, stages) * longest)
    groups = lots(dataset, recipes, shown, engine, folder)
    listener(
        {
            "event": "ready",
            "trials": plan.trials,
            "lots": [len(lot.recipes) for lot in groups],
            "side_by_side": [len(lot.recipes) for lot in groups if isinstance(lot.trainings, Vectorized)],
            "rungs": list(stages),
            "engine": engine,
            "recipe": recipes[0].to_json(),
            "pictures": {part: len(dataset.part(part)) for part in ("train", "validation")},
            "total": _work(plan, stages),
        }
    )
    drawn = [{name: setting(recipes[n], name) for name in plan.space.searched} for n in range(plan.trials)]
    study = Study(folder, plan.space, drawn, spans)
    try:
        ended = _halved(plan, groups, stages, study, listener)
        values = study.values
    finally:
        study.close()
    for lot in groups:
        lot.path.unlink(missing_ok=True)
    return [
        Trial(n, recipes[n], spans[n], dict(sorted(values[n].items())), ended[n]) for n in range(plan.trials)
    ]


def _halved(
    plan: Plan, groups: list[Lot], stages: tuple[int, ...], study: Study, listener: Listener
) -> dict[int, str]:
    """Rung after rung; trial's number → how it ended."""
    alive: tuple[int, ...] = tuple(range(plan.trials))
    ended: dict[int, str] = {}
    standings: dict[int, Standing] = {}
    before = done = 0
    for epoch in stages:
        for place, lot in enumerate(groups):
            own = [number for number in alive if number in lot.recipes]
            if not own:
                continue

            begun = done - before * len(own)

            def visit(standing: Standing, begun: int = begun, until: int = epoch) -> None:
                study.beat(standing.numbers)
                count = begun + len(standing.numbers) * standing.epoch
                listener({"event": "epoch", "epoch": standing.epoch, "until": until, "done": count})

            if any(epoch not in study.values[number] for number in own):
                # From the checkpoint, unless it stands in memory: what an earlier process did is not done again.
                standing = standings.get(place) or lot.restored(own, epoch)
                standing = lot.advanced(standing.of(own), epoch, visit)
                standings[place] = standing
                for number, value in lot.judged(standing).items():
                    study.report(number, epoch, value)
            done += len(own) * (epoch - before)
        values = {number: study.values[number][epoch] for number in alive}
        lasting = going_on(values, plan.reduction) if epoch != stages[-1] else going_on(values, 1)
        for number in sorted(set(alive) - set(lasting)):
            ended[number] = "stopped" if math.isfinite(values[number]) else "diverged"
            study.end(number, ended[number])
        listener({"event": "rung", "epoch": epoch, "values": values, "going_on": list(lasting), "done": done})
        alive, before = lasting, epoch
    for number in alive:
        ended[number] = "finished"
        study.end(number, "finished")
    return ended


def _recipes(
    dataset: Dataset, plan: Plan, shown: Mapping[str, Shown]
) -> tuple[dict[int, Recipe], list[dict[str, tuple[float, float]]]]:
    """Trial's number → its settled recipe; and for each trial the ends of the ranges of its settings."""
    defaults: dict[str, Recipe] = {}
    recipes: dict[int, Recipe] = {}
    spans = []
    epochs: int | None = None
    for number in range(plan.trials):
        values = plan.space.drawn(plan.base.seed, number)
        factors = {
            name: values.pop(name)
            for name, each in plan.space.dimensions.items()
            if isinstance(each, Range) and each.relative
        }
        numbers: dict[str, Any] = {name: values.pop(name) for name in NUMBERS if name in values}
        key = repr(sorted(values.items()))
        if key not in defaults:
            recipe = with_settings(replace(plan.base, epochs=plan.base.epochs or epochs), values)
            # What is searched are steps of descent, also where a single training would take a minimizer.
            recipe = replace(recipe, optimizer=recipe.optimizer or DEFAULTS[recipe.model].optimizer)
            rows, classes = dataset.train.rows, len(dataset.classes)
            defaults[key] = settled(recipe, shown[str(recipe.features)], rows, classes)
            epochs = defaults[key].epochs
        default, ends = defaults[key], {}
        for name, each in plan.space.dimensions.items():
            if not isinstance(each, Range):
                continue
            unit = float(getattr(default, name)) if each.relative else 1.0
            ends[name] = float(f"{each.low * unit:.3g}"), float(f"{each.high * unit:.3g}")
            if each.relative:
                numbers[name] = float(np.clip(float(f"{factors[name] * unit:.3g}"), *ends[name]))
        recipes[number] = replace(default, **numbers)
        spans.append(ends)
    return recipes, spans


def _work(plan: Plan, stages: tuple[int, ...]) -> int:
    """Epochs of all trials together."""
    total, alive, before = 0, plan.trials, 0
    for epoch in stages:
        total += alive * (epoch - before)
        alive, before = math.ceil(alive / plan.reduction), epoch
    return total


def _check(dataset: Dataset) -> None:
    if len(dataset.classes) < 2:
        raise InputError(
            f"{dataset.name}: a classifier needs pictures of at least 2 classes to tell apart, "
            f"got {len(dataset.classes)}."
        )
    for part, what in ((dataset.train, "train on"), (dataset.validation, "choose by")):
        if not len(part):
            raise InputError(
                f"{dataset.name}: the {part.name} part has no pictures, and a search needs some to {what}: "
                f"there are only {len(dataset):,} in all. Add some."
            )


def versions(engine: str) -> dict[str, str]:
    """What decides the bits of a search: same values, same bits."""
    import importlib.metadata

    found = {
        "python": sys.version.split()[0],
        "numpy": np.__version__,
        "optuna": importlib.metadata.version("optuna"),
    }
    return found | (compiler.fingerprint() if engine == "xla" else {})
