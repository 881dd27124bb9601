"""The pictures that excite a unit most are those on which it is largest."""

from dataclasses import replace

import numpy as np
import pytest

from pellucid.arrays import random
from pellucid.data.dataset import Dataset
from pellucid.data.frame import Frame
from pellucid.inspection.exciting import most_exciting
from pellucid.models.architecture import Architecture
from pellucid.models.classifier import Classifier
from pellucid.preprocessing.pipeline import Preprocessing

SIDE, NAMES = 6, ("a", "b", "c")


@pytest.fixture
def pictures():
    rng = np.random.Generator(np.random.Philox(key=2))
    images = rng.integers(0, 256, (60, SIDE, SIDE, 3)).astype(np.uint8)
    split = (np.arange(60) % 3).astype(np.int8)
    return Dataset(
        "noise", NAMES, images, np.arange(60, dtype=np.int32) % 3, [str(i) for i in range(60)], split,
        frame=Frame(SIDE, SIDE),
    )  # fmt: skip


def network(kind, **settings):
    model = Architecture(kind, (SIDE, SIDE, 3), 3, settings)
    params, statistics = model.init(random.key(1))
    numbers = SIDE * SIDE * 3
    seen = Preprocessing(
        Frame(SIDE, SIDE), np.full(numbers, 120, np.float32), np.full(numbers, 60, np.float32)
    )
    return Classifier(kind, NAMES, seen, model, params, statistics=statistics)


def test_they_are_found_and_in_order(pictures):
    classifier = network("mlp", hidden=(5,), batch_norm=False)
    found = most_exciting(classifier, pictures, units=3, pictures=4)
    rows = pictures.train.rows
    x = classifier.preprocessing.apply(pictures.images[rows])
    values = np.maximum(x @ classifier.params["hidden1.weight"].T + classifier.params["hidden1.bias"], 0)
    weight = classifier.params["scores.weight"]
    importance = values.std(axis=0) * np.linalg.norm(weight - weight.mean(axis=0), axis=0)
    assert [unit.number for unit in found.units] == list(np.argsort(-importance)[:3])
    assert (found.count, found.silent, found.channels, found.pictures) == (5, 0, False, 20)
    for unit in found.units:
        order = np.argsort(-values[:, unit.number])[:4]
        np.testing.assert_array_equal(unit.rows, rows[order])
        np.testing.assert_allclose(unit.values, values[order, unit.number], rtol=1e-5)
        assert unit.raises == weight[:, unit.number].argmax()


def test_of_convolutions_the_channels_of_the_last_are_shown(pictures):
    found = most_exciting(network("convnet", filters=(4, 6)), pictures)
    assert (found.count, found.channels) == (6, True)
    assert all(len(unit.rows) == 8 and unit.raises is not None for unit in found.units)


def test_a_unit_that_says_the_same_of_every_picture_is_counted_and_not_shown(pictures):
    classifier = network("mlp", hidden=(4, 3), batch_norm=False)
    params = {name: array.copy() for name, array in classifier.params.items()}
    params["hidden1.bias"][2] = -1e6
    found = most_exciting(replace(classifier, params=params), pictures)
    assert found.silent == 1
    assert sorted(unit.number for unit in found.units) == [0, 1, 3]
    assert all(unit.raises is None for unit in found.units)


def test_what_has_no_hidden_units_or_sees_no_pictures_has_none(pictures):
    assert most_exciting(network("mlp", hidden=()), pictures) is None
    rows = replace(pictures, images=pictures.images.reshape(60, -1).astype(np.float32), frame=None)
    assert most_exciting(network("mlp", hidden=(3,)), rows) is None
