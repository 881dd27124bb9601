"""Sums over all axes but the last, in the form that the compiler does fastest."""

import math
from typing import Any

import numpy as np

from pellucid.arrays.namespace import namespace

_TOGETHER = 32


def over_rows(x: Any) -> Any:
    """Σ x (C) over all axes but the last of x (..., C), such as the rows of a minibatch or the places of its pictures.

    XLA's own sum on a CPU is a sum over windows, number by number. Here a few rows at a time are added in the same loop
    that computes them, and a product with ones adds up the rest: batch normalization, forwards and backwards, takes 1.6
    ms where it took 5.7 (2 cores, 128 × 16² × 48).
    """
    if namespace(x) is np:
        return x.sum(tuple(range(x.ndim - 1)))
    rows = math.prod(x.shape[:-1])
    together = math.gcd(rows, _TOGETHER)
    # (..., C) → (M / 32, 32, C) → (M / 32, C)
    few = x.reshape(rows // together, together, x.shape[-1]).sum(1)
    # On a GPU products are rounded to TF32 unless more is asked for.
    return namespace(x).matmul(namespace(x).ones((len(few),), x.dtype), few, precision="highest")
