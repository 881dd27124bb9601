"""Losses of K scores against one right class, or against a probability of each class."""

import numpy as np

from pellucid.arrays.namespace import namespace
from pellucid.graph.tensor import op
from pellucid.losses.masks import fixed_margin, right_class


@op
def softmax_cross_entropy(s, y, *, smoothing=0.0):
    """Minus the logarithm of the probability that softmax gives the right class.

    Forward    L = −ln p_y,  p = eˢ / Σⱼ eˢʲ  (the largest score is subtracted first, so nothing overflows);
               with label smoothing ε:  L = −Σₖ qₖ ln pₖ,  q = (1 − ε) [k = y] + ε / K
    Gradient   ∂L/∂s = g (p − q),  without smoothing g (p − [k = y]);  none flows into the labels
    Shapes     s (N, K), y (N) → L (N)
    Inputs     y labels below K
    Source     CS231n, Linear classification: softmax classifier; smoothing: Szegedy et al. 2016, "Rethinking the
               Inception architecture for computer vision", section 7
    """
    xp = namespace(s, y)
    q = right_class(xp, s, y)
    epsilon = float(smoothing)
    if not 0 <= epsilon < 1:
        raise ValueError(f"smoothing must be 0 to below 1, got {smoothing!r}")
    if epsilon:
        q = q * (1 - epsilon) + epsilon / s.shape[1]
    shifted = s - s.max(axis=1, keepdims=True)
    exponentials = xp.exp(shifted)
    total = exponentials.sum(axis=1, keepdims=True)
    # Summing over the one class that is right is a gather that both engines do fast.
    loss = xp.log(total[:, 0]) - (shifted * q).sum(axis=1)
    return loss, (lambda g: g[:, None] * (exponentials / total - q), None)


@op
def soft_cross_entropy(s, q):
    """How surprised softmax is by targets that are themselves a probability of each class.

    Forward    L = −Σₖ qₖ ln pₖ,  p = eˢ / Σⱼ eˢʲ
    Gradient   ∂L/∂s = g (p Σₖ qₖ − q),  which is g (p − q) where q adds up to 1;  ∂L/∂q = −g ln p
    Shapes     s (N, K), q (N, K) → L (N)
    Inputs     K at least 1
    Source     Hinton, Vinyals and Dean 2015, "Distilling the knowledge in a neural network", section 2
    """
    xp = namespace(s, q)
    if len(np.shape(s)) != 2 or np.shape(q) != np.shape(s):
        raise ValueError(
            "scores and targets must both have the shape (N, K); for one label a picture there is "
            "softmax_cross_entropy"
        )
    targets = q.astype(s.dtype)
    shifted = s - s.max(axis=1, keepdims=True)
    exponentials = xp.exp(shifted)
    total = exponentials.sum(axis=1, keepdims=True)
    surprise = xp.log(total) - shifted  # −ln p, right also where p itself would round to 0
    return (targets * surprise).sum(axis=1), (
        lambda g: g[:, None] * (exponentials / total * targets.sum(axis=1, keepdims=True) - targets),
        # Whole numbers take no gradient: a table of zeros and ones may come as integers.
        (lambda g: (g[:, None] * surprise).astype(q.dtype)) if q.dtype.kind not in "biu" else None,
    )


@op
def multiclass_hinge(s, y, *, margin=1.0):
    """How far the wrong classes come within the margin of the right one, added up.

    Forward    L = Σ_{j≠y} max(0, sⱼ − s_y + Δ)
    Gradient   ∂L/∂sⱼ = g [sⱼ − s_y + Δ > 0] for j ≠ y,  ∂L/∂s_y = −Σ_{j≠y} ∂L/∂sⱼ  (at the kink: 0)
    Shapes     s (N, K), y (N) → L (N)
    Inputs     y labels below K; s in steps of 0.3 (so that no margin is met exactly)
    Source     Weston and Watkins 1999, "Support vector machines for multi-class pattern recognition", section 2; CS231n
    """
    excess, right = excess_over_right(s, y, margin)
    pays = (excess > 0).astype(s.dtype)

    def pullback(g):
        paying = g[:, None] * pays
        return paying - right * paying.sum(axis=1, keepdims=True)

    return (excess * pays).sum(axis=1), (pullback, None)


@op
def multiclass_squared_hinge(s, y, *, margin=1.0):
    """The multiclass hinge with each excess squared: a small one hardly counts, a large one counts heavily.

    Forward    L = Σ_{j≠y} max(0, sⱼ − s_y + Δ)²
    Gradient   ∂L/∂sⱼ = 2 g max(0, sⱼ − s_y + Δ) for j ≠ y,  ∂L/∂s_y = −Σ_{j≠y} ∂L/∂sⱼ
    Shapes     s (N, K), y (N) → L (N)
    Inputs     y labels below K; s in steps of 0.3 (so that no margin is met exactly, where the slope bends)
    Source     CS231n, Linear classification: squared hinge loss
    """
    excess, right = excess_over_right(s, y, margin)
    excess = excess * (excess > 0).astype(s.dtype)

    def pullback(g):
        paying = (2 * g)[:, None] * excess
        return paying - right * paying.sum(axis=1, keepdims=True)

    return (excess * excess).sum(axis=1), (pullback, None)


@op
def structured_hinge(s, y, *, margin=1.0):
    """How far the strongest rival alone comes within the margin of the right class.

    Forward    L = max(0, max_{j≠y} sⱼ − s_y + Δ)
    Gradient   ∂L/∂sⱼ = g for the strongest rival j where it pays, ∂L/∂s_y = −g there; several strongest share g
               equally  (at the kink: 0)
    Shapes     s (N, K), y (N) → L (N)
    Inputs     y labels below K; s all different; margin 0.75 (so that no margin is met exactly)
    Source     Crammer and Singer 2001, "On the algorithmic implementation of multiclass kernel-based vector
               machines", section 3
    """
    excess, right = excess_over_right(s, y, margin)
    # The right class stands among the rivals with an excess of 0: it wins where nobody pays.
    worst = excess.max(axis=1)
    pays = ((excess == worst[:, None]) & (excess > 0)).astype(s.dtype)
    return worst, (shared_by_strongest(pays, right), None)


def excess_over_right(s, y, margin):
    """sⱼ − s_y + Δ (N, K), 0 at the right class, which would pay Δ itself; and the right class's mask (N, K)."""
    right = right_class(namespace(s, y), s, y)
    s_right = (s * right).sum(axis=1, keepdims=True)
    return (s - s_right + fixed_margin(margin)) * (1 - right), right


def shared_by_strongest(pays, right):
    """The pullback to s (N, K) where the rivals that pay, a mask (N, K), share g equally at the right class's cost."""
    # Where nobody pays there is nothing to share.
    share = pays / namespace(pays).maximum(pays.sum(axis=1, keepdims=True), 1)

    def pullback(g):
        paying = g[:, None] * share
        return paying - right * paying.sum(axis=1, keepdims=True)

    return pullback
