"""The linear classifiers: one template a class, and how wrong its scores are."""

from pellucid.layers.linear import Linear
from pellucid.storage.errors import InputError

KINDS = {
    "softmax": "linear classifier with softmax cross-entropy",
    "svm": "linear classifier with multiclass hinge (Weston and Watkins)",
}
"""What `--model` can name, with a few words for each."""


def linear(kind: str, features: int, classes: int) -> Linear:
    """The model of this kind for D features and K classes. Raises `InputError` for an unknown kind or less
    than 2 classes."""
    if kind not in KINDS:
        raise InputError(f"--model must be one of {', '.join(KINDS)}, got {kind!r}.")
    if classes < 2:
        raise InputError(f"A classifier needs pictures of at least 2 classes to tell apart, got {classes}.")
    return Linear(features, classes)
