"""Taking numbers out of arrays, and putting borders around them."""

from pellucid.arrays.namespace import namespace
from pellucid.arrays.scatter import scattered
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
    """A part of an array, as `x[key]` takes it: numbers, slices, `...`, arrays of numbers.

    Forward    z = x[key]
    Gradient   ∂L/∂x = g at the places that were taken (added up where one was taken twice), 0 elsewhere
    Shapes     x (N, D) → z (D)
    Inputs     key 0; N at least 1
    Source     Griewank and Walther 2008, "Evaluating derivatives", section 3
    """
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
    borders = [(width, width)] * x.ndim if isinstance(width, int) else list(width)
    inner = tuple(slice(before, before + size) for (before, _), size in zip(borders, x.shape, strict=True))
    return xp.pad(x, borders), (lambda g: g[inner],)
