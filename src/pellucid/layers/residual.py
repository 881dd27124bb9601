"""Layers that only learn what to add to what they are given, so that many of them are no harder to train than few."""

from dataclasses import dataclass
from functools import reduce
from typing import Any

from pellucid.graph.elementwise import add
from pellucid.graph.indexing import pad
from pellucid.graph.pooling import mean_pool
from pellucid.layers.activations import Activation
from pellucid.layers.initialization import Shape
from pellucid.layers.layer import Arrays, Chain, Container, Layer, Plain, check_names
from pellucid.layers.settings import check_whole
from pellucid.layers.sliding import places
from pellucid.storage.errors import InputError


@dataclass(frozen=True)
class Shortcut(Plain):
    """The way past a block without weights, option A of He et al. 2016, section 4.2: every `stride`-th pixel, and zeros
    for the channels that are new."""

    channels: int
    filters: int
    stride: int = 1

    def __post_init__(self) -> None:
        check_whole("Shortcut", channels=self.channels, stride=self.stride)
        check_whole("Shortcut", self.channels, filters=self.filters)

    def output_shape(self, shape: Shape) -> Shape:
        return (*places("Shortcut", shape, 1, self.stride, 0), shape[2] + self.filters - self.channels)

    def __call__(self, params: Arrays, x: Any, **mode: Any) -> Any:
        if self.stride > 1:
            x = mean_pool(x, size=1, stride=self.stride)
        if self.filters > self.channels:
            x = pad(x, width=((0, 0), (0, 0), (0, 0), (0, self.filters - self.channels)))
        return x


@dataclass(frozen=True)
class Residual(Container):
    """x + body(x), and an activation: the body learns the difference (He et al. 2016, "Deep residual learning for image
    recognition", equation 1 and figure 2).

    Attributes
    ----------
    body : layers one after the other; their names are the block's
    shortcut : the way past them, whose result has the shape of theirs
    activation : what the sum goes through
    """

    body: Chain
    shortcut: Layer
    activation: Layer = Activation("relu")  # noqa: RUF009 (it is frozen)

    def __post_init__(self) -> None:
        check_names("Residual", [*self.body.named, "shortcut", "activation"])

    @property
    def named(self) -> dict[str, Layer]:
        return {**self.body.named, "shortcut": self.shortcut, "activation": self.activation}

    def inputs(self, shape: Shape) -> dict[str, Shape]:
        return {**self.body.inputs(shape), "shortcut": shape, "activation": self.output_shape(shape)}

    def output_shape(self, shape: Shape) -> Shape:
        made, passed = self.body.output_shape(shape), self.shortcut.output_shape(shape)
        if made != passed:
            raise InputError(f"Residual: the body makes {made} of {shape}, the shortcut {passed}: no sum.")
        return made

    def __call__(self, params: Arrays, x: Any, **mode: Any) -> Any:
        *body, shortcut, activation = self.ready(params, **mode).values()
        return activation(add(reduce(lambda made, forward: forward(made), body, x), shortcut(x)))
