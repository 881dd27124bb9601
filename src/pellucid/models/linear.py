"""The linear classifiers: one template a class, and how wrong its scores are."""

from typing import Any

import numpy as np

from pellucid.layers.linear import Linear
from pellucid.layers.single_score import SingleScore
from pellucid.storage.errors import InputError

KINDS = {
    "softmax": "linear classifier with softmax cross-entropy",
    "svm": "linear classifier with multiclass hinge (Weston and Watkins)",
    "logistic": "logistic regression: a single score for two classes, else one against the rest for each",
    "perceptron": "perceptron: moves only for pictures that it gets wrong (Rosenblatt)",
    "averaged-perceptron": "perceptron whose weights are averaged over all steps (Freund and Schapire)",
}
"""What `--model` can name, with a few words for each."""


def templates(model: Any, params: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The weights (K, D) and biases (K,) whose sums are the scores of a linear classifier."""
    return model.templates(params) if isinstance(model, SingleScore) else (params["weight"], params["bias"])


def linear(features: int, classes: int, *, single: bool = False) -> Linear | SingleScore:
    """The linear classifier of D features and K classes; with `single`, one score tells two classes apart.

    Raises `InputError` for less than 2 classes, or more than 2 and a single score.
    """
    if classes < 2:
        raise InputError(f"A classifier needs pictures of at least 2 classes to tell apart, got {classes}.")
    if single and classes != 2:
        raise InputError(f"A single score tells 2 classes apart, got {classes}.")
    return SingleScore(features) if single else Linear(features, classes)
