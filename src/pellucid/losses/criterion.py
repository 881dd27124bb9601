"""A loss made ready for training: from the scores (N, K) of any classifier and its labels to one value a picture."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from pellucid.arrays.namespace import namespace
from pellucid.losses import binary, margins, multiclass, perceptron, squared
from pellucid.losses.masks import right_class
from pellucid.losses.names import NAMES, initial_loss, loss_named
from pellucid.storage.errors import InputError

_SIGNS = (
    margins.logistic_loss,
    margins.exponential_loss,
    margins.hinge_loss,
    margins.squared_hinge_loss,
    perceptron.perceptron_loss,
)
_SINGLE = (*_SIGNS, binary.binary_cross_entropy)
_TARGETS = (squared.squared_error, squared.half_squared_error)
_REFUSED = {
    margins.zero_one_loss: "is flat and jumps, so no descent can use it, only measure it. Descend a surrogate of it:",
    multiclass.soft_cross_entropy: "needs a probability of each class for each picture. With labels take",
}

TRAINABLE = tuple(name for name, loss in NAMES.items() if loss not in _REFUSED)
"""The names of the losses that can be descended with one label a picture."""


@dataclass(frozen=True)
class Criterion:
    """What training calls wrong: a loss by its name, with its settings, for labels 0..K−1.

    - a multiclass or one-versus-rest loss takes scores and labels as they are;
    - a loss of a single score (margin losses, binary cross-entropy) is for two classes: its score is s₁ − s₀, and the
      labels 0 and 1 become −1 and +1, or stay 0 and 1;
    - a squared error is measured from a target of 1 at the right class and 0 elsewhere.

    Attributes
    ----------
    name : one of `TRAINABLE`
    margin : Δ ≥ 0 of a hinge
    smoothing : ε, 0 to below 1, of softmax cross-entropy, whose target is ε/K, and 1 − ε more at the right class

    Raises
    ------
    InputError : an unknown name (it suggests the nearest), a loss that cannot be descended with labels, a setting out
        of its range or of another loss
    """

    name: str
    margin: float = 1.0
    smoothing: float = 0.0
    _loss: Callable[..., Any] = field(init=False, repr=False, compare=False)
    _call: Callable[..., Any] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        loss = loss_named(self.name)
        if loss in _REFUSED:
            raise InputError(
                f"--loss {self.name} {_REFUSED[loss]} softmax-cross-entropy, multiclass-hinge or one-versus-rest-hinge."
            )
        object.__setattr__(self, "name", loss.__name__.replace("_", "-"))
        _check("--margin", self.margin, "0 or more", 0 <= self.margin < np.inf)
        _check("--label-smoothing", self.smoothing, "0 to below 1", 0 <= self.smoothing < 1)
        settings = {"margin": (self.margin, 1.0), "smoothing": (self.smoothing, 0.0)}
        known = inspect.signature(loss).parameters
        for setting, (value, default) in settings.items():
            if value != default and setting not in known:
                option = "--margin" if setting == "margin" else "--label-smoothing"
                raise InputError(f"--loss {self.name} knows no {option}: leave it out, or take another loss.")
        given = {name: float(value) for name, (value, _) in settings.items() if name in known}
        object.__setattr__(self, "_loss", loss)
        object.__setattr__(self, "_call", partial(loss, **given))

    @property
    def binary(self) -> bool:
        """Whether it is a loss of a single score, for two classes."""
        return self._loss in _SINGLE

    def __call__(self, s: Any, y: Any) -> Any:
        """The loss of each picture (N), from scores s (N, K) and labels y (N) whole numbers below K."""
        if self.binary:
            return self._call(s[:, 1] - s[:, 0], 2 * y - 1 if self._loss in _SIGNS else y)
        if self._loss in _TARGETS:
            scores = getattr(s, "value", s)
            return self._call(s, right_class(namespace(scores, y), scores, y))
        return self._call(s, y)

    def check_classes(self, classes: int) -> None:
        """Raise `InputError` where a loss of a single score has more than two classes to tell apart."""
        if self.binary and classes != 2:
            raise InputError(
                f"--loss {self.name} is for a single score and 2 classes, got {classes}. For more take "
                "softmax-cross-entropy, multiclass-hinge or a one-versus-rest loss."
            )

    def at_zero(self, classes: int) -> float:
        """What a picture costs where all K scores are 0."""
        if self._loss in _TARGETS:
            return 0.5 if self._loss is squared.half_squared_error else 1.0
        if self.margin == 1.0:
            return initial_loss(self.name, classes)
        zeros = np.zeros((1, classes), np.float64)
        return float(self(zeros, np.zeros(1, np.int32))[0])


def _check(option: str, value: float, wanted: str, fits: bool) -> None:
    if not fits:
        raise InputError(f"{option} must be {wanted}, got {value!r}.")
