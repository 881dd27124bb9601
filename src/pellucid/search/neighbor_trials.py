"""Trials of nearest neighbors: neighbors are found once for each metric and features, then they only vote."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pellucid.data.dataset import Dataset
from pellucid.search.settings import with_settings
from pellucid.search.trials import Listener, Plan, Trial
from pellucid.training.recipe import Recipe
from pellucid.training.remembering import Memory


def compared(dataset: Dataset, plan: Plan, listener: Listener) -> list[Trial]:
    """All trials of the plan, by number; each is done as soon as its neighbors are known, so that none is stopped early
    and none needs a study on disk to go on with.

    Raises `InputError` where settings do not fit the data.
    """
    drawn = [with_settings(plan.base, plan.space.drawn(plan.base.seed, n)) for n in range(plan.trials)]
    # Of few pictures more neighbors than there are would all be the same.
    recipes = [replace(each, neighbors=min(int(each.neighbors or 1), len(dataset.train))) for each in drawn]
    engine = "xla" if plan.engine == "xla" else "numpy"
    listener(
        {
            "event": "ready",
            "trials": plan.trials,
            "lots": [],
            "side_by_side": [],
            "rungs": [0],
            "engine": engine,
            "recipe": recipes[0].to_json(),
            "pictures": {part: len(dataset.part(part)) for part in ("train", "validation")},
            "total": plan.trials,
        }
    )
    groups: dict[Any, list[int]] = {}
    for number, recipe in enumerate(recipes):
        groups.setdefault((recipe.features, recipe.metric), []).append(number)
    trials: dict[int, Trial] = {}
    for numbers in groups.values():
        most = max(int(recipes[number].neighbors or 1) for number in numbers)
        memory = Memory.of(dataset, replace(recipes[numbers[0]], neighbors=most), engine, listener)
        for number in numbers:
            trials[number] = _trial(number, recipes[number], memory)
            listener({"event": "epoch", "done": len(trials)})
    values: Mapping[int, float] = {number: trials[number].value for number in range(plan.trials)}
    listener({"event": "rung", "epoch": 0, "values": values, "going_on": list(values), "done": plan.trials})
    return [trials[number] for number in range(plan.trials)]


def _trial(number: int, recipe: Recipe, memory: Memory) -> Trial:
    recipe = replace(recipe, features=memory.recipe.features)
    return Trial(
        number, recipe, {}, {0: memory.value(int(recipe.neighbors or 1), str(recipe.weights))}, "finished"
    )
