"""Three arms of a spiral: no straight line tells them apart, two layers do.

The case study of CS231n (Neural networks: putting it together), with its random numbers, learning rate and penalty, in
float64: a linear classifier, and a network of 100 ReLUs. Each training is one compiled program.
"""

import numpy as np

import pellucid as pl
from pellucid.arrays.compile import compiled, precision, scan, to_host
from pellucid.graph.reductions import mean
from pellucid.layers.activations import Activation
from pellucid.layers.layer import chain
from pellucid.layers.linear import Linear
from pellucid.losses import softmax_cross_entropy
from pellucid.regularizers import l2

ARMS, POINTS, UNITS = 3, 100, 100
PENALTY = 1e-3
LINEAR = chain(scores=Linear(2, ARMS))
NETWORK = chain(hidden=Linear(2, UNITS), activation=Activation("relu"), scores=Linear(UNITS, ARMS))


def drawn():
    """The points (300, 2), the arm of each (300), and the first weights of both models, as the course draws them."""
    stream = np.random.RandomState(0)
    arms = []
    for arm in range(ARMS):
        radius = np.linspace(0.0, 1.0, POINTS)
        angle = np.linspace(arm * 4, (arm + 1) * 4, POINTS) + stream.randn(POINTS) * 0.2
        arms.append(np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1))

    def linear(name, inputs, outputs):
        weight = (
            0.01 * stream.randn(inputs, outputs).T
        )  # the course has a column for each class, we have a row
        return {f"{name}.weight": weight, f"{name}.bias": np.zeros(outputs)}

    starts = linear("scores", 2, ARMS), linear("hidden", 2, UNITS) | linear("scores", UNITS, ARMS)
    return np.concatenate(arms), np.repeat(np.arange(ARMS), POINTS), *starts


def step(model, params, x, labels):
    """The parameters after a step of descent with rate 1, and the loss before it."""
    leaves = {name: pl.Tensor(value, name=name) for name, value in params.items()}
    loss = mean(softmax_cross_entropy(model(leaves, x), labels))
    for name, leaf in leaves.items():
        if name.endswith("weight"):
            loss = loss + PENALTY * l2(leaf)
    slope = pl.gradients(loss, of=leaves.values())
    return {name: leaf.value - slope[leaf] for name, leaf in leaves.items()}, loss.value


def trained(model, params, x, labels, steps):
    """The parameters after so many steps, and the loss before each."""

    def program(params, x, labels):
        return scan(lambda params, _: step(model, params, x, labels), params, np.arange(steps))

    with precision(np.float64):
        return to_host(compiled(program)(params, x, labels))


if __name__ == "__main__":
    x, labels, line, network = drawn()
    for name, model, start, steps in (
        ("linear", LINEAR, line, 191),
        ("100 ReLUs", NETWORK, network, 9001),
    ):
        params, losses = trained(model, start, x, labels, steps)
        right = (model(params, x).argmax(axis=1) == labels).mean()
        print(f"{name:9}  loss {losses[-1]:.4f} after {steps - 1} steps, {right:.0%} right")
