"""Training with all pictures in every step: a minimizer goes down the objective, and each of its steps is an epoch."""

import time
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np

from pellucid.arrays import random
from pellucid.arrays.compile import undisturbed
from pellucid.layers.linear import Linear
from pellucid.layers.single_score import SingleScore
from pellucid.optimizers.minimizer import lbfgs
from pellucid.optimizers.preconditioner import SAMPLE, Preconditioner, preconditioned_lbfgs
from pellucid.storage.errors import InputError
from pellucid.training.checkpoint import Standing
from pellucid.training.engine import State
from pellucid.training.session import Session

Visit = Callable[[State, dict[str, Any], float], str]
"""Called after each epoch with the state, its record and the seconds it took; says why to stop, or ""."""

FLAT = 1e-7
"""β where the user gives none: about what rounding in float32 leaves of a gradient."""


def minimized(session: Session, standing: Standing, visit: Visit) -> str:
    """Go down from where training stands, until a visit says why to stop or nothing lower can be told: with L-BFGS,
    plain or in coordinates in which the objective is nearly round."""
    recipe, rows = session.recipe, session.dataset.train.rows
    counted = np.count_nonzero(session.supply.weights[rows])
    compiled, began = session.engine.compiling, time.perf_counter()
    state, right = standing.state, 0

    def objective(params: dict[str, np.ndarray]) -> tuple[float, dict[str, np.ndarray]]:
        nonlocal right
        value, slopes, right = session.full_objective(params)
        return value, slopes

    def watch(step: int, params: dict[str, np.ndarray], value: float, norm: float) -> str:
        nonlocal began, compiled, state
        state = {
            "params": {name: array.astype(np.float32) for name, array in params.items()},
            "optimizer": state["optimizer"],
            "t": np.int32(state["t"] + 1),
        }
        seconds = time.perf_counter() - began - (session.engine.compiling - compiled)
        record = {
            "event": "epoch",
            "epoch": standing.epoch + step,
            "epochs": recipe.epochs,
            "loss": value - float(session.task.penalty(params)),
            "train_accuracy": float(right / counted),  # the point that is taken is the last that was tried
            "gradient_norm": norm,
            "seconds": seconds,
            "pictures_per_second": len(rows) / seconds,
        }
        reason = visit(state, record, seconds)
        began, compiled = time.perf_counter(), session.engine.compiling
        return reason

    left = (recipe.epochs or 1) - standing.epoch
    settings: dict[str, Any] = {"beta": recipe.gradient_norm or FLAT, "steps": max(left, 1), "watch": watch}
    coordinates = {} if recipe.optimizer == "lbfgs" else _coordinates(session)
    with undisturbed() if session.engine.name == "xla" else nullcontext():
        if coordinates:
            return preconditioned_lbfgs(objective, state["params"], coordinates, **settings).reason
        return lbfgs(objective, state["params"], **settings).reason


def _coordinates(session: Session) -> dict[str, Preconditioner]:
    """Coordinates for the weights of a linear model, from a seeded sample of its training pictures."""
    if not isinstance(session.model, Linear | SingleScore):
        raise InputError(
            "--optimizer preconditioned-lbfgs is for linear models, whose pictures tell how their objective curves. "
            "Take lbfgs, or adamw."
        )
    rows = session.dataset.train.rows
    drawn = rows[random.permutation(random.key(session.recipe.seed), len(rows))[:SAMPLE]]
    sample, penalty = session.supply.batch(np.sort(drawn))[0], session.task.l2.get("weight", 0.0)
    if not np.any(sample):
        raise InputError(
            f"--features {session.recipe.features}: all training pictures have the same, so that they cannot be told "
            "apart. Look at the pictures, and take other features."
        )
    return {"weight": Preconditioner.measured(sample, penalty=penalty)}
