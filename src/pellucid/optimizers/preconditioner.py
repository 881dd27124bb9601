"""Coordinates in which a linear model's objective is nearly round, so that few steps lead to its bottom."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from pellucid.optimizers.minimizer import Minimum, Objective, Params, Watch, float64, lbfgs
from pellucid.storage.errors import InputError

SAMPLE = 2048
"""How many pictures tell enough of how the features vary together: more cost more time than they save."""

_NOISE = 1 / 48
"""Share of the sampling noise of a second moment that is left as a floor in any case: for pixels steps were fewest with
1/16 under softmax and with 1/150 under a squared hinge, which curves more."""

_CAUTION = 2.0
"""How much higher the floor is than what fits pictures that are left out: once is best for pixels, three times for
histograms of gradients, and both lose little by two."""

_SHARE, _HALVINGS = 8, 5
"""Every eighth picture of a sample is left out to find the floor, in so many halvings: to a fifth."""


@dataclass(frozen=True, eq=False)
class Preconditioner:
    """New coordinates u of the weights of one layer, w = T u, in which its features vary equally much.

    A linear model's objective curves along a direction d of a class's weights like dᵀΣd, where Σ is the second moment
    of the features (Böhning 1992, "Multinomial logistic regression algorithm", section 2): for pixels 10⁵ times as much
    along one direction as along another. P = XᵀX/M + ρI, from a sample X of M pictures, is like Σ, and with T Tᵀ = P⁻¹
    the objective curves about alike along every direction of u (subsampled preconditioning: Erdogdu and Montanari 2015,
    "Convergence rates of sub-sampled Newton methods").

    P itself is never formed. With B = X/√(Mρ) and L the Cholesky factor of I + BBᵀ,
    T = (I − BᵀCB)/√ρ with C = L⁻ᵀ (L + I)⁻¹ (Andrews 1968, "A square root formulation of the Kalman covariance
    equations").

    Attributes
    ----------
    rows : B (M, D)
    core : C (M, M)
    reach : 1/√ρ
    """

    rows: np.ndarray = field(repr=False)
    core: np.ndarray = field(repr=False)
    reach: float

    @classmethod
    def measured(cls, x: np.ndarray, floor: float | None = None, penalty: float = 0.0) -> "Preconditioner":
        """From the features x (M, D) of a sample, in their dtype; takes about 2M²D + M³ operations.

        Parameters
        ----------
        floor : ρ > 0, in units of x²; by default about what makes P fit the pictures of the sample that are left out
            of it: steps are then half as many as with one that suits other features
        penalty : λ of ½λ‖w‖², which curves alike along every direction, and is added to the floor

        Raises
        ------
        InputError : no rows, or nothing but zeros, in the sample; a floor that is not above 0
        """
        spread = float(np.mean(np.square(x, dtype=np.float64))) if x.size else 0.0
        if not 0 < spread < np.inf:
            raise InputError("A preconditioner needs features that are finite and not all 0.")
        gram = x @ x.T
        if floor is None:
            noise = _NOISE * spread * x.shape[1] / len(x)
            floor = _fitting(gram, x.shape[1], noise, 10 * spread) + penalty
        floor = float(floor)
        if not 0 < floor < np.inf:
            raise InputError(f"The floor must be a number above 0, got {floor!r}.")
        from scipy.linalg import solve_triangular

        rows = x * x.dtype.type(1 / np.sqrt(len(x) * floor))
        one = np.eye(len(x), dtype=x.dtype)
        factor = np.linalg.cholesky(gram * x.dtype.type(1 / (len(x) * floor)) + one)
        core = solve_triangular(factor + one, one, lower=True, check_finite=False)
        core = solve_triangular(factor, core, lower=True, trans=1, check_finite=False)
        return cls(rows, core, float(1 / np.sqrt(floor)))

    def weights(self, u: np.ndarray) -> np.ndarray:
        """w = T u for each row of u (K, D), float64."""
        return self._turned(u, self.core.T)

    def slope(self, g: np.ndarray) -> np.ndarray:
        """∂/∂u = Tᵀ ∂/∂w for each row of ∂/∂w (K, D), float64."""
        return self._turned(g, self.core)

    def _turned(self, array: np.ndarray, core: np.ndarray) -> np.ndarray:
        inside = array.astype(self.rows.dtype) @ self.rows.T  # (K, D) → (K, M)
        return self.reach * (array - (inside @ core) @ self.rows)


def _fitting(gram: np.ndarray, features: int, least: float, most: float) -> float:
    """ρ at which P = XᵀX/M + ρI of seven eighths of a sample is as large as the pictures of the last one are, times
    `_CAUTION`: zᵀ P⁻¹ z is D for them on average where P is their second moment.

    Parameters
    ----------
    gram : XXᵀ of the whole sample; by Woodbury's identity it is all that is needed
    features : D
    least, most : between them it is looked for
    """
    from scipy.linalg import solve_triangular

    out = np.arange(len(gram)) % _SHARE == 0
    inside, across = gram[~out][:, ~out], gram[~out][:, out]
    squares, one = np.diag(gram)[out].mean(dtype=np.float64), np.eye(len(inside), dtype=gram.dtype)

    def large(floor: float) -> bool:
        try:
            factor = np.linalg.cholesky(inside + gram.dtype.type(len(inside) * floor) * one)
        except np.linalg.LinAlgError:  # so low that rounding makes P indefinite
            return False
        seen = solve_triangular(factor, across, lower=True, check_finite=False)
        return bool(squares - np.square(seen).sum(dtype=np.float64) / out.sum() <= features * floor)

    low, high = least / _CAUTION, most
    if len(inside) == 0 or large(low):
        return least
    for _ in range(_HALVINGS):
        middle = float(np.sqrt(low * high))
        low, high = (low, middle) if large(middle) else (middle, high)
    return _CAUTION * float(np.sqrt(low * high))


def preconditioned_lbfgs(
    objective: Objective,
    params: dict[str, Any],
    preconditioners: Mapping[str, Preconditioner],
    *,
    watch: Watch | None = None,
    **settings: Any,
) -> Minimum:
    """L-BFGS in coordinates in which the objective is nearly round.

    Parameters
    ----------
    preconditioners : name of a parameter (K, D) → its coordinates; the other parameters stay as they are
    settings : those of `lbfgs`; β and ‖∇‖ are of the new coordinates, in which ½‖∇‖² tells about how far the objective
        is above its minimum, in units of how much a picture's loss curves with its scores

    Raises
    ------
    InputError : a preconditioner for a parameter that is not there or has other features; see also `lbfgs`
    TrainingError : the objective or a gradient is not finite
    """
    origin = float64(params)
    for name, preconditioner in preconditioners.items():
        if name not in origin or origin[name].shape[-1:] != preconditioner.rows.shape[1:]:
            has = origin[name].shape if name in origin else "not there"
            raise InputError(
                f"The preconditioner of {name} is for {preconditioner.rows.shape[1]} features, but {name} is {has}."
            )

    def weights(u: Params) -> Params:
        moved = {n: preconditioners[n].weights(a) if n in preconditioners else a for n, a in u.items()}
        return {name: origin[name] + array for name, array in moved.items()}

    latest = origin

    def slopes(u: Params) -> tuple[Any, dict[str, Any]]:
        nonlocal latest
        latest = weights(u)
        value, g = objective(latest)
        flat = {n: preconditioners[n].slope(np.asarray(g[n], np.float64)) for n in preconditioners if n in g}
        return value, {**g, **flat}

    def seen(step: int, u: Params, value: float, norm: float) -> str:
        # The point that is taken is the last that was tried.
        return watch(step, latest, value, norm) if watch else ""

    zeros = {name: np.zeros_like(array) for name, array in origin.items()}
    found = lbfgs(slopes, zeros, watch=seen if watch else None, **settings)
    return replace(found, params=weights(found.params))
