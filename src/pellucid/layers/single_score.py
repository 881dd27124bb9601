"""One score for two classes: above 0 it speaks for the second, below 0 for the first."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.graph.algebra import affine
from pellucid.layers.layer import Array
from pellucid.layers.linear import Linear

_SIDES = np.array([[-0.5], [0.5]], np.float32)


@dataclass(frozen=True)
class SingleScore:
    """A weighted sum s of D features, shown as a score of each of two classes: −s/2 and s/2.

    Their difference is s, so that softmax of the two is the sigmoid of the one: p₁ = σ(s).

    Attributes
    ----------
    features : D
    """

    features: int

    def arrays(self) -> dict[str, Array]:
        """Its weights and its bias, as those of one linear score."""
        return Linear(self.features, 1).arrays()

    def init(self, rng: np.ndarray) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """Start weights {"weight": (1, D), "bias": (1,)} float32, zeros, and no statistics."""
        return Linear(self.features, 1).init(rng)

    def __call__(self, params: dict[str, Any], x: Any, **mode: Any) -> Any:
        """Scores (N, 2) of x (N, D). Raises `InputError` where x is no row of D features for each picture."""
        s = Linear(self.features, 1)(params, x)
        sides = _SIDES.astype(x.dtype)
        return affine(s, sides, np.zeros(2, x.dtype))

    def templates(self, params: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """The weights (2, D) and the biases (2,) of a linear classifier with the same two scores."""
        sides = _SIDES.astype(params["weight"].dtype)
        return sides @ params["weight"], sides[:, 0] * params["bias"]
