"""Minimizers: they take an objective and weights to begin with, and return weights at which it is low.

An objective is a function of the parameters (name → array, float64) that returns its value and its gradients
(name → array). It has no noise: all pictures count in each call.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pellucid.optimizers.descent import GradientDescent
from pellucid.optimizers.optimizer import check_learning_rate, check_number, start, stepped
from pellucid.storage.errors import InputError, TrainingError

Params = dict[str, np.ndarray]
Objective = Callable[[Params], tuple[Any, dict[str, Any]]]
Progress = Callable[[int, int], None]
Watch = Callable[[int, Params, float, float], str]
"""Called after each step with its number, the weights, the objective and ‖∇‖; says why to stop, or ""."""


@dataclass(frozen=True)
class Minimum:
    """Where a minimizer stopped, and why.

    Attributes
    ----------
    params : the weights, float64
    value : the objective there
    gradient_norm : ‖∇‖ there; None where no gradient was taken
    steps : steps done
    evaluations : how often the objective was computed
    reason : why it stopped, in words
    values : the objective before the first step and after each, (steps + 1,)
    """

    params: Params = field(repr=False)
    value: float
    gradient_norm: float | None
    steps: int
    evaluations: int
    reason: str
    values: np.ndarray = field(repr=False)


def descent(
    objective: Objective,
    params: dict[str, Any],
    *,
    learning_rate: float,
    beta: float = 1e-6,
    optimizer: Any = None,
    steps: int = 10_000,
    seconds: float | None = None,
    progress: Progress | None = None,
) -> Minimum:
    """Go down the slope until it is flat: w ← w − η∇ until ‖∇‖ ≤ β.

    Parameters
    ----------
    learning_rate : η > 0
    beta : β > 0, the length of all gradients together at which it stops
    optimizer : plain gradient descent, or another
    steps, seconds : at most

    Raises
    ------
    InputError : a setting out of its range; an objective whose gradients do not fit the parameters
    TrainingError : the objective or a gradient is not finite: the learning rate is too large
    """
    check_learning_rate(learning_rate)
    w = _checked(params, beta, steps, seconds)
    optimizer = optimizer or GradientDescent()
    state = start(optimizer, w)
    began, values = time.perf_counter(), []
    for step in range(int(steps) + 1):
        value, g = _evaluated(objective, w, f"after {step} steps at the learning rate {learning_rate:g}")
        values.append(value)
        norm = _norm(g)
        reason = _reason(norm, beta, step, steps, time.perf_counter() - began, seconds)
        if reason:
            break
        _tell(progress, step, steps)
        w, state = stepped(optimizer, w, g, state, float(learning_rate), step + 1)
    return Minimum(w, value, norm, step, step + 1, reason, np.array(values))


def lbfgs(
    objective: Objective,
    params: dict[str, Any],
    *,
    beta: float = 1e-6,
    steps: int = 1_000,
    seconds: float | None = None,
    memory: int = 10,
    progress: Progress | None = None,
    watch: Watch | None = None,
) -> Minimum:
    """Steps that know how the slope bends, from the last few gradients, until ‖∇‖ ≤ β (Liu and Nocedal 1989, "On the
    limited memory BFGS method for large scale optimization", algorithm 2.1; by SciPy's L-BFGS-B).

    Parameters
    ----------
    beta : β > 0, the length of all gradients together at which it stops
    steps, seconds : at most
    memory : how many pairs of steps and gradients it remembers, at least 1
    watch : looks at each step, and may say why to stop

    Raises
    ------
    InputError : a setting out of its range; an objective whose gradients do not fit the parameters
    TrainingError : the objective or a gradient is not finite
    """
    from scipy.optimize import minimize

    w = _checked(params, beta, steps, seconds)
    check_number("memory", memory, "a whole number, at least 1", lambda value: value >= 1 and value % 1 == 0)
    began, evaluations = time.perf_counter(), 0
    values: list[float] = []
    latest: dict[str, Any] = {}
    reason = ""

    def flat(x: np.ndarray) -> tuple[float, np.ndarray]:
        nonlocal evaluations
        value, g = _evaluated(objective, _shaped(x, w), f"at evaluation {evaluations + 1}")
        evaluations += 1
        latest.update(value=value, norm=_norm(g))
        if not values:
            values.append(value)
        return value, np.concatenate([g[name].ravel() for name in w])

    def arrived(x: np.ndarray) -> None:
        nonlocal reason
        values.append(latest["value"])  # the point that is taken is the last that was tried
        done = len(values) - 1
        told = watch(done, _shaped(x, w), latest["value"], latest["norm"]) if watch else ""
        reason = told or _reason(latest["norm"], beta, done, steps, time.perf_counter() - began, seconds)
        if reason:
            raise StopIteration
        _tell(progress, done, steps)

    first = np.concatenate([array.ravel() for array in w.values()])
    known = [flat(first)]  # SciPy asks for the first one again
    reason = _reason(latest["norm"], beta, 0, steps, 0.0, seconds)
    if reason:
        return Minimum(w, latest["value"], latest["norm"], 0, 1, reason, np.array(values))
    # Its own tests for the end look at other norms, or at the decrease: ours is the only one.
    options = {
        "maxcor": int(memory),
        "ftol": 0.0,
        "gtol": 0.0,
        "maxiter": int(steps) + 1,
        "maxfun": 2**31 - 1,
    }
    found = minimize(
        lambda x: known.pop() if known else flat(x),
        first,
        jac=True,
        method="L-BFGS-B",
        callback=arrived,
        options=options,
    )
    norm = float(np.linalg.norm(np.asarray(found.jac)))
    reason = reason or (
        f"‖∇‖ = {norm:.3g}: along the search direction nothing lower can be told apart in float64"
    )
    return Minimum(
        _shaped(found.x, w),
        float(found.fun),
        norm,
        len(values) - 1,
        evaluations,
        reason,
        np.array(values),
    )


def _checked(params: dict[str, Any], beta: float, steps: int, seconds: float | None) -> Params:
    """The parameters as float64, after a look at all that was given."""
    check_number("beta", beta, "finite and above 0", lambda value: 0 < value < math.inf)
    check_number("steps", steps, "a whole number, at least 1", lambda value: value >= 1 and value % 1 == 0)
    if seconds is not None:
        check_number("seconds", seconds, "above 0", lambda value: value > 0)
    return float64(params)


def float64(params: dict[str, Any]) -> Params:
    """The parameters as new arrays of float64. Raises `InputError` unless there are some, all finite numbers."""
    if not params:
        raise InputError("There is nothing to minimize over: params is empty.")
    found = {}
    for name, array in params.items():
        try:
            found[name] = np.array(array, np.float64)
        except (TypeError, ValueError) as error:
            raise InputError(f"The parameter {name} must be an array of numbers ({error}).") from error
        if not np.isfinite(found[name]).all():
            raise InputError(f"The parameter {name} has numbers that are not finite.")
    return found


def _evaluated(objective: Objective, w: Params, when: str) -> tuple[float, Params]:
    """The objective's value and its gradients as float64, in the order of the parameters."""
    returned = objective(w)
    if not isinstance(returned, tuple) or len(returned) != 2 or not isinstance(returned[1], dict):
        raise InputError("The objective must return its value and a dict of its gradients.")
    value, g = np.asarray(returned[0], np.float64), returned[1]
    if value.shape != ():
        raise InputError(f"The objective must be one number, got an array of shape {value.shape}.")
    for name, array in w.items():
        if name not in g:
            raise InputError(f"The objective returned no gradient for {name}, only for {', '.join(g)}.")
        if np.shape(g[name]) != array.shape:
            raise InputError(
                f"The gradient of {name} must have its shape {array.shape}, got {np.shape(g[name])}."
            )
    slopes = {name: np.asarray(g[name], np.float64) for name in w}
    lost = [name for name, slope in slopes.items() if not np.isfinite(slope).all()]
    if not np.isfinite(value) or lost:
        what = f"The gradient of {lost[0]} is not finite" if lost else f"The objective is {value}"
        raise TrainingError(f"{what} {when}. Lower the learning rate, or begin with smaller weights.")
    return float(value), slopes


def _norm(g: Params) -> float:
    return float(np.linalg.norm([np.linalg.norm(slope) for slope in g.values()]))


def _reason(norm: float, beta: float, step: int, steps: int, spent: float, seconds: float | None) -> str:
    """Why to stop here; "" to go on."""
    if norm <= beta:
        return f"‖∇‖ = {norm:.3g} ≤ β = {beta:g}"
    if step >= steps:
        return f"all {steps:,} steps done, ‖∇‖ = {norm:.3g}"
    if seconds is not None and spent >= seconds:
        return f"the time of {seconds:g} s is over, ‖∇‖ = {norm:.3g}"
    return ""


def _shaped(x: np.ndarray, like: Params) -> Params:
    """The numbers (n,) as arrays of these names and shapes, in their order."""
    ends = np.cumsum([array.size for array in like.values()])
    parts = np.split(x, ends[:-1])
    return {name: part.reshape(like[name].shape) for name, part in zip(like, parts, strict=True)}


def _tell(progress: Progress | None, done: int, total: int) -> None:
    if progress:
        progress(done, total)
