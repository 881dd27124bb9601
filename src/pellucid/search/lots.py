"""Trials that run side by side: which of them can, and how far they have come, on disk as in memory."""

import contextlib
import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.arrays import compile as compiler
from pellucid.data.dataset import Dataset
from pellucid.graph.probabilities import softmax
from pellucid.inspection.metrics import Evaluation
from pellucid.models.kinds import NETWORKS
from pellucid.preprocessing.shown import Shown
from pellucid.search.space import NUMBERS
from pellucid.search.vectorized import InTurn, OneByOne, Trainings, Vectorized, stacked, taken
from pellucid.storage.errors import FileError
from pellucid.storage.tensors import load_tensors, save_tensors
from pellucid.training.checkpoint import flattened, restored, unflattened
from pellucid.training.engine import State
from pellucid.training.loop import plan
from pellucid.training.recipe import Recipe
from pellucid.training.selection import watched
from pellucid.training.session import Session, prepared

_MEMORY = 2**28  # bytes that the states of the trials of a lot may take
_MOST = 64  # trials in a lot: more do not make their products faster
_CHUNK = 8192  # steps, times trials, between two looks at the losses: a few seconds for pictures of CIFAR-10
_PAUSE = 2.0  # seconds between two checkpoints


@dataclass(frozen=True, eq=False)
class Standing:
    """How far the trials of a lot have come.

    Attributes
    ----------
    numbers : of the trials, rising
    epoch : epochs done
    state : of `Trainings`, in the order of the numbers
    """

    numbers: tuple[int, ...]
    epoch: int
    state: State = field(repr=False)

    def of(self, numbers: Sequence[int]) -> "Standing":
        """Of these trials alone."""
        if tuple(numbers) == self.numbers:
            return self
        return Standing(
            tuple(numbers), self.epoch, taken(self.state, [self.numbers.index(n) for n in numbers])
        )


@dataclass(frozen=True, eq=False)
class Lot:
    """Trials that differ in numbers alone, and what trains them side by side.

    Attributes
    ----------
    recipes : trial's number → its settled recipe
    session : with all numbers 1
    path : of its checkpoint
    """

    recipes: Mapping[int, Recipe]
    session: Session
    trainings: Trainings
    path: Path

    def start(self, numbers: Sequence[int]) -> Standing:
        """Before the first step."""
        return Standing(tuple(numbers), 0, stacked([self.session.start_state()] * len(numbers)))

    def restored(self, numbers: Sequence[int], most: int) -> Standing:
        """As far as the checkpoint has come, if it is whole, holds these trials and is not beyond epoch `most`; else
        from the start."""
        with contextlib.suppress(FileError, KeyError):
            tensors, metadata = load_tensors(self.path)
            kept, epoch = metadata["numbers"], metadata["epoch"]
            if set(numbers) <= set(kept) and epoch <= most:
                state = restored(self.start(kept).state, unflattened(tensors))
                return Standing(tuple(kept), epoch, state).of(numbers)
        return self.start(numbers)

    def save(self, standing: Standing) -> None:
        """Write the checkpoint over the one before."""
        state = compiler.to_host(standing.state) if self.trainings.name == "xla" else standing.state
        metadata = {"numbers": list(standing.numbers), "epoch": standing.epoch}
        save_tensors(self.path, flattened(state), metadata)

    def advanced(self, standing: Standing, until: int, visit: Callable[[Standing], None]) -> Standing:
        """Train up to this epoch, which is on disk then; `visit` is called after each.

        Interrupted, the last whole epoch is on disk.
        """
        saved, last = standing.epoch, time.perf_counter()
        try:
            while standing.epoch < until:
                standing = self._epoch(standing)
                if standing.epoch == until or time.perf_counter() - last > _PAUSE:
                    self.save(standing)
                    saved, last = standing.epoch, time.perf_counter()
                visit(standing)
        except (KeyboardInterrupt, BrokenPipeError):
            if standing.epoch > saved:
                self.save(standing)
            raise
        return standing

    def _epoch(self, standing: Standing) -> Standing:
        """One more epoch of all. What is no longer finite stays so, and is found when it is judged."""
        order, shares = plan(self.session, standing.epoch + 1)
        size = self.session.recipe.batch_size
        assert size is not None
        numbers = self._numbers(standing.numbers)
        parts = math.ceil(len(shares) * len(standing.numbers) / _CHUNK)
        chunk = math.ceil(len(shares) / parts)  # equal ones, so that few programs are compiled
        state = standing.state
        for first in range(0, len(shares), chunk):
            rows = order[first * size : (first + chunk) * size]
            state, _ = self.trainings.steps(state, numbers, rows, size, shares[first : first + chunk])
        return Standing(standing.numbers, standing.epoch + 1, state)

    def _numbers(self, numbers: Sequence[int]) -> dict[str, np.ndarray]:
        """What the trials differ in, each (T,) float32; a penalty that none of them has is none of the program's."""
        one = self.session.recipe
        names = [name for name in NUMBERS if name == "learning_rate" or getattr(one, name) == 1.0]
        return {
            name: np.array([getattr(self.recipes[n], name) for n in numbers], np.float32) for name in names
        }

    def judged(self, standing: Standing) -> dict[int, float]:
        """Trial's number → how good it is on the validation pictures, higher is better; −inf if not finite."""
        part, recipe = self.session.dataset.validation, self.session.recipe
        params = self.session.kept(standing.state)
        scores = self.trainings.scores(params, part.rows.astype(np.int32))
        values = {}
        for number, own in zip(standing.numbers, scores, strict=True):
            if not np.isfinite(own).all():
                values[number] = -math.inf
                continue
            evaluation = Evaluation(
                part.name, self.session.dataset.classes, part.rows, part.labels, own, softmax(own)
            )
            value = watched(recipe.watch, evaluation, self.session.task.loss(own, part.labels))[0]
            values[number] = float(value) if np.isfinite(value) else -math.inf
        return values


def lots(
    dataset: Dataset,
    recipes: Mapping[int, Recipe],
    shown: Mapping[str, Shown],
    engine: str,
    folder: Path,
) -> list[Lot]:
    """The trials in lots, each of trials that differ in numbers alone and as many as the memory holds. A network is a
    lot of its own: its layers are large enough to keep a processor busy, and few have the same shapes."""
    groups: dict[str, list[int]] = {}
    for number in sorted(recipes):
        groups.setdefault(json.dumps(_structure(recipes[number]).to_json(), sort_keys=True), []).append(
            number
        )
    found: list[Lot] = []
    for numbers in groups.values():
        recipe = _structure(recipes[numbers[0]])
        network = recipe.model in NETWORKS
        # Where trials run side by side the session's own engine has nothing to do.
        session = prepared(
            dataset, recipe, engine=engine if network else "numpy", shown=shown[str(recipe.features)]
        )
        trainings: Trainings
        if engine == "numpy":
            trainings = OneByOne(session)
        else:
            trainings = InTurn(session) if network else Vectorized(session.task, session.supply)
        size = 1 if network else _fitting(session)
        for first in range(0, len(numbers), size):
            own = {number: recipes[number] for number in numbers[first : first + size]}
            found.append(Lot(own, session, trainings, folder / f"lot-{len(found) + 1}.safetensors"))
    return found


def _structure(recipe: Recipe) -> Recipe:
    """The recipe with 1 for all that is a number of the program, so that trials that can run as one are equal."""
    ones: dict[str, Any] = {
        name: 1.0 for name in NUMBERS if isinstance(getattr(recipe, name), float) and getattr(recipe, name)
    }
    return replace(recipe, **ones)


def _fitting(session: Session) -> int:
    """How many trainings fit into a lot."""
    sizes = [array.nbytes for array in flattened(session.start_state()).values()]
    return max(1, min(_MOST, _MEMORY // max(1, sum(sizes))))
