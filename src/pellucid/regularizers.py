"""Penalties on the weights: of two classifiers that are equally right, prefer the simpler one."""

from typing import Any

from pellucid.arrays.namespace import namespace
from pellucid.graph.tensor import op
from pellucid.storage.errors import InputError, known_name


@op
def l2(w):
    """Half the sum of the squares of the weights; the half makes the gradient the weights themselves.

    Forward    R = ½ ‖w‖²
    Gradient   ∂R/∂w = g w
    Shapes     w (K, D) → R ()
    Source     CS231n, Linear classification: regularization (there without the ½)
    """
    return 0.5 * (w * w).sum(), (lambda g: g * w,)


@op
def l1(w):
    """The sum of the sizes of the weights: it pulls small ones as hard as large ones, down to 0.

    Its gradient alone only jumps around 0. For weights that are exactly 0, take the step by `soft_threshold`.

    Forward    R = ‖w‖₁ = Σ |w|
    Gradient   ∂R/∂w = g sign(w)  (at 0: 0)
    Shapes     w (K, D) → R ()
    Inputs     w away from 0
    Source     Tibshirani 1996, "Regression shrinkage and selection via the lasso", section 2
    """
    return abs(w).sum(), (lambda g: g * namespace(w).sign(w),)


@op
def elastic_net(w, *, l1_ratio=0.5):
    """Some of L1, which makes weights 0, and the rest of L2, which lets weights of like features share.

    Forward    R = ρ ‖w‖₁ + (1 − ρ) ½ ‖w‖²
    Gradient   ∂R/∂w = g (ρ sign(w) + (1 − ρ) w)  (at 0: 0)
    Shapes     w (K, D) → R ()
    Inputs     w away from 0; l1_ratio 0.3
    Source     Zou and Hastie 2005, "Regularization and variable selection via the elastic net", section 2; the ½ and ρ
               are scikit-learn's
    """
    ratio = float(l1_ratio)
    if not 0 <= ratio <= 1:
        raise ValueError(f"l1_ratio must be 0 to 1, got {l1_ratio!r}")
    value = ratio * abs(w).sum() + (0.5 * (1 - ratio)) * (w * w).sum()
    return value, (lambda g: g * (ratio * namespace(w).sign(w) + (1 - ratio) * w),)


REGULARIZERS = {"l2": l2, "l1": l1, "elastic-net": elastic_net}
"""Every regularizer by its name."""


def regularizer_named(name: str) -> Any:
    """The regularizer of this name. Raises `InputError` for an unknown one; it suggests the nearest."""
    return REGULARIZERS[known_name("regularizer", name, REGULARIZERS)]


def checked_strength(strength: Any, name: str = "the strength λ") -> float:
    """How much the penalty counts, as Python's number.

    Raises `InputError` unless it is a finite number, 0 or more; `name` begins the sentence.
    """
    try:
        found = float(strength)
    except (TypeError, ValueError):
        raise InputError(f"{name} must be a number, 0 or more, got {strength!r}.") from None
    if not 0 <= found < float("inf"):
        raise InputError(f"{name} must be 0 or more and finite, got {strength!r}.")
    return found


def soft_threshold(w: Any, threshold: Any) -> Any:
    """Every weight moved towards 0 by the threshold, and those within it set to exactly 0: the proximal step of L1.

    After a step of gradient descent on all else with the learning rate η, soft_threshold(w, η λ) takes the step on
    λ‖w‖₁: it is the w′ that minimizes ½‖w′ − w‖² + ηλ‖w′‖₁ (Beck and Teboulle 2009, "A fast iterative
    shrinkage-thresholding algorithm for linear inverse problems", section 1).

    Parameters
    ----------
    w : any shape, NumPy's or JAX's, also inside a compiled program
    threshold : 0 or more; a number, or an array that is broadcast to w

    Returns
    -------
    w's shape and dtype
    """
    xp = namespace(w, threshold)
    reach = xp.asarray(threshold, dtype=w.dtype)
    # A product with the sign would leave −0.0.
    return xp.where(abs(w) > reach, w - xp.sign(w) * reach, xp.zeros_like(w))[()]


def exact_zeros(w: Any) -> Any:
    """How many weights are exactly 0, and so have no say: () int32."""
    return (w == 0).sum(dtype="int32")
