"""What the units or filters of a network's first layer look for: their weights as pictures."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.layers.convolution import Conv2d
from pellucid.layers.shape import SpaceToDepth


@dataclass(frozen=True)
class FirstLayer:
    """The weights of the first layer, each unit's as a picture.

    Attributes
    ----------
    pictures (U, h, w, C) float64 : in score units per standardized pixel; whole pictures of dense layers, also
        where they see a projection; small patches of convolutions
    numbers (U,) : which unit each is, the one with the longest weights first
    filters : whether they slide over the picture
    """

    pictures: np.ndarray
    numbers: np.ndarray
    filters: bool


def first_layer(classifier: Any) -> FirstLayer | None:
    """The weights of a network's first layer; None for what sees no pictures, and for what is no network.

    A filter behind `SpaceToDepth` sees blocks of pixels: its weights are laid out again as these pixels lie. A unit of
    a maxout network has several templates, of which each is a picture.
    """
    frame = classifier.preprocessing.frame
    if not classifier.network or frame is None or classifier.preprocessing.measure is not None:
        return None
    layers = classifier.model.layers.named
    name, layer = next((name, layer) for name, layer in layers.items() if layer.arrays())
    weight = classifier.params[f"{name}.weight"].astype(np.float64)
    filters = isinstance(layer, Conv2d)
    if filters:
        block = next((each.block for each in layers.values() if isinstance(each, SpaceToDepth)), 1)
        count, height, width, depth = weight.shape
        pictures = weight.reshape(count, height, width, block, block, depth // block**2)
        # (U, h, w, b, b, C) → (U, h · b, w · b, C)
        pictures = pictures.transpose(0, 1, 3, 2, 4, 5).reshape(count, height * block, width * block, -1)
    else:
        weight = classifier.preprocessing.pulled_back(weight)
        pictures = weight.reshape(len(weight), *frame.shape)
    length = np.linalg.norm(weight.reshape(len(weight), -1), axis=1)
    order = np.argsort(-length, kind="stable")
    return FirstLayer(pictures[order], order, filters)
