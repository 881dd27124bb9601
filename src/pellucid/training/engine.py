"""Two ways to run the same steps: eagerly on NumPy, or a whole chunk of them as one compiled program."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np

from pellucid.arrays import compile as compiler
from pellucid.arrays.indexing import rows as take
from pellucid.preprocessing.projection import project
from pellucid.preprocessing.standardize import block_rows, standardize
from pellucid.storage.errors import InputError, MissingDependencyError
from pellucid.training.memory import within_memory
from pellucid.training.step import Task, update

State = dict[str, Any]
Look = Callable[..., dict[str, Any]]
"""What is to be found in a minibatch: from the task, what is given, x, labels and weights to arrays by name."""
Augment = Callable[[Any, Any, Any, Any], tuple[Any, Any, Any]]
"""From pictures (B, H, W, C), labels (B), weights (B) and the mean (D,) to the same, as a step is to see them."""


@dataclass(frozen=True, eq=False)
class Supply:
    """What the steps draw from. Pictures stay as they are, 8 bits a number; each minibatch is standardized in its step.

    Attributes
    ----------
    inputs : (N, H, W, C) uint8 or (N, D) float32, all parts together
    labels (N,) int32
    weights (N,) float32 : how much each picture counts
    mean, scale (D,) float32
    projection (C, D) float32 : of the standardized numbers; None where the model sees them
    """

    inputs: Any
    labels: Any
    weights: Any
    mean: Any
    scale: Any
    projection: Any = None

    def arrays(self) -> dict[str, Any]:
        """What there is, by name."""
        return {name: value for name, value in vars(self).items() if value is not None}

    def batch(self, rows: Any, augment: Augment | None = None) -> tuple[Any, Any, Any]:
        """What the model sees (B, D) or (B, C), labels (B) and weights (B) of these rows (B), augmented if so; of
        mixtures both are (2, B)."""
        inputs, y, v = take(self.inputs, rows), take(self.labels, rows), take(self.weights, rows)
        if augment is not None:
            inputs, y, v = augment(inputs, y, v, self.mean)
        x = standardize(inputs, self.mean, self.scale)
        return x if self.projection is None else project(x, self.projection), y, v


class Engine(Protocol):
    """Runs chunks of steps. The state is {"params": …, "optimizer": …, "t": steps done}, as NumPy arrays on
    the way in and out."""

    @property
    def name(self) -> str: ...
    @property
    def compiling(self) -> float:
        """Seconds spent on bringing a compiler up and on compiling so far."""
        ...

    def steps(
        self, state: State, order: np.ndarray, batch_size: int, rates: np.ndarray
    ) -> tuple[State, np.ndarray, np.ndarray]:
        """One step for each minibatch of `order` (n,), the rows to be visited; the last one may be short.

        Returns the new state, the mean loss of each minibatch (steps,) and how many were right in each (steps,).
        """
        ...

    def each(self, look: Look, given: Any, blocks: np.ndarray) -> dict[str, np.ndarray]:
        """What `look` finds in each block of rows (B, S): name → (B, …). It is called with the task, what is `given`,
        and the minibatch: x (S, D), labels and weights (S)."""
        ...

    def scores(
        self, params: dict[str, Any], rows: np.ndarray, statistics: dict[str, Any] | None = None
    ) -> np.ndarray:
        """Scores (n, K) of these rows (n,), with the statistics that the model needs beside its parameters."""
        ...


@dataclass(frozen=True, eq=False)
class Eager:
    """Step by step on NumPy: every value can be looked at."""

    task: Task
    supply: Supply
    name: str = "numpy"
    compiling: float = 0.0

    def steps(
        self, state: State, order: np.ndarray, batch_size: int, rates: np.ndarray
    ) -> tuple[State, np.ndarray, np.ndarray]:
        params, optimizer, t = state["params"], state["optimizer"], int(state["t"])
        losses, rights = [], []
        for number, start in enumerate(range(0, len(order), batch_size)):
            t += 1
            # What is not finite is found by the caller, who says where it came from: no warnings besides.
            with _in_a_step(batch_size), np.errstate(all="ignore"):
                batch = self.supply.batch(order[start : start + batch_size], self.task.augment(t))
                params, optimizer, loss, right = update(
                    self.task, params, optimizer, *batch, rates[number], t
                )
            losses.append(loss)
            rights.append(right)
        state = {"params": params, "optimizer": optimizer, "t": np.int32(t)}
        return state, np.array(losses), np.array(rights, np.int32)

    def each(self, look: Look, given: Any, blocks: np.ndarray) -> dict[str, np.ndarray]:
        found = [look(self.task, given, *self.supply.batch(rows)) for rows in blocks]
        return {name: np.stack([each[name] for each in found]) for name in found[0]}

    def scores(
        self, params: dict[str, Any], rows: np.ndarray, statistics: dict[str, Any] | None = None
    ) -> np.ndarray:
        return np.concatenate(
            [self.task.scores(params, self.supply, block, statistics) for block in _blocks(rows, self.supply)]
        )


class Compiled:
    """A chunk of steps is one program: a scan over its minibatches, in which the walk back was traced once.

    The data are an argument of the program and stay on the device; on a CPU a map of a file is used in place.

    Attributes
    ----------
    compiling : seconds spent on bringing JAX up and on compiling so far
    """

    name = "xla"

    def __init__(self, task: Task, supply: Supply) -> None:
        began = time.perf_counter()
        self.task = task
        self._dtype = supply.mean.dtype
        with compiler.precision(self._dtype):
            self._steps = compiler.compiled(partial(_chunk, task), static=("batch_size",))
            self._each = compiler.compiled(partial(_each, task), static=("look",))
            self._scores = compiler.compiled(partial(_scored, task))
        with compiler.precision(self._dtype), within_memory("putting the pictures on the device"):
            self._data = {name: compiler.to_device(value) for name, value in supply.arrays().items()}
        self._programs: dict[tuple[Any, ...], Any] = {}
        self.compiling = time.perf_counter() - began

    def steps(
        self, state: State, order: np.ndarray, batch_size: int, rates: np.ndarray
    ) -> tuple[State, np.ndarray, np.ndarray]:
        with compiler.precision(self._dtype), _in_a_step(batch_size):
            arguments = (state, self._data, order, rates)
            program = self._program(
                ("steps", len(order), batch_size), self._steps, arguments, batch_size=batch_size
            )
            return compiler.to_host(program(*arguments))

    def each(self, look: Look, given: Any, blocks: np.ndarray) -> dict[str, np.ndarray]:
        with compiler.precision(self._dtype), within_memory("looking at pictures in training"):
            arguments = (given, self._data, blocks)
            program = self._program((look, blocks.shape), self._each, arguments, look=look)
            return compiler.to_host(program(*arguments))

    def scores(
        self, params: dict[str, Any], rows: np.ndarray, statistics: dict[str, Any] | None = None
    ) -> np.ndarray:
        with compiler.precision(self._dtype), within_memory("scoring pictures"):
            found = []
            for block in _blocks(rows, Supply(**self._data)):
                arguments = (params, statistics or {}, self._data, block)
                program = self._program(("scores", len(block)), self._scores, arguments)
                found.append(program(*arguments))
            return np.concatenate([np.asarray(block) for block in found])

    def _program(self, key: tuple[Any, ...], function: Any, arguments: tuple[Any, ...], **static: Any) -> Any:
        """The compiled program for arguments of these shapes; compiled at its first use."""
        if key not in self._programs:
            began = time.perf_counter()
            self._programs[key] = function.lower(*arguments, **static).compile()
            self.compiling += time.perf_counter() - began
        return self._programs[key]


def _in_a_step(batch_size: int) -> contextlib.AbstractContextManager[None]:
    return within_memory(f"a step of {batch_size:,} pictures", batch_size)


def _blocks(rows: np.ndarray, supply: Supply) -> Iterator[np.ndarray]:
    """The rows (n,) in blocks that are scored at once: their float32 form fits the cache of a processor."""
    size = block_rows(len(supply.mean), 1000)
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def _chunk(
    task: Task, state: State, data: dict[str, Any], order: Any, rates: Any, *, batch_size: int
) -> tuple[State, Any, Any]:
    """The steps of one chunk, traced. A short last minibatch is a step of its own shape after the scan."""
    supply = Supply(**data)

    def step(state: State, drawn: tuple[Any, Any]) -> tuple[State, tuple[Any, Any]]:
        rows, rate = drawn
        t = state["t"] + 1
        params, optimizer, loss, right = update(
            task, state["params"], state["optimizer"], *supply.batch(rows, task.augment(t)), rate, t
        )
        return {"params": params, "optimizer": optimizer, "t": t}, (loss, right)

    whole = len(order) // batch_size
    visits = order[: whole * batch_size].reshape(whole, batch_size)  # (n,) → (steps, B)
    state, (losses, rights) = compiler.scan(step, state, (visits, rates[:whole]))
    if len(order) % batch_size:
        state, (loss, right) = step(state, (order[whole * batch_size :], rates[whole]))
        losses, rights = compiler.append(losses, loss), compiler.append(rights, right)
    return state, losses, rights


def _scored(
    task: Task, params: dict[str, Any], statistics: dict[str, Any], data: dict[str, Any], rows: Any
) -> Any:
    return task.scores(params, Supply(**data), rows, statistics)


def _each(task: Task, given: Any, data: dict[str, Any], blocks: Any, *, look: Look) -> dict[str, Any]:
    supply = Supply(**data)
    _, found = compiler.scan(lambda none, rows: (none, look(task, given, *supply.batch(rows))), (), blocks)
    return found


def check_name(name: str) -> None:
    """Raise `InputError` unless `chosen` knows an engine of this name."""
    if name not in ("auto", "numpy", "xla"):
        raise InputError(f"--engine must be auto, numpy or xla, got {name!r}.")


def chosen(
    name: str, task: Task, supply: Supply, pictures: int, multiply_adds: int, epochs: int, steps: int
) -> tuple[Engine, str]:
    """The engine of this name ("numpy", "xla" or "auto"), and why, in a few words.

    "auto" takes NumPy where it needs less than about three seconds for the whole training, since importing
    JAX and compiling
    take one or two; and where JAX is missing or its compiler computes wrong numbers.
    """
    check_name(name)
    if name == "numpy":
        return Eager(task, supply), "asked for"
    if not compiler.available():
        if name == "xla":
            raise MissingDependencyError(
                "--engine xla needs JAX, which is not installed: pip install jax, or use --engine numpy."
            )
        return Eager(task, supply), "JAX is not installed"
    # Each multiplication is done forwards, for the weights' gradient and in a network for the inputs', with its
    # addition, at about 2e10 a second; and each step has 100 µs of Python, or more for a network's many operations.
    operations = max(1, len(getattr(task.model, "arrays", dict)()) // 2)
    overhead = 1e-4 if operations == 1 else 4e-4 * operations
    seconds = epochs * pictures * multiply_adds * 6 / 2e10 + epochs * steps * overhead
    if name == "auto" and seconds < 3:
        return Eager(task, supply), "small enough to be done before a compiler has started"
    from pellucid.arrays.canary import trustworthy

    if not trustworthy():
        if name == "xla":
            raise MissingDependencyError(
                f"jaxlib {compiler.version()} computes wrong numbers on this machine: install "
                f"another version, or use --engine numpy."
            )
        return Eager(task, supply), f"jaxlib {compiler.version()} computes wrong numbers on this machine"
    return Compiled(task, supply), "asked for" if name == "xla" else "fastest for this much data"
