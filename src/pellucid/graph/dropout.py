"""Dropout: units are switched off at random while a network learns.

dropout(x, mask, rate=0.5)      mask: 1 keeps, 0 drops, in x's shape; draw it with
arrays.random.kept(key, shape, rate)    (bool; the same on both engines)
"""

import numpy as np

from pellucid.graph.misfit import Misfit
from pellucid.graph.tensor import op


@op
def dropout(x, m, *, rate: float):
    """Switch units off and make the others stronger, so that the expected sum stays: nobody can rely on one unit.

    Forward    z = x m / (1 − rate), where m is 1 for a unit that stays and 0 for one that is dropped
    Gradient   ∂L/∂x = g m / (1 − rate);  none flows into the mask
    Shapes     x (N, D), m (N, D) → z (N, D)
    Inputs     m 0 or 1; rate 0.25
    Source     Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from overfitting", section 10
               (the inverted form)
    """
    if not 0 <= rate < 1:
        raise Misfit("rate, the share of units that are dropped, must be from 0 to below 1")
    if np.shape(m) != np.shape(x):
        raise Misfit("the mask must have one 0 or 1 for each unit")
    stronger = float(1 / (1 - rate))
    m = m.astype(x.dtype)
    return x * m * stronger, (lambda g: g * m * stronger, None)
