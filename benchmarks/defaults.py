"""How the default strength λ and learning rate of each loss were chosen: on validation pictures alone.

The rate is searched in units of 1/λmax, the largest curvature of the data, so that one number suits data of any size
(`training/settling.py`). Test pictures are left out: for CIFAR-10 the grid sees the 50,000 training pictures, of which
each seed holds out 10 %; for digits the training and validation parts of the usual split, of which a fifth is held out.
"""

import argparse
import statistics
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks import machine
from benchmarks.results import kept, table
from benchmarks.subset import subset

GRID = {
    ("CIFAR-10", "softmax-cross-entropy"): ((1e-3, 1e-2, 3e-2), (0.1, 0.3, 1.0)),
    ("CIFAR-10", "multiclass-hinge"): ((1e-2, 1e-1, 3e-1), (0.01, 0.03, 0.1)),
    ("CIFAR-10", "multiclass-squared-hinge"): ((1e-2, 1e-1), (0.01, 0.05)),
    ("CIFAR-10", "structured-hinge"): ((3e-3, 3e-2), (0.03, 0.3)),
    ("CIFAR-10", "one-versus-rest-hinge"): ((1e-2, 1e-1), (0.03, 0.3)),
    ("CIFAR-10", "one-versus-rest-squared-hinge"): ((1e-2, 1e-1), (0.03, 0.1)),
    ("CIFAR-10", "one-versus-rest-logistic"): ((1e-3, 1e-2), (0.2, 0.6)),
    ("CIFAR-10", "squared-error"): ((1e-2, 1e-1), (0.05, 0.2)),
    ("digits", "softmax-cross-entropy"): ((1e-4, 1e-3, 1e-2, 1e-1), (0.1, 0.3, 1.0, 3.0)),
    ("digits", "multiclass-hinge"): ((1e-3, 1e-2, 1e-1, 3e-1), (0.01, 0.03, 0.1, 0.3)),
    ("digits", "multiclass-squared-hinge"): ((1e-3, 1e-2, 1e-1), (3e-3, 0.01, 0.03)),
    ("digits", "structured-hinge"): ((1e-3, 1e-2, 1e-1), (0.03, 0.1, 0.3)),
    ("digits", "one-versus-rest-hinge"): ((1e-3, 1e-2, 1e-1), (0.03, 0.1, 0.3)),
    ("digits", "one-versus-rest-squared-hinge"): ((1e-3, 1e-2, 1e-1), (0.03, 0.1, 0.3)),
    ("digits", "one-versus-rest-logistic"): ((1e-3, 1e-2, 1e-1), (0.2, 0.6, 2.0)),
    ("digits", "squared-error"): ((1e-3, 1e-2, 1e-1), (0.03, 0.1, 0.3)),
}
"""λ and rates that are tried, beside those of the defaults."""

RATES = {
    "sgd": ("curvature", (2.0, 4.0, 8.0)),
    "adam": ("features", (0.3, 1.0, 3.0, 10.0)),
    "rmsprop": ("features", (0.3, 1.0, 3.0)),
    "adagrad": ("features", (3.0, 10.0, 30.0)),
}
"""The rates that are tried for softmax with other optimizers: in units of softmax's own, or of 1 over the features."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=2, help="held-out parts for each cell on CIFAR-10")
    parser.add_argument("--digits-seeds", type=int, default=5)
    parser.add_argument("--losses", help="with commas between; default: all")
    parser.add_argument("--data", choices=["CIFAR-10", "digits"], help="one data set alone")
    options = parser.parse_args()
    from pellucid.training.defaults import LINEAR_LOSSES

    for data in ("CIFAR-10", "digits"):
        if options.data not in (None, data):
            continue
        facts, found = machine.described(), {}
        seeds = options.digits_seeds if data == "digits" else options.seeds
        for (where, kind), (strengths, steps) in GRID.items():
            if where == data and kind in (options.losses or kind).split(","):
                strengths = tuple(sorted({*strengths, LINEAR_LOSSES[kind][0]}))
                steps = tuple(sorted({*steps, LINEAR_LOSSES[kind][1]}))
                found[f"{data}, {kind}"] = _searched(data, kind, strengths, steps, range(seeds))
        rates = {} if options.losses else {data: _rated(data, seeds)}
        kept(
            f"defaults_{data.replace('-', '').lower()}",
            facts,
            f"How the defaults were chosen, {data}",
            _body(found) + _rates_body(rates),
            {"grids": found, "rates": rates},
        )


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


def _rated(data: str, seeds: int) -> dict[str, list[float]]:
    """Validation accuracies after the last epoch by optimizer and rate, over the seeds; softmax with its own λ."""
    from pellucid.training.checkpoint import Standing
    from pellucid.training.loop import trained
    from pellucid.training.recipe import Recipe
    from pellucid.training.session import prepared

    found: dict[str, list[float]] = {}
    for seed in range(seeds):
        dataset = _held_out(data, seed)
        usual = prepared(dataset, Recipe(seed=seed), engine="numpy")
        for name, (unit, factors) in RATES.items():
            for factor in factors:
                scale = (
                    usual.recipe.learning_rate if unit == "curvature" else 1 / usual.preprocessing.features
                )
                recipe = Recipe(optimizer=name, learning_rate=factor * scale, seed=seed)
                session = prepared(dataset, recipe, shown=usual.shown)
                heard: list[dict[str, Any]] = []
                trained(session, Standing(0, session.start_state(), session.start_params), None, heard.append)
                found.setdefault(f"{name} {factor:g}", []).append(heard[-1]["validation_accuracy"])
    return found


def _rates_body(rates: dict[str, dict[str, list[float]]]) -> str:
    """The tables of the other optimizers' rates."""
    lines = []
    for data, found in rates.items():
        rows = [[f"{key}", f"{100 * statistics.mean(values):.2f} %"] for key, values in found.items()]
        lines += ["", f"### {data}, softmax with other optimizers", ""]
        lines.append(table(["rate (sgd: times Nesterov's; others: ÷ features)", "accuracy"], rows))
    return "\n".join(lines)


def _held_out(data: str, seed: int) -> Any:
    """The data without their test pictures, another part held out by each seed."""
    from pellucid.data.load import load
    from pellucid.data.splits import split

    dataset = load(machine.cifar10() if data == "CIFAR-10" else "digits")
    rows = np.flatnonzero(dataset.split != 2)
    return split(
        subset(dataset, rows, -1), validation=0.1 if data == "CIFAR-10" else 0.2, test=0.0, seed=1000 + seed
    )


def _trained(dataset: Any, kind: str, strength: float, step: float, seed: int) -> tuple[float, float]:
    """Validation accuracy after the last epoch, and at the best one."""
    from pellucid.storage.errors import TrainingError
    from pellucid.training.checkpoint import Standing
    from pellucid.training.loop import trained
    from pellucid.training.recipe import Recipe
    from pellucid.training.session import prepared
    from pellucid.training.settling import largest_curvature

    plain = Recipe(loss=kind, l2=strength, seed=seed)
    seen = prepared(dataset, plain, engine="numpy").shown
    curvature = largest_curvature(seen, dataset.train.rows)
    session = prepared(dataset, replace(plain, learning_rate=step / curvature), shown=seen)
    heard: list[dict[str, Any]] = []
    try:
        trained(session, Standing(0, session.start_state(), session.start_params), None, heard.append)
    except TrainingError:  # too fast: the numbers became infinite
        return 0.0, 0.0
    accuracies = [record["validation_accuracy"] for record in heard]
    return accuracies[-1], max(accuracies)


def _body(found: dict[str, Any]) -> str:
    from pellucid.training.defaults import LINEAR_LOSSES

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
                chosen = (strength, step) == LINEAR_LOSSES[grid["kind"]]
                row.append(f"**{mean:.2f} %**" if chosen else f"{mean:.2f} %")
            rows.append(row)
        count = "1 seed" if grid["seeds"] == 1 else f"{grid['seeds']} seeds"
        lines += ["", f"### {title} ({count})", ""]
        lines.append(table(["", *(f"η = {step:g}" for step in grid["steps"])], rows))
    return "\n".join(lines)


if __name__ == "__main__":
    main()
