"""The health of a network while it learns: how its layers respond, what reaches them, how far they move."""

import time
from typing import Any

import numpy as np

from pellucid.arrays import random
from pellucid.models.kinds import NETWORKS
from pellucid.training.course import of_training
from pellucid.training.defaults import MINIMIZERS
from pellucid.training.engine import Eager, State
from pellucid.training.observation import observed, weight_names
from pellucid.training.session import Session
from pellucid.training.symptoms import NEARLY_ALL

BINS = 24
PICTURES = 1024
"""What a look takes in. Of the units that are active on one picture in a hundred it takes 1 in 30,000 for dead."""
_FEW = 8  # minibatches of a linear model
_SHARE = 0.02  # of the steps of a training; a look takes a quarter longer than as many steps
_FREE = 0.6  # seconds of a training that nobody misses
_SPEED = 2e10  # multiplications and additions a second, about what two cores do
_NEVER = 1 - 1e-6  # rounding: the mean of many ones may come out below 1
_RANGES = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0)}


def epochs_looked_at(session: Session) -> range:
    """After which epochs to look, besides the first, so that it costs at most 3 % of the training, or half a second.

    A look is as much work as a step with each of its minibatches. It is counted, not timed, so that a run that was
    stopped and goes on looks after the same epochs. The last epoch is among them.
    """
    recipe = session.recipe
    assert recipe.epochs is not None
    assert recipe.batch_size is not None
    blocks, size = _sample(session).shape
    network = recipe.model in NETWORKS
    work = session.model.multiply_adds() if network else sum(w.size for w in session.start_params.values())
    # Each multiplication is done forwards, for the weights' gradient and for the inputs', with its addition; and the
    # many small operations of a step take time of their own.
    seconds = size * work * 6 / _SPEED + 3e-4 * len(session.start_params)
    steps = recipe.epochs * -(-len(session.dataset.train.rows) // recipe.batch_size)
    looks = (
        max(_SHARE * steps, _FREE / seconds) / blocks - 2
    )  # before the first step, and after the first epoch
    every = -(-recipe.epochs // max(1, int(min(looks, recipe.epochs))))
    return range(recipe.epochs, 0, -every)[::-1]


def examined(session: Session, state: State, epoch: int) -> dict[str, Any]:
    """What a look shows after this epoch (0: before the first), and how many "seconds" it took without compiling."""
    recipe = session.recipe
    rate = None
    if recipe.optimizer not in MINIMIZERS:
        assert recipe.epochs is not None
        assert recipe.learning_rate is not None
        # Of the middle of the epoch: where it begins or ends, the rate of a schedule may be 0.
        rate = float(recipe.learning_rate) * recipe.rates(max(epoch - 0.5, 0.5) / recipe.epochs)
    began, compiled = time.perf_counter(), session.engine.compiling
    seen = look(session, state, rate)
    return seen | {"seconds": _short(time.perf_counter() - began - (session.engine.compiling - compiled))}


def look(session: Session, state: State, rate: float | None) -> dict[str, Any]:
    """How the network stands, on a fixed sample of the training pictures, in minibatches as large as those of a step.

    Parameters
    ----------
    rate : the learning rate of the step that is tried; None where no step can be tried

    Returns
    -------
    plain values for JSON, see docs/training.md: "pictures", "loss", and "layers", from the pictures to the scores
    """
    blocks = _sample(session)
    # A linear model is looked at in milliseconds by NumPy: to compile a program for it would take longer.
    engine = session.engine if session.recipe.model in NETWORKS else Eager(session.task, session.supply)
    given = (state, None if rate is None else np.float32(rate))
    with np.errstate(all="ignore"):
        found = engine.each(observed, given, blocks)
    seen: dict[str, dict[str, np.ndarray]] = {}
    for name, array in found.items():
        layer, _, quantity = name.rpartition(".")
        seen.setdefault(layer, {})[quantity] = array
    arrays = session.model.arrays()  # in their order: a compiled program sorts names
    return {
        "pictures": blocks.size,
        "loss": _short(found["loss"].mean(dtype=np.float64)),
        "layers": [
            {"name": layer} | _described(seen[layer], state["params"][name])
            for layer, name in weight_names(arrays).items()
        ],
    }


def _sample(session: Session) -> np.ndarray:
    """The rows of the look (B, S) in whole minibatches: for a network 1,024 pictures or more, where there are as many;
    a linear model has no units that could be dead, and a few minibatches tell its gradient."""
    rows, size = session.dataset.train.rows, session.recipe.batch_size or 1
    size = min(size, len(rows))
    drawn = random.permutation(random.fold_in(random.key(session.recipe.seed), 2**31 + 2), len(rows))
    wanted = -(-PICTURES // size) if session.recipe.model in NETWORKS else _FEW
    blocks = min(wanted, len(rows) // size)
    return rows[drawn[: blocks * size]].astype(np.int32).reshape(blocks, size)


def _described(seen: dict[str, np.ndarray], weight: np.ndarray) -> dict[str, Any]:
    """One layer in plain values, from what each minibatch showed of it."""
    length = float(np.linalg.norm(weight.astype(np.float64)))
    found: dict[str, Any] = {
        # The length of one minibatch's gradient, as a step meets it: root mean square.
        "gradient": _short(np.sqrt(np.square(seen["gradient"], dtype=np.float64).mean())),
        "weight": _short(length),
    }
    if "update" in seen and length:
        found["update"] = _short(seen["update"].mean(dtype=np.float64) / length)
    if "mean" not in seen:
        return found
    (activation,) = set(seen) - {"gradient", "update", "mean", "variance", "values", "alike"}
    off = seen[activation].mean(axis=0, dtype=np.float64)  # (B, C) → (C,)
    found |= {
        "activation": activation.replace("_", "-"),
        "units": len(off),
        "mean": _short(seen["mean"].mean(dtype=np.float64)),
        # Of all numbers together: the mean of the variances, and the variance of the means.
        "deviation": _short(
            np.sqrt(seen["variance"].mean(dtype=np.float64) + seen["mean"].var(dtype=np.float64))
        ),
        "alike": bool(seen["alike"].all()),
    }
    if activation == "relu":
        found["dead"] = _short((off >= _NEVER).mean())
    if activation in ("sigmoid", "tanh"):
        found["saturated"] = _short((off >= NEARLY_ALL).mean())
    return found | {"histogram": _histogram(seen["values"].ravel(), activation)}


def _histogram(values: np.ndarray, activation: str) -> dict[str, Any]:
    """How often the activations lie where: 24 bins from "low" to "high", which hold what is beyond the ends, too. The
    zeros of a ReLU are counted apart ("zero", a share): in a bin they would dwarf all others."""
    shown, zeros = values, {}
    if activation == "relu":
        shown = values[values > 0]
        zeros = {"zero": _short(1 - len(shown) / len(values))}
    low, high = _RANGES.get(activation) or (
        # A thousandth may lie outside, so that one large number does not press all others into one bin.
        (0.0 if activation == "relu" else float(np.quantile(shown, 0.001)), float(np.quantile(shown, 0.999)))
        if len(shown)
        else (0.0, 1.0)
    )
    low, high = _short(low), _short(high)
    if not low < high:
        low, high = low - 0.5, low + 0.5
    counts, _ = np.histogram(shown.clip(low, high), BINS, (low, high))
    return {"low": low, "high": high, "counts": counts.tolist()} | zeros


def _short(value: Any) -> float:
    """Four digits: more than anybody reads, and what both engines agree on."""
    return float(f"{float(value):.4g}")


def concluded(session: Session, events: list[dict[str, Any]]) -> dict[str, Any]:
    """What the records of a whole training say of its health: "symptoms", each with a name and a sentence."""
    train = session.dataset.train
    counts = {part: len(session.dataset.part(part)) for part in ("train", "validation")}
    network = session.model.record()["settings"] if session.recipe.model in NETWORKS else {}
    common = float(np.bincount(train.labels).max()) / len(train.rows)
    epochs = [event for event in events if event.get("event") == "epoch"]
    found = of_training(epochs, session.recipe, network, counts, common)
    return {"symptoms": [symptom.to_json() for symptom in found]}
