"""Training that begins from the weights of another run: whether they fit the data and the model."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from pellucid.data.dataset import Dataset
from pellucid.data.frame import Frame
from pellucid.models.architecture import Architecture
from pellucid.models.classifier import Classifier
from pellucid.models.kinds import REMEMBERING, model_of
from pellucid.storage.errors import InputError, listing
from pellucid.training.recipe import Recipe
from pellucid.training.settling import with_features


def taken_up(start: Classifier, dataset: Dataset, recipe: Recipe) -> Recipe:
    """The recipe for going on with the weights of `start`: settings of its network that the recipe leaves open are its.

    Raises
    ------
    InputError : other classes, data that are seen another way, another kind of model, or a network whose arrays have
        other shapes
    """
    if start.kind in REMEMBERING:
        raise InputError(f"--from has a {start.kind}, which has no weights to start from: leave it out.")
    if start.classes != dataset.classes:
        raise InputError(
            f"--from needs a run with the same classes: it has {listing(start.classes)}; "
            f"the data have {listing(dataset.classes)}."
        )
    shape = dataset.images.shape[1:]
    its, here = (
        (start.preprocessing.frame, start.preprocessing.inputs),
        (dataset.frame, int(np.prod(shape))),
    )
    if its != here:
        raise InputError(
            f"--from needs a run that sees the data the same way: it sees {_seen(*its)}, the data are {_seen(*here)}. "
            "Leave out --size, --fit and --color to take those of the run."
        )
    if start.kind != recipe.model:
        raise InputError(f"--from has a {start.kind} model, --model asks for {recipe.model}.")
    seen, asked = start.preprocessing.described, recipe.features
    if asked not in (None, seen) and with_features(recipe, shape, len(dataset.train)).features != seen:
        raise InputError(
            f"--from has a model that sees {seen}, --features asks for {asked}. "
            "Leave it out to take what the run has."
        )
    if start.linear:
        return recipe
    settings = start.model.record()["settings"]
    network = {**settings, **recipe.network}
    asked = model_of(recipe.model, start.preprocessing.shape, len(dataset.classes), network=network)
    if _shapes(asked) != _shapes(start.model):
        raise InputError(
            f"--from has a {start.kind} whose weights do not fit: it has {_described(recipe.network, settings)}, asked "
            f"for is {_described(recipe.network, recipe.network)}. Leave it out to take what the run has."
        )
    return replace(recipe, network=network)


def _shapes(network: Architecture) -> dict[str, tuple[int, ...]]:
    return {name: array.shape for name, array in network.arrays().items()}


def _described(names: Mapping[str, Any], settings: Mapping[str, Any]) -> str:
    """These settings in words: "hidden 512, 256 and batch norm True"."""
    shown = lambda value: ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return " and ".join(f"{name.replace('_', ' ')} {shown(settings[name])}" for name in names)


def _seen(frame: Frame | None, features: int) -> str:
    """What a model sees, in words."""
    if frame is None:
        return f"rows of {features:,} numbers"
    return f"{frame.color} pictures of {frame.width} by {frame.height} pixels, fit {frame.fit}"
