"""How the default strength λ and learning rate of each model were chosen: on validation pictures alone.

The rate is searched in units of 1/λmax, the largest curvature of the data, so that one number suits data of any size
(`training/recipe.py`). Test pictures are left out: for CIFAR-10 the grid sees the 50,000 training pictures, of which
each seed holds out 10 %; for digits the training and validation parts of the usual split, of which a fifth is held out.
"""

import argparse
import statistics
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks import machine
from benchmarks.results import kept, table

GRID = {
    ("CIFAR-10", "softmax"): ((1e-3, 1e-2, 3e-2), (0.1, 0.3, 1.0)),
    ("CIFAR-10", "svm"): ((1e-2, 1e-1, 3e-1), (0.01, 0.03, 0.1)),
    ("digits", "softmax"): ((1e-4, 1e-3, 1e-2, 1e-1), (0.1, 0.3, 1.0, 3.0)),
    ("digits", "svm"): ((1e-3, 1e-2, 1e-1, 3e-1), (0.01, 0.03, 0.1, 0.3)),
}
"""λ and rates that are tried, beside those of the defaults."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=2, help="held-out parts for each cell on CIFAR-10")
    parser.add_argument("--digits-seeds", type=int, default=5)
    parser.add_argument("--data", choices=["CIFAR-10", "digits"], help="one data set alone")
    options = parser.parse_args()
    from pellucid.training.recipe import STEP, STRENGTH

    facts = machine.described()
    found = {}
    for (data, kind), (strengths, steps) in GRID.items():
        strengths = tuple(sorted({*strengths, STRENGTH[kind]}))
        steps = tuple(sorted({*steps, STEP[kind]}))
        if options.data in (None, data):
            seeds = range(options.seeds if data == "CIFAR-10" else options.digits_seeds)
            found[f"{data}, {kind}"] = _searched(data, kind, strengths, steps, seeds)
    kept("defaults", facts, "How the defaults were chosen", _body(found), {"grids": found})


def _searched(
    data: str, kind: str, strengths: tuple[float, ...], steps: tuple[float, ...], seeds: range
) -> dict[str, Any]:
    """Validation accuracies by λ, by rate, by seed: of the last epoch, and of the best one."""
    cells: dict[str, Any] = {}
    for seed in seeds:
        dataset = _held_out(data, seed)
        for strength in strengths:
            for step in steps:
                last, best = _trained(dataset, kind, strength, step, seed)
                cell = cells.setdefault(f"{strength:g} {step:g}", {"last": [], "best": []})
                cell["last"].append(last)
                cell["best"].append(best)
        print(f"{data}, {kind}, seed {seed} done", flush=True)
    return {"strengths": strengths, "steps": steps, "cells": cells, "seeds": len(seeds), "kind": kind}


def _held_out(data: str, seed: int) -> Any:
    """The data without their test pictures, another part held out by each seed."""
    from pellucid.data.load import load
    from pellucid.data.splits import split

    dataset = load(machine.cifar10() if data == "CIFAR-10" else "digits")
    rows = np.flatnonzero(dataset.split != 2)
    groups = dataset.groups
    dataset = replace(
        dataset,
        images=dataset.images[rows],
        labels=dataset.labels[rows],
        origins=[dataset.origins[row] for row in rows],
        split=np.full(len(rows), -1, np.int8),
        groups=None if groups is None else groups[rows],
    )
    return split(dataset, validation=0.1 if data == "CIFAR-10" else 0.2, test=0.0, seed=1000 + seed)


def _trained(dataset: Any, kind: str, strength: float, step: float, seed: int) -> tuple[float, float]:
    """Validation accuracy after the last epoch, and at the best one."""
    from pellucid.training.checkpoint import Standing
    from pellucid.training.loop import trained
    from pellucid.training.recipe import Recipe, largest_curvature
    from pellucid.training.session import prepared

    plain = Recipe(model=kind, l2=strength, seed=seed)
    seen = prepared(dataset, plain, engine="numpy").preprocessing
    curvature = largest_curvature(dataset.images, dataset.train.rows, seen.mean, seen.scale)
    session = prepared(dataset, replace(plain, learning_rate=step / curvature), preprocessing=seen)
    heard: list[dict[str, Any]] = []
    trained(session, Standing(0, session.start_state(), session.start_params), None, heard.append)
    accuracies = [record["validation_accuracy"] for record in heard]
    return accuracies[-1], max(accuracies)


def _body(found: dict[str, Any]) -> str:
    from pellucid.training.recipe import STEP, STRENGTH

    lines = [
        "Accuracy on held-out training pictures after the last epoch, mean over the seeds; **bold**: the defaults.",
        "λ is the strength of ½λ‖W‖²; η is the learning rate in units of 1/λmax.",
    ]
    for title, grid in found.items():
        rows = []
        for strength in grid["strengths"]:
            row = [f"λ = {strength:g}"]
            for step in grid["steps"]:
                mean = 100 * statistics.mean(grid["cells"][f"{strength:g} {step:g}"]["last"])
                chosen = strength == STRENGTH[grid["kind"]] and step == STEP[grid["kind"]]
                row.append(f"**{mean:.2f} %**" if chosen else f"{mean:.2f} %")
            rows.append(row)
        lines += ["", f"### {title} ({grid['seeds']} seeds)", ""]
        lines.append(table(["", *(f"η = {step:g}" for step in grid["steps"])], rows))
    return "\n".join(lines)


if __name__ == "__main__":
    main()
