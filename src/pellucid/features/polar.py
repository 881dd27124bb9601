"""Polar coordinates: of a point in the plane how far it is from a center, and in which direction."""

from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from pellucid.arrays.namespace import namespace
from pellucid.features.settings import exact
from pellucid.storage.errors import InputError


@dataclass(frozen=True)
class Polar:
    """The radius and the angle of points (x, y): a circle around the center becomes the straight line r = constant.

    Forward    r = √((x − x₀)² + (y − y₀)²),  θ = atan2(y − y₀, x − x₀), from −π to π
    Shapes     points (N, 2) → (N, 2)

    Attributes
    ----------
    center : x₀ and y₀
    """

    center: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        pair = self.center if isinstance(self.center, tuple | list) else ()
        if len(pair) != 2 or not all(isinstance(each, Real) and np.isfinite(each) for each in pair):
            raise InputError(
                f"polar: center must be two numbers, such as center=0.5|0.5, got {self.center!r}."
            )
        object.__setattr__(self, "center", (float(pair[0]), float(pair[1])))

    def settled(self, shape: tuple[int, ...], pictures: int) -> "Polar":
        """As it is. Raises `InputError` unless each input is two numbers."""
        if shape != (2,):
            came = (
                f"pictures of {' × '.join(map(str, shape))}" if len(shape) == 3 else f"rows of {shape[0]:,}"
            )
            raise InputError(
                f"--features polar is for points of the plane, rows of 2 numbers, and the data are {came}: leave it "
                "out."
            )
        return self

    def __call__(self, points: Any) -> Any:
        """r and θ (N, 2) of points (N, 2), in their dtype."""
        xp = namespace(points)
        x, y = points[:, 0] - self.center[0], points[:, 1] - self.center[1]
        return xp.stack([xp.hypot(x, y), xp.arctan2(y, x)], axis=1)

    def names(self) -> list[str]:
        """What each feature is."""
        return ["r", "θ"]

    def __str__(self) -> str:
        return "polar" if self.center == (0, 0) else f"polar:center={'|'.join(map(exact, self.center))}"
