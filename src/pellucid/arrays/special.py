"""Functions that NumPy does not have."""

from typing import Any

import numpy as np

from pellucid.arrays.namespace import namespace


def erf(x: Any) -> Any:
    """The error function 2/√π ∫₀ˣ e^(−t²) dt, in x's shape and dtype; by SciPy or by JAX."""
    if isinstance(x, np.ndarray | np.generic | float):
        from scipy import special

        # SciPy computes float16 in float64.
        return special.erf(x).astype(getattr(x, "dtype", float))
    import jax

    return jax.lax.erf(x)


def softplus(x: Any) -> tuple[Any, Any]:
    """ln(1 + eˣ) and its slope, the sigmoid of x, in x's shape and dtype; only e to a negative power is taken."""
    xp = namespace(x)
    small = xp.exp(-abs(x))
    return xp.maximum(x, 0) + xp.log1p(small), xp.where(x >= 0, 1 / (1 + small), small / (1 + small))
