"""Training with all pictures in every step: a minimizer goes down the objective, and each of its steps is an epoch."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from pellucid.optimizers.minimizer import lbfgs
from pellucid.training.checkpoint import Standing
from pellucid.training.engine import State
from pellucid.training.session import Session

Visit = Callable[[State, dict[str, Any], float], str]
"""Called after each epoch with the state, its record and the seconds it took; says why to stop, or ""."""

FLAT = 1e-7
"""β where the user gives none: about what rounding in float32 leaves of a gradient."""


def minimized(session: Session, standing: Standing, visit: Visit) -> str:
    """Go down with L-BFGS from where training stands, until a visit says why to stop or nothing lower can be told."""
    recipe, pictures = session.recipe, len(session.dataset.train.rows)
    compiled, began = session.engine.compiling, time.perf_counter()
    objective = session.full_objective
    state = standing.state

    def watch(step: int, params: dict[str, np.ndarray], value: float, norm: float) -> str:
        nonlocal began, compiled, state
        state = {
            "params": {name: array.astype(np.float32) for name, array in params.items()},
            "optimizer": state["optimizer"],
            "t": np.int32(state["t"] + 1),
        }
        scores = session.engine.scores(state["params"], session.dataset.train.rows.astype(np.int32))
        right = float((scores.argmax(axis=1) == session.dataset.train.labels).mean())
        seconds = time.perf_counter() - began - (session.engine.compiling - compiled)
        record = {
            "event": "epoch",
            "epoch": standing.epoch + step,
            "epochs": recipe.epochs,
            "loss": value - float(session.task.penalty(params)),
            "train_accuracy": right,
            "gradient_norm": norm,
            "seconds": seconds,
            "pictures_per_second": pictures / seconds,
        }
        reason = visit(state, record, seconds)
        began, compiled = time.perf_counter(), session.engine.compiling
        return reason

    left = (recipe.epochs or 1) - standing.epoch
    found = lbfgs(
        objective, state["params"], beta=recipe.gradient_norm or FLAT, steps=max(left, 1), watch=watch
    )
    return found.reason
