"""How far are predicted numbers from those wanted? Squared, and added up for each picture."""

import numpy as np

from pellucid.graph.tensor import op


@op
def squared_error(z, y):
    """The squared distance between what was predicted and what was wanted.

    Forward    L = Σₖ (zₖ − yₖ)²
    Gradient   ∂L/∂z = 2 g (z − y),  ∂L/∂y = −2 g (z − y)
    Shapes     z (N, K), y (N, K) → L (N)
    Source     CS231n, Neural networks 2: loss functions, regression
    """
    return _squared(z, y, 1.0)


@op
def half_squared_error(z, y):
    """Half the squared distance; the half makes the gradient the difference itself.

    Forward    L = ½ Σₖ (zₖ − yₖ)²
    Gradient   ∂L/∂z = g (z − y),  ∂L/∂y = −g (z − y)
    Shapes     z (N, K), y (N, K) → L (N)
    Source     CS231n, Neural networks 2: loss functions, regression (there without the ½)
    """
    return _squared(z, y, 0.5)


def _squared(z, y, factor):
    """factor · Σ (z − y)² and its two pullbacks; z and y may also be (N) or have more axes.

    Predictions (N, 1) and targets (N) would be broadcast to N × N differences, in silence.
    """
    if np.shape(z) != np.shape(y) or not np.shape(z):
        raise ValueError("predictions and targets must have the same shape, (N, K) or (N,)")
    difference = z - y.astype(z.dtype)
    axes = tuple(range(1, difference.ndim))
    rows = (-1,) + (1,) * len(axes)
    slope = 2 * factor

    def pullback(g):
        return (slope * g).reshape(rows) * difference

    # Whole numbers take no gradient, and targets may be whole.
    return factor * (difference * difference).sum(axis=axes), (
        pullback,
        (lambda g: (-pullback(g)).astype(y.dtype)) if y.dtype.kind not in "biu" else None,
    )
