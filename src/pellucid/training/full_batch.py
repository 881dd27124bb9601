"""The objective over all training pictures, without noise: what a minimizer goes down."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from pellucid.arrays import compile as compiler
from pellucid.graph.backward import gradients
from pellucid.graph.tensor import Tensor
from pellucid.training.engine import Supply
from pellucid.training.step import Task

Objective = Callable[[dict[str, np.ndarray]], tuple[float, dict[str, np.ndarray], int]]
"""From parameters (name → array) to the objective, its gradients (name → array), both float64, and how many pictures
are right."""

_Total = tuple[Any, dict[str, Any], Any]

_BLOCK, _NUMBERS = 512, 3 * 2**19
"""Pictures worked on at once, and the most numbers that they have together: their float32 form, 6 MB, stays near the
processor while both products read it (20,000 pictures of 6,400 numbers, 2 cores: 256 at once 0.24 s, 512 0.5 s)."""


def full_batch(task: Task, supply: Supply, rows: np.ndarray, *, eager: bool = False) -> Objective:
    """The objective of these rows (n,) as a function of the parameters. Rows without weight are left out.

    The pictures are visited in blocks of their own graph. With vₙ the weight of picture n, a block has the share
    Σ_block v / Σ v, and the objective is the sum of the blocks' objectives by their shares: each mean loss counts as
    its pictures do, and the penalty, which is in every block, counts once. The graph computes in the dtype of the
    supply; what it finds is added up in float64.

    Parameters
    ----------
    eager : on NumPy, block by block; else one compiled program, a scan over the blocks
    """
    rows = np.asarray(rows)[np.asarray(supply.weights)[rows] > 0]  # a block without weight would have no mean
    size = min(_BLOCK, max(1, _NUMBERS // len(supply.mean)), len(rows))
    blocks, last = (
        rows[: len(rows) // size * size].reshape(-1, size),
        rows[len(rows) // size * size :],
    )  # (n,) → (B, S)
    dtype = supply.mean.dtype
    weight = np.asarray(supply.weights)[rows].sum(dtype=np.float64)
    if eager:

        def on_numpy(params: dict[str, np.ndarray]) -> tuple[float, dict[str, np.ndarray], int]:
            w = {name: np.asarray(array, dtype) for name, array in params.items()}
            total = _nothing(w)
            with np.errstate(
                all="ignore"
            ):  # the minimizer looks whether all is finite, and says where it was not
                for block in (*blocks, *([last] if len(last) else [])):
                    total = _visited(task, supply, weight, w, total, block)
            return total

        return on_numpy
    with compiler.precision(np.float64):
        data = {name: compiler.to_device(value) for name, value in supply.arrays().items()}
        program = compiler.compiled(partial(_scanned, task))

    def on_xla(params: dict[str, np.ndarray]) -> tuple[float, dict[str, np.ndarray], int]:
        w = {name: np.asarray(array, dtype) for name, array in params.items()}
        with compiler.precision(np.float64):
            value, g, right = compiler.to_host(program(w, data, blocks, last, weight))
        return value, {name: g[name] for name in w}, right  # JAX has sorted the names

    return on_xla


def _nothing(params: dict[str, Any]) -> _Total:
    """A sum to begin with: what is found in no block."""
    return np.float64(0), {name: np.zeros(array.shape) for name, array in params.items()}, np.int32(0)


def _visited(
    task: Task,
    supply: Supply,
    weight: Any,
    params: dict[str, Any],
    total: _Total,
    block: Any,
) -> _Total:
    """The sum with this block's value and gradients added by its share, and how many of it are right."""
    x, y, v = supply.batch(block)
    leaves = {name: Tensor(array, name=name) for name, array in params.items()}
    value, _, scores = task.objective(leaves, x, y, v, **task.mode(0))
    flow = gradients(value, of=leaves.values())
    share = v.sum(dtype="float64") / weight
    return (
        total[0] + share * value.value,
        {name: total[1][name] + share * flow[leaf] for name, leaf in leaves.items()},
        total[2] + (scores.value.argmax(axis=1) == y).sum(dtype="int32"),
    )


def _scanned(
    task: Task, params: dict[str, Any], data: dict[str, Any], blocks: Any, last: Any, weight: Any
) -> _Total:
    """All blocks, traced. A short last one is visited in its own shape after the scan."""
    supply = Supply(**data)

    def visit(total: Any, block: Any) -> tuple[Any, None]:
        return _visited(task, supply, weight, params, total, block), None

    total, _ = compiler.scan(visit, _nothing(params), blocks)
    return visit(total, last)[0] if len(last) else total
