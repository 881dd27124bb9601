"""Every loss by its name, and what it costs to know nothing."""

import math
from collections.abc import Callable
from typing import Any

from pellucid.losses import binary, margins, multiclass, one_versus_rest, perceptron, squared
from pellucid.storage.errors import known_name

NAMES: dict[str, Callable[..., Any]] = {
    each.__name__.replace("_", "-"): each
    for each in (
        multiclass.softmax_cross_entropy,
        multiclass.soft_cross_entropy,
        multiclass.multiclass_hinge,
        multiclass.multiclass_squared_hinge,
        multiclass.structured_hinge,
        perceptron.multiclass_perceptron,
        one_versus_rest.one_versus_rest_hinge,
        one_versus_rest.one_versus_rest_squared_hinge,
        one_versus_rest.one_versus_rest_logistic,
        binary.binary_cross_entropy,
        margins.zero_one_loss,
        margins.logistic_loss,
        margins.exponential_loss,
        margins.hinge_loss,
        margins.squared_hinge_loss,
        perceptron.perceptron_loss,
        squared.squared_error,
        squared.half_squared_error,
    )
}
"""Every loss: its function's name, with dashes."""

_AT_ZERO: dict[str, Callable[[int], float]] = {
    "softmax-cross-entropy": math.log,
    "soft-cross-entropy": math.log,
    "multiclass-hinge": lambda classes: classes - 1.0,
    "multiclass-squared-hinge": lambda classes: classes - 1.0,
    "structured-hinge": lambda classes: 1.0 if classes > 1 else 0.0,
    "multiclass-perceptron": lambda classes: 0.0,
    "one-versus-rest-hinge": float,
    "one-versus-rest-squared-hinge": float,
    "one-versus-rest-logistic": lambda classes: classes * math.log(2),
    "binary-cross-entropy": lambda classes: math.log(2),
    "zero-one-loss": lambda classes: 1.0,
    "logistic-loss": lambda classes: math.log(2),
    "exponential-loss": lambda classes: 1.0,
    "hinge-loss": lambda classes: 1.0,
    "squared-hinge-loss": lambda classes: 1.0,
    "perceptron-loss": lambda classes: 0.0,
}


def loss_named(name: str) -> Callable[..., Any]:
    """The loss of this name, such as "multiclass-hinge"; underscores are as good as dashes.

    Raises `InputError` for a name that no loss has; it suggests the nearest.
    """
    return NAMES[known_name("loss", name, NAMES)]


def initial_loss(loss: str, classes: int) -> float:
    """What a picture costs where all K scores are 0: ln K for softmax, K − 1 for the multiclass hinge, with Δ = 1.

    A training whose first loss is far from it begins from something else than knowing nothing, or computes another
    loss (CS231n, "Sanity checks").

    Parameters
    ----------
    loss : the name of a loss of K or of single scores; for a single score K does not matter

    Raises
    ------
    InputError : no loss has this name, or what the loss costs at 0 depends on its targets
    """
    return _AT_ZERO[known_name("loss", loss, _AT_ZERO)](classes)
