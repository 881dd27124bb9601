"""The k nearest of many examples: exact, by blocks, on all cores, in bounded memory."""

import math
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from pellucid.arrays import compile as compiler
from pellucid.models.metrics import METRICS, check_measurable, distances
from pellucid.models.sketches import Sketch, sketch_for
from pellucid.preprocessing.standardize import block_rows
from pellucid.storage.errors import InputError, known_name

_WORTH = (
    3e9  # numbers to compare, from which on sketches of the examples are made sooner than all are compared
)
_TABLE = 2**24  # bounds in one table, of a block of pictures to all examples: 64 MB for each core
_LARGEST = 1e15  # number in a row that is sketched: the squares of 10⁸ of them are below 3 · 10³⁸
_SPARE = 8  # examples beyond k that are looked at for a first idea of how far the k-th nearest is


@dataclass(frozen=True, eq=False)
class Examples:
    """Examples among which the nearest are found.

    Attributes
    ----------
    inputs (n, H, W, C) uint8, or (n, D) uint8 or float32
    metric : a name in `METRICS`
    engine : "numpy", or "xla" to have the bounds of sketches computed by a compiled program

    Raises
    ------
    InputError : an unknown metric, no examples, or some that have no distance
    """

    inputs: np.ndarray = field(repr=False)
    metric: str = "l2"
    engine: str = "numpy"

    def __post_init__(self) -> None:
        object.__setattr__(self, "metric", known_name("--metric", self.metric, METRICS))
        if not len(self.inputs):
            raise InputError("There are no examples to look among for the nearest.")
        check_measurable(self.metric, self._flat, "training example")

    def __len__(self) -> int:
        return len(self.inputs)

    @cached_property
    def _flat(self) -> np.ndarray:
        return self.inputs.reshape(len(self.inputs), -1)  # (n, H, W, C) → (n, D)

    def nearest(self, x: np.ndarray, k: int, own: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """The k nearest examples of each row of x (N, D): their numbers (N, k) int64 and distances (N, k) float64, the
        nearest first; of equal distances the first example.

        The same as comparing with every example, to the last bit.

        Parameters
        ----------
        own (N,) : for each row the number of an example that is left out, since it is the row itself; −1 for none

        Raises
        ------
        InputError : k is not 1 to the number of examples, another shape, rows without a distance
        """
        x = np.asarray(x)
        x = x.reshape(len(x), math.prod(x.shape[1:]))  # (N, …) → (N, D), also for N = 0
        most = len(self) - (own is not None)
        if not 1 <= k <= most:
            raise InputError(
                f"--neighbors must be 1 to {most:,}, the number of training examples, got {k:,}."
            )
        if x.shape[1] != self._flat.shape[1]:
            raise InputError(
                f"The examples have {self._flat.shape[1]:,} numbers each, and these rows {x.shape[1]:,}."
            )
        check_measurable(self.metric, x, "picture")
        own = np.full(len(x), -1) if own is None else np.asarray(own)
        found = np.empty((len(x), k), np.int64), np.empty((len(x), k))
        worth = "_sketches" in vars(self) or len(x) * self._flat.size > _WORTH
        sketched = worth and most > 4 * (k + _SPARE) and self._sketchable
        pieces = self._sketched if sketched else self._scanned
        _ = sketched and self._sketches  # made once, before several threads ask for them
        size = max(1, min(256, _TABLE // len(self))) if sketched else 1 + len(x) // (4 * _cores())

        def work(first: int) -> None:
            block = slice(first, first + size)
            for row, (numbers, far) in enumerate(pieces(x[block], k, own[block]), first):
                found[0][row], found[1][row] = numbers, far

        with compiler.undisturbed(), ThreadPoolExecutor(_cores()) as pool:
            list(pool.map(work, range(0, len(x), size)))
        return found

    @cached_property
    def _sketchable(self) -> bool:
        return bool(_sketchable(self.metric, self._flat).all())

    @cached_property
    def _sketch(self) -> Sketch:
        return sketch_for(self.metric, self.inputs)

    @cached_property
    def _sketches(self) -> list[tuple[np.ndarray, float]]:
        """Those of all examples, the coarsest first, and the length of the longest of each kind."""
        size = block_rows(self._flat.shape[1], 1024)
        with compiler.undisturbed(), ThreadPoolExecutor(_cores()) as pool:
            sketch = self._sketch
            whole = [np.empty((len(self), *kind.shape[1:]), np.float32) for kind in sketch(self._flat[:1])]

            def make(first: int) -> None:
                block = slice(first, first + size)
                for kind, made in zip(whole, sketch(self._flat[block]), strict=True):
                    kind[block] = made

            list(pool.map(make, range(0, len(self), size)))
        return [(sketches, sketch.longest(sketches)) for sketches in whole]

    def _scanned(self, x: np.ndarray, k: int, own: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """By comparing with every example."""
        size = block_rows(self._flat.shape[1], 1024)
        found = []
        for one, left_out in zip(x, own, strict=True):
            starts = range(0, len(self), size)
            far = np.concatenate([distances(self.metric, self._flat[i : i + size], one) for i in starts])
            if left_out >= 0:
                far[left_out] = np.inf
            numbers = np.flatnonzero(far <= np.partition(far, k - 1)[k - 1])
            found.append(_first(numbers, far[numbers], k))
        return found

    def _sketched(self, x: np.ndarray, k: int, own: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """By comparing with those that sketches cannot rule out."""
        able = _sketchable(self.metric, x)
        # In the place of a row that has no sketch stands an example, and its sketch is not used.
        sketch = self._sketch
        views = sketch(x if able.all() else np.where(able[:, None], x, self._flat[0]))
        table = self._table(views[0])
        known = np.flatnonzero(own >= 0)
        table[known, own[known]] = np.inf
        found = []
        for row, one in enumerate(x):
            if not able[row]:
                found += self._scanned(x[row : row + 1], k, own[row : row + 1])
                continue
            bounds, numbers = table[row], np.arange(len(self))
            tried = _promising(bounds, k + _SPARE)
            kth = np.partition(distances(self.metric, self._flat[tried], one), k - 1)[k - 1 : k]
            for (sketches, longest), view in zip(self._sketches, views, strict=True):
                mine = view[row : row + 1]
                if view is not views[0]:
                    bounds = sketch.bounds(sketches[numbers], mine)[0]
                    if len(numbers) > 4 * k:
                        better = numbers[np.argpartition(bounds, k - 1)[:k]]
                        kth = np.minimum(kth, distances(self.metric, self._flat[better], one).max())
                numbers = numbers[np.flatnonzero(bounds <= sketch.reach(kth, mine, longest))]
            found.append(_first(numbers, distances(self.metric, self._flat[numbers], one), k))
        return found

    def _table(self, view: np.ndarray) -> np.ndarray:
        """The bounds (B, n) of the coarsest sketches."""
        if self.engine == "numpy":
            return self._sketch.bounds(self._sketches[0][0], view)
        with compiler.exact_products():
            return np.array(self._program(self._on_device, view))

    @cached_property
    def _on_device(self) -> Any:
        return compiler.to_device(self._sketches[0][0])

    @cached_property
    def _program(self) -> Any:
        return compiler.compiled(self._sketch.bounds)


def _sketchable(metric: str, x: np.ndarray) -> np.ndarray:
    """(n,) bool: of which rows of x (n, D) float32 holds the square of the length, by which sketches measure."""
    if x.dtype.kind != "f" or not x.size:
        return np.ones(len(x), bool)
    largest = np.maximum(x.max(axis=1), -x.min(axis=1))
    return (largest < _LARGEST) & ((largest > 1 / _LARGEST) | (metric != "cosine"))


def _promising(bounds: np.ndarray, count: int) -> np.ndarray:
    """So many numbers of examples with low bounds (n,): the best of groups, where there are enough examples, which are
    found in an eighth of the time of the very best."""
    groups = max(64, 2 * count)
    each = len(bounds) // groups
    if each < 4:
        return np.argpartition(bounds, count - 1)[:count]
    best = bounds[: groups * each].reshape(groups, each).argmin(axis=1) + each * np.arange(groups)
    return best[np.argpartition(bounds[best], count - 1)[:count]]


def _first(numbers: np.ndarray, far: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest of these examples, which are in rising order, and how far they are."""
    order = np.argsort(far, kind="stable")[:k]
    return numbers[order], far[order]


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
