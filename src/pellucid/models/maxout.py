"""The maxout network: each hidden unit takes the largest of a few weighted sums."""

import math
from dataclasses import dataclass

from pellucid.layers.initialization import INITIALIZATIONS, Shape
from pellucid.layers.layer import Chain, Layer
from pellucid.layers.maxout import Maxout
from pellucid.layers.normalization import BatchNorm
from pellucid.layers.settings import check_between, check_sizes, check_whole
from pellucid.models.mlp import perceptron
from pellucid.storage.errors import known_name


@dataclass(frozen=True)
class MaxoutNetwork:
    """Hidden layers of maxout units (Goodfellow et al. 2013, "Maxout networks"), and weighted sums for the scores.

    Attributes
    ----------
    hidden : units of each hidden layer
    pieces : how many weighted sums each unit chooses from
    dropout : the share of the hidden units that is switched off at random in each step
    batch_norm : whether what the units give is normalized
    input_dropout : the share of the features that is switched off
    initialization : where all weights begin, a name in `INITIALIZATIONS`
    """

    hidden: tuple[int, ...] = (1000,)
    pieces: int = 2
    dropout: float = 0.5
    batch_norm: bool = True
    input_dropout: float = 0.3
    initialization: str = "he"

    def __post_init__(self) -> None:
        check_sizes("maxout", hidden=self.hidden)
        check_whole("maxout", pieces=self.pieces)
        known_name("initialization", self.initialization, INITIALIZATIONS)
        check_between("maxout", 0, 1, dropout=self.dropout, input_dropout=self.input_dropout)

    def layers(self, shape: Shape, classes: int) -> Chain:
        """The network for pictures (H, W, C), or rows of numbers (D), of K classes."""

        def hidden(features: int, units: int) -> dict[str, Layer]:
            layer = {"hidden": Maxout(features, units, self.pieces, self.initialization)}
            return layer | ({"normalization": BatchNorm(units)} if self.batch_norm else {})

        return perceptron(self, hidden, math.prod(shape), classes)
