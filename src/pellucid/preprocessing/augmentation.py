"""More pictures from those that there are: each minibatch is changed at random before a step sees it.

A photograph of a cat that is mirrored, shifted by some pixels or a little darker is a photograph of a cat. A model that
sees another of them every time cannot learn the pictures by heart, and has to find what they have in common.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any

import numpy as np

from pellucid.arrays import random
from pellucid.arrays.indexing import pixels
from pellucid.arrays.namespace import namespace
from pellucid.preprocessing.transformations import Cutout, Flip, Jitter, Mixup, Shift, Transformation
from pellucid.storage.described import described
from pellucid.storage.errors import InputError

TRANSFORMATIONS: dict[str, Transformation] = {
    "flip": Flip(),
    "shift": Shift(),
    "jitter": Jitter(),
    "cutout": Cutout(),
    "mixup": Mixup(),
}
"""Each transformation by its name, with its default settings, in the order in which they are applied: what moves
pixels, what changes colors, what hides a part of the result, what mixes two results."""

_NAMES = {type(each): name for name, each in TRANSFORMATIONS.items()}
_KINDS = list(_NAMES)


@dataclass(frozen=True)
class Augmentation:
    """What is done to every picture of a minibatch, with other random numbers for each and in each step.

    Attributes
    ----------
    transformations : at most one of each kind, held in the order of `TRANSFORMATIONS`
    """

    transformations: tuple[Transformation, ...]

    def __post_init__(self) -> None:
        ordered = tuple(sorted(self.transformations, key=lambda each: _KINDS.index(type(each))))
        for one, next_one in pairwise(ordered):
            if type(one) is type(next_one):
                raise InputError(f"--augment names {_NAMES[type(one)]} twice: once is enough.")
        object.__setattr__(self, "transformations", ordered)

    def __str__(self) -> str:
        """As `augmentation_described` reads it, with the settings that are not the defaults."""
        return ",".join(_text(each) for each in self.transformations)

    def check(self, shape: tuple[int, ...]) -> None:
        """Raise `InputError` unless inputs of this shape, (H, W, C) or (D,), can be augmented."""
        if len(shape) != 3:
            raise InputError(
                f"--augment {self} is for pictures, and the data are rows of {shape[0]:,} numbers: leave it out."
            )
        for each in self.transformations:
            each.check(*shape[:2])

    def __call__(self, key: Any, pictures: Any, labels: Any, weights: Any, mean: Any) -> tuple[Any, Any, Any]:
        """The minibatch as a step is to see it: pictures, labels and weights.

        Parameters
        ----------
        key (2,) uint32 : of the step; the same key does the same again, on either engine
        pictures (B, H, W, C) uint8
        labels, weights (B,) : of mixed pictures (2, B) comes back
        mean (H W C,) : of the training pictures, which shows where something is hidden
        """
        xp = namespace(key, pictures)
        # One key for each kind, so that each does the same whatever else is done.
        keys = dict(zip(_KINDS, random.split(key, len(_KINDS)), strict=True))
        pictures = self._moved(keys, pictures)
        fill = xp.rint(mean).astype(np.uint8).reshape(pictures.shape[1:])
        for each in self.transformations:
            if isinstance(each, Jitter | Cutout):
                pictures = each.changed(keys[type(each)], pictures, fill)
            elif isinstance(each, Mixup):
                pictures, labels, weights = each.mixed(keys[Mixup], pictures, labels, weights)
        return pictures, labels, weights

    def _moved(self, keys: dict[type, Any], pictures: Any) -> Any:
        """The pictures with their pixels in other places, all moves together in one gather."""
        moves = [each for each in self.transformations if isinstance(each, Flip | Shift)]
        if not moves:
            return pictures
        xp = namespace(*keys.values(), pictures)
        rows, columns = (
            xp.broadcast_to(xp.arange(side, dtype=np.int32), (len(pictures), side))
            for side in pictures.shape[1:3]
        )
        # The last move asks first where its pixels come from.
        for move in reversed(moves):
            rows, columns = move.places(keys[type(move)], rows, columns)
        return pixels(pictures, rows, columns)


def augmentation_described(described_by: str | Iterable[str]) -> Augmentation:
    """The augmentation that a text names: "flip,shift:pixels=4,jitter:contrast=0.4,saturation=0,mixup".

    Parameters
    ----------
    described_by : names with their settings behind a colon, with commas between; or several such texts

    Raises `InputError` where a name or a setting is not known, or a value is out of its range.
    """
    texts = [described_by] if isinstance(described_by, str) else list(described_by)
    parts: list[str] = []
    for part in ",".join(map(str, texts)).split(","):
        # Commas also stand between the settings of one transformation: a part with an = alone is its next one.
        if parts and "=" in part and ":" not in part and ":" in parts[-1]:
            parts[-1] += f",{part}"
        else:
            parts.append(part)
    return Augmentation(tuple(described("augmentation", TRANSFORMATIONS, part.strip()) for part in parts))


def mirrored(pictures: Any, labels: Any, weights: Any, mean: Any) -> tuple[Any, Any, Any]:
    """Every picture (B, H, W, C) as a mirror shows it, left to right; the rest as it is."""
    return pictures[:, :, ::-1], labels, weights


def _text(transformation: Transformation) -> str:
    name = _NAMES[type(transformation)]
    settings = [
        f"{field.name}={getattr(transformation, field.name)!r}"
        for field in fields(transformation)
        if getattr(transformation, field.name) != field.default
    ]
    return name + (":" + ",".join(settings) if settings else "")
