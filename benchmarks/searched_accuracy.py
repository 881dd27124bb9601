"""Test accuracy of the linear models on CIFAR-10's raw pixels with settings found by a search on validation pictures.

For each model `pellucid search` tries settings on the training pictures, a tenth of which is the validation part. What
it found then trains on all 50,000 training pictures, with three seeds that the search did not use, to the last epoch;
each is measured once on the 10,000 test pictures. The averaged perceptron has nothing to search: its batch of one and
its epochs were chosen on validation pictures before (`benchmarks/perceptron_defaults.py`).
"""

import argparse
import statistics
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import machine
from benchmarks.results import kept, table

WANTED = {"softmax": 0.410, "svm": 0.397, "averaged-perceptron": 0.400}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    facts = machine.described()
    found = {name: _measured(name, options.trials, options.seeds) for name in WANTED}
    kept("searched_accuracy", facts, "Accuracy with settings found by a search", _body(found), found)


def _measured(name: str, trials: int, seeds: int) -> dict[str, Any]:
    """The settings that were found, their accuracy on validation, and that of each seed on the test pictures."""
    from pellucid.data.load import load
    from pellucid.training.recipe import Recipe
    from pellucid.training.trainer import fit

    dataset = load(machine.cifar10(), seed=100)
    recipe, validation = Recipe(model=name), None
    if name != "averaged-perceptron":
        recipe, validation = _searched(dataset, name, trials)
    everything = dataset.with_split(np.where(dataset.split == 1, 0, dataset.split))
    accuracies = []
    for seed in range(seeds):
        outcome = fit(everything, replace(recipe, seed=seed))
        accuracies.append(outcome.evaluations["test"].accuracy)
        print(name, seed, accuracies[-1], flush=True)
    settings = {key: outcome.run["recipe"][key] for key in ("learning_rate", "l2", "batch_size", "epochs")}
    return {"settings": settings, "validation": validation, "test": accuracies}


def _searched(dataset: Any, name: str, trials: int) -> tuple[Any, float]:
    """The best settings of a search, and how good they were on the validation pictures."""
    from pellucid.search.space import space
    from pellucid.search.trials import Plan, best, searched
    from pellucid.training.recipe import Recipe

    base = Recipe(model=name, seed=100)
    plan = Plan(base, space(base, {}), trials)
    with tempfile.TemporaryDirectory() as folder:
        winner = best(searched(dataset, plan, Path(folder)))
    return winner.recipe, max(winner.values.values())


def _body(found: dict[str, dict[str, Any]]) -> str:
    rows, lines = [], []
    for name, each in found.items():
        s, mean = each["settings"], statistics.mean(each["test"])
        deviation = statistics.stdev(each["test"]) if len(each["test"]) > 1 else 0.0
        validation = "–" if each["validation"] is None else f"{100 * each['validation']:.2f} %"
        rows.append(
            [
                name,
                f"{100 * mean:.2f} ± {100 * deviation:.2f} %",
                validation,
                f"λ {s['l2']:.3g}, rate {s['learning_rate']:.3g}, batch {s['batch_size']}, {s['epochs']} epochs",
            ]
        )
        reached = "reached" if mean >= WANTED[name] else "**missed**"
        lines.append(f"- {name}: {100 * mean:.2f} % (at least {100 * WANTED[name]:.1f} %: {reached})")
    head = [
        "model",
        "test accuracy, mean ± deviation over seeds",
        "best on validation while searching",
        "settings",
    ]
    return "\n".join([table(head, rows), "", *lines])


if __name__ == "__main__":
    main()
