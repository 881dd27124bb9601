"""Convolution and both its gradients: windows and a product of matrices on NumPy, XLA's convolution in a program.

Pictures x are (N, H, W, C), filters w are (K, R, S, C), results and their gradients g are (N, P, Q, K).

What helped a compiled program on a CPU (tried on 2 busy cores with AVX2; benchmarks/convolution.py has what came of
it): the one form (N, H, W, C) · (R, S, C, K) that XLA's fast code knows; filters of one pixel as a plain product, some
two to seven times as fast; the gradient of the filters a few rows of a few pictures at a time. What did not: windows
laid out by XLA, all at once or in blocks (but for the filters' gradient from 96 to 192 channels, where blocks were
faster by half or more); a product for each place of the filter, summed up. Filters stored as (R, S, C, K) were no
faster but for 16 channels.
Winograd's filtering was not tried.
"""

import math
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from pellucid.arrays.compile import on_cpu, scan
from pellucid.arrays.namespace import namespace
from pellucid.arrays.windows import Windows

_BLOCK = 1 << 18  # numbers: what is laid out for a product at a time must fit the processor's cache
_TOGETHER = 8  # pictures: they lie side by side in memory, and fill a vector register
_DEPTH = 1024  # places summed over at a time


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
        return _summed_in_parts(g, x, seen_by)
    z = np.zeros((shape[0], math.prod(shape[1:])), np.result_type(g, x))
    for block in _blocks(x, seen_by):
        z += _rows(g[block], 3).T @ _laid_out(x[block], seen_by)
    return z.reshape(shape)


def _summed_in_parts(g: Any, x: Any, seen_by: Windows) -> Any:
    """The gradient of the filters in a program, a few rows of a few pictures at a time.

    It is a convolution in which channels take the place of pictures, and pictures that of channels, over which is
    summed; g is the filter. Over the whole minibatch at once XLA's code for a CPU is up to twenty times slower: it lays
    out every window before it multiplies, and its product does not divide the sum, the only long side, among cores.
    """
    from jax import lax

    xp = namespace(g, x)
    (pictures, high, wide, _), stride = g.shape, seen_by.stride
    x = seen_by.bordered(x)
    together, rows = pictures, high
    if on_cpu() and pictures:
        together = min(_TOGETHER, pictures)
        rows = max(
            rows for rows in range(1, high + 1) if high % rows == 0 and _fits(together * rows * wide, rows)
        )
        more = -pictures % together  # pictures of zeros, which add nothing
        g, x = (xp.pad(each, [(0, more), (0, 0), (0, 0), (0, 0)]) if more else each for each in (g, x))
    seen_rows = (rows - 1) * stride + seen_by.size[0]
    seen_columns = (wide - 1) * stride + seen_by.size[1]

    def part(total: Any, number: Any) -> tuple[Any, None]:
        first, row = number // (high // rows) * together, number % (high // rows) * rows
        of_g = lax.dynamic_slice(g, (first, row, 0, 0), (together, rows, wide, g.shape[3]))
        of_x = lax.dynamic_slice(
            x, (first, row * stride, 0, 0), (together, seen_rows, seen_columns, x.shape[3])
        )
        return total + _convolution(
            of_x.transpose(3, 1, 2, 0), of_g.transpose(1, 2, 0, 3), ((0, 0), (0, 0)), spread_w=stride
        ), None

    total = xp.zeros((x.shape[3], *seen_by.size, g.shape[3]), xp.result_type(g, x))
    parts = len(g) // together * (high // rows) if pictures else 0
    if parts == 1:
        total, _ = part(total, 0)
    elif parts:
        total, _ = scan(part, total, xp.arange(parts))
    return total.transpose(3, 1, 2, 0)


def _fits(places: int, rows: int) -> bool:
    return places <= _DEPTH or rows == 1


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


def _convolution(x: Any, w: Any, border: Any, stride: int = 1, spread_x: int = 1, spread_w: int = 1) -> Any:
    """XLA's convolution of (N, H, W, C) with (R, S, C, K), the one form that its fast code knows."""
    from jax import lax

    return lax.conv_general_dilated(
        x,
        w,
        (stride, stride),
        border,
        lhs_dilation=(spread_x, spread_x),
        rhs_dilation=(spread_w, spread_w),
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )
