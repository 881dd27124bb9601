"""How wrong are the scores? One value for each picture, so that pictures can be ranked by it."""

import numpy as np

from pellucid.arrays.namespace import namespace
from pellucid.graph.tensor import op


@op
def softmax_cross_entropy(s, y):
    """Minus the logarithm of the probability that softmax gives the right class.

    Forward    L = −ln p_y,  p = eˢ / Σⱼ eˢʲ  (the largest score is subtracted first, so nothing overflows)
    Gradient   ∂L/∂s = g (p − [k = y]);  none flows into the labels
    Shapes     s (N, K), y (N) → L (N)
    Inputs     y labels below K
    Source     CS231n, Linear classification: softmax classifier
    """
    xp = namespace(s, y)
    right = _one_hot(xp, y, s)
    shifted = s - s.max(axis=1, keepdims=True)
    exponentials = xp.exp(shifted)
    total = exponentials.sum(axis=1, keepdims=True)
    # Summing over the one class that is right is a gather that both engines do fast.
    loss = xp.log(total[:, 0]) - (shifted * right).sum(axis=1)
    return loss, (lambda g: g[:, None] * (exponentials / total - right), None)


@op
def multiclass_hinge(s, y, *, margin=1.0):
    """How far the wrong classes come within the margin of the right one, added up.

    Forward    L = Σ_{j≠y} max(0, sⱼ − s_y + Δ)
    Gradient   ∂L/∂sⱼ = g [sⱼ − s_y + Δ > 0] for j ≠ y,  ∂L/∂s_y = −Σ_{j≠y} ∂L/∂sⱼ  (at the kink: 0)
    Shapes     s (N, K), y (N) → L (N)
    Inputs     y labels below K; s in steps of 0.3 (so that no margin is met exactly)
    Source     Weston and Watkins 1999, "Support vector machines for multi-class pattern recognition", section 2; CS231n
    """
    xp = namespace(s, y)
    right = _one_hot(xp, y, s)
    s_right = (s * right).sum(axis=1, keepdims=True)
    # The right class itself would pay Δ: it is taken out.
    excess = (s - s_right + float(margin)) * (1 - right)
    pays = (excess > 0).astype(s.dtype)

    def pullback(g):
        paying = g[:, None] * pays
        return paying - right * paying.sum(axis=1, keepdims=True)

    return (excess * pays).sum(axis=1), (pullback, None)


def initial_loss(loss: str, classes: int) -> float:
    """The loss of a classifier that gives every class the same score: ln K for softmax, K − 1 for the hinge."""
    import math

    return math.log(classes) if loss == "softmax" else classes - 1.0


def _one_hot(xp, y, s):
    """(N, K) with 1 at the right class, in the scores' dtype: an integer mask would make float32 scores float64.

    Labels of another shape would be broadcast to a loss of something else, so they are refused. That they lie in
    0..K−1 is looked at where data come in: here they may be traced, and their values unknown.
    """
    if len(np.shape(s)) != 2:
        raise ValueError("scores must have the shape (N, K)")
    if np.shape(y) != s.shape[:1] or y.dtype.kind not in "iu":
        raise ValueError(f"labels must be whole numbers of shape ({s.shape[0]},)")
    return (y[:, None] == xp.arange(s.shape[1], dtype=np.int32)).astype(s.dtype)


LOSSES = {"softmax": softmax_cross_entropy, "svm": multiclass_hinge}
"""The loss of each kind of linear classifier."""
