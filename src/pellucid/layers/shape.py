"""The same numbers in another order: rows of numbers as pictures, pictures as rows."""

import math
from dataclasses import dataclass
from typing import Any

from pellucid.graph.algebra import reshape, transpose
from pellucid.graph.indexing import pad
from pellucid.layers.initialization import Shape
from pellucid.layers.layer import Arrays, Plain
from pellucid.layers.settings import check_sizes, check_whole
from pellucid.layers.sliding import check_picture
from pellucid.storage.errors import InputError


@dataclass(frozen=True)
class Reshape(Plain):
    """Each row of numbers (D) laid out in another shape, such as (H, W, C): what a convolutional model begins with."""

    shape: Shape

    def __post_init__(self) -> None:
        check_sizes("Reshape", shape=self.shape)

    def output_shape(self, shape: Shape) -> Shape:
        if math.prod(shape) != math.prod(self.shape):
            raise InputError(
                f"Reshape makes {' × '.join(map(str, self.shape))} of {math.prod(self.shape)} numbers, got x of shape "
                f"(N, {', '.join(map(str, shape))}). Give prepared pictures: `preprocessing.apply(images)`."
            )
        return tuple(self.shape)

    def __call__(self, params: Arrays, x: Any, **mode: Any) -> Any:
        # (N, D) → (N, H, W, C)
        return reshape(x, shape=(x.shape[0], *self.output_shape(x.shape[1:])))


@dataclass(frozen=True)
class Flatten(Plain):
    """Each picture's numbers in one row: (N, H, W, C) → (N, H · W · C)."""

    def output_shape(self, shape: Shape) -> Shape:
        return (math.prod(shape),)

    def __call__(self, params: Arrays, x: Any, **mode: Any) -> Any:
        return reshape(x, shape=(x.shape[0], math.prod(x.shape[1:])))


@dataclass(frozen=True)
class SpaceToDepth(Plain):
    """Each block of pixels as one pixel with all their channels: (N, H, W, C) → (N, H / b, W / b, b² C).

    Nothing is lost, and the first convolution sees a wider part of the picture for a quarter of the work (Shi et al.
    2016, "Real-time single image and video super-resolution", equation 4, the other way round). A picture whose sides
    are no multiples of b gets zeros at its right and lower border.

    Attributes
    ----------
    block : b, the side of a block
    """

    block: int = 2

    def __post_init__(self) -> None:
        check_whole("SpaceToDepth", block=self.block)

    def output_shape(self, shape: Shape) -> Shape:
        check_picture("SpaceToDepth", shape)
        height, width, channels = shape
        return -(-height // self.block), -(-width // self.block), channels * self.block**2

    def __call__(self, params: Arrays, x: Any, **mode: Any) -> Any:
        count, height, width, channels = x.shape
        b, (rows, columns, depth) = self.block, self.output_shape(x.shape[1:])
        if (rows * b, columns * b) != (height, width):
            x = pad(x, width=((0, 0), (0, rows * b - height), (0, columns * b - width), (0, 0)))
        x = reshape(x, shape=(count, rows, b, columns, b, channels))
        x = transpose(x, axes=(0, 1, 3, 2, 4, 5))  # (N, H/b, W/b, b, b, C)
        return reshape(x, shape=(count, rows, columns, depth))
