"""The objective over all training pictures, without noise: what a minimizer goes down."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from pellucid.arrays import compile as compiler
from pellucid.graph.backward import gradients
from pellucid.graph.tensor import Tensor
from pellucid.preprocessing.standardize import block_rows
from pellucid.training.engine import Supply
from pellucid.training.step import Task

Objective = Callable[[dict[str, np.ndarray]], tuple[float, dict[str, np.ndarray]]]

_BLOCK = 512
"""Pictures worked on at once: their float32 form stays near the processor while both products read it."""


def full_batch(task: Task, supply: Supply, rows: np.ndarray, *, eager: bool = False) -> Objective:
    """The objective of these rows (n,) as a function: parameters (name → array) → its value and its gradients, float64.

    The pictures are visited in blocks of their own graph. With vₙ the weight of picture n, a block has the share
    Σ_block v / Σ v, and the objective is the sum of the blocks' objectives by their shares: each mean loss counts as
    its pictures do, and the penalty, which is in every block, counts once. The graph computes in the dtype of the
    supply; what it finds is added up in float64.

    Parameters
    ----------
    eager : on NumPy, block by block; else one compiled program, a scan over the blocks
    """
    rows = np.asarray(rows)[np.asarray(supply.weights)[rows] > 0]  # a block without weight would have no mean
    size = min(block_rows(len(supply.mean), _BLOCK), len(rows))
    blocks, last = (
        rows[: len(rows) // size * size].reshape(-1, size),
        rows[len(rows) // size * size :],
    )  # (n,) → (B, S)
    dtype = supply.mean.dtype
    weight = np.asarray(supply.weights)[rows].sum(dtype=np.float64)
    if eager:

        def on_numpy(params: dict[str, np.ndarray]) -> tuple[float, dict[str, np.ndarray]]:
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

    def on_xla(params: dict[str, np.ndarray]) -> tuple[float, dict[str, np.ndarray]]:
        w = {name: np.asarray(array, dtype) for name, array in params.items()}
        with compiler.precision(np.float64):
            value, g = compiler.to_host(program(w, data, blocks, last, weight))
        return value, {name: g[name] for name in w}  # JAX has sorted the names

    return on_xla


def _nothing(params: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """A sum to begin with: the value and the gradients of no block."""
    return np.float64(0), {name: np.zeros(array.shape) for name, array in params.items()}


def _visited(
    task: Task,
    supply: Supply,
    weight: Any,
    params: dict[str, Any],
    total: tuple[Any, dict[str, Any]],
    block: Any,
) -> tuple[Any, dict[str, Any]]:
    """The sum with this block's value and gradients added by its share."""
    x, y, v = supply.batch(block)
    leaves = {name: Tensor(array, name=name) for name, array in params.items()}
    value = task.objective(leaves, x, y, v, **task.mode(0))[0]
    flow = gradients(value, of=leaves.values())
    share = v.sum(dtype="float64") / weight
    return (
        total[0] + share * value.value,
        {name: total[1][name] + share * flow[leaf] for name, leaf in leaves.items()},
    )


def _scanned(
    task: Task, params: dict[str, Any], data: dict[str, Any], blocks: Any, last: Any, weight: Any
) -> tuple[Any, dict[str, Any]]:
    """All blocks, traced. A short last one is visited in its own shape after the scan."""
    supply = Supply(**data)

    def visit(total: Any, block: Any) -> tuple[Any, None]:
        return _visited(task, supply, weight, params, total, block), None

    total, _ = compiler.scan(visit, _nothing(params), blocks)
    return visit(total, last)[0] if len(last) else total
