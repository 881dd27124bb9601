"""What explains a network: exact where the network is straight, honest about how far it is from the score elsewhere."""

from dataclasses import replace

import numpy as np
import pytest

from pellucid.arrays import random
from pellucid.data.frame import Frame
from pellucid.inspection.attribution import explanation, gradient_times_input, occlusion
from pellucid.inspection.contributions import Receipt, receipt
from pellucid.inspection.first_layer import first_layer
from pellucid.inspection.receipt_picture import _arithmetic
from pellucid.models.classifier import Classifier
from pellucid.models.kinds import model_of
from pellucid.preprocessing.pipeline import Preprocessing
from pellucid.storage.errors import InputError

RNG = np.random.Generator(np.random.Philox(key=21))
SHAPE = (8, 10, 3)
PICTURE = RNG.integers(0, 256, SHAPE).astype(np.uint8)
MEAN = RNG.integers(60, 190, 240).astype(
    "f4"
)  # whole numbers: the patch is then the average to the last digit
KINDS = ("a", "b", "c")


def made(kind, **network):
    model = model_of(kind, SHAPE, 3, network=network)
    params, statistics = model.init(random.key(5))
    statistics = {
        name: array + RNG.uniform(0, 0.3, array.shape).astype("f4") for name, array in statistics.items()
    }
    frame = Frame(*SHAPE[:2], "pad", "rgb")
    seen = Preprocessing(frame, MEAN, np.full(240, 60, "f4"))
    return Classifier(kind, KINDS, seen, model, params, statistics=statistics)


@pytest.fixture
def straight():
    """A network without a bend: W₂(W₁x) is a linear classifier."""
    return made("mlp", hidden=(7,), activation="identity", batch_norm=False)


@pytest.mark.parametrize("flips", [False, True])
@pytest.mark.parametrize("b", [None, 2])
@pytest.mark.parametrize("method", [gradient_times_input, occlusion])
def test_where_the_network_is_straight_the_contributions_are_all_of_the_score(straight, method, b, flips):
    straight = replace(straight, test_time_flips=flips)
    found = method(straight, PICTURE, 1, b)
    scores = straight.scores(PICTURE[None])[0]
    assert found.score == pytest.approx(scores[1] - (0 if b is None else scores[b]), abs=1e-5)
    average = straight.scores(MEAN.reshape(1, *SHAPE).astype(np.uint8))[0]
    assert found.bias == pytest.approx(average[1] - (0 if b is None else average[b]), abs=1e-5)
    assert found.total == pytest.approx(found.score, abs=1e-4)
    assert found.accounted == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("flips", [False, True])
def test_gradient_times_input_of_a_linear_classifier_is_its_exact_receipt(flips):
    linear = replace(made("softmax"), test_time_flips=flips)
    exact, found = receipt(linear, PICTURE, 0), gradient_times_input(linear, PICTURE, 0)
    np.testing.assert_allclose(found.contributions, exact.contributions, rtol=1e-5, atol=1e-6)
    assert found.bias == pytest.approx(exact.bias, abs=1e-6)
    assert explanation(linear, PICTURE, 0).method == ""
    assert explanation(linear, PICTURE, 0, 1).title == "a rather than b"


@pytest.mark.parametrize(("kind", "network"), [("mlp", {"hidden": (16,)}), ("convnet", {"filters": (8, 16)})])
def test_the_gradient_of_a_bent_network_is_the_slope_of_its_score(kind, network):
    bent = made(kind, **network, activation="tanh")
    found = gradient_times_input(bent, PICTURE, 2)
    x = bent.preprocessing.apply(PICTURE[None]).astype("f8")
    params = {name: array.astype("f8") for name, array in bent.params.items()}
    score = lambda x: bent.model(params, x, statistics=bent.statistics)[0, 2]
    # Σ xᵢ ∂s/∂xᵢ is the slope of the score along x itself.
    slope = (score(x * (1 + 1e-5)) - score(x * (1 - 1e-5))) / 2e-5
    assert found.contributions.sum() == pytest.approx(slope, rel=1e-3, abs=1e-4)
    assert found.contributions.shape == SHAPE


def test_covering_what_the_network_looks_at_costs_score_and_nothing_else_does(straight):
    weight = straight.params["hidden1.weight"].reshape(7, *SHAPE).copy()
    weight[:, :, 5:] = 0  # it sees the left half
    params = {**straight.params, "hidden1.weight": weight.reshape(7, -1)}
    half = Classifier("mlp", KINDS, straight.preprocessing, straight.model, params)
    heat = occlusion(half, PICTURE, 0).contributions
    assert heat.shape == (8, 10, 1)
    assert np.abs(heat[:, :5]).max() > 0
    np.testing.assert_allclose(heat[:, 6:], 0, atol=1e-6)


def test_how_much_is_accounted_for_is_said_in_words():
    one = lambda amount, score: Receipt("cat", 0, score, 1.0, np.full((1, 1, 1), amount), method="occlusion")
    assert one(1.26, 3.0).reliability == (
        "approximate: occlusion accounts for 63 % of the score's difference to the average picture"
    )
    assert "accounts for 63 % of the" in _arithmetic(one(1.26, 3.0))
    assert one(-0.4, 3.0).reliability == (
        "approximate, and no account of the score: occlusion adds up to −0.40, the score differs from the average "
        "picture's by +2.00"
    )
    assert np.isnan(one(0.4, 1.0).accounted)
    assert "no account" in one(0.4, 1.0).reliability
    assert one(1.26, 3.0).sentence().startswith("cat: +3.00, ")


def test_wrong_classes_and_rows_are_refused(straight):
    for method in (gradient_times_input, occlusion):
        with pytest.raises(InputError, match=r"A class number must be 0 to 2, got 3\."):
            method(straight, PICTURE, 0, 3)
    with pytest.raises(
        InputError, match=r"covers patches of a picture \(H, W, C\), got an array of \(240,\)"
    ):
        occlusion(straight, PICTURE.reshape(-1), 0)


def test_the_first_layer_is_drawn_as_the_pixels_lie():
    mlp = made("mlp", hidden=(6,))
    found = first_layer(mlp)
    assert found.pictures.shape == (6, *SHAPE)
    length = np.linalg.norm(found.pictures.reshape(6, -1), axis=1)
    assert (np.diff(length) <= 0).all()
    unit = int(found.numbers[0])
    np.testing.assert_array_equal(found.pictures[0].ravel(), mlp.params["hidden1.weight"][unit])
    assert first_layer(made("maxout", hidden=(6,), pieces=3)).pictures.shape == (18, *SHAPE)
    assert first_layer(made("softmax")) is None


def test_a_filter_behind_blocks_of_pixels_answers_to_its_own_picture():
    network = made("convnet", filters=(5,), block=2)
    found = first_layer(network)
    assert found.filters
    assert found.pictures.shape == (5, 6, 6, 3)
    # The response in the middle of the picture is the filter's picture laid on the pixels there.
    layers = network.model.layers
    x = network.preprocessing.apply(PICTURE[None])
    forward = layers.ready(network.params, statistics=network.statistics)
    responses = forward["convolution1"](forward["blocks"](forward["pixels"](x)))
    patch = x.reshape(SHAPE)[2:8, 2:8]  # blocks 1 to 3 in both directions: the filter stands on block 2
    expected = (found.pictures * patch).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(responses[0, 2, 2, found.numbers], expected, rtol=1e-4, atol=1e-5)
