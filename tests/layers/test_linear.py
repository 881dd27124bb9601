"""W x + b, its start, and the sentence for inputs that do not fit."""

import math

import numpy as np
import pytest

from pellucid.arrays import random
from pellucid.arrays.compile import compiled
from pellucid.graph import Tensor
from pellucid.layers.initialization import Gaussian
from pellucid.layers.linear import Linear
from pellucid.losses import multiclass_hinge, softmax_cross_entropy
from pellucid.storage.errors import InputError

KEY = random.key(0)


def test_it_starts_at_the_loss_of_a_blind_guess():
    layer = Linear(6, 4)
    params, statistics = layer.init(KEY)
    assert statistics == {}
    assert {name: (array.shape, array.dtype.name) for name, array in params.items()} == {
        "weight": ((4, 6), "float32"),
        "bias": ((4,), "float32"),
    }
    scores = layer(
        params, np.random.Generator(np.random.Philox(key=1)).standard_normal((9, 6)).astype(np.float32)
    )
    labels = np.arange(9) % 4
    np.testing.assert_allclose(softmax_cross_entropy(scores, labels), math.log(4), rtol=1e-6)
    np.testing.assert_array_equal(multiclass_hinge(scores, labels), 3.0)


def test_a_random_start_has_the_deviation_asked_for_and_comes_from_the_key():
    layer = Linear(300, 100, Gaussian(0.02))
    params, _ = layer.init(KEY)
    assert params["weight"].dtype == np.float32
    assert params["weight"].std() == pytest.approx(0.02, rel=0.03)
    assert not params["bias"].any()
    np.testing.assert_array_equal(params["weight"], layer.init(KEY)[0]["weight"])
    assert (params["weight"] != layer.init(random.key(1))[0]["weight"]).mean() > 0.99


def test_scores_of_arrays_tensors_and_traced_arrays():
    layer = Linear(3, 2)
    params = {"weight": np.array([[1.0, 2, 3], [0, -1, 1]]), "bias": np.array([10.0, 20.0])}
    x = np.array([[1.0, 0, 2], [0, 1, 0]])
    expected = [[17.0, 22.0], [12.0, 19.0]]
    np.testing.assert_array_equal(layer(params, x), expected)
    made = layer({name: Tensor(array) for name, array in params.items()}, x)
    assert isinstance(made, Tensor)
    np.testing.assert_array_equal(made.value, expected)
    np.testing.assert_array_equal(np.asarray(compiled(layer)(params, x)), expected)
    assert layer(params, x[:0]).shape == (0, 2)


@pytest.mark.parametrize("shape", [(50, 32, 32, 3), (3072,), (50, 3071), ()])
def test_inputs_that_do_not_fit(shape):
    layer = Linear(3072, 10)
    with pytest.raises(
        InputError, match=r"Linear\(3072, 10\) needs x of shape \(N, 3072\), got \(.*Flatten the images"
    ):
        layer(layer.init(KEY)[0], np.zeros(shape, np.float32))


def test_inputs_that_are_no_arrays():
    with pytest.raises(InputError, match=r"got \(\)"):
        Linear(3, 2)(Linear(3, 2).init(KEY)[0], "a.jpg")
    layer = Linear(2, 2)
    with pytest.raises(InputError, match="affine"):
        layer(layer.init(KEY)[0], [["a", "b"]])


def test_settings_cannot_be_changed():
    with pytest.raises(AttributeError):
        Linear(3, 2).features = 4
