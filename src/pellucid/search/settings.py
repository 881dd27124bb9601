"""What a search can set: fields of the recipe, and settings of its network."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pellucid.storage.errors import InputError
from pellucid.training.recipe import Recipe

LAYERS = ("hidden", "filters")
"""Settings that are a number for each layer. A search has commas between networks, and dashes between their layers:
512-256,1024."""

NETWORK = (*LAYERS, "activation", "dropout", "input_dropout", "initialization")
"""Settings of networks that can be searched."""


def setting(recipe: Recipe, name: str) -> Any:
    """The value of a searched setting, as its space has it."""
    if name not in NETWORK:
        return getattr(recipe, name)
    value = recipe.network[name]
    return "-".join(map(str, value)) if name in LAYERS else value


def with_settings(recipe: Recipe, values: Mapping[str, Any]) -> Recipe:
    """The recipe with these values of settings, as a space has them. Raises `InputError` where one cannot be."""
    fields = {name: value for name, value in values.items() if name not in NETWORK}
    own = {
        name: _units(value) if name in LAYERS else value for name, value in values.items() if name in NETWORK
    }
    return replace(recipe, **fields, network={**recipe.network, **own})


def checked_layers(option: str, text: str) -> str:
    """The layers of one network as typed, "512-256". Raises `InputError` unless they are whole numbers above 0."""
    if all(part.isdecimal() and int(part) > 0 for part in text.split("-")):
        return text
    raise InputError(
        f"{option} must be whole numbers, 1 or more: dashes between the layers of a network, commas between networks, "
        f"as 512-256,1024; got {text!r}."
    )


def _units(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split("-")))
