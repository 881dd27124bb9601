"""Short descriptions of pictures that are never further apart than the pictures: most neighbors need no longer look.

A sketch of few numbers gives a lower bound of each distance. Whatever is further by its sketch than the k-th nearest
found so far is not among the k nearest, and its D numbers are never read. On CIFAR-10, 256 principal components and
what they leave out rule out all but 17 of 50,000 pictures. Where a few directions say little, the sketch is all numbers
in float32: what rounding leaves open is looked at again.
"""

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from pellucid.arrays.namespace import namespace

_SAMPLE = 1_000  # examples that the directions are found from
_DIMENSIONS = (64, 256)
_ENOUGH, _MOST = 0.9, 2**29
"""What directions must hold to be worth their while: 256 hold 96 % of the pixels of CIFAR-10 and rule out nearly all,
but 74 % of histograms of gradients, and rule out half. There the product of all numbers takes a fiftieth of the time:
of so many numbers of all examples at most (2 GB as float32)."""

_BLOCKS = (8, 4, 2)  # pixels along one side
_UNIT = 2.0**-24  # of rounding, in float32
_SAFE = 8.0
"""Rounding errors of a sum of D terms stay below 8 √D units of rounding but with a probability of 10⁻¹³ (Higham and
Mary 2019, "A new approach to probabilistic rounding error analysis", theorem 3.1)."""


class Sketch(Protocol):
    """What the search needs of a way to sketch."""

    def __call__(self, x: np.ndarray) -> list[np.ndarray]:
        """Sketches of each row of x (n, D), the coarsest first: each (n, …) float32."""

    def bounds(self, sketches: Any, x: Any) -> Any:
        """Numbers (B, n) that rise with the lower bounds of the distances of sketches x (B, …) to those of examples."""

    def reach(self, distance: np.ndarray, x: np.ndarray, longest: float) -> np.ndarray:
        """The largest of these numbers, rounding included, for pictures at such a distance (B,) to sketches x (B, …).

        Parameters
        ----------
        longest : of the examples' sketches, by `longest`
        """

    def longest(self, sketches: np.ndarray) -> float:
        """The greatest length of a sketch."""


@dataclass(frozen=True, eq=False)
class Projection:
    """The main directions of the examples, in one more number how much they leave out, and the square of them all.

    ‖a − b‖² = ‖P(a − b)‖² + ‖r(a) − r(b)‖², where r is what is left; and ‖r(a) − r(b)‖ ≥ |‖r(a)‖ − ‖r(b)‖|.

    Attributes
    ----------
    center (D,) float32
    basis (d, D) float32 : orthonormal rows; None to take the numbers themselves
    counts : directions of each sketch, the coarsest first
    unit : whether each example is first divided by its length, for the cosine
    """

    center: np.ndarray = field(repr=False)
    basis: np.ndarray | None = field(repr=False)
    counts: tuple[int, ...]
    unit: bool

    def __call__(self, x: np.ndarray) -> list[np.ndarray]:
        rows = x.astype(np.float32)
        if self.unit:
            rows /= np.sqrt(_squares(rows))[:, None]
        rows -= self.center
        squares = _squares(rows)
        if self.basis is None:
            # Where all is kept nothing is left: a difference of two roundings would be a wrong bound.
            return [np.column_stack([rows, np.zeros_like(squares), squares])]
        z, made = rows @ self.basis.T, []
        for count in self.counts:
            sketch = np.empty((len(x), count + 2), np.float32)
            sketch[:, :count] = z[:, :count]
            sketch[:, count] = np.sqrt(np.maximum(squares - _squares(z[:, :count]), 0))
            sketch[:, count + 1] = _squares(sketch[:, : count + 1])
            made.append(sketch)
        return made

    def held(self, x: np.ndarray) -> float:
        """The share of what rows x (n, D) vary that the longest sketches hold, 0 to 1; 1 where they do not vary."""
        sketches = self(x)[-1].astype(np.float64)
        total = float(sketches[:, -1].sum())
        return float(_squares(sketches[:, : self.counts[-1]]).sum()) / total if total else 1.0

    def bounds(self, sketches: Any, x: Any) -> Any:
        xp = namespace(sketches, x)
        # ‖a − b‖² − ‖b‖² as a single product, a first: −2ab + ‖a‖².
        return xp.concatenate([-2 * x[:, :-1], xp.ones_like(x[:, :1])], axis=1) @ sketches.T

    def reach(self, distance: np.ndarray, x: np.ndarray, longest: float) -> np.ndarray:
        own = x[:, -1].astype(np.float64)
        lengths = np.sqrt(own) + longest
        off = (
            _SAFE
            * _UNIT
            * np.sqrt(len(self.center))
            * (1 if self.basis is None else np.sqrt(self.counts[-1]))
        )
        euclidean = np.sqrt(2 * distance) if self.unit else distance
        return (euclidean + off * lengths) ** 2 + _SAFE * _UNIT * np.sqrt(x.shape[1]) * lengths**2 - own

    def longest(self, sketches: np.ndarray) -> float:
        return float(np.sqrt(sketches[:, -1].max()))


@dataclass(frozen=True, eq=False)
class Pooled:
    """The sums over blocks of pixels: Σ|a − b| over a block is at least |Σa − Σb|.

    Attributes
    ----------
    shape : (H, W, C) of an example
    blocks : pixels along one side of a block for each sketch, the coarsest first; each a multiple of the next
    """

    shape: tuple[int, ...]
    blocks: tuple[int, ...]

    def __call__(self, x: np.ndarray) -> list[np.ndarray]:
        sums, done, made = x.astype(np.float32).reshape(-1, *self.shape), 1, []  # (n, D) → (n, H, W, C)
        for block in self.blocks[::-1]:
            down, across = (np.arange(0, side, block // done) for side in sums.shape[1:3])
            sums, done = np.add.reduceat(np.add.reduceat(sums, down, axis=1), across, axis=2), block
            made.append(sums.reshape(len(sums), -1))
        return made[::-1]

    def bounds(self, sketches: Any, x: Any) -> Any:
        return _city_block(sketches, x)

    def reach(self, distance: np.ndarray, x: np.ndarray, longest: float) -> np.ndarray:
        return _city_block_reach(distance, x, longest, int(np.prod(self.shape)))

    def longest(self, sketches: np.ndarray) -> float:
        return float(np.abs(sketches).sum(axis=1, dtype=np.float64).max())


@dataclass(frozen=True, eq=False)
class Rounded:
    """The numbers themselves in float32, for L1 of rows whose neighbors have nothing in common."""

    def __call__(self, x: np.ndarray) -> list[np.ndarray]:
        return [x.astype(np.float32)]

    def bounds(self, sketches: Any, x: Any) -> Any:
        return _city_block(sketches, x)

    def reach(self, distance: np.ndarray, x: np.ndarray, longest: float) -> np.ndarray:
        return _city_block_reach(distance, x, longest, x.shape[1])

    def longest(self, sketches: np.ndarray) -> float:
        return float(np.abs(sketches).sum(axis=1, dtype=np.float64).max())


def sketch_for(metric: str, examples: np.ndarray) -> Sketch:
    """How to sketch for a metric, found on examples (n, …)."""
    shape = examples.shape[1:]
    if metric == "l1":
        blocks = tuple(block for block in _BLOCKS if len(shape) == 3 and 2 * block <= min(shape[:2]))
        return Pooled(shape, blocks) if blocks else Rounded()
    flat = examples.reshape(len(examples), -1)  # (n, H, W, C) → (n, D)
    sample = flat[:: max(1, len(flat) // _SAMPLE)][:_SAMPLE].astype(np.float32)
    if metric == "cosine":
        sample /= np.sqrt(_squares(sample))[:, None]
    center = sample.mean(axis=0)
    counts = tuple(count for count in _DIMENSIONS if 3 * count <= min(sample.shape))
    whole = Projection(center, None, (len(center),), metric == "cosine")
    if not counts:
        return whole
    short = Projection(center, _directions(sample - center, counts[-1]), counts, metric == "cosine")
    return whole if flat.size <= _MOST and short.held(sample) < _ENOUGH else short


def _directions(x: np.ndarray, count: int) -> np.ndarray:
    """The main directions of x (n, D), largest first: (count, D) float32, orthonormal but for rounding, and no longer,
    so that a bound stays one."""
    _, vectors = np.linalg.eigh((x @ x.T).astype(np.float64))
    basis = (vectors[:, ::-1][:, :count].T @ x).astype(np.float64)
    basis = np.linalg.qr(basis.T)[0].T.astype(np.float32)
    # ‖P‖² is at most the largest sum of a row of |PPᵀ| (Gershgorin 1931).
    longest = np.sqrt(np.abs(basis @ basis.T).sum(axis=1).max())
    return basis / np.float32(longest * (1 + len(basis) * _UNIT))


def _city_block(sketches: Any, x: Any) -> Any:
    """Σ|a − b|: (n, d) and (B, d) → (B, n)."""
    xp = namespace(sketches, x)
    if xp is not np:
        # A compiler makes one loop of it, and no array (B, n, d).
        return xp.abs(sketches - x[:, None]).sum(axis=2)
    ones = np.ones(x.shape[1], x.dtype)
    size = max(1, 2**18 // x.shape[1])  # rows whose differences stay in the cache
    found = np.empty((len(x), len(sketches)), np.float32)
    for first in range(0, len(sketches), size):
        rows = sketches[first : first + size]
        for own, one in zip(found, x, strict=True):
            own[first : first + size] = np.abs(rows - one) @ ones
    return found


def _city_block_reach(distance: np.ndarray, x: np.ndarray, longest: float, terms: int) -> np.ndarray:
    lengths = np.abs(x).sum(axis=1, dtype=np.float64) + longest
    return distance + _SAFE * _UNIT * np.sqrt(terms) * lengths


def _squares(x: np.ndarray) -> np.ndarray:
    """Σx² of each row: (n, d) → (n,)."""
    return np.einsum("ij,ij->i", x, x)
