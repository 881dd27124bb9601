"""What the weights are worth on pictures that they were not trained on, and which weights are kept."""

from dataclasses import replace
from typing import Any

import numpy as np

from pellucid.inspection.metrics import Evaluation
from pellucid.training.checkpoint import Standing
from pellucid.training.selection import watched
from pellucid.training.session import Session


def judged(session: Session, standing: Standing, record: dict[str, Any]) -> tuple[Standing, dict[str, Any]]:
    """Look at the validation pictures; keep the weights unless they are worse than the best so far. Without
    such pictures the last are kept.

    Returns the standing, and the record with what was seen.
    """
    params = session.kept(standing.state)
    if not len(session.dataset.validation):
        return replace(standing, best_params=params, best_epoch=standing.epoch), record
    evaluation, losses = evaluated(session, params, "validation")
    record |= {"validation_accuracy": evaluation.accuracy, "validation_loss": mean_loss(losses)}
    value, error = watched(session.recipe.watch, evaluation, losses)
    if value > standing.peak:
        standing = replace(standing, peak=value, peak_epoch=standing.epoch)
    if value >= standing.peak - error:
        standing = replace(standing, best_params=params, best_epoch=standing.epoch)
    return standing, record


def evaluated(
    session: Session,
    params: dict[str, Any],
    part: str,
    temperature: float = 1.0,
    statistics: dict[str, Any] | None = None,
) -> tuple[Evaluation, np.ndarray]:
    """What these weights say of one part, and the loss of each of its pictures (n,).

    Parameters
    ----------
    statistics : what the model needs beside its weights; measured where they are not given
    """
    statistics = session.statistics(params) if statistics is None else statistics
    chosen = session.dataset.part(part)
    scores = session.engine.scores(params, chosen.rows.astype(np.int32), statistics)
    losses = session.task.loss(scores, chosen.labels)
    probabilities = session.classifier(params, statistics, temperature).probabilities(scores)
    return Evaluation(
        part, session.dataset.classes, chosen.rows, chosen.labels, scores, probabilities
    ), losses


def mean_loss(losses: np.ndarray) -> float:
    """The mean (n,) → (), added up in float64."""
    return float(losses.mean(dtype=np.float64))
