"""Choosing between numbers, and the masks that say which: 1 where a comparison holds, 0 where it does not."""

from pellucid.arrays.namespace import namespace
from pellucid.graph.elementwise import summed_to
from pellucid.graph.tensor import op


@op
def where(c, x, y):
    """Take x where the mask is not 0, and y elsewhere; each gets the gradient of the places that it filled.

    Forward    z = x where c ≠ 0, else y
    Gradient   ∂L/∂x = g [c ≠ 0],  ∂L/∂y = g [c = 0]  (summed over broadcast axes);  none flows into the mask
    Shapes     c (...), x (...), y (...) → z (...)
    Inputs     c 0 or 1
    Source     CS231n, Backpropagation: the max gate routes
    """
    xp = namespace(c, x, y)
    z = xp.where(c != 0, x, y)[()]
    taken = xp.broadcast_to(c != 0, z.shape).astype(z.dtype)
    return z, (None, lambda g: summed_to(g * taken, x), lambda g: summed_to(g * (1 - taken), y))


@op
def greater(x, y):
    """Whether x is above y: a mask, along which nothing flows, since it does not change with a small move.

    Forward    z = [x > y]
    Gradient   none: the slope of a step is 0
    Shapes     x (...), y (...) → z (...)
    Inputs     x away from y
    Source     CS231n, Linear classification: the indicator in the gradient of the hinge
    """
    return _mask(x > y, x, y), (None, None)


@op
def greater_equal(x, y):
    """Whether x is at least y: a mask, along which nothing flows.

    Forward    z = [x ≥ y]
    Gradient   none: the slope of a step is 0
    Shapes     x (...), y (...) → z (...)
    Inputs     x away from y
    Source     CS231n, Linear classification: the indicator in the gradient of the hinge
    """
    return _mask(x >= y, x, y), (None, None)


def _mask(holds, x, y):
    """The truth values as 0 and 1 in the dtype that x and y would add up to: an integer mask would widen float32."""
    return holds.astype(namespace(x, y).result_type(x, y))
