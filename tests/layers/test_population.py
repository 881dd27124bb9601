"""The statistics of all pictures, from minibatches."""

import numpy as np
import pytest

from pellucid.arrays import random
from pellucid.arrays.compile import compiled, scan, to_device
from pellucid.layers.activations import Activation
from pellucid.layers.dropout import Dropout
from pellucid.layers.layer import chain
from pellucid.layers.linear import Linear
from pellucid.layers.normalization import BatchNorm
from pellucid.layers.population import calibrate, moments, population
from pellucid.storage.errors import InputError

KEY = random.key(0)
MODEL = chain(
    first=Linear(6, 5, "he"),
    norm1=BatchNorm(5),
    activation=Activation("relu"),
    dropout=Dropout(0.5),
    second=Linear(5, 4, "he"),
    norm2=BatchNorm(4),
    scores=Linear(4, 3, "he"),
)
PARAMS = MODEL.init(KEY)[0]
X = np.random.Generator(np.random.Philox(key=6)).standard_normal((4096, 6)).astype(np.float32) * 3 + 1


def test_the_first_layer_gets_the_mean_and_variance_of_all_pictures():
    statistics = calibrate(MODEL, PARAMS, [X[:1000], X[1000:1500], X[1500:]])
    assert set(statistics) == {name for name, array in MODEL.arrays().items() if not array.trained}
    sums = X.astype(np.float64) @ PARAMS["first.weight"].T
    np.testing.assert_allclose(statistics["norm1.mean"], sums.mean(0), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(statistics["norm1.variance"], sums.var(0), rtol=1e-4)
    assert all(array.dtype == np.float32 for array in statistics.values())


def test_one_pass_is_as_good_as_one_for_each_layer():
    """The second layer, measured behind a first that uses the minibatch's own numbers, and behind one that uses all."""
    batches = X.reshape(16, 256, 6)
    statistics = calibrate(MODEL, PARAMS, batches)
    first = Linear(6, 5)({"weight": PARAMS["first.weight"], "bias": PARAMS["first.bias"]}, X)
    passed = (first - statistics["norm1.mean"]) / np.sqrt(statistics["norm1.variance"] + 1e-5)
    second = np.maximum(passed, 0) @ PARAMS["second.weight"].T
    np.testing.assert_allclose(statistics["norm2.mean"], second.mean(0), atol=0.02)
    np.testing.assert_allclose(statistics["norm2.variance"], second.var(0), rtol=0.03)


def test_a_verdict_does_not_depend_on_its_neighbors_and_dropout_is_off():
    statistics = calibrate(MODEL, PARAMS, [X])
    together = MODEL(PARAMS, X[:50], statistics=statistics)
    alone = np.concatenate([MODEL(PARAMS, X[n : n + 1], statistics=statistics) for n in range(50)])
    np.testing.assert_allclose(alone, together, rtol=1e-4, atol=1e-5)


def test_both_engines_and_a_scan_measure_the_same():
    batches = X.reshape(16, 256, 6)
    eager = calibrate(MODEL, PARAMS, batches)
    on_device = calibrate(MODEL, to_device(PARAMS), batches)

    def program(params, batches):
        return scan(lambda state, x: (state, moments(MODEL, params, x)), 0, batches)[1]

    scanned = population(compiled(program)(PARAMS, batches), np.full(16, 256))
    assert eager.keys() == on_device.keys() == scanned.keys()
    for name, array in eager.items():
        np.testing.assert_allclose(on_device[name], array, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(scanned[name], array, rtol=1e-4, atol=1e-5)


def test_a_layer_alone_and_a_model_without_statistics():
    statistics = calibrate(BatchNorm(6), BatchNorm(6).init(KEY)[0], [X])
    np.testing.assert_allclose(statistics["mean"], X.mean(0), rtol=1e-4)
    np.testing.assert_allclose(statistics["variance"], X.var(0), rtol=1e-4)
    assert calibrate(Linear(6, 3), Linear(6, 3).init(KEY)[0], [X]) == {}


def test_no_pictures():
    with pytest.raises(InputError, match="got no minibatch"):
        calibrate(MODEL, PARAMS, [])
    with pytest.raises(InputError, match="minibatch of one picture"):
        calibrate(MODEL, PARAMS, [X[:1]])
