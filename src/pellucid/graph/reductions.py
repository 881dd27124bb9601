"""Operations that make few numbers of many, over all axes or over those that are named."""

from typing import Any

import numpy as np

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
    xp = namespace(x)
    return x.sum(axis=axis, keepdims=keepdims), (lambda g: xp.broadcast_to(_spread(g, x, axis), x.shape),)


@op
def mean(x, *, axis: Axis = None, keepdims: bool = False):
    """The mean of numbers.

    Forward    z = Σ x / n, where n is how many there are
    Gradient   ∂L/∂x = g / n, the same for each number
    Shapes     x (...) → z ()
    Inputs     x not empty
    Source     CS231n, Linear classification: the full loss is the mean over the pictures
    """
    xp = namespace(x)
    z = x.mean(axis=axis, keepdims=keepdims)
    count = x.size // (z.size or 1)
    return z, (lambda g: xp.broadcast_to(_spread(g, x, axis) / count, x.shape),)


@op
def max(x, *, axis: Axis = None, keepdims: bool = False):
    """The largest number: the gradient goes to it; where several are largest, they share it equally.

    Forward    z = max x
    Gradient   ∂L/∂x = g / (how many are largest) where x is largest, else 0
    Shapes     x (...) → z ()
    Inputs     x not empty; x all different
    Source     CS231n, Backpropagation: the max gate routes
    """
    z = x.max(axis=axis, keepdims=keepdims)
    wins = (x == _spread(z, x, axis)).astype(x.dtype)
    share = wins / wins.sum(axis=axis, keepdims=True)
    return z, (lambda g: _spread(g, x, axis) * share,)


@op
def logsumexp(x, *, axis: Axis = None, keepdims: bool = False):
    """A smooth maximum: the logarithm of the sum of exponentials.

    Forward    z = ln Σ eˣ  (the largest is subtracted first, so nothing overflows)
    Gradient   ∂L/∂x = g eˣ / Σ eˣ
    Shapes     x (...) → z ()
    Inputs     x not empty
    Source     Boyd and Vandenberghe 2004, "Convex optimization", section 3.1.5
    """
    xp = namespace(x)
    largest = x.max(axis=axis, keepdims=True)
    exponentials = xp.exp(x - largest)
    total = exponentials.sum(axis=axis, keepdims=True)
    z = (largest + xp.log(total)).reshape(x.sum(axis=axis, keepdims=keepdims).shape)[()]
    return z, (lambda g: _spread(g, x, axis) * (exponentials / total),)


@op
def norm(x, *, axis: Axis = None, keepdims: bool = False):
    """The Euclidean length.

    Forward    z = ‖x‖ = √Σ x²
    Gradient   ∂L/∂x = g x / ‖x‖  (at 0: 0)
    Shapes     x (...) → z ()
    Inputs     x not empty; x away from 0
    Source     CS231n, Linear classification: regularization
    """
    xp = namespace(x)
    long = xp.sqrt((x * x).sum(axis=axis, keepdims=True))
    z = long.reshape(x.sum(axis=axis, keepdims=keepdims).shape)[()]
    direction = x / xp.where(long == 0, 1, long).astype(x.dtype)
    return z, (lambda g: _spread(g, x, axis) * direction,)


@op
def weighted_mean(x, v):
    """The mean in which each number counts with its own weight.

    Forward    z = Σₙ vₙ xₙ / Σₙ vₙ
    Gradient   ∂L/∂xₙ = g vₙ / Σ v;  none flows into the weights
    Shapes     x (N), v (N) → z ()
    Inputs     v positive; N at least 1
    Source     King and Zeng 2001, "Logistic regression in rare events data", section 4.2
    """
    share = v / v.sum()
    return (x * share).sum(), (lambda g: g * share, None)


def _spread(g: Any, x: Any, axis: Axis) -> Any:
    """g with the axes of length 1 that a reduction of x over `axis` has taken away, ready to be broadcast to x."""
    if axis is None:
        axes = tuple(range(x.ndim))
    else:
        # An axis may come as a whole number of NumPy's.
        axes = tuple(int(each) % x.ndim for each in np.atleast_1d(np.asarray(axis, int)))
    return g.reshape(tuple(1 if place in axes else size for place, size in enumerate(x.shape)))
