"""A few programs whose right results are known: is this machine's compiler to be trusted?

Compared are compiled reductions of products with NumPy in float64, at row counts around 2¹⁴, 2¹⁵ and 2¹⁶. With
products of 3 by 3, jaxlib 0.10.2 without the options of `compile.py` gets one row of 32,769 wrong in float32, one of
16,385 and half of 32,769 in float64 (jax issue 39103); most other sizes of the product hide it. A user's machine runs
the short form once for each version of jaxlib and remembers the verdict.
"""

import contextlib
import platform
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from pellucid.arrays.compile import compiled, fingerprint, precision
from pellucid.storage.cache_folder import cache_folder
from pellucid.storage.errors import Error
from pellucid.storage.records import read_json, write_json

SHORT = (16_385, 32_769)
FULL = tuple(2**power + offset for power in (14, 15, 16) for offset in (-1, 0, 1))


def wrong_rows(
    rows: Iterable[int],
    features: int = 3,
    classes: int = 3,
    compiler: Callable[[Callable[..., Any]], Callable[..., Any]] = compiled,
) -> dict[tuple[int, str], int]:
    """How many of the N results of Σ(M r)² are off by more than 1e-5 (relative): (N, dtype) → count.

    Parameters
    ----------
    rows : each N
    features, classes : M is (classes, features)
    compiler : takes a function and returns it compiled
    """
    import jax

    wrong = {}
    for count in rows:
        for dtype in (np.float32, np.float64):
            stream = np.random.Generator(np.random.Philox(key=count))
            matrix = stream.standard_normal((classes, features)).astype(dtype)
            inputs = stream.standard_normal((count, features)).astype(dtype)
            with precision(dtype):
                program = compiler(jax.vmap(lambda m, r: ((m @ r) ** 2).sum(), in_axes=(None, 0)))
                found = np.asarray(program(matrix, inputs))
            expected = ((inputs.astype(np.float64) @ matrix.T.astype(np.float64)) ** 2).sum(1)
            off = np.abs(found - expected) > 1e-5 * np.maximum(1.0, expected)
            wrong[count, np.dtype(dtype).name] = int(off.sum())
    return wrong


def trustworthy() -> bool:
    """Whether this machine's compiler computes the canary's programs right; remembered for each version and device."""
    try:
        mark = "-".join([*fingerprint().values(), platform.machine()])
        path = cache_folder() / "canary.json"
    except Error:
        return not any(wrong_rows(SHORT).values())
    known = {}
    with contextlib.suppress(Error):
        known = read_json(path)
    if not isinstance(known, dict):
        known = {}
    if mark not in known:
        known[mark] = not any(wrong_rows(SHORT).values())
        with contextlib.suppress(Error):
            write_json(path, known)
    return bool(known[mark])
