"""Weighted sums of the features: f(x, W) = W x + b."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.arrays import random
from pellucid.graph.algebra import affine
from pellucid.storage.errors import InputError


@dataclass(frozen=True)
class Linear:
    """K weighted sums of D features.

    Attributes
    ----------
    features : D
    classes : K
    deviation : standard deviation of the random start weights; 0 starts from zeros, which is right for a linear
        classifier (there is no symmetry to break) and begins at a loss of exactly ln K or K − 1
    """

    features: int
    classes: int
    deviation: float = 0.0

    def init(self, rng: np.ndarray) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """Start weights {"weight": (K, D), "bias": (K,)} float32, and no statistics."""
        shape = (self.classes, self.features)
        weight = (
            np.float32(self.deviation) * random.normal(rng, shape)
            if self.deviation
            else np.zeros(shape, np.float32)
        )
        return {"weight": weight, "bias": np.zeros(self.classes, np.float32)}, {}

    def __call__(self, params: dict[str, Any], x: Any) -> Any:
        """Scores (N, K) of x (N, D). Raises `InputError` where x is no row of D features for each picture."""
        shape = np.shape(x)
        if len(shape) != 2 or shape[1] != self.features:
            raise InputError(
                f"Linear({self.features}, {self.classes}) needs x of shape (N, {self.features}), got {shape}. "
                "Flatten the images first: `preprocessing.apply(images)`."
            )
        return affine(x, params["weight"], params["bias"])
