"""Many pictures through a model: on NumPy, or as a compiled program where that pays.

One picture is judged in a millisecond on NumPy, long before a compiler has started. Convolutions of thousands are
three to five times as fast compiled: 2,000 pictures of CIFAR-10 take the small convolutional network 0.5 s instead of
1.4 s, ResNet-20 2.1 s instead of 9.9 s (2 cores); starting JAX and compiling take 1.6 s once. Products of dense layers
are as fast on NumPy.
"""

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np

from pellucid.arrays import compile as compiler
from pellucid.preprocessing.pipeline import Preprocessing
from pellucid.preprocessing.standardize import block_rows

_BLOCK = 4096  # pictures at once on NumPy: memory stays bounded
_COMPILED_BLOCK = 256
_WORTH = (
    3e10  # multiply-adds that take NumPy about as long as starting JAX, compiling and running the program
)


def outputs(
    model: Any,
    params: dict[str, np.ndarray],
    statistics: dict[str, np.ndarray],
    preprocessing: Preprocessing,
    inputs: np.ndarray,
    rows: np.ndarray | None = None,
    *,
    until: str = "",
    progress: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """What the model makes of each picture (N, …) float32: its scores, or what comes out of one of its layers.

    Parameters
    ----------
    inputs (N, H, W, C) uint8 or (N, D) : prepared, but not standardized
    rows (n,) : which of them, in this order; all of them by default
    until : the name of the last layer of an `Architecture`; "" for all of them
    progress : called with (pictures done, all pictures) after each block of them
    """
    count = len(inputs) if rows is None else len(rows)
    fast = _pays(model, count)
    size = block_rows(preprocessing.inputs, _COMPILED_BLOCK if fast else _BLOCK)
    found = []
    for first in range(0, max(count, 1), size):
        block = slice(first, first + size)
        x = preprocessing.apply(inputs[block if rows is None else rows[block]])
        if fast:
            made = _compiled(model, until, params, statistics, x, size)
        else:
            made = _forward(model, until, params, statistics, x)
        found.append(made)
        if progress:
            progress(min(first + size, count), count)
    return found[0] if len(found) == 1 else np.concatenate(found)


def _forward(model: Any, until: str, params: dict[str, Any], statistics: dict[str, Any], x: Any) -> Any:
    if not until:
        return model(params, x, statistics=statistics)
    for name, layer in model.layers.ready(params, statistics=statistics).items():
        x = layer(x)
        if name == until:
            break
    return x


def _pays(model: Any, count: int) -> bool:
    """Whether a compiled program is done sooner, its compilation included."""
    if not getattr(model, "convolutional", False) or count * model.multiply_adds() < _WORTH:
        return False
    if not compiler.available():
        return False
    from pellucid.arrays.canary import trustworthy

    return trustworthy()


def _compiled(
    model: Any, until: str, params: dict[str, Any], statistics: dict[str, Any], x: np.ndarray, size: int
) -> np.ndarray:
    """The same by a program for blocks of this size; a short block is filled up, so that there is only one."""
    short = size - len(x)
    filled = np.concatenate([x, np.zeros((short, *x.shape[1:]), x.dtype)]) if short else x
    with compiler.precision(x.dtype):
        return np.asarray(_program(model, until)(params, statistics, filled))[: len(x)]


@cache
def _program(model: Any, until: str) -> Any:
    return compiler.compiled(partial(_forward, model, until))
