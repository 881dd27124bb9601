"""Many trainings at once, which differ only in numbers: their learning rates and the strengths of their penalties.

A linear classifier's step is a product with a tall, narrow matrix of weights, (B, D) by (D, K), which leaves a
processor waiting for memory. T trainings that visit the same pictures in the same order share the minibatch: it is
gathered and standardized once, and their T products are a single one, (B, D) by (D, T·K), as large as a processor likes
it. Nothing else is different: the step is `training/step.py`'s, with the numbers as arguments of the program.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

import numpy as np

from pellucid.arrays import compile as compiler
from pellucid.optimizers.averaging import Averaged
from pellucid.preprocessing.standardize import block_rows
from pellucid.training.engine import Eager, State, Supply
from pellucid.training.session import Session
from pellucid.training.step import Task, update

Numbers = Mapping[str, Any]
"""learning_rate (T,), and l2 (T,) and l1 (T,) where they are searched: the settings of T trainings."""


class Trainings(Protocol):
    """Runs T trainings side by side. Their state is as one training's, with an axis of T before all others; they have
    done equally many steps."""

    @property
    def name(self) -> str: ...

    def steps(
        self, state: State, numbers: Numbers, order: np.ndarray, batch_size: int, shares: np.ndarray
    ) -> tuple[State, np.ndarray]:
        """One step for each minibatch of `order` (n,), the rows to be visited; the last one may be short.

        Parameters
        ----------
        shares (steps,) float32 : of each training's learning rate

        Returns
        -------
        the state, and the mean loss of each minibatch (steps, T)
        """
        ...

    def scores(self, params: dict[str, Any], rows: np.ndarray) -> np.ndarray:
        """Scores (T, n, K) of these rows (n,)."""
        ...


def with_numbers(task: Task, numbers: Numbers) -> Task:
    """The task of one of the trainings.

    Parameters
    ----------
    task : with strengths in units of those in `numbers`, 1 for a plain penalty
    numbers : of one training, also those of a program that is being traced
    """
    scaled = lambda strengths, λ: {name: share * λ for name, share in strengths.items()}
    if "l2" in numbers:
        task = replace(task, l2=scaled(task.l2, numbers["l2"]))
    if "l1" in numbers:
        averages = isinstance(task.optimizer, Averaged)
        walk = task.optimizer.optimizer if averages else task.optimizer
        walk = replace(walk, l1=scaled(walk.l1, numbers["l1"]))
        task = replace(task, optimizer=Averaged(walk) if averages else walk)
    return task


class Vectorized:
    """All of them as one compiled program."""

    name = "xla"

    def __init__(self, task: Task, supply: Supply) -> None:
        self._dtype = supply.mean.dtype
        # Of all arguments only the minibatch, the share of the rate and the time are common to the trainings.
        many = compiler.vectorized(partial(_updated, task), (0, 0, 0, None, None, None))
        self._steps = compiler.compiled(partial(_chunk, task, many), static=("batch_size",))
        self._scores = compiler.compiled(partial(_scored, task))
        with compiler.precision(self._dtype):
            self._data = {name: compiler.to_device(value) for name, value in supply.arrays().items()}

    def steps(
        self, state: State, numbers: Numbers, order: np.ndarray, batch_size: int, shares: np.ndarray
    ) -> tuple[State, np.ndarray]:
        with compiler.precision(self._dtype):
            # The state stays on the device; the losses are few.
            state, losses = self._steps(state, self._data, numbers, order, shares, batch_size=batch_size)
            return state, np.asarray(losses)

    def scores(self, params: dict[str, Any], rows: np.ndarray) -> np.ndarray:
        with compiler.precision(self._dtype):
            found = [self._scores(params, self._data, block) for block in _blocks(rows, self._data["mean"])]
            return np.concatenate([np.asarray(block) for block in found], axis=1)


@dataclass(frozen=True, eq=False)
class OneByOne:
    """One after the other on NumPy, where there is no compiler."""

    session: Session
    name: str = "numpy"

    def steps(
        self, state: State, numbers: Numbers, order: np.ndarray, batch_size: int, shares: np.ndarray
    ) -> tuple[State, np.ndarray]:
        states, losses = [], []
        for place in range(len(numbers["learning_rate"])):
            own = {name: float(values[place]) for name, values in numbers.items()}
            engine = Eager(with_numbers(self.session.task, own), self.session.supply)
            rates = shares * np.float32(own["learning_rate"])
            one, loss, _ = engine.steps(taken(state, place), order, batch_size, rates)
            states.append(one)
            losses.append(loss)
        return stacked(states), np.stack(losses, axis=1)

    def scores(self, params: dict[str, Any], rows: np.ndarray) -> np.ndarray:
        return _scored_in_turn(self.session, params, rows)


class InTurn:
    """One after the other, each by the same compiled program: for networks."""

    name = "xla"

    def __init__(self, session: Session) -> None:
        self.session = session
        task, supply = session.task, session.supply
        self._dtype = supply.mean.dtype
        self._steps = compiler.compiled(
            partial(_chunk, task, partial(_updated, task)), static=("batch_size",)
        )
        with compiler.precision(self._dtype):
            self._data = {name: compiler.to_device(value) for name, value in supply.arrays().items()}

    def steps(
        self, state: State, numbers: Numbers, order: np.ndarray, batch_size: int, shares: np.ndarray
    ) -> tuple[State, np.ndarray]:
        states, losses = [], []
        for place in range(len(numbers["learning_rate"])):
            own = {name: values[place] for name, values in numbers.items()}
            with compiler.precision(self._dtype):
                one, loss = self._steps(
                    taken(state, place), self._data, own, order, shares, batch_size=batch_size
                )
                states.append(compiler.to_host(one))
                losses.append(np.asarray(loss))
        return stacked(states), np.stack(losses, axis=1)

    def scores(self, params: dict[str, Any], rows: np.ndarray) -> np.ndarray:
        return _scored_in_turn(self.session, params, rows)


def _scored_in_turn(session: Session, params: dict[str, Any], rows: np.ndarray) -> np.ndarray:
    """Scores (T, n, K) of the trainings one after the other, with the statistics that each needs."""
    found = []
    for place in range(len(next(iter(params.values())))):
        own = _each(partial(_at, place=place), params)
        with np.errstate(all="ignore"):
            found.append(session.engine.scores(own, rows, session.statistics(own)))
    return np.stack(found)


def stacked(states: list[State]) -> State:
    """The states of several trainings as one."""
    return {**_each(lambda *arrays: np.stack(arrays), *map(_without_time, states)), "t": states[0]["t"]}


def taken(state: State, places: Any) -> State:
    """The state of the trainings at these places: several, or one without its axis."""
    return {**_each(lambda array: np.asarray(array)[places], _without_time(state)), "t": np.int32(state["t"])}


def _without_time(state: State) -> State:
    return {name: value for name, value in state.items() if name != "t"}


def _each(function: Callable[..., Any], *trees: Any) -> Any:
    """The function of all arrays in the same places of nested dicts."""
    if not isinstance(trees[0], Mapping):
        return function(*trees)
    return {name: _each(function, *(tree[name] for tree in trees)) for name in trees[0]}


def _at(array: Any, place: int) -> Any:
    return array[place]


def _blocks(rows: np.ndarray, mean: Any) -> list[np.ndarray]:
    size = block_rows(len(mean), 1000)
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def _chunk(
    task: Task,
    updated: Callable[..., Any],
    state: State,
    data: dict[str, Any],
    numbers: Numbers,
    order: Any,
    shares: Any,
    *,
    batch_size: int,
) -> tuple[State, Any]:
    """The steps of one chunk, traced. A short last minibatch is a step of its own shape after the scan."""
    supply = Supply(**data)

    def step(state: State, drawn: tuple[Any, Any]) -> tuple[State, Any]:
        rows, share = drawn
        t = state["t"] + 1
        batch = supply.batch(rows, task.augment(t))
        moved = updated(numbers, state["params"], state["optimizer"], batch, share, t)
        params, optimizer, losses = moved
        return {"params": params, "optimizer": optimizer, "t": t}, losses

    whole = len(order) // batch_size
    visits = order[: whole * batch_size].reshape(whole, batch_size)  # (n,) → (steps, B)
    state, losses = compiler.scan(step, state, (visits, shares[:whole]))
    if len(order) % batch_size:
        state, last = step(state, (order[whole * batch_size :], shares[whole]))
        losses = compiler.append(losses, last)
    return state, losses


def _updated(
    task: Task, numbers: Numbers, params: Any, optimizer: Any, batch: Any, share: Any, t: Any
) -> tuple[Any, Any, Any]:
    """One step of one training: its parameters, its optimizer's state, its mean loss ()."""
    x, y, v = batch
    rate = share * numbers["learning_rate"]
    params, optimizer, loss, _ = update(with_numbers(task, numbers), params, optimizer, x, y, v, rate, t)
    return params, optimizer, loss


def _scored(task: Task, params: dict[str, Any], data: dict[str, Any], rows: Any) -> Any:
    supply = Supply(**data)
    return compiler.vectorized(lambda own: task.scores(own, supply, rows), (0,))(params)
