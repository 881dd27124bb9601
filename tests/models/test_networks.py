"""The networks: published sizes, both engines alike, pictures of other sizes, and what cannot be built."""

import json
import math

import numpy as np
import pytest

from pellucid.arrays import random
from pellucid.arrays.compile import compiled
from pellucid.graph import Tensor, gradients
from pellucid.graph.reductions import mean
from pellucid.layers.population import calibrate
from pellucid.losses import softmax_cross_entropy
from pellucid.models.architecture import DESIGNS, Architecture, design
from pellucid.models.mlp import MLP
from pellucid.models.resnet import ResNet
from pellucid.storage.errors import InputError

KEY = random.key(0)
SMALL = {
    "mlp": {"hidden": (6,)},
    "maxout": {"hidden": (6,), "pieces": 3},
    "convnet": {"filters": (3, 4), "dropout": 0.25},
    "googlenet": {"width": 1 / 32},
    "resnet20": {"depth": 8, "width": 2},
}


def small(name, shape=(8, 8, 3), classes=4):
    return Architecture(name, shape, classes, SMALL[name])


@pytest.mark.parametrize(
    ("depth", "parameters"), [(20, 269_722), (32, 464_154), (44, 658_586), (56, 853_018), (110, 1_727_962)]
)
def test_resnets_have_the_published_sizes(depth, parameters):
    """He et al. 2016, table 6: 0.27, 0.46, 0.66, 0.85 and 1.7 million."""
    network = Architecture(f"resnet{depth}", (32, 32, 3), 10)
    assert network.parameters() == parameters
    convolutions = [name for name in network.arrays() if name.endswith("weight")]
    assert len(convolutions) == depth
    plain = Architecture(f"resnet{depth}", (32, 32, 3), 10, {"shortcuts": False})
    assert plain.parameters() == parameters
    assert plain.arrays().keys() == network.arrays().keys()


def test_resnet20_has_41_million_multiply_adds():
    assert round(Architecture("resnet20", (32, 32, 3), 10).multiply_adds() / 1e6) == 41


def test_googlenet_has_the_known_size():
    """6,166,250 in the well-known form for CIFAR-10, whose filters have biases in front of the normalization."""
    arrays = Architecture("googlenet", (32, 32, 3), 10).arrays()
    biases = sum(array.shape[0] for array in arrays.values() if len(array.shape) == 4)
    assert sum(math.prod(array.shape) for array in arrays.values() if array.trained) + biases == 6_166_250


def test_networks_of_the_course():
    """CS231n: 4 + 2 units behind 3 inputs have 26 numbers to learn; 4 + 4 + 1 have 41."""
    assert Architecture("mlp", (3,), 2, {"hidden": [4], "batch_norm": False}).parameters() == 26
    # A single output is no classifier: the 41 are those of 4 + 4 units and 1 of the 2 scores.
    assert Architecture("mlp", (3,), 2, {"hidden": [4, 4], "batch_norm": False}).parameters() == 41 + 5


# GoogLeNet would take too long to compile; its blocks are compiled in the tests of layers.
@pytest.mark.parametrize("name", [name for name in SMALL if name != "googlenet"])
def test_scores_and_gradients_on_both_engines(name):
    network = small(name)
    params, _ = network.init(KEY)
    stream = np.random.Generator(np.random.Philox(key=8))
    x = stream.standard_normal((6, network.features)).astype(np.float32)
    labels = np.arange(6) % 4

    def step(params, x, key):
        leaves = {name: Tensor(array, name=name) for name, array in params.items()}
        loss = mean(softmax_cross_entropy(network(leaves, x, training=True, rng=key), labels))
        flow = gradients(loss, of=leaves.values())
        return loss.value, {name: flow[leaf] for name, leaf in leaves.items()}

    (loss, eager), (compiled_loss, traced) = step(params, x, KEY), compiled(step)(params, x, KEY)
    assert compiled_loss == pytest.approx(loss, rel=1e-4)
    for name, g in eager.items():
        assert g.dtype == np.float32
        assert np.linalg.norm(traced[name] - g) <= 1e-3 * np.linalg.norm(g) + 1e-5, name


@pytest.mark.parametrize("name", SMALL)
def test_a_verdict_does_not_depend_on_its_neighbors(name):
    network = small(name)
    params, _ = network.init(KEY)
    x = np.random.Generator(np.random.Philox(key=9)).standard_normal((6, network.features)).astype(np.float32)
    statistics = calibrate(network, params, [x])
    scores = network(params, x[:1], statistics=statistics)
    assert scores.shape == (1, 4)
    np.testing.assert_allclose(scores, network(params, x, statistics=statistics)[:1], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("shape", [(28, 28, 1), (9, 13, 4), (7, 7, 3), (40, 24, 3)])
@pytest.mark.parametrize("name", SMALL)
def test_pictures_of_other_sizes(name, shape):
    network = small(name, shape, 3)
    assert network.output_shape((network.features,)) == (3,)
    params, statistics = network.init(KEY)
    assert network(params, np.ones((2, network.features), np.float32), statistics=statistics).shape == (2, 3)


def test_defaults_can_see_the_bundled_digits():
    for name in DESIGNS:
        assert Architecture(name, (8, 8, 1), 10).output_shape((64,)) == (10,)


def test_zeros_begin_at_a_blind_guess():
    for name in SMALL:
        network = Architecture(name, (8, 8, 3), 4, {**SMALL[name], "initialization": "zeros"})
        params, statistics = network.init(KEY)
        assert not network(params, np.ones((2, network.features), np.float32), statistics=statistics).any()


def test_settings():
    assert design("mlp", hidden=[30], activation="elu") == MLP((30,), "elu")
    assert DESIGNS["resnet56"] == ResNet(56)
    assert Architecture("mlp", (5,), 2) == Architecture("mlp", (5,), 2)
    assert hash(Architecture("mlp", (5,), 2)) == hash(Architecture("mlp", (5,), 2))


@pytest.mark.parametrize("name", SMALL)
def test_a_network_is_the_same_after_json(name):
    network = small(name)
    record = json.loads(json.dumps(network.record()))
    again = Architecture.from_record(record)
    assert again.arrays() == network.arrays()
    assert again.layers == network.layers
    assert again.record() == network.record()


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        (None, "A network is recorded by classes, name, settings, shape, got None"),
        ({"name": "mlp"}, "A network is recorded by"),
        (
            {"name": "alexnet", "shape": [8], "classes": 2, "settings": {}},
            "The network must be one of mlp, .*'alexnet'",
        ),
        ({"name": "mlp", "shape": 8, "classes": 2, "settings": {}}, "shape must be whole numbers"),
        (
            {"name": "mlp", "shape": [8], "classes": "2", "settings": {}},
            "classes must be a whole number, 2 or more",
        ),
        ({"name": "mlp", "shape": [8], "classes": 2, "settings": {"hiden": [3]}}, r"Did you mean hidden\?"),
        (
            {"name": "mlp", "shape": [8], "classes": 2, "settings": {"hidden": 3}},
            "hidden must be whole numbers",
        ),
        (
            {"name": "mlp", "shape": [8], "classes": 2, "settings": {"activation": ["relu"]}},
            "activation must be one of",
        ),
        (
            {"name": "resnet20", "shape": [8, 8, 3], "classes": 2, "settings": {"depth": 10**9 + 1}},
            "depth must be 6n",
        ),
    ],
)
def test_records_that_were_edited(record, sentence):
    with pytest.raises(InputError, match=sentence):
        Architecture.from_record(record)


@pytest.mark.parametrize(
    ("name", "settings", "sentence"),
    [
        ("googelnet", {}, r"The network must be one of .*; got 'googelnet'. Did you mean googlenet\?"),
        (
            "mlp",
            {"hidden": (512, 0)},
            r"mlp: hidden must be whole numbers, 1 or more, as in \(512, 256\), got",
        ),
        ("mlp", {"hidden": (-3,)}, r"mlp: hidden must be whole numbers, 1 or more"),
        ("mlp", {"activation": "rleu"}, r"The activation must be one of .*; got 'rleu'. Did you mean relu\?"),
        (
            "mlp",
            {"initialization": "xavier"},
            r"The initialization must be one of zeros, gaussian, glorot, he",
        ),
        ("mlp", {"dropout": 1}, r"mlp: dropout must be from 0 to below 1, got 1"),
        (
            "mlp",
            {"batchnorm": True},
            r"'batchnorm' is not a setting of mlp. Did you mean batch_norm\? There are hidden,",
        ),
        ("maxout", {"pieces": 0}, r"maxout: pieces must be a whole number, 1 or more"),
        ("convnet", {"filters": ()}, r"convnet: filters must name one number at least"),
        (
            "resnet20",
            {"depth": 21},
            r"resnet: depth must be 6n \+ 2, from 8 to 1202, as in 20, 32, 44, 56, 110; got 21",
        ),
        ("googlenet", {"width": 0}, r"googlenet: width must be above 0"),
    ],
)
def test_what_cannot_be_built(name, settings, sentence):
    with pytest.raises(InputError, match=sentence):
        Architecture(name, (32, 32, 3), 10, settings)


def test_pictures_that_are_too_small_say_the_size_that_fits():
    with pytest.raises(
        InputError, match=r"convnet needs pictures of 5 × 5 pixels or more, got 2 × 4 \(.*--size 5\."
    ):
        Architecture("convnet", (2, 4, 3), 10)
    assert Architecture("convnet", (5, 5, 3), 10).output_shape((75,)) == (10,)


def test_features_are_no_pictures():
    for name in ("convnet", "googlenet", "resnet20"):
        with pytest.raises(
            InputError, match=r"looks for patterns in pictures \(H, W, C\), and got rows of 64 numbers"
        ):
            Architecture(name, (64,), 10)


def test_a_single_class_is_nothing_to_tell_apart():
    with pytest.raises(InputError, match="mlp: classes must be a whole number, 2 or more, got 1"):
        Architecture("mlp", (64,), 1)


def test_rows_of_another_length():
    network = small("convnet")
    params, statistics = network.init(KEY)
    with pytest.raises(
        InputError, match=r"Reshape makes 8 × 8 × 3 of 192 numbers, got x of shape \(N, 190\)"
    ):
        network(params, np.ones((2, 190), np.float32), statistics=statistics)
