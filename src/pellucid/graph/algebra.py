"""Weighted sums: the products of matrices, and turning arrays about."""

from typing import Any

import numpy as np

from pellucid.arrays.namespace import namespace
from pellucid.arrays.products import summed_products, weighted_sums
from pellucid.graph.elementwise import summed_to
from pellucid.graph.misfit import Misfit
from pellucid.graph.tensor import op


@op
def affine(x, w, b):
    """Weighted sums of the features, one for each class.

    Forward    s = x wᵀ + b
    Gradient   ∂L/∂x = g w,  ∂L/∂w = gᵀ x,  ∂L/∂b = Σₙ gₙ
    Shapes     x (N, D), w (K, D), b (K) → s (N, K)
    Source     CS231n, Linear classification
    """
    if np.ndim(x) != 2 or np.ndim(w) != 2:
        raise Misfit("x and w must be matrices, with two axes")
    if x.shape[1] != w.shape[1]:
        turned = 1 if x.shape[1] == w.shape[0] else 0 if x.shape[0] == w.shape[1] else None
        raise Misfit(f"{x.shape[1]} columns meet {w.shape[1]} features", turned)
    # A bias of another shape would be broadcast, and its gradient would not have its shape.
    if np.shape(b) != w.shape[:1]:
        raise Misfit(f"b must have the shape ({w.shape[0]},)")
    return weighted_sums(x, w) + b, (lambda g: g @ w, lambda g: summed_products(g, x), lambda g: g.sum(0))


@op
def matmul(x, y):
    """The product of two matrices, or of stacks of them; a single row or column counts as a matrix.

    Forward    z = x y
    Gradient   ∂L/∂x = g yᵀ,  ∂L/∂y = xᵀ g  (summed over broadcast stacks)
    Shapes     x (N, D), y (D, K) → z (N, K)
    Source     CS231n, Backpropagation: vectorized operations
    """
    if not np.ndim(x) or not np.ndim(y):
        raise Misfit("both must have an axis: multiply by a number with *")
    inner = y.shape[0 if y.ndim == 1 else -2]
    if x.shape[-1] != inner:
        turned = (
            1
            if y.ndim == 2 and y.shape[1] == x.shape[-1]
            else 0
            if x.ndim == 2 and x.shape[0] == inner
            else None
        )
        raise Misfit(f"{x.shape[-1]} columns meet {inner} rows", turned)
    # (D) → (1, D) on the left, (D) → (D, 1) on the right
    rows = x.reshape(1, -1) if x.ndim == 1 else x
    columns = y.reshape(-1, 1) if y.ndim == 1 else y
    z = rows @ columns
    shape = z.shape
    visible = tuple(size for place, size in enumerate(shape) if not _hidden(place, len(shape), x, y))

    def to_x(g):
        return summed_to(g.reshape(shape) @ columns.swapaxes(-1, -2), rows).reshape(x.shape)

    def to_y(g):
        return summed_to(rows.swapaxes(-1, -2) @ g.reshape(shape), columns).reshape(y.shape)

    return z.reshape(visible)[()], (to_x, to_y)


@op
def transpose(x, *, axes=None):
    """Turn an array about: rows become columns.

    Forward    z = xᵀ
    Gradient   ∂L/∂x = gᵀ, turned back
    Shapes     x (N, D) → z (D, N)
    Source     CS231n, Backpropagation: vectorized operations
    """
    xp = namespace(x)
    if axes is not None and sorted(axis % x.ndim if x.ndim else axis for axis in axes) != list(range(x.ndim)):
        raise Misfit(f"axes must name each of the {x.ndim} axes once")
    back = None if axes is None else tuple(np.argsort([axis % x.ndim for axis in axes]).tolist())
    return xp.transpose(x, axes), (lambda g: xp.transpose(g, back),)


@op
def reshape(x, *, shape):
    """Lay the same numbers out in another shape.

    Forward    z = x, read row by row
    Gradient   ∂L/∂x = g in the old shape
    Shapes     x (N, D) → z (M)
    Inputs     shape -1
    Source     CS231n, Backpropagation: vectorized operations
    """
    return x.reshape(shape), (lambda g: g.reshape(x.shape),)


@op
def concatenate(*arrays, axis=0):
    """Put arrays side by side along an axis.

    Forward    z = [x₁ x₂ …]
    Gradient   each gets back its own piece of g
    Shapes     *arrays (N, D) → z (M, D)
    Source     Szegedy et al. 2015, "Going deeper with convolutions", section 4: branches are concatenated
    """
    xp = _one_at_least(arrays)
    ends = np.cumsum([array.shape[axis] for array in arrays]).tolist()
    return xp.concatenate(arrays, axis=axis), tuple(
        _slicer(axis, arrays[0].ndim, slice(end - array.shape[axis], end))
        for array, end in zip(arrays, ends, strict=True)
    )


@op
def stack(*arrays, axis=0):
    """Lay arrays of one shape upon each other along a new axis.

    Forward    z = [x₁; x₂; …]
    Gradient   each gets back its own layer of g
    Shapes     *arrays (N, D) → z (P, N, D)
    Source     CS231n, Backpropagation: vectorized operations
    """
    xp = _one_at_least(arrays)
    z = xp.stack(arrays, axis=axis)
    return z, tuple(_slicer(axis, z.ndim, layer) for layer in range(len(arrays)))


def _one_at_least(arrays: tuple[Any, ...]) -> Any:
    """The namespace of the arrays, of which there must be one."""
    if not arrays:
        raise Misfit("give at least one array")
    return namespace(*arrays)


def _hidden(place: int, axes: int, x: Any, y: Any) -> bool:
    """Whether this axis of a product was only made for a single row or column."""
    return (x.ndim == 1 and place == axes - 2) or (y.ndim == 1 and place == axes - 1)


def _slicer(axis: int, axes: int, piece: slice | int) -> Any:
    """The pullback that takes one piece of g along an axis."""
    key = tuple(piece if place == axis % axes else slice(None) for place in range(axes))
    return lambda g: g[key]
