"""What a layer is: settings, the arrays it works with, and a way forward. And layers that are made of layers."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from pellucid.arrays import random
from pellucid.layers.initialization import Initialization, Shape, initialization_named
from pellucid.storage.errors import InputError

Arrays = dict[str, Any]
"""Name → array or tensor."""


@dataclass(frozen=True)
class Array:
    """An array that a layer works with, before it has numbers.

    Attributes
    ----------
    start : where its numbers begin, an initialization or the name of one
    trained : whether training changes it; if not, it is a statistic of the pictures
    """

    shape: Shape
    start: Initialization | str = "zeros"
    trained: bool = True

    def drawn(self, key: np.ndarray) -> np.ndarray:
        """The first numbers, float32."""
        start = initialization_named(self.start) if isinstance(self.start, str) else self.start
        return start(key, self.shape)


class Layer(ABC):
    """A part of a model: a frozen dataclass of settings. Its numbers are kept outside, in flat dicts by name.

    A model is a layer too. All shapes here are those of one picture, without the N in front.
    """

    @abstractmethod
    def arrays(self) -> dict[str, Array]:
        """What it works with, by name; the names of parts in parts are joined, as in "block3.normalization.scale"."""

    @abstractmethod
    def __call__(
        self,
        params: Arrays,
        x: Any,
        *,
        statistics: Arrays | None = None,
        training: bool = False,
        rng: Any = None,
    ) -> Any:
        """What it makes of x (N, …), array or Tensor.

        Parameters
        ----------
        params : the trained arrays by name; with tensors among them a graph is recorded
        statistics : the arrays that are not trained; needed unless `training`
        training : whether minibatch statistics and random masks are used
        rng : a random key (2,) uint32, traced or not; needed while `training` where `draws`
        """

    @abstractmethod
    def output_shape(self, shape: Shape) -> Shape:
        """The shape of what it makes of one picture's numbers of this shape.

        Raises `InputError` where they do not fit, which says what would.
        """

    @abstractmethod
    def multiply_adds(self, shape: Shape) -> int:
        """Multiplications, each with its addition, for the weighted sums of one picture; what each number goes through
        alone is not counted, as is usual (He et al. 2016, table 1)."""

    @property
    def draws(self) -> bool:
        """Whether it needs a random key while training."""
        return False

    def init(self, rng: np.ndarray) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """The first numbers of the parameters and of the statistics, by name, float32."""
        arrays = self.arrays()
        keys = random.split(rng, len(arrays))
        drawn = {name: array.drawn(key) for (name, array), key in zip(arrays.items(), keys, strict=True)}
        params = {name: drawn[name] for name, array in arrays.items() if array.trained}
        return params, {name: drawn[name] for name, array in arrays.items() if not array.trained}

    def parameters(self) -> int:
        """How many numbers training finds."""
        return sum(math.prod(array.shape) for array in self.arrays().values() if array.trained)


class Plain(Layer):
    """A layer without numbers of its own: it has nothing to learn."""

    def arrays(self) -> dict[str, Array]:
        return {}

    def multiply_adds(self, shape: Shape) -> int:
        return 0


class Container(Layer):
    """A layer that is made of layers, each with a name."""

    @property
    @abstractmethod
    def named(self) -> dict[str, Layer]:
        """The layers by their names, in their order."""

    @abstractmethod
    def inputs(self, shape: Shape) -> dict[str, Shape]:
        """The shape of what flows into each, for one picture's numbers of this shape."""

    def arrays(self) -> dict[str, Array]:
        return {
            f"{name}.{inner}": array
            for name, layer in self.named.items()
            for inner, array in layer.arrays().items()
        }

    def multiply_adds(self, shape: Shape) -> int:
        inputs = self.inputs(shape)
        return sum(layer.multiply_adds(inputs[name]) for name, layer in self.named.items())

    @property
    def draws(self) -> bool:
        return any(layer.draws for layer in self.named.values())

    def ready(
        self, params: Arrays, statistics: Arrays | None = None, training: bool = False, rng: Any = None
    ) -> dict[str, Callable[[Any], Any]]:
        """The layers by name, each with its own arrays and a random key of its own, so that only x is missing."""
        layers = self.named
        own, measured = _opened(params), _opened(statistics or {})
        keys: Any = [None] * len(layers)
        if training and rng is not None and self.draws:
            keys = random.split(rng, len(layers))
        return {
            name: partial(_forward, layer, own.get(name, {}), measured.get(name, {}), training, keys[place])
            for place, (name, layer) in enumerate(layers.items())
        }


@dataclass(frozen=True)
class Chain(Container):
    """Layers one after the other: `chain(hidden=Linear(3072, 100), activation=Activation("relu"), …)`."""

    parts: tuple[tuple[str, Layer], ...]

    def __post_init__(self) -> None:
        check_names("Chain", [name for name, _ in self.parts])

    @property
    def named(self) -> dict[str, Layer]:
        return dict(self.parts)

    def inputs(self, shape: Shape) -> dict[str, Shape]:
        found = {}
        for name, layer in self.parts:
            found[name] = shape
            shape = _within(name, layer, shape)
        return found

    def output_shape(self, shape: Shape) -> Shape:
        for name, layer in self.parts:
            shape = _within(name, layer, shape)
        return shape

    def __call__(self, params: Arrays, x: Any, **mode: Any) -> Any:
        for forward in self.ready(params, **mode).values():
            x = forward(x)
        return x


def chain(**layers: Layer) -> Chain:
    """The layers, each under its name, one after the other."""
    return Chain(tuple(layers.items()))


def check_names(container: str, names: list[str]) -> None:
    """Raise `InputError` where names cannot keep the arrays of the parts apart."""
    for name in names:
        if not name or "." in name or names.count(name) > 1:
            raise InputError(
                f"{container}: each part needs a name of its own, without dots; got {name!r} in {names}."
            )


def _opened(arrays: Arrays) -> dict[str, Arrays]:
    """The arrays of each part: {"hidden": {"weight": …}} of {"hidden.weight": …}."""
    opened: dict[str, Arrays] = {}
    for name, array in arrays.items():
        part, _, inner = name.partition(".")
        opened.setdefault(part, {})[inner] = array
    return opened


def _forward(layer: Layer, params: Arrays, statistics: Arrays, training: bool, key: Any, x: Any) -> Any:
    return layer(params, x, statistics=statistics, training=training, rng=key)


def _within(name: str, layer: Layer, shape: Shape) -> Shape:
    """The shape behind a part; its complaint with the part's name in front, once for each container around it."""
    try:
        return layer.output_shape(shape)
    except InputError as error:
        raise InputError(f"{name}{'.' if isinstance(layer, Container) else ': '}{error}") from None
