"""What is wrong with the layers of a network, the evidence, and what to change: sentences from a look at its health."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

MANY = 0.4
"""The share of a layer's units that may be dead or saturated: where the learning rate is too high, "as much as 40 % of
your network can be dead" (CS231n, "Neural Networks Part 1"). Of a healthy one it is a few in a hundred."""
NEARLY_ALL = 0.95
"""The share of pictures for which a saturated unit is at an end of its range. A unit that tells one class of ten from
the others is at an end for nine tenths of the pictures, and learns from the rest."""
UNEVEN = 1e3
"""How many times longer the gradient of one layer may be than that of another. Healthy networks stay within about 30;
beyond a thousand there is no one learning rate at which both learn."""


@dataclass(frozen=True)
class Symptom:
    """Something that is wrong.

    Attributes
    ----------
    name : what it is called in the field
    sentence : the evidence, and what to change
    """

    name: str
    sentence: str

    def to_json(self) -> dict[str, str]:
        return asdict(self)


def of_layers(
    health: Mapping[str, Any], start: Mapping[str, Any], network: Mapping[str, Any]
) -> list[Symptom]:
    """What one look shows.

    Parameters
    ----------
    health, start : the record of the look, and of the one before the first step
    network : the settings of the network; {} for a linear model
    """
    born = {layer["name"]: layer for layer in start["layers"]}
    found = _alike(health) or [
        *_off(health, born, network, "dead"),
        *_off(health, born, network, "saturated"),
    ]
    # Units that are off or alike stop the gradient: it is enough to name the cause.
    return found or _uneven(health["layers"], network)


def percent(share: float) -> str:
    """0.873 as "87.3 %"."""
    return f"{100 * share:.3g} %"


def number(value: float) -> str:
    """Two digits of it."""
    return f"{value:.2g}" if value < 1e4 else f"{value:.1e}"


def either(remedies: list[str]) -> str:
    """All of them: "a, b or c"."""
    return remedies[0] if len(remedies) == 1 else f"{', '.join(remedies[:-1])} or {remedies[-1]}"


def _alike(health: Mapping[str, Any]) -> list[Symptom]:
    layers = health["layers"]
    found = [
        layer
        for layer, behind in pairwise(layers)
        # ReLUs that all give 0 are alike too: with weights that differ they are dead, no more.
        if layer.get("alike") and (layer.get("dead", 0) < 1 or not layer["weight"] * behind["weight"])
    ]
    if not found:
        return []
    return [
        Symptom(
            "symmetric units",
            f"{_named(found[0], found)}: all {found[0]['units']:,} units give the same number for each of "
            f"{health['pictures']:,} training pictures. Units that begin alike get the same gradient and stay alike, "
            f"so the layer is worth one of them. Begin with weights that differ: --initialization he.",
        )
    ]


_OFF = {
    "dead": (
        "dead ReLUs",
        "of its {units:,} units were never active on {pictures:,} training pictures. A ReLU that gives 0 passes no "
        "gradient on, so they stay dead.",
        "--activation leaky-relu",
    ),
    "saturated": (
        "saturated units",
        "of its {units:,} {activation} units are within 1 % of an end of their range for nearly all of {pictures:,} "
        "training pictures. The slope there is below 4 % of the steepest, so they hardly learn.",
        "--activation relu",
    ),
}
"""For each way to be off: its name, the evidence, and the activation that does not know it."""


def _off(
    health: Mapping[str, Any], born: Mapping[str, Any], network: Mapping[str, Any], how: str
) -> list[Symptom]:
    found = [layer for layer in health["layers"] if layer.get(how, 0) >= MANY]
    if not found:
        return []
    worst = max(found, key=lambda layer: layer[how])
    name, evidence, activation = _OFF[how]
    told = evidence.format(units=worst["units"], activation=worst["activation"], pictures=health["pictures"])
    remedies = (
        ["begin with smaller weights"]
        if born[worst["name"]].get(how, 0) >= MANY
        else ["lower --learning-rate"]
    )
    remedies += [activation] if "activation" in network else []
    remedies += ["--initialization he"] if network.get("initialization") in ("zeros", "gaussian") else []
    advice = f"What helps: {either(remedies + _normalization(network))}."
    return [Symptom(name, f"{_named(worst, found)}: {percent(worst[how])} {told} {advice}")]


def _uneven(layers: list[dict[str, Any]], network: Mapping[str, Any]) -> list[Symptom]:
    """Gradients that vanish or explode on their way back."""
    length = lambda layer: float(layer["gradient"])
    weakest = min(layers, key=length)
    behind = max(layers[layers.index(weakest) :], key=length)
    squashing = network.get("activation") in ("sigmoid", "tanh")
    remedies = ["--activation relu"] if squashing else []
    remedies += [*_normalization(network), "fewer layers"] + ([] if squashing else ["--initialization he"])
    if length(weakest) * UNEVEN < length(behind):
        return [
            Symptom(
                "vanishing gradients",
                f"The gradient of {behind['name']} is {number(length(behind))} long, that of {weakest['name']} in "
                f"front of it {number(length(weakest))}: on its way back it becomes {_times(behind, weakest)} times "
                f"shorter, so the layers in front learn next to nothing. What helps: {either(remedies)}.",
            )
        ]
    first, last = layers[0], layers[-1]
    if length(last) * UNEVEN < length(first):
        return [
            Symptom(
                "exploding gradients",
                f"The gradient of {last['name']} is {number(length(last))} long, that of {first['name']} "
                f"{number(length(first))}: on its way back it becomes {_times(first, last)} times longer. What helps: "
                f"{either(['--clip 1', *remedies])}.",
            )
        ]
    return []


def _normalization(network: Mapping[str, Any]) -> list[str]:
    """Batch normalization, where it can be had and is not there."""
    return ["--batch-norm"] if network.get("batch_norm") is False else []


def _named(layer: Mapping[str, Any], layers: list[dict[str, Any]]) -> str:
    """The layer that is spoken of, and how many more are like it."""
    return f"{layer['name']} and {len(layers) - 1} more" if len(layers) > 1 else str(layer["name"])


def _times(long: Mapping[str, Any], short: Mapping[str, Any]) -> str:
    ratio = long["gradient"] / short["gradient"] if short["gradient"] else math.inf
    return (
        f"{float(f'{ratio:.2g}'):,.0f}"
        if ratio < 1e9
        else f"{ratio:.0e}"
        if ratio < math.inf
        else "infinitely many"
    )
