"""The network that CS231n writes in twenty lines of NumPy, as a graph: walked eagerly, then as one compiled program.

64 rows of 1,000 random numbers, 100 sigmoid units, 10 outputs, squared error, 1,000 steps of plain descent, all in
float64 (CS231n, lecture 4: "full implementation of training a 2-layer neural network"). Printed copies call the hidden
layer h in one line and h_0 in another, and leave the loop open; here it has one name, and a step is a function. The
gradients that the course derives by hand are those that the walk back finds: the losses are the same.
"""

import numpy as np

import pellucid as pl
from pellucid.arrays.compile import compiled, precision, scan, to_host, undisturbed
from pellucid.graph.activations import sigmoid
from pellucid.graph.reductions import sum
from pellucid.losses import squared_error

STEPS = 1000
RATE = 1e-4


def drawn():
    """The course's random numbers: x (N, D), y (N, K), and the first weights W1 (D, H), W2 (H, K)."""
    stream = np.random.RandomState(0)
    n, d, h, k = 64, 1000, 100, 10
    x, y = stream.randn(n, d), stream.randn(n, k)
    return x, y, {"W1": stream.randn(d, h), "W2": stream.randn(h, k)}


def step(weights, x, y):
    """The weights after a step of descent, and the loss before it."""
    W1, W2 = (pl.Tensor(value, name=name) for name, value in weights.items())
    loss = sum(squared_error(sigmoid(x @ W1) @ W2, y))
    slope = pl.gradients(loss, of=[W1, W2])
    return {W.name: W.value - RATE * slope[W] for W in (W1, W2)}, loss.value


def walked(weights, x, y):
    """The loss of every step, one after the other on NumPy."""
    losses = []
    for _ in range(STEPS):
        weights, loss = step(weights, x, y)
        losses.append(loss)
    return np.array(losses)


def descent(weights, x, y):
    """The loss of every step, inside a compiled program: the same step, traced once."""
    return scan(lambda weights, _: step(weights, x, y), weights, np.arange(STEPS))[1]


if __name__ == "__main__":
    x, y, weights = drawn()
    with (
        undisturbed()
    ):  # NumPy's threads would go on waiting, and the program after it would have to share with them
        eager = walked(weights, x, y)
    with precision(np.float64):
        fast = to_host(compiled(descent)(weights, x, y))
    for t in (0, 1, 2, 10, 999):
        print(f"step {t:3}: loss {eager[t]:15.8f} walked, {fast[t]:15.8f} compiled")
