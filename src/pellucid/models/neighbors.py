"""The classifier that learns by heart: a picture is what most of the nearest training pictures are."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pellucid.models.nearest import Examples
from pellucid.storage.errors import InputError, known_name

WEIGHTS = {
    "uniform": "every neighbor has one vote",
    "distance": "a neighbor's vote is 1 / its distance; one that is equal decides alone",
}
"""What `--weights` can name."""

COUNTS = (1, 3, 5, 7, 9, 11, 15, 21, 25, 35, 51, 75, 101)
"""The numbers of neighbors that are tried where none is given."""


@dataclass(frozen=True, eq=False)
class Neighbors:
    """Lets the k nearest examples vote (Fix and Hodges 1951; Cover and Hart 1967, "Nearest neighbor pattern
    classification").

    Of classes with equally many votes that of the nearest neighbor wins. Scores are ln p, where p is a class's share of
    the votes smoothed by Laplace's rule of succession, (votes + 1) / (k + K): so their softmax is p, and a class
    without votes is rare, not impossible.

    Attributes
    ----------
    examples : the training pictures, or what is measured in them, as the model sees them
    labels (n,) int32 : 0..K−1
    classes : K
    neighbors : k, 1 to n
    weights : a name in `WEIGHTS`
    pictures (n, H, W, C) uint8 : what the examples look like; None for rows of numbers
    origins : where each came from
    """

    examples: Examples = field(repr=False)
    labels: np.ndarray = field(repr=False)
    classes: int
    neighbors: int
    weights: str = "uniform"
    pictures: np.ndarray | None = field(default=None, repr=False)
    origins: Sequence[str] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", known_name("--weights", self.weights, WEIGHTS))
        check_count(self.neighbors, len(self.examples))

    def __call__(
        self, params: Any, x: np.ndarray, *, statistics: Any = None, training: bool = False, rng: Any = None
    ) -> np.ndarray:
        """Scores (N, K) float32 of x (N, D)."""
        return self.scores(*self.nearest(x))

    def nearest(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The numbers (N, k) and distances (N, k) of the nearest examples, as `Examples.nearest` has them."""
        return self.examples.nearest(x, self.neighbors)

    def scores(self, numbers: np.ndarray, far: np.ndarray) -> np.ndarray:
        """Scores (N, K) float32 of what has these neighbors (N, k) at these distances (N, k)."""
        return vote(self.labels[numbers], far, self.classes, self.weights)

    def multiply_adds(self) -> int:
        """For one picture, comparing it with every example."""
        return int(self.examples.inputs.size)

    def arrays(self) -> dict[str, np.ndarray]:
        """All that it remembers, by name, for the model file."""
        origins = b"\0".join(str(origin).encode("utf-8", "surrogateescape") for origin in self.origins)
        found = {
            "examples": self.examples.inputs,
            "labels": self.labels,
            "origins": np.frombuffer(origins, np.uint8),
        }
        if self.pictures is not None and self.pictures is not self.examples.inputs:
            found["pictures"] = self.pictures
        return found

    def record(self) -> dict[str, Any]:
        """Its settings, as JSON holds them."""
        return {"neighbors": self.neighbors, "metric": self.examples.metric, "weights": self.weights}

    @classmethod
    def remembered(cls, arrays: dict[str, np.ndarray], classes: int, record: dict[str, Any]) -> "Neighbors":
        """What `arrays` and `record` described. Raises `InputError` or `ValueError` where they do not fit together."""
        inputs, labels = arrays["examples"], arrays["labels"]
        origins = arrays["origins"].tobytes().decode("utf-8", "surrogateescape").split("\0")
        pictures = arrays.get("pictures", inputs if inputs.ndim == 4 else None)
        counts = {len(inputs), len(labels), len(origins), len(inputs if pictures is None else pictures)}
        if len(counts) > 1 or labels.ndim != 1:
            raise ValueError("there are not as many labels, origins or pictures as examples")
        if labels.dtype != np.int32 or labels.min() < 0 or labels.max() >= classes:
            raise ValueError("a label is the number of no class")
        examples = Examples(inputs, record["metric"])
        return cls(examples, labels, classes, record["neighbors"], record["weights"], pictures, origins)


def check_count(neighbors: Any, examples: int) -> None:
    """Raise `InputError` unless there can be so many neighbors among so many examples."""
    whole = isinstance(neighbors, int) and not isinstance(neighbors, bool)
    if not whole or not 1 <= neighbors <= examples:
        raise InputError(
            f"--neighbors must be 1 to {examples:,}, the number of training examples, got {neighbors!r}."
        )


def vote(labels: np.ndarray, far: np.ndarray, classes: int, weights: str = "uniform") -> np.ndarray:
    """Scores (N, K) float32 by the labels (N, k) and distances (N, k) of the nearest, the nearest first."""
    count, k = labels.shape
    rows = np.arange(count)
    votes = np.zeros((count, classes))
    rank = np.full((count, classes), k)
    own = ballots(far, weights)
    for place in range(k - 1, -1, -1):
        votes[rows, labels[:, place]] += own[:, place]
        rank[rows, labels[:, place]] = place
    scores = np.log((votes + 1) / (k + classes)).astype(np.float32)
    return _without_ties(scores, votes, rank)


def ballots(far: np.ndarray, weights: str) -> np.ndarray:
    """The votes (N, k) of neighbors at these distances (N, k): together k for each picture.

    1 / distance where they are weighed; where some are equal to the picture, they alone count.
    """
    if weights == "uniform":
        return np.ones(far.shape)
    equal = far == 0
    share = np.where(equal.any(axis=1, keepdims=True), equal, 1 / np.where(equal, 1, far))
    return share * (far.shape[1] / share.sum(axis=1, keepdims=True))


def _without_ties(scores: np.ndarray, votes: np.ndarray, rank: np.ndarray) -> np.ndarray:
    """The scores (N, K); of classes with equally many votes the one with the nearer neighbor has the next higher
    number."""
    rows = np.arange(len(scores))
    order = np.lexsort((rank, -votes), axis=1)
    # Classes without votes come last and stay equal.
    for place in range(1, int((votes > 0).sum(axis=1).max(initial=0))):
        above, below = order[:, place - 1], order[:, place]
        highest = np.nextafter(scores[rows, above], np.float32(-np.inf))
        held = votes[rows, below] > 0
        scores[rows[held], below[held]] = np.minimum(scores[rows, below], highest)[held]
    return scores
