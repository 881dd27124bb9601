"""Every optimizer that the tests walk over, and what each needs to go downhill on its own."""

import dataclasses
from typing import Any

import numpy as np
import optax

from pellucid.optimizers.adaptive import AdaGrad, Adam, AdamW, RMSProp
from pellucid.optimizers.averaging import Averaged
from pellucid.optimizers.descent import GradientDescent, Momentum
from pellucid.optimizers.optax_adapter import Optax
from pellucid.optimizers.optimizer import Walk, start, stepped


@dataclasses.dataclass(frozen=True)
class Case:
    """An optimizer with learning rates that suit three landscapes, each falling to 0 like 1 − time.

    Attributes
    ----------
    by_hand : w after each of two steps with gradient 2 and then −1, from w = 1, at rate 0.1
    bowl, narrow, rosenbrock : the rates; None where it goes to another place by design
    steps : on Rosenbrock's valley
    """

    optimizer: Any
    by_hand: tuple[float, float]
    bowl: float
    narrow: float
    rosenbrock: float
    steps: int = 4000


LIGHT = AdamW(weight_decay=1e-9)  # decay moves the minimum: the landscapes are for the rest of it

CASES: dict[str, Case] = {
    "plain": Case(GradientDescent(), (0.8, 0.9), 0.4, 0.9, 1.8e-3, 60_000),
    # v = −.2; then v = −.18 + .1 = −.08
    "momentum": Case(Momentum(), (0.8, 0.72), 0.2, 0.9, 1e-3, 20_000),
    # v = −.2; then v = −.1 + .1 = 0
    "slow momentum": Case(Momentum(0.5), (0.8, 0.8), 0.2, 0.9, 1e-3, 60_000),
    # v = −.2, moves −.18 − .2; then v = −.08, moves −.072 + .1
    "nesterov": Case(Momentum(nesterov=True), (0.62, 0.648), 0.2, 0.9, 1e-3, 20_000),
    # G = 4, moves −.1 · 2/2; then G = 5, moves .1/√5
    "adagrad": Case(AdaGrad(), (0.9, 0.9 + 0.1 / 5**0.5), 5.0, 1.0, 0.8, 20_000),
    # v = .04, moves −.1 · 2/.2; then v = .0396 + .01 = .0496
    "rmsprop": Case(RMSProp(), (0.0, 0.1 / 0.0496**0.5), 0.1, 0.03, 0.01, 20_000),
    # m̂ = 2, v̂ = 4, moves −.1; then m = .18 − .1 = .08, m̂ = .08/.19, v = .003996 + .001, v̂ = .004996/.001999
    "adam": Case(
        Adam(), (0.9, 0.9 - 0.1 * (0.08 / 0.19) / (0.004996 / 0.001999) ** 0.5), 0.3, 0.1, 0.05, 20_000
    ),
    # as Adam, and before it .1 · .01 of the weight is gone
    "adamw": Case(
        AdamW(),
        (0.899, 0.899 * 0.999 - 0.1 * (0.08 / 0.19) / (0.004996 / 0.001999) ** 0.5),
        0.3,
        0.1,
        0.05,
        20_000,
    ),
    # one number is no longer than 3, but is than 1.5: −.1 · 1.5
    "clipped": Case(Walk(GradientDescent(), clip=1.5), (0.85, 0.95), 0.4, 0.9, 1.8e-3, 60_000),
    # its steps are those of plain descent; the average is beside them
    "averaged": Case(Averaged(GradientDescent()), (0.8, 0.9), 0.4, 0.9, 1.8e-3, 60_000),
    "optax sgd": Case(Optax(optax.sgd(1.0), scaled=True), (0.8, 0.9), 0.4, 0.9, 1.8e-3, 60_000),
    "optax adam": Case(
        Optax(optax.adam(1.0), scaled=True),
        (0.9, 0.9 - 0.1 * (0.08 / 0.19) / (0.004996 / 0.001999) ** 0.5),
        0.3,
        0.1,
        0.05,
        20_000,
    ),
    # the sign of .9 m + .1 g: .2; then m = .02, .018 − .1
    "optax lion": Case(
        Optax(optax.lion(1.0, weight_decay=0.0), scaled=True), (0.9, 1.0), 0.1, 0.03, 0.01, 20_000
    ),
    # Adam's step (1; then .08/.19/√(.004996/.001999)) made as long as the weight: |1|, then |.9|
    "optax lamb": Case(Optax(optax.lamb(1.0, eps=1e-12), scaled=True), (0.9, 0.81), 0.05, 0.01, 0.01, 20_000),
    # g / √G with G = .1 + 4; then G = .1 + 5
    "optax adagrad": Case(
        Optax(optax.adagrad(1.0, eps=1e-12), scaled=True),
        (1 - 0.2 / 4.1**0.5, 1 - 0.2 / 4.1**0.5 + 0.1 / 5.1**0.5),
        5.0,
        1.0,
        0.8,
        20_000,
    ),
    # ‖g‖ ≤ 1.5, then Nesterov: v = 1.5, moves −.1 (1.5 + 1.35); then v = 1.35 − 1 = .35, moves −.1 (−1 + .315)
    "optax chain": Case(
        Optax(optax.chain(optax.clip_by_global_norm(1.5), optax.sgd(1.0, 0.9, nesterov=True)), scaled=True),
        (1 - 0.285, 1 - 0.285 + 0.0685),
        0.2,
        0.9,
        1e-3,
        20_000,
    ),
    # the rate inside falls by half at each step, and that of the run is not used
    "optax own rate": Case(
        Optax(optax.sgd(optax.exponential_decay(0.1, 1, 0.5))), (0.8, 0.85), 0.2, 0.9, 1e-3, 0
    ),
}

TRAINED = {name: case for name, case in CASES.items() if name != "optax own rate"}
"""Those that heed the learning rate of the run."""


def flattened(tree: dict[str, Any], above: str = "") -> dict[str, np.ndarray]:
    """Nested dicts as one, with "/" between the names, as checkpoints have them."""
    flat: dict[str, np.ndarray] = {}
    for name, value in tree.items():
        flat |= (
            flattened(value, f"{above}{name}/")
            if isinstance(value, dict)
            else {above + name: np.asarray(value)}
        )
    return flat


def unflattened(flat: dict[str, np.ndarray]) -> dict[str, Any]:
    """The nested dicts again."""
    tree: dict[str, Any] = {}
    for path, array in flat.items():
        *folders, name = path.split("/")
        place = tree
        for folder in folders:
            place = place.setdefault(folder, {})
        place[name] = array
    return tree


def filled(like: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """What was found, with the dicts that were empty and so left nothing in a file."""
    return {
        name: filled(value, found.get(name, {})) if isinstance(value, dict) else found[name]
        for name, value in like.items()
    }


def walked(optimizer, params, slopes, learning_rate=0.1):
    """The parameters after each step along these gradients (dicts of arrays)."""
    state, found = start(optimizer, params), []
    for t, g in enumerate(slopes, 1):
        params, state = stepped(optimizer, params, g, state, learning_rate, t)
        found.append(params)
    return found
