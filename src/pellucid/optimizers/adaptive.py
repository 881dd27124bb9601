"""Optimizers that give each weight a learning rate of its own, from how large its gradients were.

With L1, the pull on a weight is scaled by that weight's own rate, like its gradient: the weights then end where the
objective with the penalty is least, and not where a pull of equal strength on all would balance scaled gradients
(Duchi, Hazan and Singer 2011, update 4; Yun, Lozano and Yang 2021, "Adaptive proximal gradient methods for structured
neural networks").
"""

import math
from dataclasses import dataclass
from typing import Any

from pellucid.arrays.namespace import namespace
from pellucid.optimizers.optimizer import Moved, Pull, State, check_number


@dataclass(frozen=True)
class AdaGrad:
    """Weights with large gradients so far take small steps: G ← G + g²,  w ← w − η g / (√G + ε).

    Source: Duchi, Hazan and Singer 2011, "Adaptive subgradient methods for online learning and stochastic
    optimization", section 1.1, with diagonal matrices; ε as in CS231n, Neural networks 3. PyTorch has the same formula;
    optax has g / √(G + ε), with G = 0.1 before the first step.

    Attributes
    ----------
    epsilon : ε > 0, so that nothing is divided by 0
    """

    epsilon: float = 1e-10

    def __post_init__(self) -> None:
        _check_epsilon(self.epsilon)

    def init(self, w: Any) -> State:
        return {"squares": namespace(w).zeros_like(w)}

    def update(self, w: Any, g: Any, state: State, learning_rate: Any, t: Any, pull: Pull = None) -> Moved:
        squares = state["squares"] + g * g
        rates = learning_rate / (namespace(w, g).sqrt(squares) + float(self.epsilon))
        return _moved(w, rates, g, pull), {"squares": squares}


@dataclass(frozen=True)
class RMSProp:
    """AdaGrad that forgets: v ← ρv + (1 − ρ)g²,  w ← w − η g / (√v + ε).

    Source: Tieleman and Hinton 2012, "Neural networks for machine learning", lecture 6.5; ε and ρ as in CS231n, Neural
    networks 3. PyTorch has the same formula; optax has it with `eps_in_sqrt=False`, and g / √(v + ε) otherwise.

    Attributes
    ----------
    decay : ρ, 0 to below 1, how much of the past is kept at each step
    epsilon : ε > 0, so that nothing is divided by 0
    """

    decay: float = 0.99
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        _check_decay("decay", self.decay)
        _check_epsilon(self.epsilon)

    def init(self, w: Any) -> State:
        return {"squares": namespace(w).zeros_like(w)}

    def update(self, w: Any, g: Any, state: State, learning_rate: Any, t: Any, pull: Pull = None) -> Moved:
        squares = float(self.decay) * state["squares"] + (1 - float(self.decay)) * (g * g)
        rates = learning_rate / (namespace(w, g).sqrt(squares) + float(self.epsilon))
        return _moved(w, rates, g, pull), {"squares": squares}


@dataclass(frozen=True)
class Adam:
    """Momentum and RMSProp together, both corrected for their start from 0:

        m ← β₁m + (1 − β₁)g,  v ← β₂v + (1 − β₂)g²,
        w ← w − η m̂ / (√v̂ + ε)  with  m̂ = m / (1 − β₁ᵗ),  v̂ = v / (1 − β₂ᵗ).

    Source: Kingma and Ba 2015, "Adam: a method for stochastic optimization", algorithm 1. PyTorch and optax have the
    same formula. L2 is part of the gradient, as in PyTorch's `Adam(weight_decay=...)`; see `AdamW` for the other way.

    Attributes
    ----------
    first_decay, second_decay : β₁ and β₂, 0 to below 1
    epsilon : ε > 0, so that nothing is divided by 0
    """

    first_decay: float = 0.9
    second_decay: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        _check_adam(self)

    def init(self, w: Any) -> State:
        xp = namespace(w)
        return {"mean": xp.zeros_like(w), "squares": xp.zeros_like(w)}

    def update(self, w: Any, g: Any, state: State, learning_rate: Any, t: Any, pull: Pull = None) -> Moved:
        mean, rates, state = _adam(self, w, g, state, learning_rate, t)
        return _moved(w, rates, mean, pull), state


@dataclass(frozen=True)
class AdamW:
    """Adam, and beside it every weight loses a share of itself at each step: w ← (1 − ηλ)w − η m̂ / (√v̂ + ε).

    In Adam the gradient of an L2 penalty is divided by √v̂, so that weights with large gradients are hardly held back;
    here all are, alike. Which parameters decay is decided by the walk: no biases, unless asked.

    Source: Loshchilov and Hutter 2019, "Decoupled weight decay regularization", algorithm 2, where λ is not multiplied
    by η but by the schedule alone. PyTorch and optax have the formula as it is here; optax's λ is 1e-4 unless set.

    Attributes
    ----------
    weight_decay : λ ≥ 0
    first_decay, second_decay, epsilon : as in `Adam`
    """

    weight_decay: float = 1e-2
    first_decay: float = 0.9
    second_decay: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        check_number(
            "weight_decay", self.weight_decay, "finite, 0 or more", lambda value: 0 <= value < math.inf
        )
        _check_adam(self)

    def init(self, w: Any) -> State:
        xp = namespace(w)
        return {"mean": xp.zeros_like(w), "squares": xp.zeros_like(w)}

    def update(self, w: Any, g: Any, state: State, learning_rate: Any, t: Any, pull: Pull = None) -> Moved:
        mean, rates, state = _adam(self, w, g, state, learning_rate, t)
        decayed = w - learning_rate * float(self.weight_decay) * w
        return _moved(decayed, rates, mean, pull), state


def _adam(
    settings: Adam | AdamW, w: Any, g: Any, state: State, learning_rate: Any, t: Any
) -> tuple[Any, Any, State]:
    """m̂, η / (√v̂ + ε), and the state after this step."""
    first, second = float(settings.first_decay), float(settings.second_decay)
    mean = first * state["mean"] + (1 - first) * g
    squares = second * state["squares"] + (1 - second) * (g * g)
    corrected_squares = squares / _gathered(second, t, w)
    rates = learning_rate / (namespace(w, g).sqrt(corrected_squares) + float(settings.epsilon))
    return mean / _gathered(first, t, w), rates, {"mean": mean, "squares": squares}


def _gathered(decay: float, t: Any, w: Any) -> Any:
    """1 − βᵗ, (), in the dtype of w: how much weight a moving average that began at 0 has given after t steps.

    As −(e^(t ln β) − 1), because 1 − 0.999 has only four right digits in float32.
    """
    xp = namespace(w, t)
    if decay == 0:
        return xp.ones((), w.dtype)
    return -xp.expm1(xp.asarray(t, dtype=w.dtype) * math.log(decay))


def _moved(w: Any, rates: Any, g: Any, pull: Pull) -> Any:
    moved = w - rates * g
    return pull(moved, rates) if pull else moved


def _check_adam(settings: Adam | AdamW) -> None:
    _check_decay("first_decay", settings.first_decay)
    _check_decay("second_decay", settings.second_decay)
    _check_epsilon(settings.epsilon)


def _check_decay(setting: str, value: Any) -> None:
    wanted = "0 to below 1 (at 1 nothing new would ever be heard)"
    check_number(setting, value, wanted, lambda share: 0 <= share < 1)


def _check_epsilon(value: Any) -> None:
    check_number(
        "epsilon", value, "finite and above 0 (at 0 it would divide by 0)", lambda each: 0 < each < math.inf
    )
