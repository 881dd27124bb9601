"""GoogLeNet for small pictures: Inception blocks with batch normalization."""

from dataclasses import dataclass

from pellucid.layers.dropout import Dropout
from pellucid.layers.inception import Inception
from pellucid.layers.initialization import INITIALIZATIONS, Shape
from pellucid.layers.layer import Chain, Layer, chain
from pellucid.layers.linear import Linear
from pellucid.layers.pooling import GlobalMeanPool, MaxPool
from pellucid.layers.settings import check_between
from pellucid.models.stem import filtered, pixels
from pellucid.storage.errors import InputError, known_name

_BLOCKS = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
"""Filters as in table 1 of the paper: 1 × 1; 3 × 3 reduce and 3 × 3; 5 × 5 reduce and 5 × 5; pool projection."""

_POOLS = {"3b": "pool3", "4e": "pool4"}


@dataclass(frozen=True)
class GoogLeNet:
    """Nine Inception blocks (Szegedy et al. 2015, "Going deeper with convolutions", table 1) in the form known for
    CIFAR-10: 192 filters of 3 × 3 see the picture first, which keeps its size, and there are no auxiliary classifiers.

    As in Ioffe and Szegedy 2015, "Batch normalization", every convolution is normalized, and two of 3 × 3 stand for one
    of 5 × 5.

    Attributes
    ----------
    width : all numbers of filters are multiplied by it; 1 is GoogLeNet
    dropout : the share of the last features that is switched off at random in each step
    initialization : where all weights begin, a name in `INITIALIZATIONS`
    """

    width: float = 1.0
    dropout: float = 0.0
    initialization: str = "he"

    def __post_init__(self) -> None:
        check_between("googlenet", 0, 100, width=self.width)
        if not self.width:
            raise InputError("googlenet: width must be above 0, got 0: it would have no filters.")
        check_between("googlenet", 0, 1, dropout=self.dropout)
        known_name("initialization", self.initialization, INITIALIZATIONS)

    def layers(self, shape: Shape, classes: int) -> Chain:
        """The network for pictures (H, W, C) of K classes."""
        channels = self._scaled(192)
        parts: dict[str, Layer] = {"pixels": pixels("googlenet", shape)}
        parts |= filtered(shape[2], channels, initialization=self.initialization)
        for name, filters in _BLOCKS.items():
            scaled = tuple(self._scaled(number) for number in filters)
            parts[f"inception{name}"] = self._block(channels, *scaled)
            channels = scaled[0] + scaled[2] + scaled[4] + scaled[5]
            if name in _POOLS:
                parts[_POOLS[name]] = MaxPool(3, stride=2, padding=1)
        parts["mean"] = GlobalMeanPool()
        if self.dropout:
            parts["dropout"] = Dropout(self.dropout)
        return chain(**parts, scores=Linear(channels, classes, self.initialization))

    def _block(
        self, channels: int, one: int, reduce3: int, three: int, reduce5: int, five: int, project: int
    ) -> Inception:
        def branch(*steps: tuple[int, int], first: Layer | None = None) -> Chain:
            """Convolutions of (size, filters) one after the other."""
            parts: dict[str, Layer] = {"pool": first} if first else {}
            coming = channels
            for number, (size, filters) in enumerate(steps, 1):
                parts |= filtered(coming, filters, size, number=number, initialization=self.initialization)
                coming = filters
            return chain(**parts)

        return Inception(
            (
                ("one", branch((1, one))),
                ("three", branch((1, reduce3), (3, three))),
                ("five", branch((1, reduce5), (3, five), (3, five))),
                ("pooled", branch((1, project), first=MaxPool(3, stride=1, padding=1))),
            )
        )

    def _scaled(self, filters: int) -> int:
        return max(1, round(self.width * filters))
