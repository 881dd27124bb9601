"""Small classifiers on features, with seeded weights, on real code."""

import numpy as np

from pellucid.data.frame import Frame
from pellucid.layers.linear import Linear
from pellucid.models.architecture import Architecture
from pellucid.models.classifier import Classifier
from pellucid.preprocessing.shown import first_shown

KINDS = (
    "hog:cell=4,block=2",
    "hog:cell=4,block=1,signed=true,orientations=18,norm=L1",
    "hog:cell=5|3,block=1|2,transform_sqrt=true",
    "fhog:cell=4,orientations=6",
    "color",
    "color:grid=2,bins=7,soft=true",
    "color:space=rgb,bins=3,power=0.5",
    "color:space=hsv,bins=3,grid=3",
    "color:space=opponent,bins=4,soft=true",
    "thumbnail:grid=3",
    "words:words=9,patch=4,patches=500",
    "words:words=9,patch=3,stride=2,patches=500,assignment=hard,power=0.5,pooling=mean,grid=2|3",
    "hog:cell=4,block=1+color+thumbnail:grid=2+words:words=6,patch=4,patches=400",
)


def noise(count=24, shape=(16, 13, 3), seed=1):
    """Pictures (count, H, W, C) uint8: blurred noise, so that neighbors are alike as in photographs."""
    random = np.random.Generator(np.random.Philox(key=seed))
    height, width, channels = shape
    wide = random.integers(0, 256, (count, height + 2, width + 2, channels)).astype(np.float64)
    near = sum(wide[:, r : r + height, c : c + width] for r in range(3) for c in range(3)) / 9
    return np.clip((near - 128) * 2.5 + 128, 0, 255).astype(np.uint8)


def classifier(features, pictures=None, classes=("ant", "bee", "cat"), hidden=None, seed=0):
    """A linear classifier on these features, or a network with so many hidden units; random weights."""
    pictures = noise() if pictures is None else pictures
    random = np.random.Generator(np.random.Philox(key=seed))
    height, width, channels = pictures.shape[1:]
    frame = Frame(height, width, color="rgb" if channels == 3 else "gray")
    seen = first_shown(pictures, np.arange(len(pictures)), frame, features).preprocessing
    size = seen.features
    if hidden:
        model = Architecture("mlp", (size,), len(classes), {"hidden": (hidden,), "batch_norm": False})
        params, statistics = model.init(np.array([0, seed], np.uint32))
        return Classifier("mlp", tuple(classes), seen, model, params, statistics=statistics)
    params = {
        "weight": random.normal(0, 0.2, (len(classes), size)).astype(np.float32),
        "bias": random.normal(0, 0.5, len(classes)).astype(np.float32),
    }
    return Classifier("softmax", tuple(classes), seen, Linear(size, len(classes)), params)
