"""How wrong are the scores? One value for each picture, so that pictures can be ranked by it.

    multiclass        s (N, K) scores, y (N) labels 0..K−1        softmax_cross_entropy, multiclass_hinge, …
    soft targets      s (N, K) scores, q (N, K) probabilities     soft_cross_entropy
    one versus rest   s (N, K) scores, y (N) labels 0..K−1        one_versus_rest_hinge, …_squared_hinge, …_logistic
    binary            s (N) scores, t (N) labels 0 or 1           binary_cross_entropy
    margin            s (N) scores, t (N) labels −1 or +1         logistic_loss, hinge_loss, perceptron_loss, …
    squared           z (N, K) predictions, y (N, K) targets      squared_error, half_squared_error

The mean over the pictures is an operation of its own (`graph.reductions.weighted_mean`), in which classes and
pictures may count more or less (`weights.picture_weights`). Labels and targets are looked at where data come in
(`labels.checked_labels` and its neighbors), not in every step.
"""

from pellucid.losses.binary import binary_cross_entropy
from pellucid.losses.labels import checked_bits, checked_labels, checked_signs, checked_targets
from pellucid.losses.margins import (
    exponential_loss,
    hinge_loss,
    logistic_loss,
    squared_hinge_loss,
    zero_one_loss,
)
from pellucid.losses.multiclass import (
    multiclass_hinge,
    multiclass_squared_hinge,
    soft_cross_entropy,
    softmax_cross_entropy,
    structured_hinge,
)
from pellucid.losses.names import initial_loss, loss_named
from pellucid.losses.one_versus_rest import (
    one_versus_rest_hinge,
    one_versus_rest_logistic,
    one_versus_rest_squared_hinge,
)
from pellucid.losses.perceptron import multiclass_perceptron, perceptron_loss
from pellucid.losses.squared import half_squared_error, squared_error
from pellucid.losses.weights import picture_weights

__all__ = [
    "binary_cross_entropy",
    "checked_bits",
    "checked_labels",
    "checked_signs",
    "checked_targets",
    "exponential_loss",
    "half_squared_error",
    "hinge_loss",
    "initial_loss",
    "logistic_loss",
    "loss_named",
    "multiclass_hinge",
    "multiclass_perceptron",
    "multiclass_squared_hinge",
    "one_versus_rest_hinge",
    "one_versus_rest_logistic",
    "one_versus_rest_squared_hinge",
    "perceptron_loss",
    "picture_weights",
    "soft_cross_entropy",
    "softmax_cross_entropy",
    "squared_error",
    "squared_hinge_loss",
    "structured_hinge",
    "zero_one_loss",
]
