"""One step of gradient descent on a softmax classifier, with every number in view."""

import numpy as np

import pellucid as pl
from pellucid.graph.algebra import affine
from pellucid.graph.reductions import mean
from pellucid.losses import softmax_cross_entropy
from pellucid.regularizers import l2

digits = pl.load("digits").train
x = (digits.images[:64].reshape(64, -1) - 128.0) / 64.0  # (64, 8, 8, 1) uint8 → (64, 64)
labels = digits.labels[:64]


def objective(w, b):
    """Mean softmax loss of 64 digits, and a small penalty on the weights."""
    return mean(softmax_cross_entropy(affine(x, w, b), labels)) + l2(w) * 1e-3


w, b = pl.variables(w=np.zeros((10, 64)), b=np.zeros(10))
loss = objective(w, b)
print(f"loss at the start {loss.value:.4f}; ln 10 = {np.log(10):.4f}")

g = pl.gradients(loss)
print(f"gradients: w {g[w].shape}, b {g[b].shape}; the largest is {abs(g[w]).max():.4f}")

after = objective(w.value - 0.1 * g[w], b.value - 0.1 * g[b])
print(f"loss after one step {after:.4f}")
