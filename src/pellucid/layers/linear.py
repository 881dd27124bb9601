"""Weighted sums of the features: f(x, W) = W x + b."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.graph.algebra import affine
from pellucid.layers.initialization import Initialization, Shape
from pellucid.layers.layer import Array, Arrays, Layer
from pellucid.layers.settings import check_whole
from pellucid.storage.errors import InputError


@dataclass(frozen=True)
class Linear(Layer):
    """K weighted sums of D features.

    Attributes
    ----------
    features : D
    outputs : K, the classes of a linear classifier or the units of a hidden layer
    initialization : where the weights begin, or its name. Zeros are right for a linear classifier (there is no
        symmetry to break), which then begins at a loss of exactly ln K or K − 1; hidden layers need another
    bias : whether b is there; before batch normalization it is of no use
    """

    features: int
    outputs: int
    initialization: Initialization | str = "zeros"
    bias: bool = True

    def __post_init__(self) -> None:
        check_whole("Linear", features=self.features, outputs=self.outputs)

    def arrays(self) -> dict[str, Array]:
        weight = {"weight": Array((self.outputs, self.features), self.initialization)}
        return weight | {"bias": Array((self.outputs,))} if self.bias else weight

    def output_shape(self, shape: Shape) -> Shape:
        self._check((), shape)
        return (self.outputs,)

    def multiply_adds(self, shape: Shape) -> int:
        return self.outputs * self.features

    def __call__(self, params: Arrays, x: Any, **mode: Any) -> Any:
        """Scores (N, K) of x (N, D). Raises `InputError` where x is no row of D features for each picture."""
        shape = x.shape if hasattr(x, "shape") else np.shape(x)
        self._check(shape[:1], shape[1:])
        bias = params["bias"] if self.bias else np.zeros(self.outputs, params["weight"].dtype)
        return affine(x, params["weight"], bias)

    def _check(self, first: Shape, shape: Shape) -> None:
        """Raises `InputError` unless one picture's numbers are D in a row; `first` is (N,) where N is known."""
        if tuple(shape) != (self.features,):
            raise InputError(
                f"Linear({self.features}, {self.outputs}) needs x of shape (N, {self.features}), got "
                f"{(*first, *shape)}. Flatten the images first: `preprocessing.apply(images)`."
            )
