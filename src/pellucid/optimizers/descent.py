"""Gradient descent: go downhill, with or without momentum. Each formula is written for one array."""

from dataclasses import dataclass
from typing import Any

from pellucid.arrays.namespace import namespace
from pellucid.optimizers.optimizer import Moved, Optimizer, Pull, State, check_number, start, stepped

__all__ = ["GradientDescent", "Momentum", "Optimizer", "start", "stepped"]


@dataclass(frozen=True)
class GradientDescent:
    """Plain gradient descent: w ← w − ηg (Cauchy 1847; with minibatches Robbins and Monro 1951).

    With L1: w ← prox(w − ηg), known as ISTA (Beck and Teboulle 2009, "A fast iterative shrinkage-thresholding
    algorithm", section 1).
    """

    def init(self, w: Any) -> State:
        return {}

    def update(self, w: Any, g: Any, state: State, learning_rate: Any, t: Any, pull: Pull = None) -> Moved:
        moved = w - learning_rate * g
        return (pull(moved, learning_rate) if pull else moved), state


@dataclass(frozen=True)
class Momentum:
    """A ball that rolls downhill: v ← μv − ηg,  w ← w + v (Polyak 1964).

    With `nesterov`, the gradient acts as if taken where the ball will be: v ← μv − ηg,  w ← w + μv − ηg
    (Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning", section 2, in the form
    of Bengio et al. 2012).

    With L1, v is the way that the ball really made, w ← prox(w + μv − ηg), or else the pull would count 1/(1 − μ) times
    less than the gradient, which v adds up; Nesterov's form is then FISTA with a constant μ (Beck and Teboulle 2009,
    section 4).

    PyTorch and optax have v ← μv + g, w ← w − ηv: the same as long as η stays; here a lower η does not slow the speed
    that the ball has already.

    Attributes
    ----------
    momentum : μ, 0 to below 1, how much of the speed is kept
    """

    momentum: float = 0.9
    nesterov: bool = False

    def __post_init__(self) -> None:
        wanted = "0 to below 1 (at 1 nothing would ever slow it down)"
        check_number("momentum", self.momentum, wanted, lambda value: 0 <= value < 1)

    def init(self, w: Any) -> State:
        return {"velocity": namespace(w).zeros_like(w)}

    def update(self, w: Any, g: Any, state: State, learning_rate: Any, t: Any, pull: Pull = None) -> Moved:
        momentum, velocity = float(self.momentum), state["velocity"]
        if pull is None:
            v = momentum * velocity - learning_rate * g
            step = momentum * v - learning_rate * g if self.nesterov else v
            return w + step, {"velocity": v}
        if self.nesterov:
            # w runs ahead of the ball by μv: the ball itself is pulled, and what it moved is its speed.
            ball = pull(w - learning_rate * g, learning_rate)
            v = ball - (w - momentum * velocity)
            return ball + momentum * v, {"velocity": v}
        ball = pull(w + momentum * velocity - learning_rate * g, learning_rate)
        return ball, {"velocity": ball - w}
