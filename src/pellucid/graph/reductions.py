"""Operations that make few numbers of many, over all axes or over those that are named."""

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from pellucid.arrays.namespace import namespace
from pellucid.graph.tensor import op

Axis = int | tuple[int, ...] | None


@op
def sum(x, *, axis: Axis = None, keepdims: bool = False):
    """Add up numbers: the gradient goes to each unchanged.

    Forward    z = Σ x
    Gradient   ∂L/∂x = g, the same for each number that was added
    Shapes     x (...) → z ()
    Source     CS231n, Backpropagation
    """
    axes = _axes(x, axis)
    xp = namespace(x)
    return x.sum(axis=axes, keepdims=keepdims), (lambda g: xp.broadcast_to(_spread(g, x, axes), x.shape),)


@op
def mean(x, *, axis: Axis = None, keepdims: bool = False):
    """The mean of numbers.

    Forward    z = Σ x / n, where n is how many there are
    Gradient   ∂L/∂x = g / n, the same for each number
    Shapes     x (...) → z ()
    Inputs     x not empty
    Source     CS231n, Linear classification: the full loss is the mean over the pictures
    """
    axes = _axes(x, axis)
    xp = namespace(x)
    z = x.mean(axis=axes, keepdims=keepdims)
    count = x.size // (z.size or 1)
    return z, (lambda g: xp.broadcast_to(_spread(g, x, axes) / count, x.shape),)


@op
def max(x, *, axis: Axis = None, keepdims: bool = False):
    """The largest number: the gradient goes to it; where several are largest, they share it equally.

    Forward    z = max x
    Gradient   ∂L/∂x = g / (how many are largest) where x is largest, else 0
    Shapes     x (...) → z ()
    Inputs     x not empty; x all different
    Source     CS231n, Backpropagation: the max gate routes
    """
    axes = _axes(x, axis)
    z = x.max(axis=axes, keepdims=keepdims)
    wins = (x == _spread(z, x, axes)).astype(x.dtype)
    share = wins / wins.sum(axis=axes, keepdims=True)
    return z, (lambda g: _spread(g, x, axes) * share,)


@op
def logsumexp(x, *, axis: Axis = None, keepdims: bool = False):
    """A smooth maximum: the logarithm of the sum of exponentials.

    Forward    z = ln Σ eˣ  (the largest is subtracted first, so nothing overflows)
    Gradient   ∂L/∂x = g eˣ / Σ eˣ
    Shapes     x (...) → z ()
    Inputs     x not empty
    Source     Boyd and Vandenberghe 2004, "Convex optimization", section 3.1.5
    """
    axes = _axes(x, axis)
    xp = namespace(x)
    largest = x.max(axis=axes, keepdims=True)
    exponentials = xp.exp(x - largest)
    total = exponentials.sum(axis=axes, keepdims=True)
    z = (largest + xp.log(total)).reshape(x.sum(axis=axes, keepdims=keepdims).shape)[()]
    return z, (lambda g: _spread(g, x, axes) * (exponentials / total),)


@op
def norm(x, *, axis: Axis = None, keepdims: bool = False):
    """The Euclidean length.

    Forward    z = ‖x‖ = √Σ x²
    Gradient   ∂L/∂x = g x / ‖x‖  (at 0: 0)
    Shapes     x (...) → z ()
    Inputs     x not empty; x away from 0
    Source     CS231n, Linear classification: regularization
    """
    axes = _axes(x, axis)
    xp = namespace(x)
    long = xp.sqrt((x * x).sum(axis=axes, keepdims=True))
    z = long.reshape(x.sum(axis=axes, keepdims=keepdims).shape)[()]
    direction = x / xp.where(long == 0, 1, long).astype(x.dtype)
    return z, (lambda g: _spread(g, x, axes) * direction,)


@op
def weighted_mean(x, v):
    """The mean in which each number counts with its own weight.

    Where nothing counts, as in a minibatch of pictures that all weigh 0, it is 0 and moves nothing.

    Forward    z = Σₙ vₙ xₙ / Σₙ vₙ  (all weights 0: 0)
    Gradient   ∂L/∂xₙ = g vₙ / Σ v  (all weights 0: 0);  none flows into the weights
    Shapes     x (N), v (N) → z ()
    Inputs     v positive; N at least 1
    Source     King and Zeng 2001, "Logistic regression in rare events data", section 4.2
    """
    total = v.sum()
    share = v / namespace(v).where(total == 0, 1, total).astype(v.dtype)
    return (x * share).sum(), (lambda g: g * share, None)


def _axes(x: Any, axis: Axis) -> tuple[int, ...] | None:
    """The axes counted from 0; None for all. An axis that x does not have is an error, also where x is a number."""
    return None if axis is None else normalize_axis_tuple(axis, np.ndim(x))


def _spread(g: Any, x: Any, axes: tuple[int, ...] | None) -> Any:
    """g with the axes of length 1 that a reduction of x has taken away, ready to be broadcast to x."""
    if axes is None:
        return g.reshape((1,) * x.ndim)
    return g.reshape(tuple(1 if place in axes else size for place, size in enumerate(x.shape)))
