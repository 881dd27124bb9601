"""A compiled training step with our backward walk in it against the same forward under `jax.value_and_grad`.

Both are compiled by the same door with the same options and run in interleaved pairs, the first of each pair changing
places. One step is: forward, gradients, plain gradient descent on a batch of 256.
"""

import argparse
import statistics
import time
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks import machine
from benchmarks.results import kept, span, spread, table, verdict

BATCH = 256
STEPS = 40  # steps in one timing: a single step of softmax is too short for the clock on a busy machine
NETWORKS = {"softmax, 3072-10": (3072, 10), "3072-200-100-10": (3072, 200, 100, 10)}


def objective(params: dict[str, Any], x: Any, y: Any) -> Any:
    """Mean cross-entropy plus L2, on tensors or on arrays; ReLU between the layers."""
    from pellucid.graph.activations import relu
    from pellucid.graph.algebra import affine
    from pellucid.graph.reductions import mean
    from pellucid.losses import softmax_cross_entropy
    from pellucid.regularizers import l2

    layers, penalty = len(params) // 2, 0.0
    for layer in range(layers):
        x = affine(x, params[f"weight{layer}"], params[f"bias{layer}"])
        x = relu(x) if layer < layers - 1 else x
        penalty = penalty + l2(params[f"weight{layer}"]) * 1e-3
    return mean(softmax_cross_entropy(x, y)) + penalty


def ours(params: dict[str, Any], x: Any, y: Any) -> dict[str, Any]:
    from pellucid.graph import Tensor, gradients

    leaves = {name: Tensor(value, name=name) for name, value in params.items()}
    flow = gradients(objective(leaves, x, y), of=leaves.values())
    return {name: value - 0.1 * flow[leaves[name]] for name, value in params.items()}


def peer(params: dict[str, Any], x: Any, y: Any) -> dict[str, Any]:
    import jax

    _, flow = jax.value_and_grad(objective)(params, x, y)
    return {name: value - 0.1 * flow[name] for name, value in params.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=30)
    options = parser.parse_args()
    facts = machine.described()
    measured = {name: _measured(sizes, options.pairs) for name, sizes in NETWORKS.items()}
    rows = [
        [
            name,
            span(m["ours"]),
            span(m["peer"]),
            f"{m['ratio']:.3f}",
            f"{m['flops']:.4f}",
            f"{m['temporary']:.4f}",
        ]
        for name, m in measured.items()
    ]
    head = [
        "step",
        "our walk: median",
        "jax.value_and_grad: median",
        "time",
        "operations",
        "temporary memory",
    ]
    lines = [f"- {name}: {verdict(m['ratio'], 1.05, False, ' ×')}" for name, m in measured.items()]
    body = "\n".join(
        [
            f"Batch {BATCH}, float32, {STEPS} steps a timing, {options.pairs} interleaved pairs; the last three "
            "columns are ratios, of the times the median over the pairs.",
            "",
            table(head, rows),
            "",
            *lines,
        ]
    )
    kept("graph_compiled", facts, "A compiled training step", body, {"measured": measured})


def _measured(sizes: tuple[int, ...], pairs: int) -> dict[str, Any]:
    from pellucid.arrays.compile import compiled, to_device

    params, x, y = to_device(_drawn(sizes))
    programs = {
        name: compiled(step).lower(params, x, y).compile() for name, step in (("ours", ours), ("peer", peer))
    }
    for name in programs:
        _seconds(programs[name], params, x, y)
    seconds: dict[str, list[float]] = {"ours": [], "peer": []}
    for pair in range(pairs):
        for name in ("ours", "peer") if pair % 2 else ("peer", "ours"):
            seconds[name].append(_seconds(programs[name], params, x, y))
    costs = {name: program.cost_analysis()["flops"] for name, program in programs.items()}
    memory = {name: program.memory_analysis().temp_size_in_bytes for name, program in programs.items()}
    return {
        "ours": spread(seconds["ours"]),
        "peer": spread(seconds["peer"]),
        "ratio": statistics.median(a / b for a, b in zip(seconds["ours"], seconds["peer"], strict=True)),
        "flops": costs["ours"] / costs["peer"],
        "temporary": memory["ours"] / memory["peer"],
    }


def _seconds(program: Any, params: dict[str, Any], x: Any, y: Any) -> float:
    """Seconds of one step, the mean of STEPS that follow each other."""
    import jax

    began = time.perf_counter()
    for _ in range(STEPS):
        params = program(params, x, y)
    jax.block_until_ready(params)
    return (time.perf_counter() - began) / STEPS


def _drawn(sizes: tuple[int, ...]) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    stream = np.random.Generator(np.random.Philox(key=1))
    params = {}
    for layer, (features, units) in enumerate(pairwise(sizes)):
        params[f"weight{layer}"] = (stream.standard_normal((units, features)) / features**0.5).astype(
            np.float32
        )
        params[f"bias{layer}"] = np.zeros(units, np.float32)
    x = stream.standard_normal((BATCH, sizes[0])).astype(np.float32)
    return params, x, stream.integers(0, sizes[-1], BATCH).astype(np.int32)


if __name__ == "__main__":
    main()
