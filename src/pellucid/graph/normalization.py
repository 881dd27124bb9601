"""Batch normalization: every channel of a minibatch gets a mean and a spread that can be learned.

    batch_normalize(x, scale, shift, epsilon=1e-5)                  with the minibatch's own mean and variance
    normalize_with(x, mean, variance, scale, shift, epsilon=1e-5)   with the population's, to evaluate

x is (..., C), rows of features or pictures (N, H, W, C); all others are (C).
The variance is the biased one, Σ(x − m)² / M.
"""

import math

import numpy as np

from pellucid.arrays.namespace import namespace
from pellucid.arrays.sums import over_rows
from pellucid.graph.misfit import Misfit
from pellucid.graph.tensor import op


@op
def batch_normalize(x, scale, shift, *, epsilon: float = 1e-5):
    """Center and scale each channel by the minibatch's own mean and variance, then scale and shift as learned.

    Forward    z = γ h + β,  h = (x − m) / √(v + ε),  m and v the mean and variance over all axes but the last
    Gradient   ∂L/∂x = γ / √(v + ε) (g − mean g − h mean(g h)),  ∂L/∂γ = Σ g h,  ∂L/∂β = Σ g
    Shapes     x (N, H, W, C), scale (C), shift (C) → z (N, H, W, C)
    Inputs     N at least 1
    Source     Ioffe and Szegedy 2015, "Batch normalization", section 3
    """
    _check(x, scale=scale, shift=shift)
    count = math.prod(x.shape[:-1])
    if count < 2:
        raise Misfit(f"a minibatch of {count} has no variance: give at least 2 rows, or use normalize_with")
    centered = x - over_rows(x) / count
    spread = 1 / namespace(x).sqrt(over_rows(centered * centered) / count + float(epsilon))
    h = centered * spread

    def to_x(g):
        return scale * spread * (g - over_rows(g) / count - h * (over_rows(g * h) / count))

    return h * scale + shift, (to_x, lambda g: over_rows(g * h), over_rows)


@op
def normalize_with(x, mean, variance, scale, shift, *, epsilon: float = 1e-5):
    """Center and scale each channel by a mean and a variance that are known, then scale and shift as learned.

    Forward    z = γ (x − m) / √(v + ε) + β
    Gradient   ∂L/∂x = γ g / √(v + ε),  ∂L/∂γ = Σ g (x − m) / √(v + ε),  ∂L/∂β = Σ g;  none flows into m and v
    Shapes     x (N, H, W, C), mean (C), variance (C), scale (C), shift (C) → z (N, H, W, C)
    Inputs     variance positive
    Source     Ioffe and Szegedy 2015, "Batch normalization", algorithm 2
    """
    _check(x, mean=mean, variance=variance, scale=scale, shift=shift)
    spread = 1 / namespace(x, variance).sqrt(variance + float(epsilon))
    slope = scale * spread
    return (x - mean) * slope + shift, (
        lambda g: g * slope,
        None,
        None,
        lambda g: over_rows(g * (x - mean)) * spread,
        over_rows,
    )


def _check(x, **channels):
    """Each of the others must have one number for each channel, the last axis of x."""
    if np.ndim(x) < 2:
        raise Misfit("x must have at least two axes, the last of them channels")
    for name, each in channels.items():
        if np.shape(each) != x.shape[-1:]:
            raise Misfit(f"{name} must have the shape ({x.shape[-1]},), one number for each channel")
