"""Epoch after epoch, until the end, a better moment to stop, or a person's."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.arrays import random
from pellucid.storage.errors import OutOfMemoryError, TrainingError
from pellucid.training.checkpoint import Standing, save_checkpoint
from pellucid.training.defaults import MINIMIZERS
from pellucid.training.diagnosis import blame
from pellucid.training.engine import State
from pellucid.training.health import epochs_looked_at, examined
from pellucid.training.judging import judged
from pellucid.training.minimizing import Visit, minimized
from pellucid.training.penalties import penalties, slopes_with_l1, zeros
from pellucid.training.sampling import epoch_order
from pellucid.training.session import Session
from pellucid.training.stopping import STILL, reason_to_stop

Listener = Callable[[dict[str, Any]], None]


def measuring(listener: Listener) -> Callable[[int, int], None]:
    """Tells the listener of pictures that are measured, before training is ready."""
    return lambda done, pictures: listener({"event": "measuring", "done": done, "pictures": pictures})


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
    comes to the same bits as one that was never stopped. (A minimizer forgets what it knew of the slope's bends.)

    Parameters
    ----------
    folder : gets the checkpoints; without it none are written
    listener : called with a record of each epoch

    Raises
    ------
    TrainingError : a number is not finite; the last good checkpoint is kept
    KeyboardInterrupt : passed on, after a checkpoint of the last whole epoch was written
    """
    saved = standing.epoch if standing.epoch else -1
    looked_at = {1, *epochs_looked_at(session)}
    begun: dict[str, Any] = {}
    last_saved = time.perf_counter()

    def visit(state: State, record: dict[str, Any], seconds: float) -> str:
        """Take in one more epoch; say why to stop, or nothing."""
        nonlocal standing, saved, last_saved
        _note_penalties(session, state, record)
        objectives = (*standing.objectives, record["objective"])[-STILL - 1 :]
        moved = replace(
            standing,
            epoch=standing.epoch + 1,
            state=state,
            seconds=standing.seconds + seconds,
            objectives=objectives,
        )
        standing, record = judged(session, moved, record)
        if standing.epoch in looked_at:
            record["health"] = examined(session, state, standing.epoch) | begun
            begun.clear()
        reason = _reason(session, standing, record)
        listener(record)
        if folder and (time.perf_counter() - last_saved > _PAUSE or reason):
            save_checkpoint(folder, standing, session.preprocessing)
            saved, last_saved = standing.epoch, time.perf_counter()
        return reason

    try:
        if folder and not standing.epoch:
            # So that a run that is killed in its first epoch can go on as well.
            save_checkpoint(folder, standing, session.preprocessing)
            saved = 0
        # One that was stopped after its last epoch has nothing left to do.
        reason = _reason(session, standing, {})
        if not reason:
            if not standing.epoch:
                begun["start"] = examined(session, standing.state, 0)
            advance = minimized if session.recipe.optimizer in MINIMIZERS else _descended
            reason = advance(session, standing, visit)
    except (KeyboardInterrupt, BrokenPipeError, TrainingError, OutOfMemoryError):
        if folder and saved != standing.epoch:
            save_checkpoint(folder, standing, session.preprocessing)
        raise
    return Finished(standing, reason)


def _descended(session: Session, standing: Standing, visit: Visit) -> str:
    """Epoch after epoch of minibatches, until a visit says why to stop."""
    epoch, state, reason = standing.epoch, standing.state, ""
    while not reason:
        epoch += 1
        began, compiled = time.perf_counter(), session.engine.compiling
        state, record = _epoch(session, state, epoch)
        seconds = time.perf_counter() - began - (session.engine.compiling - compiled)
        record |= {"seconds": seconds, "pictures_per_second": len(session.dataset.train.rows) / seconds}
        reason = visit(state, record, seconds)
    return reason


def _epoch(session: Session, state: State, epoch: int) -> tuple[State, dict[str, Any]]:
    """The state after one more epoch, and its record."""
    recipe = session.recipe
    order, rates = plan(session, epoch)
    assert recipe.batch_size is not None
    losses, rights = [], 0
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
    return state, {
        "event": "epoch",
        "epoch": epoch,
        "epochs": recipe.epochs,
        "loss": _epoch_loss(np.concatenate(losses), len(order), recipe.batch_size),
        "train_accuracy": rights / len(order),
        "learning_rate": float(rates[0]),
    }


def plan(session: Session, epoch: int) -> tuple[np.ndarray, np.ndarray]:
    """The rows in the order of this epoch (n,) int32, counted from 1, and the learning rate of each step
    (steps,) float32."""
    recipe, rows = session.recipe, session.dataset.train.rows
    assert recipe.batch_size is not None
    assert recipe.epochs is not None
    assert recipe.learning_rate is not None
    rng = random.fold_in(random.key(recipe.seed), epoch)
    order = epoch_order(session.dataset.labels, rows, recipe.sampling, rng)
    steps = -(-len(rows) // recipe.batch_size)
    share = recipe.rates
    times = (np.arange((epoch - 1) * steps, epoch * steps)) / (recipe.epochs * steps)
    return order, np.array([float(recipe.learning_rate) * share(moment) for moment in times], np.float32)


def _note_penalties(session: Session, state: State, record: dict[str, Any]) -> None:
    """What the penalties cost, beside the mean loss; and how many weights L1 has made exactly 0."""
    params = session.kept(state)
    found = penalties(params, session.task.l2, session.l1)
    record["penalty"] = sum(found.values())
    record["objective"] = record["loss"] + record["penalty"]
    if found:
        record["penalties"] = found
    if session.l1:
        record |= zeros(params)


def _reason(session: Session, standing: Standing, record: dict[str, Any]) -> str:
    """Why to stop where training stands; "" to go on."""
    norm = record.get("gradient_norm")
    if session.recipe.gradient_norm and standing.epoch and norm is None:
        norm = gradient_norm(session, session.kept(standing.state))
        record["gradient_norm"] = norm
    return reason_to_stop(
        session.recipe,
        epoch=standing.epoch,
        peak_epoch=standing.peak_epoch,
        judged=len(session.dataset.validation) > 0,
        objectives=standing.objectives,
        gradient_norm=norm,
        seconds=standing.seconds,
    )


def gradient_norm(session: Session, params: dict[str, np.ndarray]) -> float:
    """‖∇‖ of the objective over all training pictures, all parameters together."""
    _, slopes, _ = session.full_objective(params)
    slopes = slopes_with_l1(slopes, params, session.l1)
    return float(np.sqrt(sum(float(np.square(g, dtype=np.float64).sum()) for g in slopes.values())))


def _epoch_loss(losses: np.ndarray, pictures: int, batch_size: int) -> float:
    """The mean over pictures of minibatch means: the last minibatch may be short and counts less."""
    sizes = np.full(len(losses), batch_size)
    sizes[-1] = pictures - batch_size * (len(losses) - 1)
    return float(losses.astype(np.float64) @ sizes / pictures)
