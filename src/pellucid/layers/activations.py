"""What a unit does with its weighted sum, as a layer: without it, many layers are no more than one."""

from dataclasses import dataclass
from typing import Any

from pellucid.graph import activations
from pellucid.layers.initialization import Shape
from pellucid.layers.layer import Arrays, Plain
from pellucid.layers.settings import check_between
from pellucid.storage.errors import known_name

ACTIVATIONS = {
    "relu": activations.relu,
    "leaky-relu": activations.leaky_relu,
    "elu": activations.elu,
    "gelu": activations.gelu,
    "softplus": activations.softplus,
    "tanh": activations.tanh,
    "sigmoid": activations.sigmoid,
    "identity": activations.identity,
}
"""The activations that work on each number alone, by name."""


@dataclass(frozen=True)
class Activation(Plain):
    """An activation by its name, for each number alone.

    Attributes
    ----------
    name : one of `ACTIVATIONS`
    slope : of leaky ReLU where x < 0
    alpha : the bound −α that ELU nears where x is far below 0
    """

    name: str = "relu"
    slope: float = 0.01
    alpha: float = 1.0

    def __post_init__(self) -> None:
        known_name("activation", self.name, ACTIVATIONS)
        check_between("Activation", 0, float("inf"), slope=self.slope, alpha=self.alpha)

    def output_shape(self, shape: Shape) -> Shape:
        return shape

    def __call__(self, params: Arrays, x: Any, **mode: Any) -> Any:
        name = known_name("activation", self.name, ACTIVATIONS)
        settings = {"leaky-relu": {"slope": self.slope}, "elu": {"alpha": self.alpha}}.get(name, {})
        return ACTIVATIONS[name](x, **settings)
