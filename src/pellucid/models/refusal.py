"""None of these: when a classifier says that a picture is of none of its classes, and what it has seen that is near."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from pellucid.models.nearest import Examples
from pellucid.preprocessing.projection import PrincipalComponents, project
from pellucid.preprocessing.standardize import block_rows
from pellucid.storage.errors import InputError

MOST_PICTURES, MOST_COMPONENTS = 10_000, 64
"""What is kept of training pictures: 2.6 MB of numbers at most."""

_BLOCK = 1024
"""Pictures that are measured at once, at most."""

_SAMPLE = 2**26
"""Numbers of training pictures from which principal components are found, at most: 256 MB as float32."""

Seen = Callable[[np.ndarray], np.ndarray]
"""From prepared inputs (n, …) to what the model sees of them (n, D) float32."""


@dataclass(frozen=True)
class Vicinity:
    """Some of the training pictures as points, to find those nearest to another picture, exactly.

    Distances are those of the first principal components of what the model sees, in units of the usual one: the median
    distance of a held-out picture to the nearest.

    Attributes
    ----------
    points (n, C) float32 : each training picture
    projection (C, D) float32 : onto the principal components
    labels (n,) int64 : the class number of each
    names : n texts: where each came from
    usual : > 0
    """

    points: np.ndarray = field(repr=False)
    projection: np.ndarray = field(repr=False)
    labels: np.ndarray = field(repr=False)
    names: tuple[str, ...] = field(repr=False)
    usual: float

    def nearest(
        self, see: Seen, images: np.ndarray, rows: np.ndarray, count: int = 3
    ) -> tuple[np.ndarray, np.ndarray]:
        """The nearest of the pictures for each of these rows (n,) of prepared inputs (N, …): distances (n, count)
        float64 in units of the usual one, rising, and their places (n, count) int64."""
        points = _in_blocks(
            lambda block: project(see(images[block]), self.projection), rows, self.projection.shape[1]
        )
        places, distances = self._examples.nearest(points, min(count, len(self.points)))
        return distances / self.usual, places

    @cached_property
    def _examples(self) -> Examples:
        return Examples(self.points)

    def distances(self, see: Seen, images: np.ndarray, rows: np.ndarray | None = None) -> np.ndarray:
        """(n,) float64: how far the nearest of the pictures is from each of these rows (n,) of prepared inputs (N, …),
        or from all of them, in units of the usual distance."""
        rows = np.arange(len(images)) if rows is None else rows
        return self.nearest(see, images, rows, 1)[0][:, 0]

    @classmethod
    def of(
        cls,
        see: Seen,
        images: np.ndarray,
        train: np.ndarray,
        held_out: np.ndarray,
        labels: np.ndarray,
        names: Sequence[str],
        *,
        seed: int = 0,
    ) -> "Vicinity":
        """Of these training rows, at most 10,000 of them at random, with the usual distance of the held-out rows.

        Parameters
        ----------
        images (N, …) : prepared inputs; train, held_out : rows of them
        labels (N,), names (N) : of all rows
        """
        draw = np.random.Generator(np.random.Philox(key=seed))
        kept = np.sort(draw.permutation(train)[:MOST_PICTURES])
        # Of large pictures a few thousand show the main directions as well, and all need not be in memory at once.
        features = see(images[kept[:1]]).shape[1]
        sample = kept[:: -(-len(kept) * features // _SAMPLE)]
        x = _in_blocks(lambda block: see(images[block]), sample, features)
        most = max(1, min(MOST_COMPONENTS, features, len(x) - 1))
        still, one = np.zeros(features, np.float32), np.ones(features, np.float32)
        projection = PrincipalComponents(most).measured(x, np.arange(len(x)), still, one)
        whole = len(sample) == len(kept)
        points = (
            project(x, projection)
            if whole
            else _in_blocks(lambda block: project(see(images[block]), projection), kept, features)
        )
        chosen = tuple(names[row] for row in kept)
        vicinity = cls(points, projection, labels[kept].astype(np.int64), chosen, 1.0)
        looked_at = np.sort(draw.permutation(held_out)[:MOST_PICTURES])
        # Pictures that are all the same are at no distance: any unit will do.
        return replace(vicinity, usual=float(np.median(vicinity.distances(see, images, looked_at))) or 1.0)


@dataclass(frozen=True)
class Refusal:
    """Says "none of these" of a picture of which the classifier is not sure, or which is unlike all that it was trained
    on: of such a picture it can be sure, and wrong.

    Attributes
    ----------
    threshold : 0 to 1: a verdict that is less probable is refused
    farthest : a picture whose nearest training picture is farther is refused, in units of the usual distance; None for
        no limit
    share : of the right verdicts, how many may be refused at most
    vicinity : where distances are measured, and what is shown as near
    """

    threshold: float
    farthest: float | None
    share: float
    vicinity: Vicinity = field(repr=False)

    def refused(self, sure: np.ndarray, distances: np.ndarray) -> np.ndarray:
        """(n,) bool, for the probability of each verdict (n,) and the distance to the nearest training picture (n,)."""
        return (sure < self.threshold) | self.too_far(distances)

    def too_far(self, distances: np.ndarray) -> np.ndarray:
        """(n,) bool: which of these distances (n,) are beyond the limit."""
        return distances > (np.inf if self.farthest is None else self.farthest)

    @classmethod
    def set_on(
        cls, share: float, sure: np.ndarray, distances: np.ndarray, right: np.ndarray, vicinity: Vicinity
    ) -> "Refusal":
        """The limits that refuse at most this share of right verdicts on pictures to come: half of it by each.

        Parameters
        ----------
        sure, distances, right (n,) : of held-out pictures, see `refused`; whether each verdict is right

        Raises `InputError` where the share is out of its range.
        """
        check_share(share)
        right = np.asarray(right, bool)
        threshold, farthest = limit(share / 2, sure[right]), limit(share / 2, -distances[right])
        return cls(
            0.0 if threshold is None else threshold, None if farthest is None else -farthest, share, vicinity
        )


def limit(share: float, values: np.ndarray) -> float | None:
    """The highest limit under which at most this share of further values will be; None where nothing can be promised.

    Of n values (n,) it is the k-th smallest, k = ⌊share · (n + 1)⌋: a further one, drawn alike, is as likely to come at
    each of the n + 1 places between them, and is less than the limit in k of these at most.

    Source     Papadopoulos et al. 2002, "Inductive confidence machines for regression", section 3; Vovk, Gammerman and
               Shafer 2005, "Algorithmic learning in a random world", section 4.2
    """
    place = int(np.floor(share * (len(values) + 1) + 1e-9))
    return float(np.sort(values)[place - 1]) if place else None


def _in_blocks(make: Seen, rows: np.ndarray, features: int) -> np.ndarray:
    """What is made of rows (n,), a block of those with so many features at a time: (n, …)."""
    size = block_rows(features, _BLOCK)
    return np.concatenate([make(rows[start : start + size]) for start in range(0, max(len(rows), 1), size)])


def check_share(share: Any) -> None:
    """Raise `InputError` unless it is a share of right verdicts that may be refused."""
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share < 1:
        raise InputError(f"--refuse must be a share of right verdicts, 0 to below 1, got {share!r}.")
