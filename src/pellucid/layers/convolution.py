"""Filters that slide over pictures: the same weighted sums at every place."""

from dataclasses import dataclass
from typing import Any

from pellucid.graph.convolution import conv2d
from pellucid.layers.initialization import Initialization, Shape
from pellucid.layers.layer import Array, Arrays, Layer
from pellucid.layers.settings import check_whole
from pellucid.layers.sliding import Border, places
from pellucid.storage.errors import InputError


@dataclass(frozen=True)
class Conv2d(Layer):
    """K filters that slide over pictures of C channels: (N, H, W, C) → (N, P, Q, K).

    Attributes
    ----------
    channels : C
    filters : K
    size : height and width of a filter
    stride : how far the filter moves from place to place
    padding : zeros around the picture, on all sides or ((above, below), (left, right))
    initialization : where the filters begin, or its name
    bias : whether each filter adds a number of its own; before batch normalization it is of no use
    """

    channels: int
    filters: int
    size: int = 3
    stride: int = 1
    padding: int | Border = 0
    initialization: Initialization | str = "he"
    bias: bool = True

    def __post_init__(self) -> None:
        check_whole(
            "Conv2d", channels=self.channels, filters=self.filters, size=self.size, stride=self.stride
        )

    def arrays(self) -> dict[str, Array]:
        weight = {"weight": Array((self.filters, self.size, self.size, self.channels), self.initialization)}
        return weight | {"bias": Array((self.filters,))} if self.bias else weight

    def output_shape(self, shape: Shape) -> Shape:
        count = places("Conv2d", shape, self.size, self.stride, self.padding)
        if shape[2] != self.channels:
            raise InputError(f"Conv2d({self.channels}, {self.filters}) got pictures of {shape[2]} channels.")
        return (*count, self.filters)

    def multiply_adds(self, shape: Shape) -> int:
        down, across, filters = self.output_shape(shape)
        return down * across * filters * self.size**2 * self.channels

    def __call__(self, params: Arrays, x: Any, **mode: Any) -> Any:
        bias = (params["bias"],) if self.bias else ()
        return conv2d(x, params["weight"], *bias, stride=self.stride, padding=self.padding)
