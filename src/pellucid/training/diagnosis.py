"""Three questions before training, which tell a broken set-up from a hard problem; and where a NaN came from."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from pellucid.arrays import random
from pellucid.graph.gradient_check import check_gradients
from pellucid.graph.nonfinite import find_nonfinite
from pellucid.graph.tensor import Tensor
from pellucid.models.kinds import NETWORKS
from pellucid.optimizers.adaptive import Adam
from pellucid.optimizers.descent import Momentum, start
from pellucid.training.engine import State
from pellucid.training.session import Session
from pellucid.training.step import gradient, update

_TINY = 20
_NAMED = 3  # pictures that a sentence names
_ARRAYS = 8  # parameters whose gradients are compared
_FAR = 2.0  # how much more than knowing nothing a network's random start may cost
_BENT = 1e-3  # the same where many units may have their kink within h
_RIGHT = 1e-5  # a relative error of the gradient that float64 stays below, kinks aside


@dataclass(frozen=True)
class Check:
    """One question, whether the answer is as it should be, and the answer in a sentence."""

    name: str
    passed: bool
    sentence: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


_FORMULAS: dict[str, Callable[[int], str]] = {
    "softmax-cross-entropy": lambda k: f"ln {k} = ",
    "multiclass-hinge": lambda k: f"{k} − 1 = ",
    "multiclass-squared-hinge": lambda k: f"{k} − 1 = ",
    "one-versus-rest-logistic": lambda k: f"{k} ln 2 = ",
    "logistic-loss": lambda k: "ln 2 = ",
    "binary-cross-entropy": lambda k: "ln 2 = ",
}
"""What knowing nothing costs, where it is more than a number."""


def checks(session: Session) -> list[Check]:
    """Loss at the start, gradients on real pictures, and whether 20 pictures can be learned by heart
    (CS231n, "Sanity checks")."""
    return [_initial_loss(session), _gradients(session), _overfit(session)]


def _sample(session: Session, count: int) -> np.ndarray:
    """Training rows drawn with the run's seed, for checks alone."""
    rows = session.dataset.train.rows
    key = random.fold_in(random.key(session.recipe.seed), 2**31)
    return rows[random.permutation(key, len(rows))[:count]]


def _initial_loss(session: Session) -> Check:
    x, y, v = session.supply.batch(_sample(session, 256))
    _, loss, _ = session.task.objective(session.start_params, x, y, v, **session.task.mode(0))
    classes = len(session.dataset.classes)
    criterion = session.recipe.criterion
    expected = criterion.at_zero(classes)
    formula = _FORMULAS.get(criterion.name, lambda k: "")(classes) if criterion.margin == 1 else ""
    if session.started:
        return Check(
            "initial loss",
            bool(np.isfinite(loss)),
            f"starts from given weights at {loss:.4f} (from nothing: {expected:.4f})",
        )
    if session.recipe.model in NETWORKS:
        return Check(
            "initial loss",
            bool(np.isfinite(loss) and loss <= _FAR * max(1.0, expected)),
            f"{loss:.4f} from random weights, and {formula}{expected:.4f} is what knowing nothing costs",
        )
    passed = bool(abs(loss - expected) <= 1e-4 * max(1.0, expected))
    return Check(
        "initial loss", passed, f"{loss:.4f}, and {formula}{expected:.4f} is what knowing nothing costs"
    )


def _gradients(session: Session) -> Check:
    x, y, v = session.supply.batch(_sample(session, 5))
    x, v = x.astype(np.float64), v.astype(np.float64)
    # Not at zero, where all scores tie and a mistake could hide.
    keys = random.split(random.key(session.recipe.seed), len(session.start_params))
    params = {
        name: array.astype(np.float64) + 1e-2 * random.normal(key, array.shape)
        for key, (name, array) in zip(keys, session.start_params.items(), strict=True)
    }
    # Of many arrays some: each number takes two ways through the whole model.
    rng = random.key(session.recipe.seed)
    names = [list(params)[place] for place in np.sort(random.permutation(rng, len(params))[:_ARRAYS])]
    moved = {name: params[name] for name in names}
    mode = session.task.mode(0)
    compared = check_gradients(
        lambda **p: session.task.objective(params | p, x, y, v, **mode)[0],
        moved,
        places=10 if len(params) <= 2 else 3,
        rng=rng,
    )
    worst = max(each.error for each in compared.values())
    return Check(
        "gradient check",
        worst <= (_RIGHT if len(params) <= 2 else _BENT),
        f"walk back and centered differences agree to {worst:.0e} of the largest on {len(y)} training pictures",
    )


def _overfit(session: Session) -> Check:
    """By Nesterov's descent without a penalty, whatever the optimizer: it asks whether data, model and loss fit."""
    rows = _sample(session, _TINY)
    x, y, v = session.supply.batch(rows)
    if session.recipe.model in NETWORKS:
        return _overfit_network(session, rows)
    task = replace(session.task, l2={}, optimizer=Momentum(nesterov=True))
    params: dict[str, Any] = session.model.init(random.key(0))[0]
    optimizer = start(task.optimizer, params)
    # The data of 20 pictures curve at most as fast as their longest: a rate that is safe for them.
    rate = np.float32(1.0 / max(float((x.astype(np.float64) ** 2).sum(1).max()), 1e-12))
    right = 0
    for t in range(1, 301):
        params, optimizer, _, right = update(task, params, optimizer, x, y, v, rate, t)
        if right == len(rows):
            return Check("overfit", True, f"{len(rows)} training pictures are learned by heart in {t} steps")
    advice = "too few features to tell them apart, or the same picture under two labels?"
    return Check(
        "overfit", False, f"of {len(rows)} training pictures only {right} can be learned by heart: {advice}"
    )


def _overfit_network(session: Session, rows: np.ndarray) -> Check:
    """The same for a network: by Adam, in the engine of the training, since NumPy alone may take long."""
    task = replace(session.task, l2={}, optimizer=Adam())
    few = replace(
        session.supply,
        inputs=np.ascontiguousarray(session.supply.inputs[rows]),
        labels=session.dataset.labels[rows].astype(np.int32),
        weights=np.ones(len(rows), np.float32),
    )
    engine = type(session.engine)(task, few)  # type: ignore[call-arg]
    params = session.model.init(random.key(0))[0]
    state: State = {"params": params, "optimizer": start(task.optimizer, params), "t": np.int32(0)}
    order = np.tile(np.arange(len(rows), dtype=np.int32), _TRIES)
    for tries in range(1, _MOST // _TRIES + 1):
        state, losses, rights = engine.steps(state, order, len(rows), np.full(_TRIES, 2e-3, np.float32))
        if rights[-1] == len(rows):
            return Check(
                "overfit",
                True,
                f"{len(rows)} training pictures are learned by heart in {tries * _TRIES} steps",
            )
    return Check(
        "overfit",
        False,
        f"of {len(rows)} training pictures only {rights[-1]} are learned by heart in {_MOST} steps, the loss is "
        f"{losses[-1]:.3g}: dead units, a bad start, too few units, or the same picture under two labels?",
    )


_TRIES, _MOST = 25, 300  # steps of a network between two looks, and in all


def blame(session: Session, state: State, order: np.ndarray, rates: np.ndarray, epoch: int) -> str:
    """Where the first number that is not finite came from, beginning with the epoch: the chunk is replayed step by step
    on NumPy.

    Parameters
    ----------
    state : before the chunk
    order, rates : of the chunk
    """
    size = session.recipe.batch_size or len(order)
    params, optimizer, t = state["params"], state["optimizer"], int(state["t"])
    with np.errstate(all="ignore"):
        for number, begin in enumerate(range(0, len(order), size)):
            rows = order[begin : begin + size]
            x, y, v = session.supply.batch(rows, session.task.augment(t + 1))
            where = f"epoch {epoch}, step {t + 1}"
            leaves = {name: Tensor(array, name=name) for name, array in params.items()}
            objective, losses, _ = session.task.objective(leaves, x, y, v, **session.task.mode(t + 1))
            culprit = find_nonfinite(objective)
            if culprit is not None:
                pictures = ""
                if culprit.node.op and culprit.node.shape[:1] == (len(rows),):
                    named = [session.dataset.origins[row] for row in rows[list(culprit.rows[:_NAMED])]]
                    more = ", …" if len(culprit.rows) > _NAMED else ""
                    pictures = f" Of {len(rows)} pictures these are: {', '.join(named)}{more}."
                return (
                    f"{where}: a number is not finite (minibatch loss {float(losses.value):.4g}). {culprit.sentence}"
                    f"{pictures} The steps are too large: divide --learning-rate by 10."
                )
            g, _, _ = gradient(session.task, params, x, y, v, **session.task.mode(t + 1))
            worst = max(float(np.abs(array).max()) for array in g.values())
            t += 1
            params, optimizer, *_ = update(session.task, params, optimizer, x, y, v, rates[number], t)
            if not all(np.isfinite(array).all() for array in params.values()):
                return (
                    f"{where}: the update made the weights infinite (largest gradient "
                    f"{worst:.3g}). Divide --learning-rate by 10."
                )
    return (
        f"epoch {epoch}: a number was not finite in the compiled program, and is finite on "
        f"NumPy: train with --engine numpy."
    )
