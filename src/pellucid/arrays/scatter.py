"""Put numbers back where they were taken from, adding up those that meet."""

from typing import Any

import numpy as np


def scattered(g: Any, key: Any, like: Any) -> Any:
    """Zeros in the shape of `like`, to which g is added at `key`: the way back of `like[key]`.

    Where the key names a place twice, both contributions count.
    """
    if isinstance(like, np.ndarray | np.generic):
        z = np.zeros(np.shape(like), g.dtype)
        # `z[key] += g` would count a place that is named twice only once.
        np.add.at(z, key, g)
        return z
    import jax.numpy as jnp

    return jnp.zeros(like.shape, g.dtype).at[key].add(g)
