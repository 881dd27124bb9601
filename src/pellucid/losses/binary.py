"""Two classes and a single score: above 0 it speaks for one of them, below 0 for the other."""

from pellucid.arrays.namespace import namespace
from pellucid.graph.tensor import op
from pellucid.losses.masks import single


@op
def binary_cross_entropy(s, t):
    """Minus the logarithm of the probability that the sigmoid of the score gives the right answer.

    From the score, not from the probability: p would round to 0 or 1, and its logarithm would be infinite. A target
    between 0 and 1 is a probability, and as welcome.

    Forward    L = −[t ln p + (1 − t) ln(1 − p)],  p = σ(s),  computed as max(s, 0) − t s + ln(1 + e^−|s|)
    Gradient   ∂L/∂s = g (p − t);  none flows into the labels
    Shapes     s (N), t (N) → L (N)
    Inputs     t 0 or 1
    Source     CS231n, Neural networks 2: loss functions, attribute classification
    """
    xp = namespace(s, t)
    t = single(s, t)
    small = xp.exp(-abs(s))
    p = xp.where(s >= 0, 1 / (1 + small), small / (1 + small))
    return xp.maximum(s, 0) - t * s + xp.log1p(small), (lambda g: g * (p - t), None)
