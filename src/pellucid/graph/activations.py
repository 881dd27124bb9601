"""What a unit does with its weighted sum: the bends that make many layers more than one.

All are stable for any finite input. At a kink they take the slope named on their card.
"""

import math

from pellucid.arrays import special
from pellucid.arrays.namespace import namespace
from pellucid.graph.tensor import op


@op
def identity(x):
    """Pass the input on unchanged: a layer without an activation.

    Forward    z = x
    Gradient   ∂L/∂x = g
    Shapes     x (...) → z (...)
    Source     CS231n, Neural networks 1: without a non-linearity layers collapse into one
    """
    return x * 1, (lambda g: g,)


@op
def sigmoid(x):
    """Squash any number to between 0 and 1; flat at both ends, where gradients die.

    Forward    z = 1 / (1 + e⁻ˣ)
    Gradient   ∂L/∂x = g z (1 − z)
    Shapes     x (...) → z (...)
    Source     CS231n, Neural networks 1: commonly used activation functions
    """
    xp = namespace(x)
    # Only e to a negative power is taken: it may vanish but never overflows.
    small = xp.exp(-abs(x))
    z = xp.where(x >= 0, 1 / (1 + small), small / (1 + small))[()]
    return z, (lambda g: g * (z * (1 - z)),)


@op
def tanh(x):
    """Squash any number to between −1 and 1; zero-centered, flat at both ends.

    Forward    z = tanh x = 2σ(2x) − 1
    Gradient   ∂L/∂x = g (1 − z²)
    Shapes     x (...) → z (...)
    Source     CS231n, Neural networks 1: commonly used activation functions
    """
    z = namespace(x).tanh(x)
    return z, (lambda g: g * (1 - z * z),)


@op
def relu(x):
    """Keep what is positive, drop the rest; a unit whose inputs are all negative is dead.

    Forward    z = max(0, x)
    Gradient   ∂L/∂x = g [x > 0]  (at 0: 0)
    Shapes     x (...) → z (...)
    Inputs     x away from 0
    Source     Nair and Hinton 2010, "Rectified linear units improve restricted Boltzmann machines", section 2
    """
    passes = (x > 0).astype(x.dtype)
    return x * passes, (lambda g: g * passes,)


@op
def leaky_relu(x, *, slope=0.01):
    """ReLU with a small slope for negative numbers, so that no unit dies.

    Forward    z = x where x > 0, else a x
    Gradient   ∂L/∂x = g where x > 0, else a g  (at 0: a g)
    Shapes     x (...) → z (...)
    Inputs     x away from 0; slope 0.1
    Source     Maas, Hannun and Ng 2013, "Rectifier nonlinearities improve neural network acoustic models", section 2
    """
    xp = namespace(x)
    a = float(slope)
    return xp.where(x > 0, x, a * x)[()], (lambda g: xp.where(x > 0, g, a * g)[()],)


@op
def elu(x, *, alpha=1.0):
    """ReLU with a smooth, saturating left side.

    Forward    z = x where x > 0, else α (eˣ − 1)
    Gradient   ∂L/∂x = g where x > 0, else g α eˣ
    Shapes     x (...) → z (...)
    Inputs     x away from 0; alpha 1.5
    Source     Clevert, Unterthiner and Hochreiter 2016, "Fast and accurate deep network learning by ELUs", section 3
    """
    xp = namespace(x)
    a = float(alpha)
    left = xp.minimum(x, 0)  # where x > 0 the exponential is not used, and must not overflow
    z = xp.where(x > 0, x, a * xp.expm1(left))[()]
    return z, (lambda g: g * xp.where(x > 0, 1, a * xp.exp(left)).astype(x.dtype),)


@op
def gelu(x):
    """Weigh a number by the chance that a standard normal number is smaller.

    Forward    z = x Φ(x),  Φ(x) = ½ (1 + erf(x / √2))
    Gradient   ∂L/∂x = g (Φ(x) + x φ(x)),  φ(x) = e^(−x²/2) / √(2π)
    Shapes     x (...) → z (...)
    Source     Hendrycks and Gimpel 2016, "Gaussian error linear units", section 2 (the exact form)
    """
    xp = namespace(x)
    cumulative = 0.5 * (1 + special.erf(x * math.sqrt(0.5)))
    # Beyond 40 the density is 0 in every dtype, and the square would overflow float16.
    near = xp.clip(x, -40, 40)
    return x * cumulative, (
        lambda g: g * (cumulative + x * xp.exp(-0.5 * near * near) * (1 / math.sqrt(2 * math.pi))),
    )


@op
def softplus(x):
    """A smooth ReLU; its slope is the sigmoid.

    Forward    z = ln(1 + eˣ)
    Gradient   ∂L/∂x = g σ(x)
    Shapes     x (...) → z (...)
    Source     Dugas et al. 2001, "Incorporating second-order functional knowledge", section 3
    """
    z, slope = special.softplus(x)
    return z, (lambda g: g * slope,)


@op
def maxout(x):
    """The largest of several weighted sums: a unit that learns its own activation.

    Forward    z = maxₚ x_p
    Gradient   ∂L/∂x_p = g / (how many are largest) where x_p is largest, else 0
    Shapes     x (N, D, P) → z (N, D)
    Inputs     x all different; P at least 1
    Source     Goodfellow et al. 2013, "Maxout networks", section 3
    """
    z = x.max(axis=-1)
    wins = (x == z[..., None]).astype(x.dtype)
    share = wins / wins.sum(axis=-1, keepdims=True)
    return z, (lambda g: g[..., None] * share,)
