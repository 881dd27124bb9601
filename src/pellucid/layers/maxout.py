"""Units that take the largest of several weighted sums, and so learn their own activation."""

from dataclasses import dataclass
from typing import Any

from pellucid.graph.activations import maxout
from pellucid.graph.algebra import reshape
from pellucid.layers.initialization import Initialization, Shape
from pellucid.layers.layer import Array, Arrays, Layer
from pellucid.layers.linear import Linear
from pellucid.layers.settings import check_whole


@dataclass(frozen=True)
class Maxout(Layer):
    """Each unit is the largest of P weighted sums of D features (Goodfellow et al. 2013, "Maxout networks", section 3).

    Attributes
    ----------
    features : D
    units : how many outputs
    pieces : P, of which each unit takes the largest
    """

    features: int
    units: int
    pieces: int = 2
    initialization: Initialization | str = "he"

    def __post_init__(self) -> None:
        check_whole("Maxout", features=self.features, units=self.units, pieces=self.pieces)

    @property
    def sums(self) -> Linear:
        """The weighted sums, those of one unit side by side."""
        return Linear(self.features, self.units * self.pieces, self.initialization)

    def arrays(self) -> dict[str, Array]:
        return self.sums.arrays()

    def output_shape(self, shape: Shape) -> Shape:
        self.sums.output_shape(shape)
        return (self.units,)

    def multiply_adds(self, shape: Shape) -> int:
        return self.sums.multiply_adds(shape)

    def __call__(self, params: Arrays, x: Any, **mode: Any) -> Any:
        sums = self.sums(params, x)
        # (N, units · P) → (N, units, P)
        return maxout(reshape(sums, shape=(sums.shape[0], self.units, self.pieces)))
