"""Losses of the margin m = t s: how far a single score lies on the right side (t is −1 or +1).

All but the first are convex and bend it from above: they are its surrogates, which can be descended where the 0/1 loss
is flat (Bartlett, Jordan and McAuliffe 2006, "Convexity, classification, and risk bounds"). The logarithmic one does so
when measured in bits: ln(1 + e⁻ᵐ) / ln 2.
"""

import math

from pellucid.arrays.namespace import namespace
from pellucid.arrays.special import softplus
from pellucid.graph.tensor import op
from pellucid.losses.masks import fixed_margin, single
from pellucid.storage.errors import InputError


@op
def zero_one_loss(s, t):
    """1 for a wrong answer and 0 for a right one: what counts in the end, and cannot be descended.

    A score of exactly 0 takes no side, and counts as wrong.

    Forward    L = [m ≤ 0],  m = t s
    Gradient   refused: its slope is 0 wherever it has one, so no descent can use it
    Shapes     s (N), t (N) → L (N)
    Inputs     t -1 or 1
    Source     Bartlett, Jordan and McAuliffe 2006, "Convexity, classification, and risk bounds", section 1
    """
    return (single(s, t) * s <= 0).astype(s.dtype), (_refused, None)


@op
def logistic_loss(s, t):
    """A smooth loss that never stops asking for a larger margin, ever more softly: logistic regression's.

    Forward    L = ln(1 + e⁻ᵐ),  m = t s,  computed as max(−m, 0) + ln(1 + e^−|m|)
    Gradient   ∂L/∂s = −g t σ(−m);  none flows into the labels
    Shapes     s (N), t (N) → L (N)
    Inputs     t -1 or 1
    Source     Hastie, Tibshirani and Friedman 2009, "The elements of statistical learning", section 10.6
    """
    t = single(s, t)
    loss, wrong = softplus(-t * s)
    return loss, (lambda g: -g * (t * wrong), None)


@op
def exponential_loss(s, t):
    """A loss that grows exponentially with a wrong score, so that one mislabelled picture can outweigh all others.

    e⁻ᵐ itself overflows float32 at m = −89. Left of −c it goes on as the straight line that touches it there, which
    keeps it convex and smooth, and finite at any score up to ±1e6: c is half the logarithm of the dtype's largest
    number, 44 in float32 and 355 in float64. Between −c and ∞ it is exact.

    Forward    L = e⁻ᵐ,  m = t s;  where m < −c:  eᶜ (1 − m − c)
    Gradient   ∂L/∂s = −g t e⁻ᵐ;  where m < −c:  −g t eᶜ;  none flows into the labels
    Shapes     s (N), t (N) → L (N)
    Inputs     t -1 or 1
    Source     Friedman, Hastie and Tibshirani 2000, "Additive logistic regression: a statistical view of boosting",
               section 4
    """
    xp = namespace(s, t)
    t = single(s, t)
    m = t * s
    c = math.log(float(xp.finfo(s.dtype).max)) / 2
    steep = xp.exp(-xp.maximum(m, -c))
    # Right of −c the second factor is exactly 1.
    return steep * (1 + xp.maximum(-m - c, 0)), (lambda g: -g * (t * steep), None)


@op
def hinge_loss(s, t, *, margin=1.0):
    """Nothing to pay from the margin on, and before it what is missing: the support vector machine's.

    Forward    L = max(0, Δ − m),  m = t s
    Gradient   ∂L/∂s = −g t [m < Δ]  (at the kink: 0);  none flows into the labels
    Shapes     s (N), t (N) → L (N)
    Inputs     t -1 or 1; s in steps of 0.3 (so that no margin is met exactly)
    Source     Cortes and Vapnik 1995, "Support-vector networks", section 3
    """
    xp = namespace(s, t)
    t = single(s, t)
    missing = fixed_margin(margin) - t * s
    pays = (missing > 0).astype(s.dtype)
    # A product with the mask would leave −0.0.
    return xp.maximum(missing, 0), (lambda g: -g * (t * pays), None)


@op
def squared_hinge_loss(s, t, *, margin=1.0):
    """What is missing to the margin, squared: smooth where the hinge has its kink.

    Forward    L = max(0, Δ − m)²,  m = t s
    Gradient   ∂L/∂s = −2 g t max(0, Δ − m);  none flows into the labels
    Shapes     s (N), t (N) → L (N)
    Inputs     t -1 or 1; s in steps of 0.3 (so that no margin is met exactly, where the slope bends)
    Source     Fan et al. 2008, "LIBLINEAR: a library for large linear classification", section 2
    """
    t = single(s, t)
    missing = fixed_margin(margin) - t * s
    missing = missing * (missing > 0).astype(s.dtype)
    return missing * missing, (lambda g: -2 * g * (t * missing), None)


def _refused(g):
    raise InputError(
        "zero_one_loss has no gradient to descend: it is flat, and jumps where the margin is 0. Descend one of its "
        "surrogates instead (logistic_loss, hinge_loss, squared_hinge_loss or exponential_loss), and measure the 0/1 "
        "loss beside it."
    )
