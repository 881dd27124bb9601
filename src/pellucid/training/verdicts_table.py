"""Every verdict as one line of `verdicts.csv`: what each picture is, what was said of it, and how sure."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from pellucid.data.dataset import Dataset
from pellucid.inspection.metrics import Evaluation
from pellucid.storage.atomic import write_text

COLUMNS = ("picture", "part", "label", "said", "right", "probability", "margin")


def write_verdicts(path: Path, dataset: Dataset, evaluations: Iterable[Evaluation]) -> None:
    """Write the table atomically.

    `probability` is that of the class that was said; `margin` is the score of the right class minus the best wrong one:
    below zero means a mistake. Raises `StorageError` where the disk refuses.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    names = np.array(dataset.classes, object)
    for evaluation in evaluations:
        table.writerows(
            zip(
                [dataset.origins[row] for row in evaluation.rows],
                [evaluation.part] * len(evaluation),
                names[evaluation.labels],
                names[evaluation.predicted],
                np.where(evaluation.correct, "yes", "no"),
                [f"{p:.6f}" for p in evaluation.confidence.tolist()],
                [f"{m:.6g}" for m in evaluation.margins.tolist()],
                strict=True,
            )
        )
    write_text(path, text.getvalue())
