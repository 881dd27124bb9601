"""Weighted sums: the products of matrices."""

from typing import Any

import numpy as np

from pellucid.graph.tensor import op


@op
def affine(x, w, b):
    """Weighted sums of the features, one for each class.

    Forward    s = x wᵀ + b
    Gradient   ∂L/∂x = g w,  ∂L/∂w = gᵀ x,  ∂L/∂b = Σₙ gₙ
    Shapes     x (N, D), w (K, D), b (K) → s (N, K)
    Source     CS231n, Linear classification
    """
    _check(x, w, w_columns=1)
    # A bias of another shape would be broadcast, and its gradient would not have its shape.
    if np.shape(b) != w.shape[:1]:
        raise ValueError(f"b must have the shape ({w.shape[0]},)")
    return x @ w.T + b, (lambda g: g @ w, lambda g: g.T @ x, lambda g: g.sum(0))


@op
def matmul(x, y):
    """The product of two matrices.

    Forward    z = x y
    Gradient   ∂L/∂x = g yᵀ,  ∂L/∂y = xᵀ g
    Shapes     x (N, D), y (D, K) → z (N, K)
    Source     CS231n, Backpropagation: vectorized operations
    """
    _check(x, y, w_columns=0)
    return x @ y, (lambda g: g @ y.T, lambda g: x.T @ g)


def _check(x: Any, w: Any, w_columns: int) -> None:
    """Two matrices that fit. Stacks of matrices and single rows would be multiplied too, but with wrong gradients."""
    if len(np.shape(x)) != 2 or len(np.shape(w)) != 2:
        raise ValueError("both must be matrices, with two axes")
    if x.shape[1] != w.shape[w_columns]:
        raise ValueError(f"{x.shape[1]} columns meet {w.shape[w_columns]} features")
