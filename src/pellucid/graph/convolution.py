"""Convolution: filters that slide over pictures.

conv2d(x, w)                                    x (N, H, W, C), w (K, R, S, C) → (N, P, Q, K)
conv2d(x, w, b, stride=2, padding=1)            with a bias (K)
conv2d(x, w, padding=((1, 0), (1, 0)))          a border of its own for each side: (above, below), (left, right)
"""

import numpy as np

from pellucid.arrays.convolution import convolved, gradient_of_filters, gradient_of_pictures
from pellucid.arrays.sums import over_rows
from pellucid.arrays.windows import Border, windows
from pellucid.graph.misfit import Misfit
from pellucid.graph.tensor import op


@op
def conv2d(x, w, b=None, *, stride: int = 1, padding: int | Border = 0):
    """Slide filters over pictures: each is a template that looks for its pattern at every place.

    Forward    s[n, p, q, k] = bₖ + Σ x[n, p t + r, q t + s, c] w[k, r, s, c] over r, s, c, where t is the stride and x
               has got its border of zeros; without b nothing is added
    Gradient   ∂L/∂x = Σ g w put back under the windows,  ∂L/∂w = Σ g x over all windows,  ∂L/∂b = Σ g
    Shapes     x (N, H, W, C), w (K, R, S, C), b (K) → s (N, P, Q, K)
    Inputs     padding 1
    Source     CS231n, Convolutional networks: convolutional layer; LeCun et al. 1998, "Gradient-based learning applied
               to document recognition", section 2
    """
    if np.ndim(w) != 4:
        raise Misfit("filters must have four axes: (K, R, S, C), filters by rows by columns by channels")
    seen_by = windows(np.shape(x), w.shape[1:3], stride, padding)
    if x.shape[3] != w.shape[3]:
        raise Misfit(f"pictures of {x.shape[3]} channels meet filters of {w.shape[3]}")
    s = convolved(x, w, seen_by)
    pullbacks = (lambda g: gradient_of_pictures(g, w, seen_by), lambda g: gradient_of_filters(g, x, seen_by))
    if b is None:
        return s, pullbacks
    if np.shape(b) != w.shape[:1]:
        raise Misfit(f"b must have the shape ({w.shape[0]},)")
    return s + b, (*pullbacks, over_rows)
