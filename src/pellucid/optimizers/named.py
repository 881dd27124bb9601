"""The optimizers and schedules by name, with a guess at what was meant where no such name exists."""

from typing import Any

from pellucid.optimizers.adaptive import AdaGrad, Adam, AdamW, RMSProp
from pellucid.optimizers.descent import GradientDescent, Momentum
from pellucid.optimizers.optimizer import Optimizer
from pellucid.optimizers.schedules import SCHEDULES, Schedule
from pellucid.storage.described import chosen, described

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
    return chosen("optimizer", OPTIMIZERS, name, settings)


def schedule(name: str, **settings: Any) -> Schedule:
    """The schedule of this name with these settings: `schedule("cosine", last=0.01)`.

    Raises `InputError` where the name or a setting is not known, or a value is out of its range.
    """
    return chosen("schedule", SCHEDULES, name, settings)


def optimizer_described(text: str) -> Optimizer:
    """The optimizer that a text names, with its settings behind a colon: "adam", "adam:first_decay=0.95,epsilon=1e-6".

    Raises `InputError` as `optimizer` does, and for settings that are not written so.
    """
    return described("optimizer", OPTIMIZERS, text)


def schedule_described(text: str) -> Schedule:
    """The schedule that a text names, with its settings behind a colon: "cosine:last=0.01", "step:at=0.5|0.75".

    Raises `InputError` as `schedule` does, and for settings that are not written so.
    """
    return described("schedule", SCHEDULES, text)
