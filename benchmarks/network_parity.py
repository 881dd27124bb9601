"""ResNet-20 and GoogLeNet against the same networks in PyTorch: the same weights and the same pictures.

In float64: the loss, every gradient, and the weights after three steps. With `--trajectory`, which takes long, in
float32: the mean loss of steps 151 to 200, over several seeds; single trajectories part soon in any two programs.
"""

import argparse
import math
import statistics
from functools import partial
from typing import Any

import numpy as np

from benchmarks import machine
from benchmarks.results import kept, table, verdict

SHAPE = (32, 32, 3)
LEARNING_RATE = 0.01
NETWORKS = ("resnet20", "googlenet")
STEPS, COUNTED = 200, 50  # of a trajectory: all, and those at its end whose mean loss is compared


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=NETWORKS)
    parser.add_argument("--batch", type=int, help="pictures in a step; 8, of a trajectory 64")
    parser.add_argument("--trajectory", action="store_true", help="compare 200 steps in float32 instead")
    parser.add_argument("--seeds", type=int, default=5, help="of the trajectories")
    options = parser.parse_args()
    facts = machine.described()
    pictures, labels = _pictures()
    if options.trajectory:
        measured = {
            name: [
                _trajectories(name, pictures, labels, options.batch or 64, seed)
                for seed in range(options.seeds)
            ]
            for name in options.networks
        }
        body = _trajectory_body(measured, options.batch or 64)
        kept(
            "network_trajectories",
            facts,
            "200 steps of networks against PyTorch",
            body,
            {"measured": measured},
        )
        return
    measured = {
        f"{name}, {engine}": _parity(name, engine, pictures, labels, options.batch or 8)
        for name in options.networks
        for engine in ("XLA", "NumPy")
    }
    body = _parity_body(measured, options.batch or 8)
    kept("network_parity", facts, "Networks against PyTorch in float64", body, {"measured": measured})


def _pictures() -> tuple[np.ndarray, np.ndarray]:
    """The training pictures of CIFAR-10 (N, 3072) uint8 and their labels (N)."""
    from pellucid.data.load import load

    dataset = load(machine.cifar10())
    rows = dataset.train.rows
    return dataset.images[rows].reshape(len(rows), -1), dataset.labels[rows]


def _standardized(pictures: Any, dtype: Any) -> Any:
    """Numbers from about −2 to 2."""
    return (pictures.astype(dtype) - 127.5) / 63.75


def _gradient(network: Any, params: dict[str, Any], x: Any, y: Any) -> tuple[Any, dict[str, Any]]:
    """The mean cross-entropy, and its gradient for each parameter."""
    from pellucid.graph import Tensor, gradients
    from pellucid.graph.reductions import mean
    from pellucid.losses import softmax_cross_entropy

    leaves = {name: Tensor(value, name=name) for name, value in params.items()}
    loss = mean(softmax_cross_entropy(network(leaves, x, training=True), y))
    flow = gradients(loss, of=leaves.values(), release=True)
    return loss.value, {name: flow[leaf] for name, leaf in leaves.items()}


def _parity(name: str, engine: str, pictures: np.ndarray, labels: np.ndarray, batch: int) -> dict[str, Any]:
    """The relative differences of the loss, of the gradients and, after three steps, of the weights."""
    from benchmarks.torch_networks import Peer
    from pellucid.arrays import random
    from pellucid.arrays.compile import compiled, precision, to_host
    from pellucid.models.architecture import Architecture

    network = Architecture(name, SHAPE, 10)
    params = {key: value.astype(np.float64) for key, value in network.init(random.key(0))[0].items()}
    peer = Peer(name, params, SHAPE)
    rows = random.permutation(random.key(1), len(pictures))[: 3 * batch].reshape(3, batch)
    found: dict[str, Any] = {"parameters": network.parameters()}
    with precision(np.float64):
        step = partial(_gradient, network)
        step = compiled(step) if engine == "XLA" else step
        for number, chosen in enumerate(rows):
            x, y = _standardized(pictures[chosen], np.float64), labels[chosen].astype(np.int32)
            loss, g = to_host(step(params, x, y)) if engine == "XLA" else step(params, x, y)
            other = peer.loss(x, y)
            if number == 0:
                apart = {key: _apart(value, peer.gradients()[key]) for key, value in g.items()}
                worst = max(apart, key=apart.__getitem__)
                found |= {"loss": _apart(loss, other), "gradient": apart[worst], "worst": worst}
            params = {key: value - LEARNING_RATE * g[key] for key, value in params.items()}
            peer.step(LEARNING_RATE)
    theirs = peer.params()
    assert all(value.dtype == np.float64 for value in params.values())
    return found | {"weights": max(_apart(value, theirs[key]) for key, value in params.items())}


def _apart(ours: Any, theirs: Any) -> float:
    """‖ours − theirs‖ / ‖theirs‖."""
    return float(np.linalg.norm(np.ravel(ours - theirs)) / np.linalg.norm(np.ravel(theirs)))


def _parity_body(measured: dict[str, Any], batch: int) -> str:
    head = ["network, engine", "parameters", "loss", "worst gradient", "worst weights after 3 steps"]
    rows = [
        [name, f"{m['parameters']:,}", *(f"{m[what]:.1e}" for what in ("loss", "gradient", "weights"))]
        for name, m in measured.items()
    ]
    lines = [
        f"- {name}: loss {verdict(m['loss'], 1e-9, False)}, worst gradient ({m['worst']}) "
        f"{verdict(m['gradient'], 1e-9, False)}, after 3 steps {verdict(m['weights'], 1e-6, False)}"
        for name, m in measured.items()
    ]
    return "\n".join(
        [
            f"Batch {batch} of CIFAR-10, float64, the same weights; ‖ours − theirs‖ / ‖theirs‖, for gradients and "
            f"weights of the parameter that is furthest; plain descent with learning rate {LEARNING_RATE:g}.",
            "",
            table(head, rows),
            "",
            *lines,
        ]
    )


def _trajectories(
    name: str, pictures: np.ndarray, labels: np.ndarray, batch: int, seed: int
) -> dict[str, float]:
    """The mean loss of the last steps, ours and PyTorch's, from the same weights on the same minibatches."""
    from benchmarks.torch_networks import Peer
    from pellucid.arrays import random
    from pellucid.arrays.compile import compiled, scan, to_device
    from pellucid.models.architecture import Architecture

    network = Architecture(name, SHAPE, 10)
    params, _ = network.init(random.key(seed))
    peer = Peer(name, params, SHAPE)
    rows = random.permutation(random.key(1000 + seed), len(pictures))
    rows = np.resize(rows, (STEPS, batch))

    def program(params: dict[str, Any], pictures: Any, labels: Any, rows: Any) -> Any:
        def step(params: dict[str, Any], chosen: Any) -> tuple[dict[str, Any], Any]:
            loss, g = _gradient(network, params, _standardized(pictures[chosen], np.float32), labels[chosen])
            return {key: value - LEARNING_RATE * g[key] for key, value in params.items()}, loss

        return scan(step, params, rows)[1]

    ours = np.asarray(compiled(program)(params, *to_device((pictures, labels.astype(np.int32))), rows))
    theirs = []
    for chosen in rows:
        theirs.append(peer.loss(_standardized(pictures[chosen], np.float32), labels[chosen]))
        peer.step(LEARNING_RATE)
    print(
        f"{name}, seed {seed}: {ours[-COUNTED:].mean():.4f} and {np.mean(theirs[-COUNTED:]):.4f}", flush=True
    )
    return {"ours": float(ours[-COUNTED:].mean()), "peer": float(np.mean(theirs[-COUNTED:]))}


def _trajectory_body(measured: dict[str, list[dict[str, float]]], batch: int) -> str:
    rows, lines = [], []
    for name, runs in measured.items():
        sides = {side: [run[side] for run in runs] for side in ("ours", "peer")}
        means = {side: statistics.mean(values) for side, values in sides.items()}
        errors = {side: statistics.stdev(values) / math.sqrt(len(values)) for side, values in sides.items()}
        together = math.hypot(*errors.values())
        rows.append([name, *(f"{means[side]:.4f} ± {errors[side]:.4f}" for side in sides)])
        apart = abs(means["ours"] - means["peer"]) / together
        lines.append(f"- {name}: {verdict(apart, 2, False, ' standard errors')} apart")
    head = ["network", "pellucid (XLA)", "PyTorch"]
    return "\n".join(
        [
            f"Mean loss of steps {STEPS - COUNTED + 1} to {STEPS} ± its standard error over "
            f"{len(next(iter(measured.values())))} seeds; batch {batch} of CIFAR-10, float32, plain descent with "
            f"learning rate {LEARNING_RATE:g}, the same start and the same minibatches.",
            "",
            table(head, rows),
            "",
            *lines,
        ]
    )


if __name__ == "__main__":
    main()
