"""Is a gradient right? Compare it with what the loss does when a number is moved a little."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.arrays import random
from pellucid.graph.backward import gradients
from pellucid.graph.tensor import Tensor


@dataclass(frozen=True)
class Compared:
    """One parameter's gradient from two sources, at some of its places.

    Attributes
    ----------
    places (n,) int : positions in the flattened array
    analytic (n,) : from the walk back
    numerical (n,) : (f(x + h) − f(x − h)) / 2h
    """

    name: str
    places: np.ndarray
    analytic: np.ndarray
    numerical: np.ndarray

    @property
    def error(self) -> float:
        """The largest |analytic − numerical|, as a share of the largest gradient among these places; 0 where all are 0,
        infinite where one is no number.

        Below about 1e-7 is right; above 1e-4 there is a mistake, or a kink within h (CS231n, "Gradient checks").
        """
        largest = max(np.abs(self.analytic).max(initial=0.0), np.abs(self.numerical).max(initial=0.0))
        # max(1, NaN) is 1 in Python, so both are looked at.
        if not (np.isfinite(self.analytic).all() and np.isfinite(self.numerical).all()):
            return float("inf")
        return float(np.abs(self.analytic - self.numerical).max(initial=0.0) / largest) if largest else 0.0


def check_gradients(
    loss_of: Callable[..., Any], arrays: dict[str, np.ndarray], *, places: int = 10, rng: np.ndarray
) -> dict[str, Compared]:
    """Compare the walk back with centered differences in float64, at a few randomly drawn places of each array.

    Parameters
    ----------
    loss_of : takes the arrays by name, as tensors or as arrays, and returns a tensor or a number of shape ()
    arrays : name → values; computed with in float64
    places : how many numbers of each array are moved
    rng : the key that draws them

    Returns
    -------
    name → comparison
    """
    exact = {name: np.asarray(array, np.float64) for name, array in arrays.items()}
    leaves = {name: Tensor(array, name=name) for name, array in exact.items()}
    flow = gradients(loss_of(**leaves), of=leaves.values())
    compared = {}
    for key, (name, array) in zip(random.split(rng, len(exact)), exact.items(), strict=True):
        drawn = np.sort(random.permutation(key, array.size)[:places])
        numerical = np.array([_slope(loss_of, exact, name, place) for place in drawn])
        analytic = np.asarray(flow[leaves[name]]).reshape(-1)[drawn]
        compared[name] = Compared(name, drawn, analytic, numerical)
    return compared


def _slope(loss_of: Callable[..., Any], arrays: dict[str, np.ndarray], name: str, place: int) -> float:
    """The centered difference at one place. Its two errors, of rounding (ε/h) and of curvature (h²), meet at h ≈ ∛ε."""
    start = arrays[name].reshape(-1)[place]
    h = np.cbrt(np.finfo(np.float64).eps) * max(1.0, abs(start))
    values = []
    for moved in (start + h, start - h):
        changed = arrays[name].copy()
        changed.reshape(-1)[place] = moved
        values.append(float(loss_of(**{**arrays, name: changed})))
    return (values[0] - values[1]) / ((start + h) - (start - h))
