"""Convolution and both its gradients: windows and a product of matrices on NumPy, XLA's convolution in a program.

Pictures x are (N, H, W, C), filters w are (K, R, S, C), results and their gradients g are (N, P, Q, K).

What helped a compiled program on a CPU (2 cores with AVX2; benchmarks/convolution.py has what came of it): the one
form (N, H, W, C) · (R, S, C, K) that XLA's fast code knows; Eigen's convolution, as `compile.py` asks for it, which
reaches nine tenths of the machine's peak; filters of one pixel as a plain product, two to seven times as fast. What did
not: windows laid out by XLA, all at once or in blocks; a product for each place of the filter, summed up; the gradient
of the filters a few pictures at a time. Winograd's 16 products for each 2 × 2 places take half as long as a
convolution, before anything is transformed for them, so there was little left to gain. On other devices the gradient of
the filters has the form that JAX gives it, by which XLA knows it for what it is; that was not timed.
"""

import math
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from pellucid.arrays.compile import on_cpu
from pellucid.arrays.namespace import namespace
from pellucid.arrays.windows import Windows

_BLOCK = 1 << 18  # numbers: what is laid out for a product at a time must fit the processor's cache


def convolved(x: Any, w: Any, seen_by: Windows) -> Any:
    """Every filter's weighted sum of what each window sees."""
    if seen_by.size == (1, 1):
        seen = seen_by.seen(x, (0, 0))
        return (_rows(seen, 3) @ _rows(w).T).reshape(*seen.shape[:3], len(w))
    if namespace(x, w) is not np:
        return _convolution(x, w.transpose(1, 2, 3, 0), seen_by.border, stride=seen_by.stride)
    z = np.empty((len(x), *seen_by.count, len(w)), np.result_type(x, w))
    for block in _blocks(x, seen_by):
        z[block] = (_laid_out(x[block], seen_by) @ _rows(w).T).reshape(z[block].shape)
    return z


def gradient_of_pictures(g: Any, w: Any, seen_by: Windows) -> Any:
    """∂L/∂x: each window's gradient is put back under it, weighted by the filters."""
    if seen_by.size == (1, 1):
        return seen_by.put_back([(_rows(g, 3) @ _rows(w)).reshape(*g.shape[:3], w.shape[-1])])
    if namespace(g, w) is not np:
        border = [
            (side - 1 - before, length + before - span)
            for side, (before, _), length, span in zip(
                seen_by.size, seen_by.border, seen_by.picture, seen_by.span, strict=True
            )
        ]
        turned = w[:, ::-1, ::-1].transpose(1, 2, 0, 3)
        return _convolution(g, turned, border, spread_x=seen_by.stride)
    z = np.empty((len(g), *seen_by.picture, w.shape[-1]), np.result_type(g, w))
    for block in _blocks(z, seen_by):
        pieces = (_rows(g[block], 3) @ _rows(w)).reshape(*g[block].shape[:3], *w.shape[1:])
        z[block] = seen_by.put_back(pieces[..., row, column, :] for row, column in seen_by.offsets)
    return z


def gradient_of_filters(g: Any, x: Any, seen_by: Windows) -> Any:
    """∂L/∂w: what each window sees, weighted by its gradient, summed over all windows of all pictures."""
    shape = (g.shape[-1], *seen_by.size, x.shape[-1])
    if seen_by.size == (1, 1):
        return (_rows(g, 3).T @ _rows(seen_by.seen(x, (0, 0)), 3)).reshape(shape)
    if namespace(g, x) is not np:
        # A convolution in which channels take the place of pictures, and pictures that of channels; g is the filter.
        # The last window may leave out rows of the border: it is cut there.
        border = [
            (before, (count - 1) * seen_by.stride + side - length - before)
            for (before, _), count, side, length in zip(
                seen_by.border, seen_by.count, seen_by.size, seen_by.picture, strict=True
            )
        ]
        if on_cpu():
            # (N, H, W, C) · (N, P, Q, K) → (C, R, S, K) → (K, R, S, C)
            z = _convolution(
                x.transpose(3, 1, 2, 0), g.transpose(1, 2, 0, 3), border, spread_w=seen_by.stride
            )
            return z.transpose(3, 1, 2, 0)
        # → (R, S, C, K) → (K, R, S, C)
        z = _convolution(x, g, border, spread_w=seen_by.stride, axes=("CHWN", "IHWO", "HWNC"))
        return z.transpose(3, 0, 1, 2)
    z = np.zeros((shape[0], math.prod(shape[1:])), np.result_type(g, x))
    for block in _blocks(x, seen_by):
        z += _rows(g[block], 3).T @ _laid_out(x[block], seen_by)
    return z.reshape(shape)


def _blocks(x: Any, seen_by: Windows) -> list[slice]:
    """As many pictures at a time as their windows' numbers fit a block; one at least."""
    each = math.prod((*seen_by.count, *seen_by.size, x.shape[-1]))
    size = max(1, _BLOCK // max(1, each))
    return [slice(first, first + size) for first in range(0, len(x), size)]


def _laid_out(x: np.ndarray, seen_by: Windows) -> np.ndarray:
    """What each window sees, as a row (N P Q, R S C)."""
    stride = seen_by.stride
    views = sliding_window_view(seen_by.bordered(x), seen_by.size, axis=(1, 2))[:, ::stride, ::stride]
    return _rows(views.transpose(0, 1, 2, 4, 5, 3), 3)  # (N, P, Q, C, R, S) → (N, P, Q, R, S, C) → rows


def _rows(array: np.ndarray, axes: int = 1) -> np.ndarray:
    """The array as a matrix: its first axes are the rows, the others the columns."""
    return array.reshape(math.prod(array.shape[:axes]), math.prod(array.shape[axes:]))


def _convolution(
    x: Any,
    w: Any,
    border: Any,
    stride: int = 1,
    spread_x: int = 1,
    spread_w: int = 1,
    axes: tuple[str, str, str] = ("NHWC", "HWIO", "NHWC"),
) -> Any:
    """XLA's convolution of (N, H, W, C) with (R, S, C, K), the one form that its fast code for a CPU knows."""
    from jax import lax

    return lax.conv_general_dilated(
        x,
        w,
        (stride, stride),
        border,
        lhs_dilation=(spread_x, spread_x),
        rhs_dilation=(spread_w, spread_w),
        dimension_numbers=axes,
    )
