"""Which network it is: a name, settings, the shape of what it sees, and how many classes; as a model and as JSON."""

import contextlib
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cached_property
from typing import Any, Protocol

from pellucid.layers.initialization import Shape
from pellucid.layers.layer import Array, Arrays, Chain, Layer
from pellucid.layers.settings import check_sizes, check_whole
from pellucid.models.convnet import ConvNet
from pellucid.models.googlenet import GoogLeNet
from pellucid.models.maxout import MaxoutNetwork
from pellucid.models.mlp import MLP
from pellucid.models.resnet import DEPTHS, ResNet
from pellucid.storage.errors import InputError, known_name, meant


class Design(Protocol):
    """The settings of a network, a frozen dataclass of plain values, before it is known what it will see."""

    def layers(self, shape: Shape, classes: int) -> Chain:
        """The network for pictures (H, W, C) or rows (D) of K classes. Raises `InputError` where it cannot see them."""
        ...


DESIGNS: dict[str, Any] = {
    "mlp": MLP(),
    "maxout": MaxoutNetwork(),
    "convnet": ConvNet(),
    "googlenet": GoogLeNet(),
    **{f"resnet{depth}": ResNet(depth) for depth in DEPTHS},
}
"""Every network by its name, with its default settings; `design` sets others."""

_LARGEST_SIDE = 256


def design(name: str, **settings: Any) -> Any:
    """The network of this name with these settings: `design("mlp", hidden=(512, 256), dropout=0.5)`.

    Raises `InputError` where the name or a setting is not known, or a value is out of its range.
    """
    standard = DESIGNS[known_name("network", name, DESIGNS)]
    known = [each.name for each in fields(standard)]
    for setting in settings:
        if setting not in known:
            raise InputError(
                f"{setting!r} is not a setting of {name}.{meant(setting, known)} There are {', '.join(known)}."
            )
    # JSON has lists where settings have tuples, which cannot be changed.
    given = {name: tuple(value) if isinstance(value, list) else value for name, value in settings.items()}
    return replace(standard, **given)


@dataclass(frozen=True)
class Architecture(Layer):
    """A network for pictures of one shape: a layer that makes scores (N, K) of rows (N, D).

    Attributes
    ----------
    name : one of `DESIGNS`
    shape : of what it sees, (H, W, C) of pictures or (D,) of features
    classes : K
    settings : those in which it differs from the design of that name

    Raises
    ------
    InputError : an unknown name or setting, a value out of its range, pictures too small: it says the size that fits
    """

    name: str
    shape: Shape
    classes: int
    settings: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        known_name("network", self.name, DESIGNS)
        check_sizes(self.name, shape=self.shape)
        check_whole(self.name, 2, classes=self.classes)
        try:
            self.layers.output_shape((self.features,))
        except InputError as error:
            side = self._side_that_fits()
            if side is None:
                raise
            height, width, _ = self.shape
            raise InputError(
                f"{self.name} needs pictures of {side} × {side} pixels or more, got {height} × {width} ({error}). "
                f"Make them larger: --size {side}."
            ) from None

    @cached_property
    def design(self) -> Any:
        """All settings, as a dataclass of the design's own."""
        return design(self.name, **self.settings)

    @cached_property
    def layers(self) -> Chain:
        """The layers one after the other."""
        return self.design.layers(tuple(self.shape), self.classes)

    @property
    def features(self) -> int:
        """D, how many numbers it is given for each picture."""
        return math.prod(self.shape)

    def arrays(self) -> dict[str, Array]:
        return self.layers.arrays()

    def output_shape(self, shape: Shape) -> Shape:
        return self.layers.output_shape(shape)

    def multiply_adds(self, shape: Shape | None = None) -> int:
        return self.layers.multiply_adds((self.features,) if shape is None else shape)

    @property
    def draws(self) -> bool:
        return self.layers.draws

    @cached_property
    def convolutional(self) -> bool:
        """Whether filters slide over what it sees."""
        return any(len(array.shape) == 4 for array in self.arrays().values())

    @property
    def has_statistics(self) -> bool:
        """Whether it needs more than its parameters to judge one picture alone: batch normalization does."""
        return any(not array.trained for array in self.arrays().values())

    def __repr__(self) -> str:
        # Not at the top: a summary is made of architectures.
        from pellucid.models.summary import summary

        return str(summary(self))

    def __call__(self, params: Arrays, x: Any, **mode: Any) -> Any:
        """Scores (N, K) of x (N, D)."""
        return self.layers(params, x, **mode)

    def record(self) -> dict[str, Any]:
        """It in plain values for JSON, with all settings, so that it is the same where the defaults are others."""
        settings = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self.design).items()
        }
        return {"name": self.name, "shape": list(self.shape), "classes": self.classes, "settings": settings}

    @classmethod
    def from_record(cls, record: Any) -> "Architecture":
        """The network that `record` wrote. Raises `InputError` for anything else."""
        keys = {"name", "shape", "classes", "settings"}
        if not isinstance(record, dict) or set(record) != keys or not isinstance(record["settings"], dict):
            raise InputError(f"A network is recorded by {', '.join(sorted(keys))}, got {record!r}.")
        check_sizes("A network", shape=record["shape"])
        return cls(record["name"], tuple(record["shape"]), record["classes"], record["settings"])

    def _side_that_fits(self) -> int | None:
        """The least side of square pictures that the network can see; None where the size is not to blame."""
        if len(self.shape) != 3:
            return None
        for side in range(min(self.shape[:2]) + 1, _LARGEST_SIDE + 1):
            shape = (side, side, self.shape[2])
            with contextlib.suppress(InputError):
                self.design.layers(shape, self.classes).output_shape((math.prod(shape),))
                return side
        return None
