"""Operations on each number alone. Arrays of different shapes are broadcast; gradients are summed back."""

from typing import Any

from pellucid.arrays.namespace import namespace
from pellucid.graph.tensor import op


def summed_to(g: Any, like: Any) -> Any:
    """The gradient g in the shape of `like`: summed over the axes that broadcasting added or stretched."""
    shape = like.shape
    if g.shape == shape:
        return g
    extra = g.ndim - len(shape)
    stretched = tuple(axis for axis, size in enumerate(shape, extra) if size == 1 and g.shape[axis] != 1)
    return g.sum(axis=tuple(range(extra)) + stretched, keepdims=True).reshape(shape)


@op
def add(x, y):
    """Add: the gradient is passed on to both unchanged.

    Forward    z = x + y
    Gradient   ∂L/∂x = g,  ∂L/∂y = g  (summed over broadcast axes)
    Shapes     x (...), y (...) → z (...)
    Source     CS231n, Backpropagation: the add gate distributes
    """
    return x + y, (lambda g: summed_to(g, x), lambda g: summed_to(g, y))


@op
def subtract(x, y):
    """Subtract: the gradient is passed on to x, and with the other sign to y.

    Forward    z = x − y
    Gradient   ∂L/∂x = g,  ∂L/∂y = −g  (summed over broadcast axes)
    Shapes     x (...), y (...) → z (...)
    Source     CS231n, Backpropagation
    """
    return x - y, (lambda g: summed_to(g, x), lambda g: summed_to(-g, y))


@op
def multiply(x, y):
    """Multiply: each input gets the gradient times the other input.

    Forward    z = x y
    Gradient   ∂L/∂x = g y,  ∂L/∂y = g x  (summed over broadcast axes)
    Shapes     x (...), y (...) → z (...)
    Source     CS231n, Backpropagation: the multiply gate switches the inputs
    """
    return x * y, (lambda g: summed_to(g * y, x), lambda g: summed_to(g * x, y))


@op
def divide(x, y):
    """Divide.

    Forward    z = x / y
    Gradient   ∂L/∂x = g / y,  ∂L/∂y = −g x / y²  (summed over broadcast axes)
    Shapes     x (...), y (...) → z (...)
    Inputs     y away from 0
    Source     CS231n, Backpropagation
    """
    return x / y, (lambda g: summed_to(g / y, x), lambda g: summed_to(-g * x / (y * y), y))


@op
def negative(x):
    """Change the sign.

    Forward    z = −x
    Gradient   ∂L/∂x = −g
    Shapes     x (...) → z (...)
    Source     CS231n, Backpropagation
    """
    return -x, (lambda g: -g,)


@op
def power(x, *, exponent):
    """Raise to a fixed power.

    Forward    z = xᵖ
    Gradient   ∂L/∂x = g p xᵖ⁻¹
    Shapes     x (...) → z (...)
    Inputs     x positive; exponent 3.0
    Source     CS231n, Backpropagation
    """
    p = float(exponent)
    # A whole power is exact and takes negative numbers; NumPy multiplies for 2.
    if p == 0.0:  # x⁰ is 1 everywhere; the formula would give 0 · ∞ at 0.
        return x**p, (lambda g: 0 * g,)
    return x**p, (lambda g: g * (p * x ** (p - 1.0)),)


@op
def exp(x):
    """The exponential function: its slope is its value.

    Forward    z = eˣ
    Gradient   ∂L/∂x = g eˣ
    Shapes     x (...) → z (...)
    Source     CS231n, Backpropagation
    """
    z = namespace(x).exp(x)
    return z, (lambda g: g * z,)


@op
def log(x):
    """The natural logarithm.

    Forward    z = ln x
    Gradient   ∂L/∂x = g / x
    Shapes     x (...) → z (...)
    Inputs     x positive
    Source     CS231n, Backpropagation
    """
    return namespace(x).log(x), (lambda g: g / x,)


@op
def maximum(x, y):
    """The larger of two: the gradient goes to the larger one. At a tie it goes to x.

    Forward    z = max(x, y)
    Gradient   ∂L/∂x = g [x ≥ y],  ∂L/∂y = g [x < y]  (summed over broadcast axes)
    Shapes     x (...), y (...) → z (...)
    Inputs     x away from y
    Source     CS231n, Backpropagation: the max gate routes
    """
    xp = namespace(x, y)
    z = xp.maximum(x, y)
    wins = xp.greater_equal(x, y).astype(z.dtype)
    return z, (lambda g: summed_to(g * wins, x), lambda g: summed_to(g * (1 - wins), y))


@op
def minimum(x, y):
    """The smaller of two: the gradient goes to the smaller one. At a tie it goes to x.

    Forward    z = min(x, y)
    Gradient   ∂L/∂x = g [x ≤ y],  ∂L/∂y = g [x > y]  (summed over broadcast axes)
    Shapes     x (...), y (...) → z (...)
    Inputs     x away from y
    Source     CS231n, Backpropagation: the max gate routes
    """
    xp = namespace(x, y)
    z = xp.minimum(x, y)
    wins = xp.less_equal(x, y).astype(z.dtype)
    return z, (lambda g: summed_to(g * wins, x), lambda g: summed_to(g * (1 - wins), y))


@op
def clip(x, *, low, high):
    """Hold numbers between two bounds: outside them nothing flows. At a bound the gradient passes.

    Forward    z = min(max(x, low), high)
    Gradient   ∂L/∂x = g [low ≤ x ≤ high]
    Shapes     x (...) → z (...)
    Inputs     x in steps of 0.3; low -1.0; high 1.0
    Source     CS231n, Backpropagation: the max gate routes
    """
    xp = namespace(x)
    bottom, top = float(low), float(high)
    passes = ((x >= bottom) & (x <= top)).astype(x.dtype)
    return xp.clip(x, bottom, top), (lambda g: g * passes,)


@op
def sqrt(x):
    """The square root.

    Forward    z = √x
    Gradient   ∂L/∂x = g / (2 √x)
    Shapes     x (...) → z (...)
    Inputs     x positive
    Source     CS231n, Backpropagation
    """
    z = namespace(x).sqrt(x)
    return z, (lambda g: g * (0.5 / z),)


@op
def log1p(x):
    """The natural logarithm of 1 + x, exact also for tiny x.

    Forward    z = ln(1 + x)
    Gradient   ∂L/∂x = g / (1 + x)
    Shapes     x (...) → z (...)
    Inputs     x positive
    Source     Goldberg 1991, "What every computer scientist should know about floating-point arithmetic", theorem 4
    """
    return namespace(x).log1p(x), (lambda g: g / (1 + x),)


@op
def absolute(x):
    """The size of a number without its sign.

    Forward    z = |x|
    Gradient   ∂L/∂x = g sign(x)  (at 0: 0)
    Shapes     x (...) → z (...)
    Inputs     x away from 0
    Source     CS231n, Linear classification: L1 regularization
    """
    return abs(x), (lambda g: g * namespace(x).sign(x),)
