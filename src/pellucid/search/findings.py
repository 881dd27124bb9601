"""What a search comes to: the best settings, whether they lie at an edge, the command that trains with them."""

import csv
import io
import math
import shlex
from collections.abc import Sequence
from typing import Any

from pellucid.search.settings import LAYERS, setting
from pellucid.search.space import Range
from pellucid.search.trials import Plan, Trial, best
from pellucid.training.recipe import Recipe
from pellucid.training.selection import measure

EDGE = 0.05
"""A value in the outermost twentieth of its range, on the logarithmic scale, is at an edge."""


def edges(plan: Plan, trial: Trial) -> dict[str, str]:
    """Searched setting → "low" or "high", where this trial is at an edge of its range."""
    found = {}
    for name, each in plan.space.searched.items():
        if isinstance(each, Range):
            share = Range(*trial.spans[name]).share(setting(trial.recipe, name))
            if not EDGE <= share <= 1 - EDGE:
                found[name] = "low" if share < 0.5 else "high"
    return found


def widened(plan: Plan, trial: Trial, data: str) -> str:
    """The command that searches anew where the best lies at an edge, a decade further on that side; "" if nowhere."""
    found = edges(plan, trial)
    if not found:
        return ""
    words = ["pellucid", "search", data, *_model(plan)]
    for name, each in plan.space.dimensions.items():
        if name in found:
            own = Range(*trial.spans[name])
            low, high = (own.low / 10, own.high) if found[name] == "low" else (own.low, own.high * 10)
            words += [_option(name), f"{low:.3g}:{high:.3g}"]
        elif isinstance(each, Range):
            words += [] if each.relative else [_option(name), f"{each.low:g}:{each.high:g}"]
        else:
            words += [_option(name), ",".join(map(_text, each.values))]
    return shlex.join([*words, "--trials", str(plan.trials), "--seed", str(plan.base.seed)])


def command(plan: Plan, trial: Trial, data: str) -> str:
    """The command that trains with the settings of a trial."""
    words = ["pellucid", "train", data, *_model(plan)]
    for name in dict.fromkeys((*plan.space.dimensions, "epochs")):
        value = setting(trial.recipe, name)
        text = _text(value)
        # What minimizes nothing has no epochs.
        words += [] if value is None else [_option(name), text.replace("-", ",") if name in LAYERS else text]
    return shlex.join([*words, "--seed", str(plan.base.seed)])


def conclusion(plan: Plan, trials: Sequence[Trial]) -> list[str]:
    """A few sentences: the best, how sure that is, and where to look next."""
    first = best(trials)
    told = ", ".join(f"{label(name)} {_text(setting(first.recipe, name))}" for name in plan.space.searched)
    said = [f"Best: trial {first.number} with {told}: {measure(plan.base.watch, first.value)} on validation."]
    finished = sorted((t.value for t in trials if t.ended == "finished"), reverse=True)
    if len(finished) > 1:
        said.append(
            f"The next best of the {len(finished)} that were trained to the end came to "
            f"{measure(plan.base.watch, finished[1])}. The best of many is partly best by luck: the test pictures, "
            "which chose nothing, say how good it is."
        )
    for name, side in edges(plan, first).items():
        own = Range(*first.spans[name])
        said.append(
            f"The best {label(name)}, {_text(setting(first.recipe, name))}, is at the {side} edge of its range, "
            f"{own.low:.3g} to {own.high:.3g}: better ones may lie beyond."
        )
    lost = sum(trial.ended == "diverged" for trial in trials)
    if lost:
        said.append(f"{lost} of {len(trials)} trials diverged: their numbers grew beyond all bounds.")
    return said


def label(name: str) -> str:
    """What a setting is called in a sentence."""
    return {"l2": "λ of L2", "l1": "λ of L1"}.get(name, name.replace("_", " "))


def as_json(plan: Plan, trials: Sequence[Trial], data: str) -> dict[str, Any]:
    """All of it, as JSON holds it."""
    first = best(trials)
    return {
        "best": _trial(plan, first),
        "watch": plan.base.watch,
        "command": command(plan, first, data),
        "edges": edges(plan, first),
        "wider": widened(plan, first, data) or None,
        "conclusion": conclusion(plan, trials),
        "trials": [_trial(plan, trial) for trial in trials],
    }


def _trial(plan: Plan, trial: Trial) -> dict[str, Any]:
    return {
        "number": trial.number,
        **{name: setting(trial.recipe, name) for name in plan.space.dimensions},
        "validation": trial.value if math.isfinite(trial.value) else None,
        "epochs": trial.epochs,
        "ended": trial.ended,
    }


def as_csv(plan: Plan, trials: Sequence[Trial]) -> str:
    """A table of all trials, the longest trained and best first."""
    rows = [_trial(plan, trial) for trial in ranked(trials)]
    text = io.StringIO()
    table = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return text.getvalue()


def ranked(trials: Sequence[Trial]) -> list[Trial]:
    """Who was trained longer comes first; of those the better one; of equals the first."""
    return sorted(trials, key=lambda trial: (-trial.epochs, -trial.value, trial.number))


def _model(plan: Plan) -> list[str]:
    """The option that names the model, where it is not searched and not the one that is taken without."""
    named = plan.base.model == Recipe().model or "model" in plan.space.dimensions
    return [] if named else ["--model", plan.base.model]


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
