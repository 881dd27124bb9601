"""The same gradients through pellucid's optimizers, PyTorch's and optax's: how far apart do the weights end?

python -m benchmarks.optimizer_trajectories        a few seconds

Float64, 300 steps, gradients whose sizes differ by a factor of a million. "Apart" is the greatest difference of a
weight after any step, relative to the weight (or to 1e-3 where it is smaller).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import optax
import torch

from benchmarks.machine import described
from benchmarks.results import kept, table
from pellucid.arrays.compile import precision
from pellucid.optimizers.adaptive import AdamW
from pellucid.optimizers.named import OPTIMIZERS
from pellucid.optimizers.optax_adapter import Optax
from pellucid.optimizers.optimizer import start, stepped

RATE, STEPS = 0.01, 300

TORCH: dict[str, Callable[[list[torch.Tensor]], torch.optim.Optimizer]] = {
    "sgd": lambda weights: torch.optim.SGD(weights, lr=RATE),
    "momentum": lambda weights: torch.optim.SGD(weights, lr=RATE, momentum=0.9),
    "nesterov": lambda weights: torch.optim.SGD(weights, lr=RATE, momentum=0.9, nesterov=True),
    "adagrad": lambda weights: torch.optim.Adagrad(weights, lr=RATE),
    "rmsprop": lambda weights: torch.optim.RMSprop(weights, lr=RATE),
    "adam": lambda weights: torch.optim.Adam(weights, lr=RATE),
    "adamw": lambda weights: torch.optim.AdamW(weights, lr=RATE),
}
OPTAX: dict[str, tuple[Any, str]] = {
    "sgd": (optax.sgd(RATE), "`sgd(η)`"),
    "momentum": (optax.sgd(RATE, 0.9), "`sgd(η, 0.9)`"),
    "nesterov": (optax.sgd(RATE, 0.9, nesterov=True), "`sgd(η, 0.9, nesterov=True)`"),
    "adagrad": (optax.adagrad(RATE), "`adagrad(η)`: ε in the root, G = 0.1 at first"),
    "rmsprop": (optax.rmsprop(RATE, 0.99, eps_in_sqrt=False), "`rmsprop(η, 0.99, eps_in_sqrt=False)`"),
    "adam": (optax.adam(RATE), "`adam(η)`"),
    "adamw": (optax.adamw(RATE, weight_decay=AdamW().weight_decay), "`adamw(η, weight_decay=0.01)`"),
}


def drawn() -> tuple[np.ndarray, list[np.ndarray]]:
    """The first weights (40, 30) and the gradients of every step."""
    stream = np.random.Generator(np.random.Philox(key=23))
    sizes = 10 ** stream.uniform(-3, 3, (40, 30))
    return stream.standard_normal((40, 30)), [
        sizes * (stream.standard_normal((40, 30)) + 0.2) for _ in range(STEPS)
    ]


def ours(optimizer: Any, w: np.ndarray, slopes: list[np.ndarray]) -> list[np.ndarray]:
    """The weights after each step with an optimizer of pellucid, or one of optax in its place."""
    params, found = {"weight": w}, []
    state = start(optimizer, params)
    for t, g in enumerate(slopes, 1):
        params, state = stepped(optimizer, params, {"weight": g}, state, RATE, t)
        found.append(params["weight"])
    return found


def with_torch(name: str, w: np.ndarray, slopes: list[np.ndarray]) -> list[np.ndarray]:
    """The weights after each step with PyTorch."""
    weight = torch.tensor(w, requires_grad=True)
    optimizer, found = TORCH[name]([weight]), []
    for g in slopes:
        weight.grad = torch.tensor(g)
        optimizer.step()
        found.append(weight.detach().numpy().copy())
    return found


def apart(one: list[np.ndarray], other: list[np.ndarray]) -> float:
    """The greatest relative difference of a weight after any step."""
    return max(float((abs(a - b) / np.maximum(abs(b), 1e-3)).max()) for a, b in zip(one, other, strict=True))


def main() -> None:
    machine = described()
    w, slopes = drawn()
    rows, found = [], {}
    for name, optimizer in OPTIMIZERS.items():
        with precision(np.float64):
            mine = ours(optimizer, w, slopes)
            theirs, spelled = OPTAX[name]
            differences = (
                apart(mine, with_torch(name, w, slopes)),
                apart(mine, ours(Optax(theirs), w, slopes)),
            )
        found[name] = {"torch": differences[0], "optax": differences[1]}
        rows.append([name, *(f"{difference:.1e}" for difference in differences), spelled])
    head = ["optimizer", "from PyTorch", "from optax", "optax's"]
    title = (
        f"Optimizers: the same gradients, {STEPS} steps in float64, greatest relative distance of a weight"
    )
    kept("optimizer_trajectories", machine, title, table(head, rows), {"apart": found})


if __name__ == "__main__":
    main()
