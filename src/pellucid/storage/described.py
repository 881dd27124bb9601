"""A choice in one text: its name, and its settings behind a colon, as in "adam:first_decay=0.95,epsilon=1e-6"."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar

from pellucid.storage.errors import InputError, check_settings, known_name

Choice = TypeVar("Choice")


def described(what: str, among: Mapping[str, Choice], text: str) -> Choice:
    """The choice that the text names, with the settings it gives.

    Parameters
    ----------
    what : is chosen, in a word, for the messages
    among : each choice by its name, a dataclass with its default settings

    Raises `InputError` as `chosen` does, and for settings that are not written so.
    """
    name, settings = _taken_apart(text, what)
    return chosen(what, among, name, settings)


def chosen(what: str, among: Mapping[str, Choice], name: str, settings: dict[str, Any]) -> Choice:
    """The choice of this name with these settings.

    Raises `InputError` where the name or a setting is not known, or a value is out of its range.
    """
    named = known_name(what, name, among)
    choice: Any = among[named]
    check_settings(f"the {what} {named}", settings, [field.name for field in fields(choice)])
    return replace(choice, **settings)


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
