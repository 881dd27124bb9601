"""Every verdict as one line of `verdicts.csv`: what each picture is, what was said of it, and how sure."""

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from pellucid.data.dataset import Dataset
from pellucid.inspection.metrics import Evaluation
from pellucid.storage.atomic import write_text

COLUMNS = ("picture", "part", "label", "said", "right", "probability", "margin")


def write_verdicts(
    path: Path,
    dataset: Dataset,
    evaluations: Iterable[Evaluation],
    refused: Mapping[str, np.ndarray] | None = None,
) -> None:
    """Write the table atomically; with a column `refused` where it is given which are, for each part (n,) bool.

    `probability` is that of the class that was said; `margin` is the score of the right class minus the best wrong one:
    below zero means a mistake. Raises `StorageError` where the disk refuses.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS if refused is None else (*COLUMNS, "refused"))
    names = np.array(dataset.classes, object)
    for evaluation in evaluations:
        last = () if refused is None else (np.where(refused[evaluation.part], "yes", "no"),)
        table.writerows(
            zip(
                [dataset.origins[row] for row in evaluation.rows],
                [evaluation.part] * len(evaluation),
                names[evaluation.labels],
                names[evaluation.predicted],
                np.where(evaluation.correct, "yes", "no"),
                [f"{p:.6f}" for p in evaluation.confidence.tolist()],
                [f"{m:.6g}" for m in evaluation.margins.tolist()],
                *last,
                strict=True,
            )
        )
    write_text(path, text.getvalue())
