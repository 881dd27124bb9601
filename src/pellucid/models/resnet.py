"""Residual networks for small pictures: ResNet-20, 32, 44, 56 and 110."""

from dataclasses import dataclass

from pellucid.layers.activations import Activation
from pellucid.layers.initialization import INITIALIZATIONS, Shape
from pellucid.layers.layer import Chain, Layer, chain
from pellucid.layers.linear import Linear
from pellucid.layers.pooling import GlobalMeanPool
from pellucid.layers.residual import Residual, Shortcut
from pellucid.layers.settings import check_whole
from pellucid.models.stem import filtered, pixels
from pellucid.storage.errors import InputError, known_name

DEPTHS = (20, 32, 44, 56, 110)
"""Those that were published."""


@dataclass(frozen=True)
class ResNet:
    """Three stages of blocks, each two 3 × 3 convolutions and a shortcut past them (He et al. 2016, "Deep residual
    learning for image recognition", section 4.2, with the shortcuts without weights, option A).

    Attributes
    ----------
    depth : 6n + 2 layers with weights, where n is the number of blocks in each stage
    width : filters of the first stage; the second has twice, the third four times as many, for half and a quarter of
        the rows and columns
    shortcuts : False for the plain network of the paper's figure 6, which is harder to train the deeper it is
    initialization : where all weights begin, a name in `INITIALIZATIONS`
    """

    depth: int = 20
    width: int = 16
    shortcuts: bool = True
    initialization: str = "he"

    def __post_init__(self) -> None:
        check_whole("resnet", depth=self.depth, width=self.width)
        if self.depth % 6 != 2 or not 8 <= self.depth <= 1202:
            raise InputError(
                f"resnet: depth must be 6n + 2, from 8 to 1202, as in {', '.join(map(str, DEPTHS))}; got {self.depth}."
            )
        known_name("initialization", self.initialization, INITIALIZATIONS)

    def layers(self, shape: Shape, classes: int) -> Chain:
        """The network for pictures (H, W, C) of K classes."""
        start = self.initialization
        parts: dict[str, Layer] = {"pixels": pixels("resnet", shape)}
        parts |= filtered(shape[2], self.width, initialization=start)
        channels = self.width
        for stage in range(3):
            blocks: dict[str, Layer] = {}
            for block in range((self.depth - 2) // 6):
                filters, stride = self.width * 2**stage, 2 if stage and not block else 1
                blocks[f"block{block + 1}"] = self._block(channels, filters, stride)
                channels = filters
            parts[f"stage{stage + 1}"] = chain(**blocks)
        return chain(**parts, mean=GlobalMeanPool(), scores=Linear(channels, classes, start))

    def _block(self, channels: int, filters: int, stride: int) -> Layer:
        start = self.initialization
        first = filtered(channels, filters, stride=stride, number=1, initialization=start)
        second = filtered(filters, filters, number=2, activation="", initialization=start)
        if self.shortcuts:
            return Residual(chain(**first, **second), Shortcut(channels, filters, stride))
        return chain(**first, **second, activation=Activation("relu"))
