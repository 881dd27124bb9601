"""Are the gradients of a trained model right, on real pictures and on both engines?"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from pellucid.arrays import compile as compiler
from pellucid.graph.gradient_check import Compared, check_gradients
from pellucid.training.step import Task, gradient

RIGHT = 1e-7
"""Relative errors up to here are rounding (CS231n, "Gradient checks")."""

WRONG = 1e-4
"""Above this there is a mistake, or a kink."""

_CLOSE = 100.0  # how much nearer than h the objective is looked at, where a kink must be told from a mistake


@dataclass(frozen=True)
class Examined:
    """One parameter's gradient, compared with centered differences of the objective.

    Attributes
    ----------
    numpy : by the walk back on NumPy, in float64
    xla : by the compiled program, in float64; None where there is no compiler
    apart : ‖Δ‖ / ‖gradient‖ of the two engines in float32, in which models are trained; None like `xla`
    floor : the relative error that the rounding of the objective alone can cause
    slopes : how fast the objective rises to the left and to the right of the worst place, within a hundredth of h
    """

    name: str
    shape: tuple[int, ...]
    numpy: Compared
    xla: Compared | None
    apart: float | None
    floor: float
    slopes: tuple[float, float]

    @property
    def error(self) -> float:
        """The largest relative error of both engines."""
        return max(each.error for each in (self.numpy, self.xla) if each is not None)

    @property
    def worst(self) -> int:
        """Which of the compared places has the largest error."""
        return _worst(self.numpy)

    @property
    def where(self) -> tuple[int, ...]:
        """The index of that place in the parameter."""
        return tuple(int(index) for index in np.unravel_index(self.numpy.places[self.worst], self.shape))

    @property
    def kink(self) -> bool:
        """Whether the objective bends within h of the worst place: looked at more closely the gradient is its slope, or
        lies between the slopes on its two sides."""
        g, left, right = float(self.numpy.analytic[self.worst]), *self.slopes
        room = max(WRONG, _CLOSE * self.floor) * self._largest
        between = min(left, right) - room <= g <= max(left, right) + room
        bends = abs(left - right) > room or abs((left + right) / 2 - self.numpy.numerical[self.worst]) > room
        return between and bends

    @property
    def verdict(self) -> str:
        """ "right", "unclear", "kink" or "mistake"."""
        if self.error <= max(RIGHT, min(self.floor, WRONG)):
            return "right"
        if not np.isfinite(self.error) or self.compiler_differs:
            return "mistake"
        if self.error <= max(WRONG, self.floor):
            return "unclear"
        return "kink" if self.kink else "mistake"

    @property
    def compiler_differs(self) -> bool:
        """Whether the compiled gradient is not the one that NumPy comes to."""
        if self.xla is None:
            return False
        room = max(RIGHT, self.floor) * self._largest
        return not bool(np.allclose(self.xla.analytic, self.numpy.analytic, rtol=0, atol=room))

    @property
    def sentence(self) -> str:
        """What the number means."""
        left, right = (f"{slope:.6g}" for slope in self.slopes)
        g = f"{float(self.numpy.analytic[self.worst]):.6g}"
        if not np.isfinite(self.error):
            return "not finite: weights, pictures or scores are too large, or NaN."
        if self.compiler_differs:
            return (
                f"a mistake of the compiler: NumPy comes within {self.numpy.error:.0e} of the differences, the "
                "compiled program does not. Train with --engine numpy, and report it."
            )
        if RIGHT < self.error <= self.floor:
            rounding = (
                f"the gradient is so small that the rounding of the objective alone makes {self.floor:.0e}"
            )
            if self.verdict == "right":
                return f"right, as far as differences can tell: {rounding}."
            return f"unclear: {rounding}, so differences cannot judge it. Take pictures it is less sure of: --seed."
        return {
            "right": f"right: below {RIGHT:.0e} there is nothing but rounding.",
            "unclear": (
                f"unclear: between {RIGHT:.0e} and {WRONG:.0e} the objective bends strongly, or there is a small "
                "mistake. Look at other pictures: --pictures."
            ),
            "kink": (
                f"a kink within h, no mistake: close by, the slope is {left} on one side and {right} on the other, and "
                f"the gradient is {g}. For the hinge a score is within h of the margin, for ReLU a sum within h of 0."
            ),
            "mistake": (
                f"a mistake: the gradient is {g}, but the slope of the objective is {left} on one side and {right} on "
                "the other. Look at the operations between this parameter and the loss."
            ),
        }[self.verdict]

    @property
    def _largest(self) -> float:
        return float(max(np.abs(self.numpy.analytic).max(), np.abs(self.numpy.numerical).max()))


def gradients_on_pictures(
    task: Task,
    params: dict[str, np.ndarray],
    batch: tuple[np.ndarray, np.ndarray, np.ndarray],
    *,
    places: int = 10,
    rng: np.ndarray,
    compiled: bool,
) -> list[Examined]:
    """Compare every parameter's gradient of the objective with centered differences, at some of its places.

    The model is called as training calls it: normalized by the minibatch, with the random masks of one step.

    Parameters
    ----------
    batch : x (N, D), labels y (N) int32 and weights v (N), x and v in float64
    places : how many numbers of each parameter are moved
    rng : the key that draws them
    compiled : whether the compiled program is examined too
    """
    x, y, v = batch
    exact = {name: np.asarray(array, np.float64) for name, array in params.items()}
    mode = task.mode(0)

    def objective(**arrays: Any) -> Any:
        return task.objective(arrays, x, y, v, **mode)[0]

    with np.errstate(all="ignore"):  # what is not finite is told in the verdict
        compared = check_gradients(objective, exact, places=places, rng=rng)
        other, apart = _on_compiler(task, params, exact, batch, compared) if compiled else ({}, {})
        value = float(objective(**exact))
        found = []
        for name, each in compared.items():
            place = int(each.places[_worst(each)])
            h = _step(exact[name].reshape(-1)[place])
            largest = max(np.abs(each.analytic).max(), np.abs(each.numerical).max())
            # A loss near 0 is made of numbers near 1. It is rounded a few times: 8 units in the last place were seen.
            rounding = 8 * np.finfo(np.float64).eps * max(1.0, abs(value)) / h
            floor = rounding / largest if largest else 0.0
            slopes = _one_sided(objective, exact, name, place, h / _CLOSE, value)
            found.append(
                Examined(
                    name, exact[name].shape, each, other.get(name), apart.get(name), float(floor), slopes
                )
            )
    return found


def _on_compiler(
    task: Task,
    params: dict[str, np.ndarray],
    exact: dict[str, np.ndarray],
    batch: tuple[np.ndarray, np.ndarray, np.ndarray],
    compared: dict[str, Compared],
) -> tuple[dict[str, Compared], dict[str, float]]:
    """The same comparison for the compiled gradient in float64; and how far apart the engines are in float32."""
    mode = task.mode(0)
    program = compiler.compiled(partial(gradient, task, **mode))
    x, y, v = batch
    with compiler.precision(np.float64):
        flow = compiler.to_host(program(exact, x, y, v)[0])
    other = {
        name: Compared(name, each.places, flow[name].reshape(-1)[each.places], each.numerical)
        for name, each in compared.items()
    }
    single = {name: np.asarray(array, np.float32) for name, array in params.items()}
    inputs = (single, x.astype(np.float32), y, v.astype(np.float32))
    with compiler.precision(np.float32):
        theirs = compiler.to_host(program(*inputs)[0])
    ours = gradient(task, *inputs, **mode)[0]
    apart = {}
    for name, g in ours.items():
        length = float(np.linalg.norm(g.astype(np.float64)))
        apart[name] = float(np.linalg.norm(g.astype(np.float64) - theirs[name])) / (length or 1.0)
    return other, apart


def _worst(compared: Compared) -> int:
    return int(np.argmax(np.abs(compared.analytic - compared.numerical)))


def _step(start: float) -> float:
    """How far a number is moved, as in `check_gradients`."""
    return float(np.cbrt(np.finfo(np.float64).eps) * max(1.0, abs(start)))


def _one_sided(
    objective: Any, arrays: dict[str, np.ndarray], name: str, place: int, h: float, value: float
) -> tuple[float, float]:
    """How fast the objective rises to the left and to the right of a place."""
    slopes = []
    for move in (-h, h):
        changed = arrays[name].copy()
        changed.reshape(-1)[place] += move
        slopes.append((float(objective(**{**arrays, name: changed})) - value) / move)
    return slopes[0], slopes[1]
