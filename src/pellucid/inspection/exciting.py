"""Which training pictures excite each unit of a network most: what a unit is for, shown instead of said."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.data.dataset import Dataset
from pellucid.layers.linear import Linear
from pellucid.layers.maxout import Maxout
from pellucid.models.scoring import outputs

_MOST = 5000  # training pictures looked at
_WORK = 2e11  # multiply-adds that they may cost


@dataclass(frozen=True)
class Unit:
    """One unit, and the pictures that excite it most.

    Attributes
    ----------
    number : which one of its layer, from 0
    rows (P,) : of the dataset, the most exciting first
    values (P,) : how much they excite it
    weight : how much it matters: how far its value varies from picture to picture, times the length of its outgoing
        weights
    raises : the class whose score it raises most, where it is weighed for the scores directly
    """

    number: int
    rows: np.ndarray
    values: np.ndarray
    weight: float
    raises: int | None


@dataclass(frozen=True)
class Excitement:
    """The units of one layer that matter most, the first one most.

    Attributes
    ----------
    count : how many units the layer has
    silent : how many of them say the same of every picture
    channels : whether they are channels of the last convolution, each the mean over the places of its filter; else
        units of the first hidden layer
    pictures : how many training pictures were looked at
    """

    units: tuple[Unit, ...]
    count: int
    silent: int
    channels: bool
    pictures: int


def most_exciting(
    classifier: Any, dataset: Dataset, *, units: int = 24, pictures: int = 8
) -> Excitement | None:
    """The training pictures that excite the units of a network most: of a network with convolutions the channels
    of the last, else the units of the first hidden layer. None for what has no hidden units, or sees no pictures.

    Source     Zeiler and Fergus 2014, "Visualizing and understanding convolutional networks", figure 2

    Parameters
    ----------
    units : at most so many, those that matter most
    pictures : for each; they come from at most 5,000 training pictures, evenly spread
    """
    if not classifier.network or dataset.images.ndim != 4:
        return None
    model, rows = classifier.model, dataset.train.rows
    names = [name for name, layer in model.layers.named.items() if isinstance(layer, Linear | Maxout)]
    following = names[0] if model.convolutional else next(iter(names[1:]), None)
    if following is None or not len(rows):
        return None
    every = list(model.layers.named)
    most = int(min(len(rows), _MOST, max(256, _WORK // model.multiply_adds())))
    rows = rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]
    values = outputs(
        model,
        classifier.params,
        classifier.statistics,
        classifier.preprocessing,
        dataset.images,
        rows,
        until=every[every.index(following) - 1],
    )  # (n, U)
    outgoing = classifier.params[f"{following}.weight"].astype(np.float64)  # (K, U) or (next units, U)
    last = following == every[-1]
    if last:
        # What raises all scores alike decides nothing.
        outgoing = outgoing - outgoing.mean(axis=0)
    weights = values.std(axis=0, dtype=np.float64) * np.linalg.norm(outgoing, axis=0)
    chosen = [number for number in np.argsort(-weights, kind="stable")[:units] if weights[number] > 0]
    found = []
    for number in chosen:
        top = np.argsort(-values[:, number], kind="stable")[:pictures]
        raises = int(outgoing[:, number].argmax()) if last else None
        found.append(Unit(int(number), rows[top], values[top, number], float(weights[number]), raises))
    silent = int((values.max(axis=0) == values.min(axis=0)).sum())
    return Excitement(tuple(found), len(weights), silent, model.convolutional, most)
