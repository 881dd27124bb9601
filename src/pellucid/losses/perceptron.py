"""The perceptron's losses: a picture pays what a wrong class is ahead by, and nothing as soon as the right one wins.

A step along their gradient, for one picture at the rate 1, is the perceptron's update. There is no margin: where two
classes tie nothing is to pay, and yet nothing is won. At this kink both take the slope of the side that pays, so that
a picture is learned from until its right class strictly wins, and learning begins where all scores are 0.
"""

from pellucid.arrays.namespace import namespace
from pellucid.graph.tensor import op
from pellucid.losses.masks import single
from pellucid.losses.multiclass import excess_over_right, shared_by_strongest


@op
def perceptron_loss(s, t):
    """How far a single score lies on the wrong side of 0; a right one pays nothing, however near it is.

    Forward    L = max(0, −m),  m = t s
    Gradient   ∂L/∂s = −g t [m ≤ 0]  (at the kink: −g t, or from scores of 0 nothing would ever be learned);  none
               flows into the labels
    Shapes     s (N), t (N) → L (N)
    Inputs     t -1 or 1; s away from 0
    Source     Rosenblatt 1958, "The perceptron: a probabilistic model for information storage and organization in the
               brain"; as a loss: Hastie, Tibshirani and Friedman 2009, "The elements of statistical learning", 4.5.1
    """
    t = single(s, t)
    missing = 0 - t * s  # never −0.0, as −m would be
    pays = (missing >= 0).astype(s.dtype)
    return namespace(s, t).maximum(missing, 0), (lambda g: -g * (t * pays), None)


@op
def multiclass_perceptron(s, y):
    """How far the strongest rival is ahead of the right class; nothing is to pay once the right class wins.

    Several strongest rivals share the step. The first step of all, from scores of 0, so moves the right class's
    template by x and each other one by −x / (K − 1).

    Forward    L = max(0, max_{j≠y} sⱼ − s_y)
    Gradient   ∂L/∂sⱼ = g for the strongest rival j unless s_y > sⱼ, ∂L/∂s_y = −g there; several strongest share g
               equally  (at a tie with the right class: g, or from scores of 0 nothing would ever be learned)
    Shapes     s (N, K), y (N) → L (N)
    Inputs     y labels below K; s all different
    Source     Collins 2002, "Discriminative training methods for hidden Markov models: theory and experiments with
               perceptron algorithms", section 2; several rivals: Crammer and Singer 2003, "Ultraconservative online
               algorithms for multiclass problems", section 3
    """
    excess, right = excess_over_right(s, y, 0.0)
    worst = excess.max(axis=1)
    # The right class, whose excess is 0, stands among the rivals: where it strictly wins, no other is the worst.
    pays = (excess == worst[:, None]).astype(s.dtype) * (1 - right)
    return worst, (shared_by_strongest(pays, right), None)
