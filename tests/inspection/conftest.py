"""Small linear classifiers with seeded weights, on real code."""

import numpy as np
import pytest

from pellucid.data.frame import Frame
from pellucid.layers.linear import Linear
from pellucid.models.classifier import Classifier
from pellucid.preprocessing.pipeline import Preprocessing


@pytest.fixture
def make_classifier():
    """Makes a classifier for pictures of a shape (H, W, C), or for rows of D numbers where the shape is (D,)."""

    def make(shape=(6, 9, 3), classes=("ant", "bee", "cat"), seed=0):
        random = np.random.Generator(np.random.Philox(key=seed))
        size = int(np.prod(shape))
        frame = (
            Frame(shape[0], shape[1], color="rgb" if shape[2] == 3 else "gray") if len(shape) == 3 else None
        )
        mean = random.uniform(80, 160, size).astype(np.float32)
        scale = random.uniform(30, 70, size).astype(np.float32)
        params = {
            "weight": random.normal(0, 0.2, (len(classes), size)).astype(np.float32),
            "bias": random.normal(0, 0.5, len(classes)).astype(np.float32),
        }
        model = Linear(size, len(classes))
        return Classifier("softmax", tuple(classes), Preprocessing(frame, mean, scale), model, params)

    return make


@pytest.fixture
def random():
    return np.random.Generator(np.random.Philox(key=7))
