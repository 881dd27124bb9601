"""The optimizers and schedules by name, with a guess at what was meant where no such name exists."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from pellucid.optimizers.adaptive import AdaGrad, Adam, AdamW, RMSProp
from pellucid.optimizers.descent import GradientDescent, Momentum
from pellucid.optimizers.optimizer import Optimizer
from pellucid.optimizers.schedules import SCHEDULES, Schedule
from pellucid.storage.errors import InputError, check_settings, known_name

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


def optimizer_described(text: str) -> Optimizer:
    """The optimizer that a text names, with its settings behind a colon: "adam", "adam:first_decay=0.95,epsilon=1e-6".

    Raises `InputError` as `optimizer` does, and for settings that are not written so.
    """
    name, settings = _taken_apart(text, "optimizer")
    return optimizer(name, **settings)


def schedule_described(text: str) -> Schedule:
    """The schedule that a text names, with its settings behind a colon: "cosine:last=0.01", "step:at=0.5|0.75".

    Raises `InputError` as `schedule` does, and for settings that are not written so.
    """
    name, settings = _taken_apart(text, "schedule")
    return schedule(name, **settings)


def _taken_apart(text: str, what: str) -> tuple[str, dict[str, Any]]:
    """A name, and its settings as numbers, true or false, and tuples of numbers (with | between)."""
    name, _, rest = str(text).partition(":")
    settings: dict[str, Any] = {}
    for part in rest.split(",") if rest else []:
        setting, equals, value = part.partition("=")
        try:
            number = _read(value.strip())
        except ValueError:
            equals = ""
        if not equals:
            raise InputError(
                f"The {what} is written NAME:SETTING=NUMBER,SETTING=NUMBER; {part!r} in {text!r} is no SETTING=NUMBER."
            )
        if setting.strip() in settings:
            raise InputError(f"The {what} {text!r} names {setting.strip()} twice: once is enough.")
        settings[setting.strip()] = number
    return name.strip(), settings


def _read(value: str) -> Any:
    if value in ("true", "false"):
        return value == "true"
    numbers = tuple(float(each) for each in value.split("|"))
    return numbers if len(numbers) > 1 else numbers[0]


def _chosen(what: str, among: Mapping[str, Any], name: str, settings: dict[str, Any]) -> Any:
    named = known_name(what, name, among)
    check_settings(f"the {what} {named}", settings, [field.name for field in fields(among[named])])
    return replace(among[named], **settings)
