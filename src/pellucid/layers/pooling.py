"""Many places of a picture become one."""

from dataclasses import dataclass
from typing import Any

from pellucid.graph.pooling import global_mean_pool, max_pool, mean_pool
from pellucid.layers.initialization import Shape
from pellucid.layers.layer import Arrays, Plain
from pellucid.layers.settings import check_whole
from pellucid.layers.sliding import Border, check_picture, places


@dataclass(frozen=True)
class _Windows(Plain):
    """Windows that lie side by side, or overlap.

    Attributes
    ----------
    size : height and width of a window
    stride : how far a window is from the next; None for its size, so that they do not overlap
    padding : a border around the picture, which does not count; on all sides or ((above, below), (left, right))
    """

    size: int = 2
    stride: int | None = None
    padding: int | Border = 0

    def __post_init__(self) -> None:
        check_whole(
            type(self).__name__, size=self.size, stride=self.size if self.stride is None else self.stride
        )

    def output_shape(self, shape: Shape) -> Shape:
        count = places(type(self).__name__, shape, self.size, self.stride or self.size, self.padding)
        return (*count, shape[2])


@dataclass(frozen=True)
class MaxPool(_Windows):
    """The largest number under each window, channel by channel: (N, H, W, C) → (N, P, Q, C)."""

    def __call__(self, params: Arrays, x: Any, **mode: Any) -> Any:
        return max_pool(x, size=self.size, stride=self.stride, padding=self.padding)


@dataclass(frozen=True)
class MeanPool(_Windows):
    """The mean under each window, channel by channel: (N, H, W, C) → (N, P, Q, C)."""

    def __call__(self, params: Arrays, x: Any, **mode: Any) -> Any:
        return mean_pool(x, size=self.size, stride=self.stride, padding=self.padding)


@dataclass(frozen=True)
class GlobalMeanPool(Plain):
    """The mean of each channel over the whole picture: (N, H, W, C) → (N, C), for pictures of any size."""

    def output_shape(self, shape: Shape) -> Shape:
        check_picture("GlobalMeanPool", shape)
        return (shape[2],)

    def __call__(self, params: Arrays, x: Any, **mode: Any) -> Any:
        return global_mean_pool(x)
