"""What every layer promises: shapes told beforehand, gradients, both engines alike, and its dtype kept."""

import dataclasses
import importlib
import math
import pkgutil

import numpy as np
import pytest
from layer_list import LAYERS

import pellucid.layers
from pellucid.arrays import random
from pellucid.arrays.compile import compiled, precision
from pellucid.graph import Tensor, gradients
from pellucid.graph.reductions import sum as total
from pellucid.layers.layer import Layer

KEY = random.key(7)


@pytest.fixture(params=LAYERS)
def case(request):
    return LAYERS[request.param]


def drawn(layer, shape, count=3, dtype=np.float32):
    """Parameters, statistics and x (count, *shape), none of them at a kink or all alike."""
    stream = np.random.Generator(np.random.Philox(key=3))
    params, statistics = layer.init(KEY)
    params = {
        name: (array + 0.3 * stream.standard_normal(array.shape)).astype(dtype)
        for name, array in params.items()
    }
    statistics = {
        name: (array + 0.1 * stream.random(array.shape)).astype(dtype) for name, array in statistics.items()
    }
    return params, statistics, stream.standard_normal((count, *shape)).astype(dtype)


def test_every_layer_is_in_the_list():
    modules = [
        importlib.import_module(f"pellucid.layers.{each.name}")
        for each in pkgutil.iter_modules(pellucid.layers.__path__)
    ]
    known = {
        each
        for module in modules
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, Layer) and dataclasses.is_dataclass(each)
    }
    public = {each for each in known if not each.__name__.startswith("_")}
    assert public <= {type(layer) for layer, _ in LAYERS.values()}


def test_it_is_made_of_settings_and_declares_what_it_draws(case):
    layer, _ = case
    assert dataclasses.is_dataclass(layer)
    assert hash(layer) == hash(dataclasses.replace(layer))
    params, statistics = layer.init(KEY)
    arrays = layer.arrays()
    assert list(params) == [name for name, array in arrays.items() if array.trained]
    assert list(statistics) == [name for name, array in arrays.items() if not array.trained]
    for name, array in {**params, **statistics}.items():
        assert (array.shape, array.dtype) == (arrays[name].shape, np.float32)
    assert layer.parameters() == sum(array.size for array in params.values())


@pytest.mark.parametrize("training", [False, True])
def test_shapes_and_dtypes_are_as_told(case, training):
    layer, shape = case
    for dtype in (np.float32, np.float64):
        params, statistics, x = drawn(layer, shape, dtype=dtype)
        made = layer(params, x, statistics=statistics, training=training, rng=KEY)
        assert made.shape == (3, *layer.output_shape(shape))
        assert made.dtype == dtype


def test_compiled_and_eager_agree(case):
    layer, shape = case
    params, statistics, x = drawn(layer, shape)

    def both(params, statistics, x, key):
        judged = layer(params, x, statistics=statistics)
        return judged, layer(params, x, training=True, rng=key)

    for eager, traced in zip(
        both(params, statistics, x, KEY), compiled(both)(params, statistics, x, KEY), strict=True
    ):
        np.testing.assert_allclose(traced, eager, rtol=2e-5, atol=2e-6)


def test_gradients_are_those_of_differences(case):
    """Along one random direction of all parameters and of x, in float64."""
    layer, shape = case
    params, _, x = drawn(layer, shape, dtype=np.float64)
    values = {**params, "x": x}
    stream = np.random.Generator(np.random.Philox(key=4))
    weights = stream.standard_normal((3, *layer.output_shape(shape)))
    direction = {name: stream.standard_normal(value.shape) for name, value in values.items()}

    def objective(values):
        parts = dict(values)
        made = layer(parts, parts.pop("x"), training=True, rng=KEY)
        return total(made * weights)

    leaves = {name: Tensor(value, name=name) for name, value in values.items()}
    flow = gradients(objective(leaves), of=leaves.values())
    slope = sum((flow[leaf] * direction[name]).sum() for name, leaf in leaves.items())
    h = 1e-6
    ahead, behind = (
        objective({name: value + step * direction[name] for name, value in values.items()})
        for step in (h, -h)
    )
    assert slope == pytest.approx((ahead - behind) / (2 * h), rel=1e-6, abs=1e-8)


def test_multiply_adds_are_those_of_the_weighted_sums(case):
    """Each weight is used once for each place of its layer's output."""
    layer, shape = case
    arrays = {name: array for name, array in layer.arrays().items() if name.rpartition(".")[2] == "weight"}
    if not arrays:
        assert layer.multiply_adds(shape) == 0
        return
    places = math.prod(layer.output_shape(shape)[:-1])
    assert layer.multiply_adds(shape) == sum(math.prod(array.shape) for array in arrays.values()) * places


def test_float64_holds_in_a_compiled_program():
    layer, shape = LAYERS["residual"]
    params, _, x = drawn(layer, shape, dtype=np.float64)
    with precision(np.float64):
        made = np.asarray(compiled(lambda params, x: layer(params, x, training=True))(params, x))
    np.testing.assert_allclose(made, layer(params, x, training=True), rtol=1e-12, atol=1e-12)
