"""Many pictures are scored by a compiled program where that pays, and come to the same."""

from dataclasses import replace

import numpy as np
import pytest

from pellucid.arrays import random
from pellucid.data.frame import Frame
from pellucid.models import scoring
from pellucid.models.architecture import Architecture
from pellucid.models.classifier import Classifier
from pellucid.preprocessing.pipeline import Preprocessing

SIDE, COUNT = 10, 70


def network(kind, **settings):
    """A classifier of random weights, whose statistics are not those of the start."""
    shape = (SIDE, SIDE, 3)
    model = Architecture(kind, shape, 4, settings)
    params, statistics = model.init(random.key(3))
    statistics = {name: array + np.float32(0.1) for name, array in statistics.items()}
    numbers = SIDE * SIDE * 3
    seen = Preprocessing(
        Frame(*shape[:2]), np.full(numbers, 120, np.float32), np.full(numbers, 60, np.float32)
    )
    return Classifier(kind, ("a", "b", "c", "d"), seen, model, params, statistics=statistics)


@pytest.fixture(scope="module")
def pictures():
    rng = np.random.Generator(np.random.Philox(key=8))
    return rng.integers(0, 256, (COUNT, SIDE, SIDE, 3)).astype(np.uint8)


@pytest.fixture
def compiled(monkeypatch):
    """Programs for blocks of 32, however little there is to do → the shapes that they were called with."""
    called = []
    program = scoring._program

    def watched(model, until):
        def run(params, statistics, x):
            called.append(x.shape)
            return program(model, until)(params, statistics, x)

        return run

    monkeypatch.setattr(scoring, "_WORTH", 0)
    monkeypatch.setattr(scoring, "_COMPILED_BLOCK", 32)
    monkeypatch.setattr(scoring, "_program", watched)
    return called


@pytest.mark.parametrize("flips", [False, True])
def test_compiled_scores_are_those_of_numpy(pictures, compiled, monkeypatch, flips):
    classifier = replace(network("convnet", filters=(6, 8)), test_time_flips=flips)
    fast = classifier.scores(pictures)
    assert compiled == [(32, 300)] * (6 if flips else 3)  # the last block, of 6, is filled up
    monkeypatch.setattr(scoring, "_pays", lambda model, count: False)
    slow = classifier.scores(pictures)
    assert fast.dtype == slow.dtype == np.float32
    assert fast.shape == (COUNT, 4)
    np.testing.assert_allclose(fast, slow, rtol=0, atol=1e-5)
    assert np.ptp(slow) > 0.1


def test_rows_are_taken_in_their_order(pictures, compiled):
    classifier, rows = network("convnet", filters=(6,)), np.array([9, 3, 60, 3])
    np.testing.assert_allclose(
        classifier.scores(pictures, rows), classifier.scores(pictures)[rows], atol=1e-6
    )
    assert classifier.scores(pictures[:0]).shape == (0, 4)


def test_what_a_layer_gives_is_the_same_too(pictures, compiled, monkeypatch):
    c = network("convnet", filters=(6, 8))
    given = (c.model, c.params, c.statistics, c.preprocessing, pictures)
    fast = scoring.outputs(*given, until="activation2")
    monkeypatch.setattr(scoring, "_pays", lambda model, count: False)
    slow = scoring.outputs(*given, until="activation2")
    assert fast.shape == slow.shape == (COUNT, 3, 3, 8)
    np.testing.assert_allclose(fast, slow, rtol=0, atol=1e-5)


def test_it_pays_for_many_pictures_and_convolutions_alone(monkeypatch):
    convnet = Architecture("convnet", (32, 32, 3), 10)
    assert scoring._pays(convnet, 4000)
    assert not scoring._pays(convnet, 100)
    assert not scoring._pays(Architecture("mlp", (32, 32, 3), 10), 100_000)
    monkeypatch.setattr("pellucid.arrays.compile.available", lambda: False)
    assert not scoring._pays(convnet, 4000)
