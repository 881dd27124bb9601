"""Whose arrays are these? One source of every formula runs on NumPy and inside a compiled JAX program."""

from typing import Any

import numpy as np

_NUMPY = (np.ndarray, np.generic, int, float, bool)


def namespace(*arrays: Any) -> Any:
    """`numpy`, or `jax.numpy` if any of the arrays is JAX's (a NumPy constant beside a traced array is normal)."""
    for array in arrays:
        if not isinstance(array, _NUMPY) and hasattr(array, "__array_namespace__"):
            return array.__array_namespace__()
    return np
