"""Where a classifier goes wrong: which pictures, which pairs of classes, and how narrowly.

All positions are places in an `Evaluation` (0..n−1); `evaluation.rows[position]` is the row of the dataset.
"""

from dataclasses import dataclass

import numpy as np

from pellucid.inspection.metrics import Evaluation


@dataclass(frozen=True)
class Confusion:
    """One kind of mistake: pictures of class `true` that were called `said`.

    Attributes
    ----------
    count : how many pictures
    share : of all the pictures of class `true`, 0 to 1
    """

    true: int
    said: int
    count: int
    share: float


def confident_mistakes(evaluation: Evaluation, count: int = 12) -> np.ndarray:
    """The wrong verdicts it was most sure of, the worst first: positions (≤ count,) int64."""
    wrong = np.flatnonzero(~evaluation.correct)
    # Probabilities round to 1.0 in float32; the margin then decides.
    order = np.lexsort((evaluation.margins[wrong], -evaluation.confidence[wrong]))
    return wrong[order[:count]]


def closest_calls(evaluation: Evaluation, count: int = 12) -> np.ndarray:
    """The pictures whose two best scores are nearest, right or wrong: positions (≤ count,) int64."""
    return np.argsort(evaluation.lead, kind="stable")[:count]


def confusions(evaluation: Evaluation, count: int | None = None) -> list[Confusion]:
    """The kinds of mistakes that were made, the most frequent first."""
    matrix = evaluation.confusion.copy()
    np.fill_diagonal(matrix, 0)
    true, said = np.nonzero(matrix)
    numbers = matrix[true, said]
    order = np.argsort(-numbers, kind="stable")[:count]
    return [
        Confusion(int(t), int(s), int(n), float(n / evaluation.counts[t]))
        for t, s, n in zip(true[order], said[order], numbers[order], strict=True)
    ]


def cells(evaluation: Evaluation) -> dict[tuple[int, int], np.ndarray]:
    """The pictures of each filled cell of the confusion matrix, the lowest margin first.

    The margin is the true class's score minus the best other score: of mistakes the gravest come first, of
    right verdicts the narrowest. Returns (true, said) → positions int64.
    """
    k = len(evaluation.classes)
    cell = evaluation.labels.astype(np.int64) * k + evaluation.predicted
    order = np.lexsort((evaluation.margins, cell))
    filled, starts = np.unique(cell[order], return_index=True)
    groups = np.split(order, starts[1:])
    return {(int(c // k), int(c % k)): group for c, group in zip(filled, groups, strict=True)}
