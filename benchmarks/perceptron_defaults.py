"""How batch size and epochs of the perceptron and of the averaged one were chosen: on validation pictures alone.

From weights of zeros a constant rate scales all weights alike and decides nothing, so there is no rate to search. The
weights of the last step and their average come out of the same training, and both are judged after every epoch. What
is held out, and what is left out, is as in `benchmarks/defaults.py`.
"""

import argparse
import statistics
from typing import Any

import numpy as np

from benchmarks import machine
from benchmarks.defaults import _held_out
from benchmarks.results import kept, table

BATCHES = {"CIFAR-10": (1, 4, 8, 32), "digits": (1, 4, 16)}
EPOCHS = (1, 2, 3, 5, 8, 12, 20, 40)
"""After which epochs a cell of the table is taken."""

MOST = {"CIFAR-10": 12, "digits": 40}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=2, help="held-out parts for each cell on CIFAR-10")
    parser.add_argument("--digits-seeds", type=int, default=5)
    parser.add_argument("--data", choices=[*BATCHES], help="one data set alone")
    options = parser.parse_args()
    facts = machine.described()
    found: dict[str, Any] = {}
    for data, batches in BATCHES.items():
        if options.data not in (None, data):
            continue
        for seed in range(options.seeds if data == "CIFAR-10" else options.digits_seeds):
            dataset = _held_out(data, seed)
            for batch_size in batches:
                courses = _judged(dataset, batch_size, MOST[data], seed)
                found.setdefault(data, {}).setdefault(str(batch_size), []).append(courses)
            print(f"{data}, seed {seed} done", flush=True)
    kept("perceptron_defaults", facts, "How long a perceptron learns", _body(found), {"courses": found})


def _judged(dataset: Any, batch_size: int, epochs: int, seed: int) -> list[tuple[float, float]]:
    """Validation accuracy of the last weights and of their average after each epoch."""
    from pellucid.arrays import random
    from pellucid.layers.linear import Linear
    from pellucid.losses import multiclass_perceptron
    from pellucid.optimizers.averaging import Averaged, averaged
    from pellucid.optimizers.descent import GradientDescent
    from pellucid.optimizers.optimizer import start
    from pellucid.preprocessing.standardize import moments
    from pellucid.training.engine import Compiled, Supply
    from pellucid.training.step import Task

    rows, held_out = dataset.train.rows, dataset.validation
    mean, scale = moments(dataset.images, rows)
    ones = np.ones(len(dataset.labels), np.float32)
    supply = Supply(dataset.images, dataset.labels.astype(np.int32), ones, mean, scale)
    model, optimizer = Linear(len(mean), len(dataset.classes)), Averaged(GradientDescent())
    engine = Compiled(Task(model, multiclass_perceptron, optimizer, {}), supply)
    params, _ = model.init(random.key(seed))
    state: dict[str, Any] = {"params": params, "optimizer": start(optimizer, params), "t": np.int32(0)}
    rates = np.ones(-(-len(rows) // batch_size), np.float32)
    course = []
    for epoch in range(1, epochs + 1):
        order = rows[random.permutation(random.fold_in(random.key(seed), epoch), len(rows))].astype(np.int32)
        state, _, _ = engine.steps(state, order, batch_size, rates)
        both = (state["params"], averaged(optimizer, state["params"], state["optimizer"]))
        verdicts = (engine.scores(each, held_out.rows.astype(np.int32)).argmax(axis=1) for each in both)
        last, average = (float(np.mean(verdict == held_out.labels)) for verdict in verdicts)
        course.append((last, average))
    return course


def _body(found: dict[str, Any]) -> str:
    lines = [
        "Accuracy on held-out training pictures: weights of the last step / their average, mean over the seeds.",
    ]
    for data, batches in found.items():
        epochs = [each for each in EPOCHS if each <= MOST[data]]
        rows = []
        for batch_size, courses in batches.items():
            row = [f"batch {batch_size}"]
            for epoch in epochs:
                last, average = (
                    100 * statistics.mean(c[epoch - 1][part] for c in courses) for part in (0, 1)
                )
                row.append(f"{last:.1f} / {average:.1f} %")
            rows.append(row)
        seeds = len(next(iter(batches.values())))
        lines += ["", f"### {data} ({seeds} seeds)", ""]
        lines.append(table(["", *(f"{epoch} epochs" for epoch in epochs)], rows))
    return "\n".join(lines)


if __name__ == "__main__":
    main()
