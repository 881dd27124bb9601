"""The kinds of model that there are, by the names that `--model` knows."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from pellucid.models.architecture import DESIGNS, Architecture, design
from pellucid.models.linear import KINDS as TEMPLATES
from pellucid.models.linear import linear
from pellucid.storage.errors import InputError, meant

MEAN, NEIGHBORS = "nearest-mean", "knn"

REMEMBERING = {
    MEAN: "nearest class mean: what it is nearest to of the average pictures of the classes",
    NEIGHBORS: "k nearest neighbors: what most of the nearest training pictures are (Cover and Hart 1967)",
}
"""The models that remember, and minimize nothing, with a few words for each."""

LINEAR = (MEAN, *TEMPLATES)
"""The models whose scores are weighted sums of what they see."""

NETWORKS = {
    "mlp": "neural network of fully connected layers",
    "maxout": "neural network whose units take the largest of several sums (Goodfellow et al. 2013)",
    "convnet": "small convolutional network",
    "googlenet": "GoogLeNet for small pictures, with batch normalization (Szegedy et al. 2015)",
    **{
        name: f"residual network of {name.removeprefix('resnet')} layers (He et al. 2016)"
        for name in DESIGNS
        if name.startswith("resnet")
    },
}
"""The networks, with a few words for each."""

CONVOLUTIONAL = tuple(name for name in NETWORKS if name not in ("mlp", "maxout"))
"""The networks that look for patterns among neighboring pixels."""

KINDS = {**REMEMBERING, **TEMPLATES, **NETWORKS}
"""What `--model` can name, with a few words for each."""


def check_kind(name: object) -> None:
    """Raise `InputError` unless this is the name of a kind of model; it suggests the nearest."""
    if isinstance(name, str) and name in KINDS:
        return
    guess = meant(str(name).lower(), KINDS)
    raise InputError(f"--model must be one of {', '.join(KINDS)}, got {name!r}.{guess}")


def check_network(kind: str, settings: Mapping[str, Any]) -> None:
    """Raise `InputError` unless these are settings of this kind of model, each in its range."""
    known = settings_of(kind)
    for name in settings:
        if name in known:
            continue
        option = f"--{name.replace('_', '-')}"
        others = [each for each in NETWORKS if name in settings_of(each)]
        if others:
            takes = (
                f" It is for {', '.join(others)}." if len(others) < len(NETWORKS) else " It is for networks."
            )
        else:
            takes = meant(name, known)
        what = f"It knows {', '.join(known).replace('_', ' ')}." if known else "It is no network."
        raise InputError(f"--model {kind} has no {option}: leave it out.{takes} {what}")
    if known:
        design(kind, **settings)


def settings_of(kind: str) -> list[str]:
    """What a network of this kind can be told; nothing for a linear classifier."""
    return [each.name for each in fields(DESIGNS[kind])] if kind in NETWORKS else []


def model_of(
    kind: str,
    shape: tuple[int, ...],
    classes: int,
    *,
    single: bool = False,
    network: Mapping[str, Any] | None = None,
) -> Any:
    """The model of this kind: called with parameters and x (N, D) it returns scores (N, K).

    Parameters
    ----------
    shape : of one picture (H, W, C), or (D,) of a row of numbers
    single : for a linear model of two classes: whether one score tells them apart
    network : settings of a network that differ from its defaults, such as {"hidden": (100,)}

    Raises
    ------
    InputError : an unknown kind or setting, a value out of its range, less than 2 classes, pictures too small
    """
    check_kind(kind)
    if kind in NETWORKS:
        return Architecture(kind, tuple(shape), classes, dict(network or {}))
    features = 1
    for side in shape:
        features *= side
    return linear(features, classes, single=single)
