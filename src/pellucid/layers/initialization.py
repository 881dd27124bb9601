"""Where weights begin. All equal, they stay equal; too large or too small, and no gradient gets through many layers."""

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from pellucid.arrays import random
from pellucid.layers.settings import check_between
from pellucid.storage.errors import known_name

Shape = tuple[int, ...]


class Initialization(Protocol):
    """Draws the start of an array; its shape says how many numbers meet in each unit."""

    def __call__(self, key: np.ndarray, shape: Shape) -> np.ndarray:
        """The start, float32 in this shape, from a random key (2,) uint32."""
        ...


@dataclass(frozen=True)
class Constant:
    """All numbers the same: right for biases, and for the weights of a linear classifier, where there is no symmetry to
    break. Hidden units that begin alike get the same gradient and stay alike (CS231n, Neural networks 2)."""

    value: float = 0.0

    def __call__(self, key: np.ndarray, shape: Shape) -> np.ndarray:
        return np.full(shape, self.value, np.float32)


@dataclass(frozen=True)
class Gaussian:
    """Normally distributed numbers of one deviation, whatever the layer's width (Krizhevsky, Sutskever and Hinton 2012,
    "ImageNet classification with deep convolutional neural networks", section 5, where it is 0.01)."""

    deviation: float = 0.01

    def __post_init__(self) -> None:
        check_between("Gaussian", 0, math.inf, deviation=self.deviation)

    def __call__(self, key: np.ndarray, shape: Shape) -> np.ndarray:
        return np.float32(self.deviation) * random.normal(key, shape)


@dataclass(frozen=True)
class Glorot:
    """Even over ±√(6 / (n_in + n_out)), so that neither values on the way forward nor gradients on the way back grow or
    shrink where units are about linear, as tanh is around 0 (Glorot and Bengio 2010, "Understanding the difficulty of
    training deep feedforward neural networks", equation 16)."""

    def __call__(self, key: np.ndarray, shape: Shape) -> np.ndarray:
        limit = math.sqrt(6 / sum(fans(shape)))
        return np.float32(2 * limit) * (random.uniform(key, shape) - np.float32(0.5))


@dataclass(frozen=True)
class He:
    """Normally distributed with deviation √(2 / n_in): Glorot's thought for ReLU, which lets half of the signal through
    (He et al. 2015, "Delving deep into rectifiers", equation 10)."""

    def __call__(self, key: np.ndarray, shape: Shape) -> np.ndarray:
        return np.float32(math.sqrt(2 / fans(shape)[0])) * random.normal(key, shape)


INITIALIZATIONS: dict[str, Initialization] = {
    "zeros": Constant(0.0),
    "gaussian": Gaussian(),
    "glorot": Glorot(),
    "he": He(),
}
"""Every initialization by its name."""


def initialization_named(name: str) -> Initialization:
    """The initialization of this name. Raises `InputError` for an unknown one; it suggests the nearest."""
    return INITIALIZATIONS[known_name("initialization", name, INITIALIZATIONS)]


def fans(shape: Shape) -> tuple[int, int]:
    """How many numbers flow into a unit, and to how many units each flows: D and K of weights (K, D), R · S · C and
    R · S · K of filters (K, R, S, C)."""
    window = math.prod(shape[1:-1])
    return window * shape[-1], window * shape[0]
