"""The multilayer perceptron: weighted sums, a bend, weighted sums again."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pellucid.layers.activations import ACTIVATIONS, Activation
from pellucid.layers.dropout import Dropout
from pellucid.layers.initialization import INITIALIZATIONS, Shape
from pellucid.layers.layer import Chain, Layer, chain
from pellucid.layers.linear import Linear
from pellucid.layers.normalization import BatchNorm
from pellucid.layers.settings import check_between, check_sizes
from pellucid.storage.errors import known_name


@dataclass(frozen=True)
class MLP:
    """Hidden layers one after the other, each weighted sums and an activation, and weighted sums for the scores.

    Without an activation ("identity") it is a linear classifier again: W₂(W₁x) = (W₂W₁)x.

    Attributes
    ----------
    hidden : units of each hidden layer
    activation : a name in `ACTIVATIONS`
    dropout : the share of the hidden units that is switched off at random in each step
    batch_norm : whether the weighted sums are normalized before the activation
    input_dropout : the share of the features that is switched off
    initialization : where all weights begin, a name in `INITIALIZATIONS`
    """

    hidden: tuple[int, ...] = (2000,)
    activation: str = "relu"
    dropout: float = 0.5
    batch_norm: bool = True
    input_dropout: float = 0.3
    initialization: str = "he"

    def __post_init__(self) -> None:
        check_sizes("mlp", hidden=self.hidden)
        known_name("activation", self.activation, ACTIVATIONS)
        known_name("initialization", self.initialization, INITIALIZATIONS)
        check_between("mlp", 0, 1, dropout=self.dropout, input_dropout=self.input_dropout)

    def layers(self, shape: Shape, classes: int) -> Chain:
        """The network for pictures (H, W, C), or rows of numbers (D), of K classes."""

        def hidden(features: int, units: int) -> dict[str, Layer]:
            sums = Linear(features, units, self.initialization, bias=not self.batch_norm)
            normalization = {"normalization": BatchNorm(units)} if self.batch_norm else {}
            return {"hidden": sums, **normalization, "activation": Activation(self.activation)}

        return perceptron(self, hidden, math.prod(shape), classes)


def perceptron(
    settings: Any, hidden: Callable[[int, int], dict[str, Layer]], features: int, classes: int
) -> Chain:
    """Hidden layers, dropout behind each, and scores.

    Parameters
    ----------
    settings : sizes, initialization and rates of dropout, as in `MLP`
    hidden : from the numbers that come in and the units to what one hidden layer is made of, by name; the layer's
        number is put behind each name
    """
    parts: dict[str, Layer] = {}
    if settings.input_dropout:
        parts["input_dropout"] = Dropout(settings.input_dropout)
    for number, units in enumerate(settings.hidden, 1):
        made = hidden(features, units)
        if settings.dropout:
            made["dropout"] = Dropout(settings.dropout)
        parts |= {f"{name}{number}": layer for name, layer in made.items()}
        features = units
    return chain(**parts, scores=Linear(features, classes, settings.initialization))
