"""Weighted sums: the products of matrices."""

from pellucid.graph.tensor import op


@op
def affine(x, w, b):
    """Weighted sums of the features, one for each class.

    Forward    s = x wᵀ + b
    Gradient   ∂L/∂x = g w,  ∂L/∂w = gᵀ x,  ∂L/∂b = Σₙ gₙ
    Shapes     x (N, D), w (K, D), b (K) → s (N, K)
    Source     CS231n, Linear classification
    """
    return x @ w.T + b, (lambda g: g @ w, lambda g: g.T @ x, lambda g: g.sum(0))


@op
def matmul(x, y):
    """The product of two matrices.

    Forward    z = x y
    Gradient   ∂L/∂x = g yᵀ,  ∂L/∂y = xᵀ g
    Shapes     x (N, D), y (D, K) → z (N, K)
    Source     CS231n, Backpropagation: vectorized operations
    """
    return x @ y, (lambda g: g @ y.T, lambda g: x.T @ g)
