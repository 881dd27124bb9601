"""Taking numbers out of arrays, and putting borders around them."""

import operator

import numpy as np

from pellucid.arrays.indexing import checked_key
from pellucid.arrays.namespace import namespace
from pellucid.arrays.scatter import scattered
from pellucid.graph.misfit import Misfit
from pellucid.graph.tensor import op


@op
def take(x, y):
    """The rows with these numbers; a row may be taken several times.

    Forward    zₙ = x[yₙ]
    Gradient   ∂L/∂x[k] = Σ gₙ over the n with yₙ = k;  none flows into the numbers
    Shapes     x (K, D), y (N) → z (N, D)
    Inputs     y labels below K
    Source     Griewank and Walther 2008, "Evaluating derivatives", section 3: what is read is added to on the way back
    """
    return x[y], (lambda g: scattered(g, y, x), None)


@op
def index(x, *, key):
    """A part of an array, as `x[key]` takes it: numbers, slices, `...`, arrays of numbers, masks.

    Forward    z = x[key]
    Gradient   ∂L/∂x = g at the places that were taken (added up where one was taken twice), 0 elsewhere
    Shapes     x (N, D) → z (D)
    Inputs     key 0; N at least 1
    Source     Griewank and Walther 2008, "Evaluating derivatives", section 3
    """
    key = checked_key(key, x)
    return x[key], (lambda g: scattered(g, key, x),)


@op
def pad(x, *, width):
    """A border of zeros around an array.

    Forward    z = x with `width` zeros at both ends of every axis, or ((before, after), …) for each axis
    Gradient   ∂L/∂x = g without the border
    Shapes     x (N, D) → z (M, P)
    Inputs     width 2
    Source     CS231n, Convolutional networks: zero-padding
    """
    xp = namespace(x)
    if not x.ndim:  # a single number has no ends
        return x * 1, (lambda g: g,)
    borders = [(width, width)] * x.ndim if np.ndim(width) == 0 else list(width)
    if np.shape(borders) != (x.ndim, 2):
        raise Misfit(
            f"width must be one whole number, or a pair (before, after) for each of the {x.ndim} axes"
        )
    borders = [(operator.index(before), operator.index(after)) for before, after in borders]
    if any(number < 0 for pair in borders for number in pair):
        raise Misfit("a border cannot be narrower than 0: take a part with x[key]")
    inner = tuple(slice(before, before + size) for (before, _), size in zip(borders, x.shape, strict=True))
    return xp.pad(x, borders), (lambda g: g[inner],)
