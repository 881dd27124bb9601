"""Batch normalization: every channel is brought to a mean and a deviation that are learned."""

import math
from dataclasses import dataclass
from typing import Any

from pellucid.graph.normalization import batch_normalize, normalize_with
from pellucid.layers.initialization import Constant, Shape
from pellucid.layers.layer import Array, Arrays, Layer
from pellucid.layers.settings import check_between, check_whole
from pellucid.storage.errors import InputError

MINIBATCH = "minibatch"
"""Stands for a statistic that is not known yet: the minibatch's own is used, as while training."""


@dataclass(frozen=True)
class BatchNorm(Layer):
    """Normalizes each of C channels, the last axis (Ioffe and Szegedy 2015, "Batch normalization").

    While training by the minibatch's own mean and variance; otherwise by those of all pictures, the statistics, which
    `calibrate` computes.

    Attributes
    ----------
    channels : C
    epsilon : is added to the variance, so that a channel that is always the same is not divided by 0
    """

    channels: int
    epsilon: float = 1e-5

    def __post_init__(self) -> None:
        check_whole("BatchNorm", channels=self.channels)
        check_between("BatchNorm", 0, math.inf, epsilon=self.epsilon)

    def arrays(self) -> dict[str, Array]:
        shape = (self.channels,)
        return {
            "scale": Array(shape, Constant(1.0)),
            "shift": Array(shape),
            "mean": Array(shape, trained=False),
            "variance": Array(shape, Constant(1.0), trained=False),
        }

    def output_shape(self, shape: Shape) -> Shape:
        if shape[-1] != self.channels:
            raise InputError(f"BatchNorm({self.channels}) got numbers of {shape[-1]} channels.")
        return shape

    def multiply_adds(self, shape: Shape) -> int:
        return 0

    def __call__(
        self,
        params: Arrays,
        x: Any,
        *,
        statistics: Arrays | None = None,
        training: bool = False,
        rng: Any = None,
    ) -> Any:
        scale, shift = params["scale"], params["shift"]
        statistics = statistics or {}
        if training or statistics.get("mean") is MINIBATCH:
            if math.prod(x.shape[:-1]) < 2:
                raise InputError(
                    f"BatchNorm({self.channels}) cannot train on a minibatch of one picture: a single number has no "
                    "variance. Give 2 pictures or more, also in the last minibatch of an epoch."
                )
            return batch_normalize(x, scale, shift, epsilon=self.epsilon)
        if not statistics:
            raise InputError(
                f"BatchNorm({self.channels}) needs the mean and the variance of all pictures to judge one: pass "
                "statistics=calibrate(model, params, batches), or training=True to use the minibatch's own."
            )
        return normalize_with(
            x, statistics["mean"], statistics["variance"], scale, shift, epsilon=self.epsilon
        )
