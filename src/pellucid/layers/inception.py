"""Several ways of looking at the same picture, side by side."""

from dataclasses import dataclass
from typing import Any

from pellucid.graph.algebra import concatenate
from pellucid.layers.initialization import Shape
from pellucid.layers.layer import Arrays, Container, Layer, check_names
from pellucid.storage.errors import InputError


@dataclass(frozen=True)
class Inception(Container):
    """Branches that all see the same picture; their channels are put side by side (Szegedy et al. 2015, "Going deeper
    with convolutions", section 4).

    Attributes
    ----------
    branches : name and layer of each; their results have the same height and width
    """

    branches: tuple[tuple[str, Layer], ...]

    def __post_init__(self) -> None:
        check_names("Inception", [name for name, _ in self.branches])
        if not self.branches:
            raise InputError("Inception needs one branch at least.")

    @property
    def named(self) -> dict[str, Layer]:
        return dict(self.branches)

    def inputs(self, shape: Shape) -> dict[str, Shape]:
        return {name: shape for name, _ in self.branches}

    def output_shape(self, shape: Shape) -> Shape:
        made = [layer.output_shape(shape) for _, layer in self.branches]
        if len({each[:-1] for each in made}) > 1:
            raise InputError(f"Inception: branches that make {made} of {shape} cannot be put side by side.")
        return (*made[0][:-1], sum(each[-1] for each in made))

    def __call__(self, params: Arrays, x: Any, **mode: Any) -> Any:
        return concatenate(*(forward(x) for forward in self.ready(params, **mode).values()), axis=-1)
