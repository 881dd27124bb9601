"""From scores to probabilities."""

from pellucid.arrays.namespace import namespace
from pellucid.graph.tensor import op


@op
def softmax(s):
    """Probabilities of scores: all above 0, adding up to 1 along the last axis.

    Forward    p = eˢ / Σⱼ eˢʲ  (the largest score is subtracted first, so nothing overflows)
    Gradient   ∂L/∂s = p (g − Σⱼ gⱼ pⱼ)
    Shapes     s (N, K) → p (N, K)
    Inputs     K at least 1
    Source     CS231n, Linear classification: softmax classifier
    """
    exponentials = namespace(s).exp(s - s.max(axis=-1, keepdims=True))
    p = exponentials / exponentials.sum(axis=-1, keepdims=True)
    return p, (lambda g: p * (g - (g * p).sum(axis=-1, keepdims=True)),)


@op
def log_softmax(s):
    """The logarithms of softmax's probabilities, right also where the probability itself would round to 0.

    Forward    z = s − ln Σⱼ eˢʲ
    Gradient   ∂L/∂s = g − p Σⱼ gⱼ,  p = softmax(s)
    Shapes     s (N, K) → z (N, K)
    Inputs     K at least 1
    Source     CS231n, Linear classification: practical issues, numeric stability
    """
    xp = namespace(s)
    shifted = s - s.max(axis=-1, keepdims=True)
    exponentials = xp.exp(shifted)
    total = exponentials.sum(axis=-1, keepdims=True)
    return shifted - xp.log(total), (lambda g: g - exponentials / total * g.sum(axis=-1, keepdims=True),)
