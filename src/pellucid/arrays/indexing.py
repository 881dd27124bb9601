"""Take rows out of an array."""

from typing import Any

import numpy as np


def rows(array: Any, numbers: Any) -> Any:
    """The rows (n, ...) with these numbers (n), which must lie in 0..N−1.

    In a compiled program JAX would check every index and put it right in silence, which takes as long as the rest of a
    step of a linear classifier; here the numbers are trusted, since they come from a permutation.
    """
    if isinstance(array, np.ndarray):
        return array[numbers]
    return array.at[numbers].get(mode="promise_in_bounds")
