"""Chains, residual blocks and Inception blocks: whose arrays are whose, and what happens to x."""

import numpy as np
import pytest

from pellucid.arrays import random
from pellucid.graph.activations import relu
from pellucid.layers.activations import Activation
from pellucid.layers.convolution import Conv2d
from pellucid.layers.dropout import Dropout
from pellucid.layers.inception import Inception
from pellucid.layers.layer import Chain, chain
from pellucid.layers.linear import Linear
from pellucid.layers.normalization import BatchNorm
from pellucid.layers.residual import Residual, Shortcut
from pellucid.storage.errors import InputError

KEY = random.key(0)
STREAM = np.random.Generator(np.random.Philox(key=5))


def test_names_of_parts_are_joined():
    block = Residual(chain(convolution=Conv2d(2, 2, padding=1), normalization=BatchNorm(2)), Shortcut(2, 2))
    params, statistics = chain(block3=block, scores=Linear(2, 3)).init(KEY)
    assert list(params) == [
        "block3.convolution.weight",
        "block3.convolution.bias",
        "block3.normalization.scale",
        "block3.normalization.shift",
        "scores.weight",
        "scores.bias",
    ]
    assert list(statistics) == ["block3.normalization.mean", "block3.normalization.variance"]


def test_a_chain_is_its_layers_one_after_the_other():
    model = chain(hidden=Linear(4, 3, "he"), activation=Activation("relu"), scores=Linear(3, 2, "he"))
    params, _ = model.init(KEY)
    x = STREAM.standard_normal((5, 4)).astype(np.float32)
    hidden = np.maximum(0, x @ params["hidden.weight"].T)
    np.testing.assert_allclose(model(params, x), hidden @ params["scores.weight"].T, rtol=1e-5)


def test_without_an_activation_layers_collapse_into_one():
    """W₂(W₁x) = (W₂W₁)x (CS231n, Neural networks 1)."""
    model = chain(hidden=Linear(4, 30, "he"), activation=Activation("identity"), scores=Linear(30, 2, "he"))
    params, _ = model.init(KEY)
    x = STREAM.standard_normal((5, 4)).astype(np.float32)
    one = {"weight": params["scores.weight"] @ params["hidden.weight"], "bias": np.zeros(2, np.float32)}
    np.testing.assert_allclose(model(params, x), Linear(4, 2)(one, x), rtol=1e-4, atol=1e-5)


def test_the_same_layer_in_two_places_starts_differently():
    params, _ = chain(one=Linear(3, 3, "he"), two=Linear(3, 3, "he")).init(KEY)
    assert (params["one.weight"] != params["two.weight"]).all()


def test_each_dropout_has_a_mask_of_its_own():
    model = chain(one=Dropout(0.5), two=Dropout(0.5))
    x = np.ones((100, 100), np.float32)
    made = model({}, x, training=True, rng=KEY)
    assert np.unique(made).tolist() == [0, 4]
    assert (made > 0).mean() == pytest.approx(0.25, abs=0.02)  # were the masks the same it would be 0.5
    np.testing.assert_array_equal(made, model({}, x, training=True, rng=KEY))
    np.testing.assert_array_equal(model({}, x), x)


def test_a_residual_block_adds_what_its_body_makes():
    body = chain(convolution=Conv2d(2, 3, padding=1, stride=2))
    block = Residual(body, Shortcut(2, 3, 2))
    params, _ = block.init(KEY)
    x = STREAM.standard_normal((2, 6, 4, 2)).astype(np.float32)
    passed = np.concatenate([x[:, ::2, ::2], np.zeros((2, 3, 2, 1), np.float32)], axis=3)
    np.testing.assert_allclose(block(params, x), relu(body(params, x) + passed), rtol=1e-6)
    still = {name: 0 * array for name, array in params.items()}
    np.testing.assert_array_equal(block(still, x), relu(passed))


def test_an_inception_block_puts_its_branches_side_by_side():
    one, three = Conv2d(2, 3, 1), Conv2d(2, 4, padding=1)
    block = Inception((("one", one), ("three", three)))
    params, _ = block.init(KEY)
    x = STREAM.standard_normal((2, 5, 4, 2)).astype(np.float32)
    made = block(params, x)
    inner = {
        branch: {name.removeprefix(f"{branch}."): a for name, a in params.items()}
        for branch in ("one", "three")
    }
    np.testing.assert_array_equal(made[..., :3], one(inner["one"], x))
    np.testing.assert_array_equal(made[..., 3:], three(inner["three"], x))


def test_what_cannot_be_put_together():
    with pytest.raises(
        InputError, match=r"Chain: each part needs a name of its own, without dots; got 'a.b'"
    ):
        Chain((("a.b", Linear(2, 2)),))
    with pytest.raises(InputError, match=r"got 'a' in \['a', 'a'\]"):
        Chain((("a", Linear(2, 2)), ("a", Linear(2, 2))))
    with pytest.raises(InputError, match=r"got 'shortcut' in"):
        Residual(chain(shortcut=Activation()), Shortcut(2, 2))
    with pytest.raises(InputError, match=r"Inception needs one branch at least"):
        Inception(())
    block = Residual(chain(convolution=Conv2d(2, 3)), Shortcut(2, 3))
    with pytest.raises(InputError, match=r"body makes \(4, 4, 3\) of \(6, 6, 2\), the shortcut \(6, 6, 3\)"):
        block.output_shape((6, 6, 2))
    block = Inception((("one", Conv2d(2, 3, 1)), ("three", Conv2d(2, 4))))
    with pytest.raises(InputError, match=r"cannot be put side by side"):
        block.output_shape((6, 6, 2))
    model = chain(stage=chain(hidden=Linear(4, 3), scores=Linear(2, 2)))
    with pytest.raises(
        InputError, match=r"^stage\.scores: Linear\(2, 2\) needs x of shape \(N, 2\), got \(3,\)"
    ):
        model.output_shape((4,))
