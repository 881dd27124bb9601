"""Pooling: many places of a picture become one.

max_pool(x, size=2)                             x (N, H, W, C) → (N, H/2, W/2, C); the stride is the size
max_pool(x, size=3, stride=2, padding=1)        windows may overlap; a border never wins
mean_pool(x, size=2, stride=None, padding=0)    the border does not count
global_mean_pool(x)                             (N, H, W, C) → (N, C)
"""

import operator

import numpy as np

from pellucid.arrays.namespace import namespace
from pellucid.arrays.windows import Border, averages, largest, windows
from pellucid.graph.misfit import Misfit
from pellucid.graph.tensor import op


@op
def max_pool(x, *, size: int, stride: int | None = None, padding: int | Border = 0):
    """The largest number that each window sees, channel by channel.

    Forward    z[n, p, q, c] = max x[n, p t + r, q t + s, c] over r, s < size, where t is the stride; `stride` is the
               size unless it is given; a border never wins
    Gradient   ∂L/∂x = g / (how many are largest) where x is largest in the window, else 0; added up where windows
               overlap
    Shapes     x (N, H, W, C) → z (N, P, Q, C)
    Inputs     x all different; size 3; stride 2; padding 1
    Source     CS231n, Convolutional networks: pooling layer
    """
    z, to_x = largest(x, _windows(x, size, stride, padding))
    return z, (to_x,)


@op
def mean_pool(x, *, size: int, stride: int | None = None, padding: int | Border = 0):
    """The mean of what each window sees of the picture, channel by channel.

    Forward    z[n, p, q, c] = the mean of x[n, p t + r, q t + s, c] over r, s < size, where t is the stride; `stride`
               is the size unless it is given; a border does not count
    Gradient   ∂L/∂x = g / (how many pixels the window sees), added up where windows overlap
    Shapes     x (N, H, W, C) → z (N, P, Q, C)
    Inputs     size 3; stride 2; padding 1
    Source     CS231n, Convolutional networks: pooling layer
    """
    z, to_x = averages(x, _windows(x, size, stride, padding))
    return z, (to_x,)


@op
def global_mean_pool(x):
    """The mean of each channel over the whole picture: where something is no longer matters, only that it is there.

    Forward    z[n, c] = the mean of x[n, :, :, c]
    Gradient   ∂L/∂x = g / (H W), the same at each place
    Shapes     x (N, H, W, C) → z (N, C)
    Source     Lin, Chen and Yan 2014, "Network in network", section 3.2
    """
    if np.ndim(x) != 4:
        raise Misfit("pictures must have four axes: (N, H, W, C), pictures by rows by columns by channels")
    places = x.shape[1] * x.shape[2]
    if not places:
        raise Misfit("pictures without a pixel have no mean")
    z = x.mean(axis=(1, 2))
    return z, (lambda g: namespace(g).broadcast_to((g / places)[:, None, None, :], x.shape),)


def _windows(x, size, stride, padding):
    size = operator.index(size)
    return windows(np.shape(x), (size, size), size if stride is None else stride, padding)
