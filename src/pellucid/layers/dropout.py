"""Units that are switched off at random while a network learns, so that none can rely on another."""

from dataclasses import dataclass
from typing import Any

from pellucid.arrays import random
from pellucid.graph.dropout import dropout
from pellucid.layers.initialization import Shape
from pellucid.layers.layer import Arrays, Plain
from pellucid.layers.settings import check_between
from pellucid.storage.errors import InputError


@dataclass(frozen=True)
class Dropout(Plain):
    """Drops each number with a probability while training, and makes the others stronger; otherwise passes them on.

    Attributes
    ----------
    rate : the share that is dropped, 0 to below 1
    """

    rate: float = 0.5

    def __post_init__(self) -> None:
        check_between("Dropout", 0, 1, rate=self.rate)

    @property
    def draws(self) -> bool:
        return self.rate > 0

    def output_shape(self, shape: Shape) -> Shape:
        return shape

    def __call__(
        self,
        params: Arrays,
        x: Any,
        *,
        statistics: Arrays | None = None,
        training: bool = False,
        rng: Any = None,
    ) -> Any:
        if not training or not self.draws:
            return x
        if rng is None:
            raise InputError("Dropout draws while training: pass a random key, as rng=random.key(seed).")
        return dropout(x, random.kept(rng, x.shape, self.rate), rate=self.rate)
