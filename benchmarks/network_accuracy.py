"""Test accuracy of networks on CIFAR-10: two layers, three, two with mirror images, and the small convolutional one.

Settings were compared on 5,000 validation pictures that were taken from the training pictures. They are not untouched
by the test pictures: two layers without normalization came to 58.98 % on these, and with mirror images for 20 epochs to
60.60 %, before others were looked for on validation. The epochs of three layers and of the convnet were not compared.

Each row then trains on all 50,000 training pictures to the last epoch, with seeds of its own, and is measured once on
the 10,000 test pictures. Those called default train as `pellucid train cifar10/ --model NAME` does, with one picture in
ten held out to keep the best epoch by, so on 45,000.

python -m benchmarks.network_accuracy --rows two-layers convnet --seeds 0 1 2

runs these rows alone; what it finds is put beside what was found before (`results/network_accuracy.json`).
"""

import argparse
import json
import statistics
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks import machine
from benchmarks.results import FOLDER, kept, shown, table


@dataclass(frozen=True)
class Row:
    """What is measured.

    Attributes
    ----------
    title : for the table
    recipe : settings that are not the defaults
    wanted : the test accuracy to reach, if there is one
    whole : whether it trains on all 50,000 training pictures; else a tenth of them is held out
    """

    title: str
    recipe: dict[str, Any]
    wanted: float | None = None
    whole: bool = True


ROWS = {
    "two-layers": Row("2 layers", {"model": "mlp"}, 0.59),
    "two-layers-flips": Row(
        "2 layers, mirror images, also at test time",
        {
            "model": "mlp",
            "network": {"input_dropout": 0.2},
            "augment": "flip",
            "test_time_flips": True,
            "epochs": 34,
        },
        0.62,
    ),
    "three-layers": Row(
        "3 layers",
        {
            "model": "mlp",
            "network": {"hidden": (1500, 750)},
            "epochs": 25,
        },
        0.60,
    ),
    "convnet": Row(
        "small convnet, mirror images and shifts", {"model": "convnet", "augment": "flip,shift"}, 0.78
    ),
    "mlp-default": Row("--model mlp", {"model": "mlp"}, 0.58, whole=False),
    "maxout-default": Row("--model maxout", {"model": "maxout"}, 0.57, whole=False),
    "convnet-default": Row("--model convnet", {"model": "convnet"}, 0.76, whole=False),
}
_NAME = "network_accuracy"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=list(ROWS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    options = parser.parse_args()
    for name in options.rows:
        for seed in options.seeds:
            _keep(name, _trained(ROWS[name], seed))


def _trained(row: Row, seed: int) -> dict[str, Any]:
    """One training: the seed decides weights, order and masks, and which pictures are held out, if any are."""
    from pellucid.data.load import load
    from pellucid.training.recipe import Recipe
    from pellucid.training.trainer import fit

    dataset = load(machine.cifar10(), seed=seed)
    if row.whole:
        dataset = dataset.with_split(np.where(dataset.split == 1, 0, dataset.split))
    facts, began = machine.described(), time.perf_counter()
    outcome = fit(dataset, Recipe(seed=seed, **row.recipe))
    return {
        "seed": seed,
        "test": outcome.evaluations["test"].accuracy,
        "train": outcome.evaluations["train"].accuracy,
        "pictures": len(dataset.train),
        "seconds": time.perf_counter() - began,
        "training_seconds": outcome.run["result"]["seconds"]["train"],
        "recipe": outcome.run["recipe"],
        "date": facts["date"],
        "load": facts["load"],
    }


def _keep(name: str, training: dict[str, Any]) -> None:
    """Put one training beside those that were made before; the same seed again replaces the one before."""
    path = FOLDER / f"{_NAME}.json"
    rows: dict[str, list[dict[str, Any]]] = (
        json.loads(path.read_text("utf-8"))["rows"] if path.exists() else {}
    )
    others = [each for each in rows.get(name, []) if each["seed"] != training["seed"]]
    rows[name] = sorted([*others, training], key=lambda each: each["seed"])
    kept(_NAME, machine.described(), "Accuracy of networks on CIFAR-10", _body(rows), {"rows": rows})


def _body(rows: dict[str, list[dict[str, Any]]]) -> str:
    lines, verdicts = [], []
    for name in (each for each in ROWS if each in rows):
        row, trainings = ROWS[name], rows[name]
        accuracies = [100 * each["test"] for each in trainings]
        mean, recipe = statistics.mean(accuracies), trainings[-1]["recipe"]
        spread = f" ± {statistics.stdev(accuracies):.2f}" if len(accuracies) > 1 else ""
        lines.append(
            [
                row.title,
                f"{mean:.2f}{spread} %",
                str(len(accuracies)),
                f"{100 * statistics.mean(each['train'] for each in trainings):.1f} %",
                f"{trainings[-1]['pictures']:,}",
                f"{recipe['epochs']} epochs, rate {recipe['learning_rate']:g}",
                shown(min(each["seconds"] for each in trainings)),
                f"{min(each['load'] for each in trainings):g}",
            ]
        )
        if row.wanted:
            reached = "reached" if mean >= 100 * row.wanted else "**missed**"
            verdicts.append(f"- {row.title}: {mean:.2f} % (at least {100 * row.wanted:g} %: {reached})")
    head = ["network", "test", "seeds", "train", "trained on", "settings", "least seconds", "load then"]
    words = (
        "Mean ± standard deviation over seeds; all settings in `results/network_accuracy.json`. The seconds are of a "
        "whole training with its evaluations, the least of the seeds; a load above 2 says that the cores were shared."
    )
    return "\n".join([words, "", table(lines and head, lines), "", *verdicts])


if __name__ == "__main__":
    main()
