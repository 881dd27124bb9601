"""Where NumPy's arrays meet JAX's: JAX computes, and each side gets back what it brought."""

from typing import Any

import numpy as np

_NUMPY = (np.ndarray, np.generic)


def in_dtype(g: Any, dtype: Any) -> Any:
    """g in this dtype; in JAX's nearest where JAX does not hold it (float64, unless it was allowed)."""
    if isinstance(g, _NUMPY):
        return g.astype(dtype)
    import jax

    return g.astype(jax.dtypes.canonicalize_dtype(dtype))


def brought_back(g: Any, value: Any) -> Any:
    """g as NumPy's array in the dtype of `value` where that is NumPy's and g is known; else g as it is.

    Inside a compiled program nothing is known yet, and g stays JAX's.
    """
    if isinstance(g, _NUMPY) or not isinstance(value, _NUMPY):
        return g
    import jax

    return g if isinstance(g, jax.core.Tracer) else np.asarray(g).astype(value.dtype)[()]
