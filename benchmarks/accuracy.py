"""Test accuracy with default settings: softmax and SVM on CIFAR-10 and on digits, three seeds each."""

import argparse
import statistics
import time
from typing import Any

from benchmarks import machine
from benchmarks.results import kept, shown, table, verdict

_WANTED = {("CIFAR-10", "softmax"): 0.405, ("CIFAR-10", "svm"): 0.395}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    facts = machine.described()
    found: list[dict[str, Any]] = []
    for data in ("CIFAR-10", "digits"):
        for kind in ("softmax", "svm"):
            found.append(_measured(data, kind, range(options.seeds)))
    kept("accuracy", facts, "Accuracy with default settings", _body(found), {"measured": found})


def _measured(data: str, kind: str, seeds: range) -> dict[str, Any]:
    """Train with each seed as `pellucid train` does: the seed decides order and split, where one is made."""
    from pellucid.data.load import load
    from pellucid.training.recipe import Recipe
    from pellucid.training.trainer import fit

    accuracies: dict[str, list[float]] = {"train": [], "validation": [], "test": []}
    seconds, settled = [], {}
    for seed in seeds:
        dataset = load(machine.cifar10() if data == "CIFAR-10" else "digits", seed=seed)
        began = time.perf_counter()
        outcome = fit(dataset, Recipe(model=kind, seed=seed))
        seconds.append(time.perf_counter() - began)
        settled = outcome.run["recipe"]
        for part, values in accuracies.items():
            values.append(outcome.evaluations[part].accuracy)
    return {"data": data, "model": kind, "accuracies": accuracies, "seconds": seconds, "recipe": settled}


def _body(found: list[dict[str, Any]]) -> str:
    rows, lines = [], []
    for each in found:
        recipe = each["recipe"]
        rows.append(
            [
                f"{each['data']}, {each['model']}",
                *(_mean(each["accuracies"][part]) for part in ("test", "validation", "train")),
                f"λ {recipe['l2']:g}, rate {recipe['learning_rate']:g}, batch {recipe['batch_size']}, "
                f"{recipe['epochs']} epochs",
                shown(statistics.median(each["seconds"])),
            ]
        )
        wanted = _WANTED.get((each["data"], each["model"]))
        if wanted:
            mean = 100 * statistics.mean(each["accuracies"]["test"])
            lines.append(f"- {each['data']}, {each['model']}: {verdict(mean, 100 * wanted, True, ' %')}")
    head = ["data and model", "test", "validation", "train", "what the defaults came to", "training"]
    seeds = len(found[0]["seconds"])
    words = f"Mean ± standard deviation over {seeds} seeds; the weights are of the epoch that did best on validation."
    return "\n".join([words, "", table(head, rows), "", *lines])


def _mean(values: list[float]) -> str:
    deviation = statistics.stdev(values) if len(values) > 1 else 0.0
    return f"{100 * statistics.mean(values):.2f} ± {100 * deviation:.2f} %"


if __name__ == "__main__":
    main()
