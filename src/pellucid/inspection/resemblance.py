"""Why a classifier that remembers says what it says: the training pictures that are nearest, and how they vote."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pellucid.models.neighbors import ballots
from pellucid.storage.errors import InputError


@dataclass(frozen=True, eq=False)
class Neighbor:
    """A training picture near to the one that is judged.

    Attributes
    ----------
    class_name : what it is
    distance : ≥ 0, by the metric of the classifier
    share : of the votes, 0 to 1
    origin : where it came from
    number : among the training pictures, counted from 0
    picture (H, W, C) uint8 : None for rows of numbers
    """

    class_name: str
    distance: float
    share: float
    origin: str
    number: int
    picture: np.ndarray | None = field(default=None, repr=False)

    def to_json(self) -> dict[str, Any]:
        """Without the picture."""
        return {
            "class": self.class_name,
            "distance": self.distance,
            "share": self.share,
            "origin": self.origin,
            "number": self.number,
        }


def neighbors_of(classifier: Any, inputs: np.ndarray) -> list[list[Neighbor]]:
    """For each of the prepared inputs (N, H, W, C) uint8 or (N, D) its neighbors, the nearest first.

    Raises `InputError` for a classifier that compares with no pictures, or inputs of another shape.
    """
    if not classifier.remembers:
        raise InputError(f"A {classifier.kind} has no neighbors: it does not keep its training pictures.")
    model = classifier.model
    numbers, far = model.nearest(classifier.preprocessing.apply(inputs))
    shares = ballots(far, model.weights) / far.shape[1]
    return [
        [
            Neighbor(
                classifier.classes[model.labels[number]],
                float(distance),
                float(share),
                str(model.origins[number]),
                int(number),
                None if model.pictures is None else model.pictures[number],
            )
            for number, distance, share in zip(*own, strict=True)
        ]
        for own in zip(numbers, far, shares, strict=True)
    ]


def shares_of_classes(neighbors: list[Neighbor]) -> dict[str, float]:
    """Each class's share of the votes, 0 to 1, the largest first; of equal ones that of the nearer neighbor."""
    found: dict[str, float] = {}
    for each in neighbors:
        found[each.class_name] = found.get(each.class_name, 0.0) + each.share
    return dict(sorted(found.items(), key=lambda item: -item[1]))
