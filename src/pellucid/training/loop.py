"""Epoch after epoch, until the end, a better moment to stop, or a person's."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.arrays import random
from pellucid.inspection.metrics import Evaluation
from pellucid.losses import LOSSES
from pellucid.optimizers.schedules import SCHEDULES
from pellucid.storage.errors import TrainingError
from pellucid.training.checkpoint import Standing, save_checkpoint
from pellucid.training.diagnosis import blame
from pellucid.training.selection import watched
from pellucid.training.session import Session

Listener = Callable[[dict[str, Any]], None]

_CHUNK = 512  # steps between two looks at the numbers
_PAUSE = 2.0  # seconds of training between two checkpoints


@dataclass(frozen=True)
class Finished:
    """Where training ended, and why."""

    standing: Standing
    reason: str


def trained(session: Session, standing: Standing, folder: Path | None, listener: Listener) -> Finished:
    """Train from where things stand to the end.

    The order of the pictures is a function of seed and epoch alone, so that training that goes on from a checkpoint
    comes to the same bits as one that was never stopped.

    Parameters
    ----------
    folder : gets the checkpoints; without it none are written
    listener : called with a record of each epoch

    Raises
    ------
    TrainingError : a number is not finite; the last good checkpoint is kept
    KeyboardInterrupt : passed on, after a checkpoint of the last whole epoch was written
    """
    recipe = session.recipe
    assert recipe.epochs is not None
    saved = standing.epoch if standing.epoch else -1
    last_saved = time.perf_counter()
    try:
        if folder and not standing.epoch:
            # So that a run that is killed in its first epoch can go on as well.
            save_checkpoint(folder, standing, session.preprocessing)
            saved = 0
        while standing.epoch < recipe.epochs:
            # Without validation pictures nothing can get better or worse, and there is nothing to be patient with.
            waited = standing.epoch - standing.peak_epoch if len(session.dataset.validation) else 0
            if recipe.patience and waited >= recipe.patience:
                return Finished(
                    standing, f"no better {recipe.watch} on validation for {recipe.patience} epochs"
                )
            standing, record = _epoch(session, standing)
            listener(record)
            if folder and (time.perf_counter() - last_saved > _PAUSE or standing.epoch == recipe.epochs):
                save_checkpoint(folder, standing, session.preprocessing)
                saved, last_saved = standing.epoch, time.perf_counter()
    except (KeyboardInterrupt, BrokenPipeError, TrainingError):
        if folder and saved != standing.epoch:
            save_checkpoint(folder, standing, session.preprocessing)
        raise
    return Finished(standing, f"all {recipe.epochs} epochs done")


def _epoch(session: Session, standing: Standing) -> tuple[Standing, dict[str, Any]]:
    """The standing after one more epoch, and its record."""
    recipe, epoch = session.recipe, standing.epoch + 1
    began, compiled = time.perf_counter(), session.engine.compiling
    order, rates = plan(session, epoch)
    assert recipe.batch_size is not None
    state, losses, rights = standing.state, [], 0
    for first in range(0, len(rates), _CHUNK):
        rows = order[first * recipe.batch_size : (first + _CHUNK) * recipe.batch_size]
        speeds = rates[first : first + _CHUNK]
        moved, loss, right = session.engine.steps(state, rows, recipe.batch_size, speeds)
        if not (
            np.isfinite(loss).all() and all(np.isfinite(array).all() for array in moved["params"].values())
        ):
            raise TrainingError(f"Training stopped at {blame(session, state, rows, speeds, epoch)}")
        state = moved
        losses.append(loss)
        rights += int(right.sum())
    seconds = time.perf_counter() - began - (session.engine.compiling - compiled)
    record: dict[str, Any] = {
        "event": "epoch",
        "epoch": epoch,
        "epochs": recipe.epochs,
        "loss": _epoch_loss(np.concatenate(losses), len(order), recipe.batch_size),
        "train_accuracy": rights / len(order),
        "learning_rate": float(rates[0]),
        "seconds": seconds,
        "pictures_per_second": len(order) / seconds,
    }
    record["penalty"] = (
        0.5 * float(recipe.l2 or 0) * float(np.sum(np.square(state["params"]["weight"], dtype=np.float64)))
    )
    record["objective"] = record["loss"] + record["penalty"]
    standing = replace(standing, epoch=epoch, state=state, seconds=standing.seconds + seconds)
    return _judged(session, standing, record)


def plan(session: Session, epoch: int) -> tuple[np.ndarray, np.ndarray]:
    """The rows in the order of this epoch (n,) int32, counted from 1, and the learning rate of each step
    (steps,) float32."""
    recipe, rows = session.recipe, session.dataset.train.rows
    assert recipe.batch_size is not None
    assert recipe.epochs is not None
    assert recipe.learning_rate is not None
    order = rows[random.permutation(random.fold_in(random.key(recipe.seed), epoch), len(rows))].astype(
        np.int32
    )
    steps = -(-len(rows) // recipe.batch_size)
    share = SCHEDULES[recipe.schedule]
    times = (np.arange((epoch - 1) * steps, epoch * steps)) / (recipe.epochs * steps)
    return order, np.array([recipe.learning_rate * share(moment) for moment in times], np.float32)


def _judged(session: Session, standing: Standing, record: dict[str, Any]) -> tuple[Standing, dict[str, Any]]:
    """Look at the validation pictures; keep the weights unless they are worse than the best so far. Without
    such pictures
    the last are kept."""
    params = standing.state["params"]
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
    session: Session, params: dict[str, Any], part: str, temperature: float = 1.0
) -> tuple[Evaluation, np.ndarray]:
    """What these weights say of one part, and the loss of each of its pictures (n,)."""
    chosen = session.dataset.part(part)
    scores = session.engine.scores(params, chosen.rows.astype(np.int32))
    losses = LOSSES[session.recipe.model](scores, chosen.labels)
    probabilities = session.classifier(params, temperature).probabilities(scores)
    return Evaluation(
        part, session.dataset.classes, chosen.rows, chosen.labels, scores, probabilities
    ), losses


def mean_loss(losses: np.ndarray) -> float:
    """The mean (n,) → (), added up in float64."""
    return float(losses.mean(dtype=np.float64))


def _epoch_loss(losses: np.ndarray, pictures: int, batch_size: int) -> float:
    """The mean over pictures of minibatch means: the last minibatch may be short and counts less."""
    sizes = np.full(len(losses), batch_size)
    sizes[-1] = pictures - batch_size * (len(losses) - 1)
    return float(losses.astype(np.float64) @ sizes / pictures)
