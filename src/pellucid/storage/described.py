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
    choice = among.get(name.lower().replace("_", "-"))
    for setting, value in settings.items():
        # A word stands where a word is wanted, such as a norm; a number anywhere else.
        if not isinstance(getattr(choice, setting, None), str):
            settings[setting] = _read(what, text, setting, value)
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
    """A name, and its settings as they were written."""
    name, _, rest = str(text).partition(":")
    settings: dict[str, Any] = {}
    for part in rest.split(",") if rest else []:
        setting, equals, value = (each.strip() for each in part.partition("="))
        if not (equals and value):
            raise _unwritten(what, text, part)
        if setting in settings:
            raise InputError(f"The {what} {text!r} names {setting} twice: once is enough.")
        settings[setting] = value
    return name.strip(), settings


def _read(what: str, text: str, setting: str, value: str) -> Any:
    """A number, true or false, or a tuple of numbers (with | between)."""
    if value in ("true", "false"):
        return value == "true"
    try:
        numbers = tuple(float(each) for each in value.split("|"))
    except ValueError:
        raise _unwritten(what, text, f"{setting}={value}") from None
    return numbers if len(numbers) > 1 else numbers[0]


def _unwritten(what: str, text: str, part: str) -> InputError:
    return InputError(
        f"The {what} is written NAME:SETTING=NUMBER,SETTING=NUMBER; {part!r} in {text!r} is no SETTING=NUMBER."
    )
