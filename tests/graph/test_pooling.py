"""Pooling: the worked examples, overlapping windows, ties, borders, and what is said where it does not fit."""

import re

import numpy as np
import pytest
from witnesses import assert_agrees_with_differences, assert_agrees_with_jax, pulled

from pellucid.arrays.compile import compiled, precision
from pellucid.graph import Tensor
from pellucid.graph.pooling import global_mean_pool, max_pool, mean_pool
from pellucid.storage.errors import InputError

CASES = {
    "2, no overlap": ((2, 4, 6, 3), {"size": 2}),
    "3, stride 2, as GoogLeNet": ((2, 6, 4, 2), {"size": 3, "stride": 2, "padding": 1}),
    "3, stride 2, border on one side": ((2, 4, 4, 2), {"size": 3, "stride": 2, "padding": ((0, 1), (0, 1))}),
    "3, stride 1, as an Inception block": ((1, 4, 5, 2), {"size": 3, "stride": 1, "padding": 1}),
    "2, stride 3, with gaps": ((2, 5, 8, 1), {"size": 2, "stride": 3}),
    "1": ((2, 2, 3, 1), {"size": 1}),
    "the whole picture": ((2, 4, 4, 3), {"size": 4}),
}


def different(shape):
    stream = np.random.Generator(np.random.Philox(key=3))
    return stream.permutation(np.prod(shape)).reshape(shape) * 0.1


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("operation", [max_pool, mean_pool])
def test_gradients(operation, case):
    shape, kept = CASES[case]
    assert_agrees_with_differences(operation, {"x": different(shape)}, kept)
    assert_agrees_with_jax(operation, {"x": different(shape)}, kept, np.float64)
    assert_agrees_with_jax(operation, {"x": different(shape).astype(np.float32)}, kept, np.float32)


@pytest.mark.parametrize("case", CASES)
def test_each_window_is_seen(case):
    shape, kept = CASES[case]
    x, size, stride = different(shape) - 30, kept["size"], kept.get("stride", kept["size"])
    padding = kept.get("padding", 0)
    filled = np.pad(
        x,
        [(0, 0), *(padding if isinstance(padding, tuple) else ((padding,) * 2,) * 2), (0, 0)],
        constant_values=np.nan,
    )
    z, means = max_pool(x, **kept), mean_pool(x, **kept)
    for p, q in np.ndindex(z.shape[1:3]):
        window = filled[:, p * stride : p * stride + size, q * stride : q * stride + size]
        np.testing.assert_array_equal(z[:, p, q], np.nanmax(window, axis=(1, 2)))
        np.testing.assert_allclose(means[:, p, q], np.nanmean(window, axis=(1, 2)), rtol=1e-13)


def test_g19_and_g21():
    x = np.array([[1, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]]).reshape(1, 4, 4, 1)
    np.testing.assert_array_equal(max_pool(x, size=2)[0, :, :, 0], [[6, 8], [3, 4]])
    even = np.linspace(-0.3, 0.4, 96).reshape(2, 3, 4, 4).transpose(0, 2, 3, 1)
    found = max_pool(even, size=2).transpose(0, 3, 1, 2).ravel()
    np.testing.assert_allclose(found[[0, -1]], [-0.26315789, 0.4], rtol=0, atol=5.1e-9)


def test_equals_share_the_gradient_on_both_engines():
    x = np.array([[2.0, 2, 0], [1, 2, 0], [5, 5, 0]]).reshape(1, 3, 3, 1)
    g = np.array([[6.0, 12]] * 2).reshape(1, 2, 2, 1)
    # Windows of 2 × 2, a step apart: three 2s; two 2s; two 5s; one 5.
    expected = np.array([[2.0, 2 + 6, 0], [0, 2 + 6, 0], [3, 3 + 12, 0]]).reshape(1, 3, 3, 1)

    def flow(x, g):
        return max_pool(Tensor(x), size=2, stride=1).pullbacks[0](g)

    np.testing.assert_array_equal(flow(x, g), expected)
    with precision(np.float64):
        np.testing.assert_array_equal(np.asarray(compiled(flow)(x, g)), expected)


def test_a_border_never_wins_and_does_not_count():
    x = np.full((1, 2, 2, 1), -3.0)
    kept = {"size": 3, "stride": 1, "padding": 1}
    np.testing.assert_array_equal(max_pool(x, **kept), x)
    np.testing.assert_array_equal(mean_pool(x, **kept), x)
    np.testing.assert_array_equal(max_pool(x.astype(np.int8), **kept), x)


def test_global_mean_pool_is_the_mean_of_the_whole_picture():
    x = different((3, 4, 5, 2))
    np.testing.assert_allclose(global_mean_pool(x), x.mean((1, 2)), rtol=1e-14)
    _, g, flows = pulled(global_mean_pool, {"x": x})
    np.testing.assert_allclose(flows["x"], np.broadcast_to(g[:, None, None] / 20, x.shape), rtol=1e-14)


@pytest.mark.parametrize(
    ("call", "shape", "sentence"),
    [
        (
            lambda x: max_pool(x, size=2),
            (1, 5, 5, 1),
            "max_pool(photos: float64 (1, 5, 5, 1), size=2) does not fit: the last 1 of 5 rows would not be seen",
        ),
        (
            lambda x: mean_pool(x, size=2),
            (1, 1, 4, 1),
            "mean_pool(photos: float64 (1, 1, 4, 1), size=2) does not fit: pictures must have at least 2 rows here",
        ),
        (
            lambda x: max_pool(x, size=2, padding=2),
            (1, 4, 4, 1),
            "a border must be narrower than the windows",
        ),
        (lambda x: max_pool(x, size=0), (1, 4, 4, 1), "windows and strides must be at least 1"),
        (lambda x: max_pool(x, size=2), (4, 4), "pictures must have four axes"),
        (global_mean_pool, (4, 4), "pictures must have four axes"),
        (global_mean_pool, (2, 0, 3, 1), "pictures without a pixel have no mean"),
    ],
)
def test_what_is_said_where_it_does_not_fit(call, shape, sentence):
    with pytest.raises(InputError, match=re.escape(sentence)):
        call(Tensor(np.ones(shape), name="photos"))
