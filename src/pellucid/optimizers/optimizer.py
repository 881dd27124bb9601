"""What an optimizer is, and the walk over all parameters: clipping, decay of weights alone, exact zeros for L1."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, is_dataclass, replace
from functools import partial
from typing import Any, Protocol

from pellucid.arrays.namespace import namespace
from pellucid.storage.errors import InputError

Proximal = Callable[[Any, Any], Any]
"""(w, step) → w, pulled by a penalty that has no gradient everywhere. The step is how far w moves for a gradient of 1:
one number, or one for each weight."""

Pull = Proximal | None

State = dict[str, Any]
"""What is remembered of one parameter: name → array."""

Moved = tuple[Any, State]
"""A parameter after a step, and what is then remembered of it."""


class Optimizer(Protocol):
    """The formula for one array. The walk over all parameters is `stepped`."""

    def init(self, w: Any) -> State:
        """What is remembered of w before the first step."""
        ...

    def update(self, w: Any, g: Any, state: State, learning_rate: Any, t: Any, pull: Pull = None) -> Moved:
        """w and the state after step number t, counted from 1, along the gradient g (shape and dtype of w)."""
        ...


class WholeOptimizer(Protocol):
    """An optimizer that walks over all parameters itself, because what it does with one depends on the others."""

    def start(self, params: dict[str, Any]) -> dict[str, Any]:
        """The state before the first step, nested dicts of arrays."""
        ...

    def stepped(
        self, params: dict[str, Any], g: dict[str, Any], state: dict[str, Any], learning_rate: Any, t: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """The parameters and the state after step number t along the gradients g (name → array)."""
        ...


def is_weight(name: str) -> bool:
    """Whether a parameter of this name is to be kept small: every one whose name does not end in "bias", or in
    "shift" as in batch normalization."""
    return name.replace("/", ".").rpartition(".")[2] not in ("bias", "shift")


@dataclass(frozen=True)
class Walk:
    """An optimizer for all parameters, with what needs to know them all or which one it looks at.

    In this order: the gradients are clipped; each parameter takes its step; weights alone decay; L1 pulls to zero.
    The state is that of the optimizer inside.

    Attributes
    ----------
    optimizer : the formula for one array, or one that walks itself (`Optax`)
    clip : the greatest norm ‖g‖ of all gradients together, above 0; a longer one is shortened to it (Pascanu,
        Mikolov and Bengio 2013, "On the difficulty of training recurrent neural networks", algorithm 1)
    l1 : λ ≥ 0 of the penalty λ Σ|w|, one for all weights, or name → λ. It is not part of the gradients: each step
        ends with the penalty's proximal operator, see `shrunk`, which sets weights to exactly 0
    decays : which parameters, by name, decay (`AdamW`) and are pulled by a single λ; no biases, unless asked

    Raises
    ------
    InputError : a setting out of its range; L1 with an optimizer whose step for a single weight is not known
    """

    optimizer: Any
    clip: float | None = None
    l1: Any = 0.0
    decays: Callable[[str], bool] = is_weight

    def __post_init__(self) -> None:
        if self.clip is not None:
            check_number("clip", self.clip, "a finite norm above 0", lambda norm: 0 < norm < float("inf"))
        strengths = self.l1 if isinstance(self.l1, Mapping) else {"": self.l1}
        for name, strength in strengths.items():
            if _is_known(strength):
                where = f"l1 of {name}" if name else "l1"
                check_number(where, strength, "finite, 0 or more", lambda value: 0 <= value < float("inf"))
        if walks(self.optimizer) and self._penalizes():
            raise InputError(
                f"l1 cannot be used with {type(self.optimizer).__name__}: exact zeros need to know how far each weight "
                "moved for its gradient. Use an optimizer of pellucid's own."
            )

    def start(self, params: dict[str, Any]) -> dict[str, Any]:
        """The state before the first step: name → state of that parameter."""
        if isinstance(self.l1, Mapping) and set(self.l1) - set(params):
            lost = ", ".join(sorted(set(self.l1) - set(params)))
            raise InputError(f"l1 names {lost}, but the parameters are {', '.join(params)}.")
        return start(self.optimizer, params)

    def stepped(
        self, params: dict[str, Any], g: dict[str, Any], state: dict[str, Any], learning_rate: Any, t: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """The parameters and the state after step number t along the gradients g (name → array)."""
        if self.clip is not None:
            g = clipped(g, self.clip)
        if walks(self.optimizer):
            return self.optimizer.stepped(params, g, state, learning_rate, t)
        strengths = self._strengths(params)
        return _each(self.optimizer, params, g, state, learning_rate, t, self.decays, strengths)

    def _penalizes(self) -> bool:
        return bool(self.l1) if isinstance(self.l1, Mapping) or _is_known(self.l1) else True

    def _strengths(self, params: dict[str, Any]) -> Mapping[str, Any]:
        """λ of each parameter that has a penalty."""
        if isinstance(self.l1, Mapping):
            return self.l1
        return {name: self.l1 for name in params if self.decays(name)} if self._penalizes() else {}


def start(optimizer: Any, params: dict[str, Any]) -> dict[str, Any]:
    """The optimizer's state before the first step: name → state of that parameter."""
    if walks(optimizer):
        return optimizer.start(params)
    return {name: optimizer.init(w) for name, w in params.items()}


def stepped(
    optimizer: Any,
    params: dict[str, Any],
    g: dict[str, Any],
    state: dict[str, Any],
    learning_rate: Any,
    t: Any,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parameters and the state after one step (number t, counted from 1) along the gradients g (name → array)."""
    if walks(optimizer):
        return optimizer.stepped(params, g, state, learning_rate, t)
    return _each(optimizer, params, g, state, learning_rate, t, is_weight, {})


def walks(optimizer: Any) -> bool:
    """Whether this is a `WholeOptimizer`. By its one method: asking a Protocol takes longer than a small step."""
    return hasattr(optimizer, "stepped")


def _each(
    optimizer: Optimizer,
    params: dict[str, Any],
    g: dict[str, Any],
    state: dict[str, Any],
    learning_rate: Any,
    t: Any,
    decays: Callable[[str], bool],
    strengths: Mapping[str, Any],
) -> tuple[dict[str, Any], dict[str, Any]]:
    """One step for each parameter, pulled by L1 where it has a strength."""
    bare = _without_decay(optimizer)
    moved, states = {}, {}
    for name, w in params.items():
        rule = optimizer if bare is optimizer or decays(name) else bare
        rate = in_dtype_of(learning_rate, w)
        if name in strengths:
            pull = partial(shrunk, strength=in_dtype_of(strengths[name], w))
            moved[name], states[name] = rule.update(w, g[name], state[name], rate, t, pull)
        else:
            moved[name], states[name] = rule.update(w, g[name], state[name], rate, t)
    return moved, states


def global_norm(g: dict[str, Any]) -> Any:
    """‖g‖ = √Σg² over all numbers of all arrays, (); in their dtype, without overflow on the way."""
    arrays = [array for array in g.values() if array.size]
    xp = namespace(*arrays)
    largest = xp.max(xp.stack([xp.max(xp.abs(array)) for array in arrays]))
    unit = xp.maximum(largest, xp.finfo(largest.dtype).tiny)
    return unit * xp.sqrt(sum(xp.sum((array / unit) ** 2) for array in arrays))


def clipped(g: dict[str, Any], norm: float) -> dict[str, Any]:
    """The gradients in the same direction, shortened where they are together longer than `norm`."""
    xp = namespace(*g.values())
    shorter = float(norm) / xp.maximum(global_norm(g), float(norm))  # 1 where they are short enough
    return {name: array * shorter.astype(array.dtype) for name, array in g.items()}


def shrunk(w: Any, step: Any, *, strength: Any) -> Any:
    """The weights moved towards 0 by step · λ, and set to exactly 0 where they are nearer than that.

    argmin_u ½(u − w)² + step · λ|u|, the proximal operator of L1, known as soft thresholding (Daubechies, Defrise and
    De Mol 2004; Parikh and Boyd 2014, "Proximal algorithms", section 6.5.2).
    """
    reach = step * strength
    return w - namespace(w).clip(w, -reach, reach)


def in_dtype_of(number: Any, w: Any) -> Any:
    """The number in the parameter's own dtype: one in float64 would make all of float32 weights float64."""
    if getattr(number, "dtype", w.dtype) == w.dtype:
        return number
    return number.astype(w.dtype)


def check_learning_rate(rate: Any) -> None:
    """Raise `InputError` unless this can be the highest learning rate of a training."""
    check_number("learning_rate", rate, "finite and above 0", lambda value: 0 < value < float("inf"))


def check_number(setting: str, value: Any, wanted: str, holds: Callable[[float], bool]) -> None:
    """Raise `InputError` unless the value is a number of which this holds (it must be false for NaN)."""
    try:
        fits = not isinstance(value, bool | str | bytes) and holds(float(value))
    except (TypeError, ValueError, OverflowError):
        fits = False
    if not fits:
        raise InputError(f"{setting} must be {wanted}, got {value!r}.")


def _is_known(number: Any) -> bool:
    """Whether it is a number and not one of a program that is being traced, whose value nobody knows yet."""
    return namespace(number) is namespace()


def _without_decay(optimizer: Any) -> Any:
    decays = getattr(optimizer, "weight_decay", False)
    if decays and is_dataclass(optimizer) and not isinstance(optimizer, type):
        return replace(optimizer, weight_decay=0.0)
    return optimizer
