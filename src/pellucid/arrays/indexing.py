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


def pixels(pictures: Any, rows: Any, columns: Any) -> Any:
    """Pictures (B, H, W, C) of whose pixel (i, j) is the old one in row rows[b, i] and column columns[b, j], which must
    lie within the picture.

    Parameters
    ----------
    pictures (B, H, W, C), rows (B, H), columns (B, W) int32

    In a compiled program for a CPU it is done picture by picture: one gather of all the minibatch's bytes spends its
    time on writing down three numbers for each place, and takes five times as long (2.3 ms against 0.45 ms for 256
    pictures of 32 × 32 × 3 on two cores).
    """
    if isinstance(pictures, np.ndarray):
        return pictures[np.arange(len(pictures))[:, None, None], rows[:, :, None], columns[:, None, :]]
    import jax

    def one(picture: tuple[Any, Any, Any]) -> Any:
        old, row, column = picture
        return old.at[row[:, None], column].get(mode="promise_in_bounds")

    given = (pictures, rows, columns)
    return (
        jax.lax.map(one, given)
        if jax.default_backend() == "cpu"
        else jax.vmap(lambda *each: one(each))(*given)
    )


def checked_key(key: Any, array: Any) -> Any:
    """The key of `array[key]`, lists in it as arrays, after NumPy has looked whether all that it names is there.

    JAX would take the nearest place that there is, in silence.

    Raises
    ------
    IndexError, TypeError : a place that is not there, too many axes, a key of another kind
    """
    if isinstance(key, list):
        key = np.asarray(key)
    if isinstance(key, tuple):
        key = tuple(np.asarray(part) if isinstance(part, list) else part for part in key)
    parts = key if isinstance(key, tuple) else (key,)
    if isinstance(array, np.ndarray | np.generic):
        return key
    if not any(hasattr(part, "__jax_array__") or type(part).__module__.startswith("jax") for part in parts):
        # Takes no memory: every place of the stand-in is the same byte.
        np.broadcast_to(np.False_, array.shape)[key]
    return key
