"""How far does one come without a gradient? A linear classifier on the pixels of CIFAR-10, three seeds.

The set-up is that of CS231n (Optimization: strategies 1 to 3), which reports 15.5 % for a thousand random draws and
21.4 % for a thousand random moves: the multiclass hinge, weights drawn with a deviation of 1e-4, moves with 1e-4 from a
start with 1e-3. The course does not say how its pixels were prepared, so both are done: from 0 to 255 as they are, and
minus their mean. Differences: the pictures are the JPEG copy, and the objective looks at 2,000 training pictures,
enough to tell good weights from bad ones. Beside them stand 50 gradients, by L-BFGS, over 10,000 pictures, since 30,730
weights would learn 2,000 by heart. The numbers are for docs/experiments/search-without-gradient.md.
"""

from typing import Any

import numpy as np

from benchmarks import machine
from benchmarks.results import kept, table

SEEDS, TRIES, GRADIENTS, PICTURES = 3, 1000, 50, 2000
PUBLISHED = {"random search": "15.5 %", "random local search": "21.4 %"}


def main() -> None:
    from pellucid.data.load import load

    facts = machine.described()
    dataset = load(machine.cifar10())
    order = np.random.Generator(np.random.Philox(key=0)).permutation(np.flatnonzero(dataset.split != 2))[
        :10_000
    ]
    x, y, tx = (
        _rows(dataset.images[order]),
        dataset.labels[order].astype(np.int32),
        _rows(dataset.test.images),
    )
    found: dict[str, list[dict[str, float]]] = {}
    for pixels, mean in (("0 to 255", np.float32(0)), ("minus mean", x.mean(axis=0))):
        for seed in range(SEEDS):
            for name, end in _ways(x - mean, y, len(dataset.classes), seed):
                w = {key: array.astype(np.float32) for key, array in end.params.items()}
                right = ((tx - mean) @ w["weight"].T + w["bias"]).argmax(axis=1) == dataset.test.labels
                run = {
                    "accuracy": 100 * float(right.mean()),
                    "first": float(end.values[0]),
                    "last": end.value,
                }
                found.setdefault(f"{name}, pixels {pixels}", []).append(run)
                print(f"seed {seed}: {name}, pixels {pixels}: {run}", flush=True)
    rows = []
    for name, runs in found.items():
        shares = [run["accuracy"] for run in runs]
        loss = np.mean([run["last"] for run in runs])
        published = PUBLISHED.get(name.partition(",")[0], "")
        rows.append(
            [
                name,
                f"{loss:.2f}",
                f"{np.mean(shares):.1f} %",
                f"{min(shares):.1f} to {max(shares):.1f}",
                published,
            ]
        )
    head = ["", "training loss", "test accuracy", f"of {SEEDS} seeds", "CS231n"]
    kept("without_gradient", facts, "Learning without a gradient", table(head, rows), {"found": found})


def _rows(images: np.ndarray) -> np.ndarray:
    return images.reshape(len(images), -1).astype(np.float32)


def _objectives(x: np.ndarray, y: np.ndarray) -> tuple[Any, Any]:
    """The mean hinge loss over all rows, and the same with its gradients. NumPy's product of many rows with ten columns
    is faster than the compiler's."""
    import pellucid as pl
    from pellucid.graph.algebra import affine
    from pellucid.graph.reductions import mean
    from pellucid.losses import multiclass_hinge

    loss = lambda weight, bias: mean(multiclass_hinge(affine(x, weight, bias), y))

    def value(w: Any) -> float:
        return float(loss(w["weight"].astype(np.float32), w["bias"].astype(np.float32)))

    def slope(w: Any) -> Any:
        weight, bias = pl.variables(**{name: array.astype(np.float32) for name, array in w.items()})
        objective = loss(weight, bias)
        flow = pl.gradients(objective)
        return objective.value, {"weight": flow[weight], "bias": flow[bias]}

    return value, slope


def _ways(x: np.ndarray, y: np.ndarray, classes: int, seed: int) -> Any:
    """The name and the end of each way; that of the gradient begins at zero and has no seed."""
    from pellucid.optimizers.minimizer import lbfgs
    from pellucid.optimizers.random_search import random_local_search, random_search

    value, _ = _objectives(x[:PICTURES], y[:PICTURES])
    zeros = {"weight": np.zeros((classes, x.shape[1])), "bias": np.zeros(classes)}
    stream = np.random.Generator(np.random.Philox(key=seed))
    small = {name: 1e-3 * stream.standard_normal(array.shape) for name, array in zeros.items()}
    drawn = {name: 0.1 * array for name, array in small.items()}
    yield "random search", random_search(value, drawn, tries=TRIES - 1, scale=1e-4, seed=seed)
    yield "random local search", random_local_search(value, small, tries=TRIES, scale=1e-4, seed=seed)
    if seed == 0:
        _, slope = _objectives(x, y)
        yield "gradient", lbfgs(slope, zeros, steps=GRADIENTS, beta=1e-9)


if __name__ == "__main__":
    main()
