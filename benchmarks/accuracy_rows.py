"""Rows of test accuracies on CIFAR-10, with several seeds; what is found is put beside what was found before.

Each row trains on all 50,000 training pictures to its last epoch, or is kept by a tenth of them that is held out, and
is measured once on the 10,000 test pictures.
"""

import argparse
import json
import resource
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchmarks import machine
from benchmarks.results import FOLDER, kept, shown, table

Trainings = list[dict[str, Any]]
"""What was recorded of the trainings of one row, a seed each."""


@dataclass(frozen=True)
class Row:
    """What is measured.

    Attributes
    ----------
    title : for the table
    recipe : settings that are not the defaults
    wanted : the test accuracy to reach, if there is one
    whole : whether it trains on all 50,000 training pictures; else a tenth of them is held out
    mirrored : whether mirror images of the training pictures stand behind them, and both views of a picture are judged
    """

    title: str
    recipe: dict[str, Any]
    wanted: float | None = None
    whole: bool = True
    mirrored: bool = False


@dataclass(frozen=True)
class Accuracies:
    """A benchmark of such rows.

    Attributes
    ----------
    name, title : of its results
    rows : by the names that `--rows` knows
    columns : between the accuracy and the seconds: title → cell, from the trainings of a row
    words : before the table
    """

    name: str
    title: str
    rows: Mapping[str, Row]
    columns: Mapping[str, Callable[[Trainings], str]]
    words: str

    def main(self, description: str | None) -> None:
        """Train the rows and seeds that the command line names, and keep each as soon as it is there."""
        parser = argparse.ArgumentParser(
            description=description, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        parser.add_argument("--rows", nargs="+", choices=self.rows, default=list(self.rows))
        parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
        options = parser.parse_args()
        for name in options.rows:
            for seed in options.seeds:
                self.keep(name, trained(self.rows[name], seed))

    def keep(self, name: str, training: dict[str, Any]) -> None:
        """Put one training beside those that were made before; the same seed again replaces the one before."""
        path = FOLDER / f"{self.name}.json"
        found: dict[str, Trainings] = json.loads(path.read_text("utf-8"))["rows"] if path.exists() else {}
        others = [each for each in found.get(name, []) if each["seed"] != training["seed"]]
        found[name] = sorted([*others, training], key=lambda each: each["seed"])
        kept(self.name, machine.described(), self.title, self.body(found), {"rows": found})

    def body(self, found: Mapping[str, Trainings]) -> str:
        """The table of what was found, and what it says of the accuracies to reach."""
        lines, verdicts = [], []
        for name in (each for each in self.rows if each in found):
            row, trainings = self.rows[name], found[name]
            accuracies = [100 * each["test"] for each in trainings]
            mean = statistics.mean(accuracies)
            spread = f" ± {statistics.stdev(accuracies):.2f}" if len(accuracies) > 1 else ""
            lines.append(
                [
                    row.title,
                    f"{mean:.2f}{spread} %",
                    str(len(accuracies)),
                    f"{100 * statistics.mean(each['train'] for each in trainings):.1f} %",
                    f"{trainings[-1]['pictures']:,}",
                    *(cell(trainings) for cell in self.columns.values()),
                    shown(min(each["seconds"] for each in trainings)),
                    f"{min(each['load'] for each in trainings):g}",
                ]
            )
            if row.wanted:
                reached = "reached" if mean >= 100 * row.wanted else "**missed**"
                verdicts.append(f"- {row.title}: {mean:.2f} % (at least {100 * row.wanted:g} %: {reached})")
        head = ["model", "test", "seeds", "train", "trained on", *self.columns, "least seconds", "load then"]
        words = (
            f"Mean ± standard deviation over seeds; all settings in `results/{self.name}.json`. The seconds are of a "
            "whole training with its evaluations, the least of the seeds; a load above 2 says that the cores were "
            f"shared.{self.words}"
        )
        return "\n".join([words, "", table(head, lines), "", *verdicts])


def trained(row: Row, seed: int) -> dict[str, Any]:
    """One training: the seed decides weights, order, masks and words, and which pictures are held out, if any are."""
    from pellucid.data.load import load
    from pellucid.training.recipe import Recipe
    from pellucid.training.trainer import fit

    dataset = load(machine.cifar10(), seed=seed)
    if row.whole:
        dataset = dataset.with_split(np.where(dataset.split == 1, 0, dataset.split))
    test = dataset.test
    facts, began = machine.described(), time.perf_counter()
    outcome = fit(_with_mirror_images(dataset) if row.mirrored else dataset, Recipe(seed=seed, **row.recipe))
    accuracy = outcome.evaluations["test"].accuracy
    found = {"seed": seed, "test": accuracy}
    if row.mirrored:
        scores = sum(outcome.classifier.scores(view) for view in (test.images, test.images[:, :, ::-1]))
        found |= {"test": float((scores.argmax(axis=1) == test.labels).mean()), "test_of_one_view": accuracy}
    return found | {
        "train": outcome.evaluations["train"].accuracy,
        "pictures": len(dataset.train),
        "features": outcome.classifier.preprocessing.features,
        "seconds": time.perf_counter() - began,
        "training_seconds": outcome.run["result"]["seconds"]["train"],
        "memory_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "recipe": outcome.run["recipe"],
        "date": facts["date"],
        "load": facts["load"],
    }


def _with_mirror_images(dataset: Any) -> Any:
    """The dataset with the mirror images of its training pictures behind it."""
    rows = dataset.train.rows
    return replace(
        dataset,
        images=np.concatenate([dataset.images, dataset.images[rows][:, :, ::-1]]),
        labels=np.concatenate([dataset.labels, dataset.labels[rows]]),
        origins=[*dataset.origins, *(f"{dataset.origins[row]} mirrored" for row in rows)],
        split=np.concatenate([dataset.split, np.zeros(len(rows), np.int8)]),
        groups=None,
        fingerprint=f"{dataset.fingerprint} mirrored",
    )
