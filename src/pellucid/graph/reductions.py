"""Operations that make one number of many."""

from pellucid.arrays.namespace import namespace
from pellucid.graph.tensor import op


@op
def sum(x):
    """Add up all numbers: the gradient goes to each unchanged.

    Forward    z = Σ x
    Gradient   ∂L/∂x = g, the same for each number
    Shapes     x (...) → z ()
    Source     CS231n, Backpropagation
    """
    xp = namespace(x)
    return x.sum(), (lambda g: xp.broadcast_to(g, x.shape),)


@op
def mean(x):
    """The mean of all numbers.

    Forward    z = Σ x / n, where n is how many there are
    Gradient   ∂L/∂x = g / n, the same for each number
    Shapes     x (...) → z ()
    Inputs     x not empty
    Source     CS231n, Linear classification: the full loss is the mean over the pictures
    """
    xp = namespace(x)
    return x.mean(), (lambda g: xp.broadcast_to(g / x.size, x.shape),)


@op
def weighted_mean(x, v):
    """The mean in which each number counts with its own weight.

    Forward    z = Σₙ vₙ xₙ / Σₙ vₙ
    Gradient   ∂L/∂xₙ = g vₙ / Σ v;  none flows into the weights
    Shapes     x (N), v (N) → z ()
    Inputs     v positive; N at least 1
    Source     King and Zeng 2001, "Logistic regression in rare events data", section 4.2
    """
    share = v / v.sum()
    return (x * share).sum(), (lambda g: g * share, None)
