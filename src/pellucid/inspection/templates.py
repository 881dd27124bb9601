"""The rows of W as pictures: what a linear classifier looks for in each class.

The weights act on standardized inputs x = (pixel − mean) / scale. Pulled back to pixels they are W / scale:
by how much the score of a class rises for one more step of brightness (of 255) at that place.
"""

from typing import Any

import numpy as np

from pellucid.inspection.pictures import diverging, gray, largest
from pellucid.storage.errors import InputError

SHARE = 0.98  # of the weights that the scale covers; a few wild corner pixels would else make the rest flat


def templates(classifier: Any, shape: tuple[int, ...] | None = None) -> np.ndarray:
    """The template of each class in the units of the picture: score per pixel step.

    Shapes     W (K, D), scale (D) → (K, H, W, C) float64, or (K, D) where inputs are rows of numbers

    Parameters
    ----------
    shape : (H, W, C) of a picture; default that of the classifier's frame

    Raises
    ------
    InputError : the model does not look at pixels one by one, so its weights are no picture
    """
    weight = classifier.templates[0].astype(np.float64) / classifier.preprocessing.scale
    frame = classifier.preprocessing.frame
    if shape is None:
        shape = frame.shape if frame is not None else weight.shape[1:]
    if int(np.prod(shape)) != weight.shape[1]:
        raise InputError(
            f"These weights are for {weight.shape[1]:,} numbers, which are not the "
            f"{int(np.prod(shape)):,} pixels of a picture; they cannot be drawn as one."
        )
    return weight.reshape(len(weight), *shape)


def centered(template: np.ndarray) -> np.ndarray:
    """What sets each class apart: its template minus the mean over classes, (K, ...) → (K, ...).

    A template that all classes share changes no verdict; this takes it away.
    """
    return template - template.mean(axis=0)


def difference(template: np.ndarray, a: int, b: int) -> np.ndarray:
    """What speaks for class `a` rather than class `b`: (K, ...) → (...)."""
    return template[a] - template[b]


def as_pictures(template: np.ndarray) -> np.ndarray:
    """Templates as pictures on one scale for all classes: (K, H, W, C) → (K, H, W, C) uint8; gray = zero."""
    return gray(template, largest(template, SHARE))


def signed_pictures(template: np.ndarray) -> np.ndarray:
    """The sum over channels in blue and orange, one scale for all: (K, H, W, C) → (K, H, W, 3) uint8."""
    total = template.sum(axis=-1)
    return diverging(total, largest(total, SHARE))
