"""Gradient descent: go downhill, with or without momentum. Each formula is written for one array."""

from dataclasses import dataclass
from typing import Any, Protocol

from pellucid.arrays.namespace import namespace


class Optimizer(Protocol):
    """The formula for one array. The walk over all parameters is `stepped`."""

    def init(self, w: Any) -> dict[str, Any]: ...

    def update(
        self, w: Any, g: Any, state: dict[str, Any], learning_rate: Any, t: Any
    ) -> tuple[Any, dict[str, Any]]: ...


@dataclass(frozen=True)
class GradientDescent:
    """Plain gradient descent: w ← w − ηg (Cauchy 1847; with minibatches Robbins and Monro 1951)."""

    def init(self, w: Any) -> dict[str, Any]:
        return {}

    def update(
        self, w: Any, g: Any, state: dict[str, Any], learning_rate: Any, t: Any
    ) -> tuple[Any, dict[str, Any]]:
        return w - learning_rate * g, state


@dataclass(frozen=True)
class Momentum:
    """A ball that rolls downhill: v ← μv − ηg,  w ← w + v (Polyak 1964).

    With `nesterov`, the gradient acts as if taken where the ball will be: v ← μv − ηg,  w ← w + μv − ηg
    (Sutskever et al.
    2013, "On the importance of initialization and momentum in deep learning", section 2, in the form of
    Bengio et al. 2012).

    Attributes
    ----------
    momentum : μ, 0 to 1, how much of the speed is kept
    """

    momentum: float = 0.9
    nesterov: bool = False

    def init(self, w: Any) -> dict[str, Any]:
        return {"velocity": namespace(w).zeros_like(w)}

    def update(
        self, w: Any, g: Any, state: dict[str, Any], learning_rate: Any, t: Any
    ) -> tuple[Any, dict[str, Any]]:
        v = float(self.momentum) * state["velocity"] - learning_rate * g
        step = float(self.momentum) * v - learning_rate * g if self.nesterov else v
        return w + step, {"velocity": v}


def start(optimizer: Optimizer, params: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The optimizer's state before the first step: name → state of that parameter."""
    return {name: optimizer.init(w) for name, w in params.items()}


def stepped(
    optimizer: Optimizer,
    params: dict[str, Any],
    g: dict[str, Any],
    state: dict[str, Any],
    learning_rate: Any,
    t: Any,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parameters and the state after one step (number t, counted from 1) along the gradients g (name → array)."""
    moved = {
        name: optimizer.update(w, g[name], state[name], _in_dtype(learning_rate, w), t)
        for name, w in params.items()
    }
    return {name: w for name, (w, _) in moved.items()}, {name: s for name, (_, s) in moved.items()}


def _in_dtype(learning_rate: Any, w: Any) -> Any:
    """The rate in the parameter's own dtype: one in float64 would make all of float32 weights float64."""
    if getattr(learning_rate, "dtype", w.dtype) == w.dtype:
        return learning_rate
    return learning_rate.astype(w.dtype)
