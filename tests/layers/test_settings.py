"""Settings that cannot be, and numbers that do not fit: one sentence each."""

import numpy as np
import pytest

from pellucid.layers.activations import Activation
from pellucid.layers.convolution import Conv2d
from pellucid.layers.dropout import Dropout
from pellucid.layers.linear import Linear
from pellucid.layers.maxout import Maxout
from pellucid.layers.normalization import BatchNorm
from pellucid.layers.pooling import GlobalMeanPool, MaxPool, MeanPool
from pellucid.layers.residual import Shortcut
from pellucid.layers.shape import Reshape, SpaceToDepth
from pellucid.storage.errors import InputError


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (lambda: Linear(3072, 0), r"Linear: outputs must be a whole number, 1 or more, got 0"),
        (lambda: Linear(2.5, 3), r"Linear: features must be a whole number, 1 or more, got 2.5"),
        (lambda: Maxout(4, 3, 0), r"Maxout: pieces must be"),
        (lambda: Conv2d(3, 8, size=0), r"Conv2d: size must be"),
        (lambda: Conv2d(3, 8, stride=True), r"Conv2d: stride must be .* got True"),
        (lambda: MaxPool(2, stride=0), r"MaxPool: stride must be"),
        (lambda: MeanPool(0), r"MeanPool: size must be"),
        (lambda: BatchNorm(-1), r"BatchNorm: channels must be"),
        (
            lambda: BatchNorm(3, epsilon=float("nan")),
            r"BatchNorm: epsilon must be finite, 0 or more, got nan",
        ),
        (lambda: Dropout(1.0), r"Dropout: rate must be from 0 to below 1, got 1.0"),
        (lambda: Dropout("much"), r"Dropout: rate must be from 0 to below 1, got 'much'"),
        (lambda: Shortcut(4, 3), r"Shortcut: filters must be a whole number, 4 or more, got 3"),
        (lambda: Reshape((2, 0)), r"Reshape: shape must be whole numbers, 1 or more"),
        (lambda: SpaceToDepth(0), r"SpaceToDepth: block must be"),
        (
            lambda: Activation("rely"),
            r"The activation must be one of relu, .*; got 'rely'. Did you mean relu\?",
        ),
        (lambda: Activation("leakyrelu"), r"Did you mean leaky-relu\?"),
        (lambda: Activation("leaky-relu", slope=-1), r"Activation: slope must be finite, 0 or more, got -1"),
    ],
)
def test_settings(made, sentence):
    with pytest.raises(InputError, match=sentence):
        made()


def test_underscores_are_as_good_as_dashes():
    x = np.array([-2.0, 3.0])
    np.testing.assert_array_equal(Activation("leaky_relu", slope=0.5)({}, x), [-1.0, 3.0])
    np.testing.assert_allclose(Activation("ELU", alpha=2.0)({}, x), [2 * np.expm1(-2.0), 3.0])


@pytest.mark.parametrize(
    ("layer", "shape", "sentence"),
    [
        (
            MaxPool(2),
            (1, 1, 8),
            r"MaxPool does not fit 1 × 1 pixels: pictures must have at least 2 rows here, got 1",
        ),
        (
            MaxPool(2),
            (4, 5, 8),
            r"MaxPool does not fit 4 × 5 pixels: the last 1 of 5 columns would not be seen",
        ),
        (Conv2d(3, 8, 5), (4, 9, 3), r"Conv2d does not fit 4 × 9 pixels: pictures must have at least 5 rows"),
        (Conv2d(3, 8), (9, 9, 1), r"Conv2d\(3, 8\) got pictures of 1 channels"),
        (Conv2d(3, 8), (27,), r"Conv2d needs pictures of shape \(H, W, C\), got numbers of shape \(27,\)"),
        (GlobalMeanPool(), (27,), r"GlobalMeanPool needs pictures"),
        (SpaceToDepth(), (27,), r"SpaceToDepth needs pictures"),
        (BatchNorm(3), (4, 4, 2), r"BatchNorm\(3\) got numbers of 2 channels"),
        (Reshape((2, 2, 3)), (13,), r"Reshape makes 2 × 2 × 3 of 12 numbers, got x of shape \(N, 13\)"),
    ],
)
def test_shapes_that_do_not_fit(layer, shape, sentence):
    with pytest.raises(InputError, match=sentence):
        layer.output_shape(shape)


def test_sizes_of_the_course():
    """(227 − 11)/4 + 1 = 55; 7 by 3 in steps of 1 and 2; 10 by 3 in steps of 2 does not come out even."""
    alexnet = Conv2d(3, 96, 11, stride=4)
    assert alexnet.output_shape((227, 227, 3)) == (55, 55, 96)
    assert alexnet.parameters() == 34_944
    assert Conv2d(1, 1, 3).output_shape((7, 7, 1)) == (5, 5, 1)
    assert Conv2d(1, 1, 3, stride=2).output_shape((7, 7, 1)) == (3, 3, 1)
    with pytest.raises(InputError, match="the last 1 of 10 rows would not be seen"):
        Conv2d(1, 1, 3, stride=2).output_shape((10, 10, 1))


def test_batch_normalization_of_a_single_picture():
    layer = BatchNorm(3)
    params, statistics = layer.init(np.zeros(2, np.uint32))
    x = np.ones((1, 3), np.float32)
    with pytest.raises(InputError, match="cannot train on a minibatch of one picture"):
        layer(params, x, training=True)
    with pytest.raises(
        InputError, match=r"needs the mean and the variance of all pictures to judge one: .*calibrate"
    ):
        layer(params, x)
    np.testing.assert_allclose(layer(params, x, statistics=statistics), x, rtol=1e-5)


def test_dropout_without_a_key():
    with pytest.raises(InputError, match="Dropout draws while training: pass a random key"):
        Dropout(0.5)({}, np.ones((2, 2)), training=True)


def test_space_to_depth_keeps_every_pixel_and_adds_zeros_to_odd_pictures():
    x = np.arange(1, 13, dtype=np.float32).reshape(1, 3, 4, 1)
    made = SpaceToDepth(2)({}, x)
    np.testing.assert_array_equal(made[0, 0], [[1, 2, 5, 6], [3, 4, 7, 8]])
    np.testing.assert_array_equal(made[0, 1], [[9, 10, 0, 0], [11, 12, 0, 0]])
