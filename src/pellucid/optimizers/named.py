"""The optimizers and schedules by name, with a guess at what was meant where no such name exists."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import Any

from pellucid.optimizers.adaptive import AdaGrad, Adam, AdamW, RMSProp
from pellucid.optimizers.descent import GradientDescent, Momentum
from pellucid.optimizers.optimizer import Optimizer
from pellucid.optimizers.schedules import SCHEDULES, Schedule
from pellucid.storage.errors import InputError

OPTIMIZERS: dict[str, Optimizer] = {
    "sgd": GradientDescent(),
    "momentum": Momentum(),
    "nesterov": Momentum(nesterov=True),
    "adagrad": AdaGrad(),
    "rmsprop": RMSProp(),
    "adam": Adam(),
    "adamw": AdamW(),
}
"""Each optimizer by its name, with its default settings; `optimizer` sets others."""


def optimizer(name: str, **settings: Any) -> Optimizer:
    """The optimizer of this name with these settings: `optimizer("adam", epsilon=1e-6)`.

    Raises `InputError` where the name or a setting is not known, or a value is out of its range.
    """
    return _chosen("optimizer", OPTIMIZERS, name, settings)


def schedule(name: str, **settings: Any) -> Schedule:
    """The schedule of this name with these settings: `schedule("cosine", last=0.01)`.

    Raises `InputError` where the name or a setting is not known, or a value is out of its range.
    """
    return _chosen("schedule", SCHEDULES, name, settings)


def _chosen(what: str, among: Mapping[str, Any], name: str, settings: dict[str, Any]) -> Any:
    if not isinstance(name, str) or name not in among:
        raise InputError(f"{name!r} is not the name of {_article(what)}.{_meant(name, among)}")
    known = [field.name for field in fields(among[name])]
    for setting in settings:
        if setting not in known:
            hint = _meant(setting, known) if known else " It has none."
            raise InputError(f"{setting!r} is not a setting of the {what} {name}.{hint}")
    return replace(among[name], **settings)


def _article(what: str) -> str:
    return f"{'an' if what[0] in 'aeiou' else 'a'} {what}"


def _meant(typed: object, names: Iterable[str]) -> str:
    """The nearest name, and all there are."""
    near = difflib.get_close_matches(str(typed).lower().replace("_", "-"), list(names), 1, 0.6)
    near = near or difflib.get_close_matches(str(typed).lower(), list(names), 1, 0.6)
    guess = f" Did you mean {near[0]}?" if near else ""
    return f"{guess} There are {', '.join(names)}."
