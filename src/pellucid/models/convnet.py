"""A small convolutional network that trains in minutes on two cores."""

from dataclasses import dataclass

from pellucid.layers.activations import ACTIVATIONS
from pellucid.layers.dropout import Dropout
from pellucid.layers.initialization import INITIALIZATIONS, Shape
from pellucid.layers.layer import Chain, Layer, chain
from pellucid.layers.linear import Linear
from pellucid.layers.pooling import GlobalMeanPool, MaxPool
from pellucid.layers.settings import check_between, check_sizes, check_whole
from pellucid.layers.shape import SpaceToDepth
from pellucid.models.stem import filtered, pixels
from pellucid.storage.errors import InputError, known_name


@dataclass(frozen=True)
class ConvNet:
    """Blocks of pixels as one, then 3 × 3 filters with batch normalization, and the mean over the picture.

    Wherever the number of filters grows, the picture is first made half as large by max pooling, so that all layers
    cost about the same (Simonyan and Zisserman 2015, "Very deep convolutional networks", section 2.1).

    Attributes
    ----------
    filters : how many in each convolution
    block : side of the blocks of pixels that become one; 1 leaves the picture as it is
    activation : a name in `ACTIVATIONS`
    dropout : the share of the last features that is switched off at random in each step
    initialization : where all weights begin, a name in `INITIALIZATIONS`
    """

    filters: tuple[int, ...] = (48, 96, 96, 192)
    block: int = 2
    activation: str = "relu"
    dropout: float = 0.0
    initialization: str = "he"

    def __post_init__(self) -> None:
        check_sizes("convnet", filters=self.filters)
        if not self.filters:
            raise InputError("convnet: filters must name one number at least, as in (48, 96), got ().")
        check_whole("convnet", block=self.block)
        known_name("activation", self.activation, ACTIVATIONS)
        known_name("initialization", self.initialization, INITIALIZATIONS)
        check_between("convnet", 0, 1, dropout=self.dropout)

    def layers(self, shape: Shape, classes: int) -> Chain:
        """The network for pictures (H, W, C) of K classes. Raises `InputError` where they are too small."""
        parts: dict[str, Layer] = {"pixels": pixels("convnet", shape)}
        if self.block > 1:
            parts["blocks"] = SpaceToDepth(self.block)
            shape = parts["blocks"].output_shape(shape)
        for number, filters in enumerate(self.filters, 1):
            if number > 1 and filters > shape[2]:
                # A row and a column that are left over get a border, or they would not be seen.
                pool = (
                    MaxPool(2, padding=((0, shape[0] % 2), (0, shape[1] % 2)))
                    if min(shape[:2]) > 1
                    else MaxPool(2)
                )
                parts[f"pool{number - 1}"] = pool
                shape = pool.output_shape(shape)
            parts |= filtered(
                shape[2],
                filters,
                number=number,
                activation=self.activation,
                initialization=self.initialization,
            )
            shape = (*shape[:2], filters)
        parts["mean"] = GlobalMeanPool()
        if self.dropout:
            parts["dropout"] = Dropout(self.dropout)
        return chain(**parts, scores=Linear(shape[2], classes, self.initialization))
