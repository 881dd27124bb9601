"""What is wrong with the course of a training: steps too long or too short, too much or too little learned by heart."""

import math
from collections.abc import Mapping
from typing import Any

from pellucid.training.recipe import Recipe
from pellucid.training.symptoms import Symptom, either, number, of_layers, percent

USUAL = 1e-3
"""A usual length of one step, in units of the weights' own (CS231n, "Neural Networks Part 3")."""
LEAP = 0.05
"""A step of a twentieth of the weights, 50 times the usual one: twenty of them can replace all that was learned."""
GAP = 0.2
"""Training accuracy above validation accuracy: one picture in five is known by heart."""
_STILL = 0.05  # of the weights' length: less than all steps together can have moved them
_SURE = 3.0  # standard errors
_WORSE = 1.05  # times the loss at the start: what has learned nothing ends a little above it by chance


def of_training(
    epochs: list[dict[str, Any]],
    recipe: Recipe,
    network: Mapping[str, Any],
    counts: Mapping[str, int],
    common: float,
) -> list[Symptom]:
    """What the records of all epochs show, when training has ended.

    Parameters
    ----------
    network : the settings of the network; {} for a linear model
    counts : pictures of each part, {"train": …, "validation": …}
    common : the share of the most common class among the training pictures
    """
    looks = [epoch["health"] for epoch in epochs if "health" in epoch]
    if not looks or "start" not in looks[0]:
        return []
    strides = _strides(looks)
    layers = of_layers(looks[-1], looks[0]["start"], network)
    # What did not learn for a reason that is named needs no second sentence, that it did not learn. Units are alike
    # that began at 0, and of weights that begin at 0 any step is a long one.
    alike = any(each.name == "symmetric units" for each in layers)
    found = layers if alike else [*layers, *_too_long(epochs, looks, strides)]
    found = found or _too_short(strides, epochs, recipe, counts["train"])
    return (
        found
        or _overfitting(epochs, recipe, network, counts)
        or _underfitting(epochs, common, counts["train"])
    )


def _strides(looks: list[dict[str, Any]]) -> list[tuple[float, str]]:
    """How far a step moves each layer's weights, in units of their length: every look and layer, the longest last.

    Weights that begin at 0 grow fast at first, as they should: of them the first look is left out.
    """
    grown = {layer["name"] for layer in looks[0]["start"]["layers"] if layer["weight"]}
    return sorted(
        (layer["update"], layer["name"])
        for place, look in enumerate(looks)
        for layer in look["layers"]
        if "update" in layer and (place or layer["name"] in grown)
    )


def _too_long(
    epochs: list[dict[str, Any]], looks: list[dict[str, Any]], strides: list[tuple[float, str]]
) -> list[Symptom]:
    """A loss that is higher than at the start, or weights that are soon replaced."""
    stride, name = strides[-1] if strides else (0.0, "")
    evidence = (
        f"A step moves {name} by {percent(stride)} of its weights' length; about {percent(USUAL)} is usual. "
    )
    first, last = looks[0]["start"]["loss"], looks[-1]["loss"]
    if last > _WORSE * first > 0:
        told = (
            f"After {len(epochs):,} epochs the loss on training pictures is {number(last)}, at first it was "
        )
        evidence = f"{told}{number(first)}. {evidence if stride > 10 * USUAL else ''}"
    elif stride <= LEAP:
        return []
    return [
        Symptom("learning rate too high", f"{evidence}The steps are too long: divide --learning-rate by 10.")
    ]


def _too_short(
    strides: list[tuple[float, str]], epochs: list[dict[str, Any]], recipe: Recipe, pictures: int
) -> list[Symptom]:
    """Steps so short that all of them, one behind the other in one direction, leave the weights where they were."""
    steps = len(epochs) * -(-pictures // (recipe.batch_size or pictures))
    way = strides[-1][0] * steps if strides else 0.0
    if not 0 < way < _STILL:
        return []
    return [
        Symptom(
            "learning rate too low",
            f"All {steps:,} steps together can have moved no layer's weights by more than {percent(way)} of their "
            f"length: multiply --learning-rate by 10 or 100, or train for more epochs.",
        )
    ]


def _overfitting(
    epochs: list[dict[str, Any]], recipe: Recipe, network: Mapping[str, Any], counts: Mapping[str, int]
) -> list[Symptom]:
    last = epochs[-1]
    train, validation = last["train_accuracy"], last.get("validation_accuracy")
    if validation is None or train - validation < GAP + _SURE * _error(validation, counts["validation"]):
        return []
    losses = {epoch["epoch"]: epoch["validation_loss"] for epoch in epochs}
    lowest = min(losses, key=lambda epoch: losses[epoch])
    rising = (
        f" The validation loss was lowest after epoch {lowest} ({number(losses[lowest])}), and came to "
        f"{number(last['validation_loss'])}."
    )
    remedies = ["more pictures", "a larger --l2" if recipe.l2 else "--l2 1e-3"]
    remedies += (
        ["a larger --dropout" if network["dropout"] else "--dropout 0.5"] if "dropout" in network else []
    )
    return [
        Symptom(
            "overfitting",
            f"It is right on {percent(train)} of its {counts['train']:,} training pictures, and on "
            f"{percent(validation)} of {counts['validation']:,} others: it knows much of what it learned by heart."
            f"{rising if last['validation_loss'] > 1.1 * losses[lowest] else ''} What helps: {either(remedies)}.",
        )
    ]


def _underfitting(epochs: list[dict[str, Any]], common: float, pictures: int) -> list[Symptom]:
    train = epochs[-1]["train_accuracy"]
    if train < common + _SURE * _error(common, pictures):
        return [
            Symptom(
                "underfitting",
                f"It is right on {percent(train)} of its training pictures, and always naming the most common class "
                f"would be right on {percent(common)}: it has learned nothing. What helps: --learning-rate find, a "
                f"smaller --l2, and a look at whether the labels are right.",
            )
        ]
    return []


def _error(share: float, pictures: int) -> float:
    """The standard error of a share of so many pictures; never as small as if the share were 0 or 1."""
    pictures = max(pictures, 1)
    return math.sqrt(max(share * (1 - share), 1 / pictures) / pictures)
