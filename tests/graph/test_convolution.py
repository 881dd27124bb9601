"""Convolution beside SciPy's, worked examples, other strides and borders, and what is said where it does not fit."""

import re
import tracemalloc

import numpy as np
import pytest
from scipy.signal import correlate
from witnesses import assert_agrees_with_differences, assert_agrees_with_jax, pulled

from pellucid.graph import Tensor, gradients, variables
from pellucid.graph.convolution import conv2d
from pellucid.graph.reductions import sum
from pellucid.graph.tensor import OPERATIONS
from pellucid.storage.errors import InputError

HALF = ((1, 0), (1, 0))

CASES = {
    "3x3": ((2, 5, 4, 3), (4, 3, 3, 3), {"padding": 1}),
    "3x3, no border": ((2, 5, 4, 3), (4, 3, 3, 3), {}),
    "3x3, stride 2": ((2, 6, 8, 2), (3, 3, 3, 2), {"stride": 2, "padding": 1}),
    "3x3, stride 2, half a border": ((2, 6, 8, 2), (3, 3, 3, 2), {"stride": 2, "padding": HALF}),
    "1x1": ((3, 3, 2, 5), (4, 1, 1, 5), {}),
    "1x1, stride 2": ((2, 4, 6, 3), (2, 1, 1, 3), {"stride": 2}),
    "5x5": ((1, 6, 5, 2), (3, 5, 5, 2), {"padding": 2}),
    "2x3, stride 3": ((2, 8, 9, 2), (2, 2, 3, 2), {"stride": 3}),
    "4x4, stride 2": ((2, 4, 4, 3), (3, 4, 4, 3), {"stride": 2, "padding": 1}),
    "the whole picture": ((2, 3, 4, 2), (5, 3, 4, 2), {}),
    "uneven border": ((1, 3, 4, 2), (2, 3, 3, 2), {"padding": ((0, 2), (2, 1))}),
}


def drawn(*shapes, dtype=np.float64):
    stream = np.random.Generator(np.random.Philox(key=5))
    return [stream.uniform(-1, 1, shape).astype(dtype) for shape in shapes]


def borders(padding):
    return ((padding, padding),) * 2 if isinstance(padding, int) else padding


@pytest.mark.parametrize("case", CASES)
def test_it_is_the_correlation_of_scipy(case):
    of_x, of_w, kept = CASES[case]
    x, w, b = drawn(of_x, of_w, of_w[:1])
    filled = np.pad(x, [(0, 0), *borders(kept.get("padding", 0)), (0, 0)])
    stride = kept.get("stride", 1)
    expected = np.stack(
        [
            np.stack([correlate(picture, each, "valid")[::stride, ::stride, 0] for each in w], -1)
            for picture in filled
        ]
    )
    np.testing.assert_allclose(conv2d(x, w, b, **kept), expected + b, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(conv2d(x, w, **kept), expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("case", CASES)
def test_gradients_with_other_strides_and_borders(case):
    of_x, of_w, kept = CASES[case]
    x, w = drawn(of_x, of_w)
    assert_agrees_with_differences(conv2d, {"x": x, "w": w}, kept)
    assert_agrees_with_jax(conv2d, {"x": x, "w": w}, kept, np.float64)


@pytest.mark.parametrize("case", CASES)
def test_the_gradient_of_filters_in_the_form_for_other_devices(case, monkeypatch):
    monkeypatch.setattr("pellucid.arrays.convolution.on_cpu", lambda: False)
    of_x, of_w, kept = CASES[case]
    x, w = drawn(of_x, of_w)
    assert_agrees_with_jax(conv2d, {"x": x, "w": w}, kept, np.float64)


@pytest.mark.parametrize("case", ["3x3", "3x3, stride 2, half a border", "1x1, stride 2"])
def test_float32_stays_float32(case):
    of_x, of_w, kept = CASES[case]
    x, w = drawn(of_x, of_w, dtype=np.float32)
    value, _, flows = pulled(conv2d, {"x": x, "w": w}, **kept)
    assert {value.dtype, *(flow.dtype for flow in flows.values())} == {np.dtype(np.float32)}
    assert_agrees_with_jax(conv2d, {"x": x, "w": w}, kept, np.float32)


def test_g19_one_row():
    x, w = np.array([1.0, 2, -1, 1, -3]).reshape(1, 1, 5, 1), np.array([1.0, 0, -1]).reshape(1, 1, 3, 1)
    for stride, expected in ((1, [-2, 2, 1, 2, 1]), (2, [-2, 1, 1])):
        found = conv2d(x, w, stride=stride, padding=((0, 0), (1, 1)))
        np.testing.assert_array_equal(found.ravel(), expected)


@pytest.mark.parametrize(
    ("side", "size", "stride", "expected"), [(227, 11, 4, 55), (7, 3, 1, 5), (7, 3, 2, 3)]
)
def test_g19_sizes(side, size, stride, expected):
    x, w = np.zeros((1, side, side, 1), np.float32), np.zeros((1, size, size, 1), np.float32)
    assert conv2d(x, w, stride=stride).shape == (1, expected, expected, 1)


def test_g19_alexnets_first_layer_has_34944_parameters():
    w, b = np.zeros((96, 11, 11, 3)), np.zeros(96)
    assert w.size + b.size == 34_944
    assert conv2d(np.zeros((1, 227, 227, 3)), w, b, stride=4).shape == (1, 55, 55, 96)


def test_g21_convolution_of_even_numbers():
    x = np.linspace(-0.1, 0.5, 96).reshape(2, 3, 4, 4).transpose(0, 2, 3, 1)
    w = np.linspace(-0.2, 0.3, 144).reshape(3, 3, 4, 4).transpose(0, 2, 3, 1)
    found = conv2d(x, w, np.linspace(-0.1, 0.2, 3), stride=2, padding=1).transpose(0, 3, 1, 2)
    assert found.shape == (2, 3, 2, 2)
    np.testing.assert_allclose(found.ravel()[[0, -1]], [-0.08759809, 2.38247847], rtol=0, atol=5.1e-9)


def test_a_filter_of_one_pixel_is_affine_at_every_place():
    x, w, b = drawn((2, 3, 4, 5), (6, 1, 1, 5), (6,))
    rows = OPERATIONS["affine"](x.reshape(-1, 5), w.reshape(6, 5), b)
    np.testing.assert_allclose(conv2d(x, w, b), rows.reshape(2, 3, 4, 6), rtol=1e-13)


def test_many_pictures_are_done_block_by_block_with_the_same_result():
    x, w, g = drawn((40, 16, 16, 8), (4, 3, 3, 8), (40, 16, 16, 4))
    pictures, filters = Tensor(x), Tensor(w)
    s = conv2d(pictures, filters, padding=1)
    flows = [pullback(g) for pullback in s.pullbacks]
    one_by_one = [conv2d(Tensor(x[n : n + 1]), filters, padding=1) for n in range(40)]
    np.testing.assert_allclose(s.value, np.concatenate([each.value for each in one_by_one]), rtol=1e-12)
    alone = [[p(g[n : n + 1]) for p in each.pullbacks] for n, each in enumerate(one_by_one)]
    np.testing.assert_allclose(flows[0], np.concatenate([each[0] for each in alone]), rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(flows[1], np.sum([each[1] for each in alone], 0), rtol=1e-11, atol=1e-11)


def test_windows_are_never_all_laid_out_at_once():
    x, w = drawn((64, 32, 32, 8), (8, 3, 3, 8), dtype=np.float32)
    everything = 9 * x.nbytes
    tracemalloc.start()
    s = conv2d(Tensor(x), Tensor(w), padding=1)
    for pullback in s.pullbacks:
        pullback(s.value)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < everything / 2


@pytest.mark.parametrize(
    ("shapes", "kept", "sentence"),
    [
        (
            {"photos": (1, 10, 10, 1), "edges": (1, 3, 3, 1)},
            {"stride": 2},
            "conv2d(photos: float64 (1, 10, 10, 1), edges: float64 (1, 3, 3, 1), stride=2) does not fit: "
            "the last 1 of 10 rows would not be seen: a window starts every 2 and is 3 long; "
            "add 1 of padding at the end, or cut the pictures",
        ),
        (
            {"photos": (1, 4, 4, 3), "edges": (2, 3, 3, 1)},
            {},
            "pictures of 3 channels meet filters of 1",
        ),
        (
            {"photos": (1, 4, 4, 3), "edges": (2, 27)},
            {},
            "filters must have four axes: (K, R, S, C), filters by rows by columns by channels",
        ),
        ({"rows": (5, 48), "edges": (2, 3, 3, 3)}, {}, "pictures must have four axes: (N, H, W, C)"),
        (
            {"photos": (1, 4, 4, 3), "edges": (2, 3, 3, 3), "bias": (3,)},
            {},
            "b must have the shape (2,)",
        ),
        (
            {"photos": (1, 4, 2, 3), "edges": (2, 3, 3, 3)},
            {},
            "pictures must have at least 3 columns here, got 2",
        ),
        (
            {"photos": (1, 4, 4, 3), "edges": (2, 3, 1, 3)},
            {"padding": 1},
            "a border must be narrower than the windows, which are 3 × 1",
        ),
        ({"photos": (1, 4, 4, 3), "edges": (2, 3, 3, 3)}, {"padding": -1}, "a border cannot be negative"),
        (
            {"photos": (1, 4, 4, 3), "edges": (2, 3, 3, 3)},
            {"padding": (1, 0)},
            "padding must be one whole number, or ((above, below), (left, right))",
        ),
        (
            {"photos": (1, 4, 4, 3), "edges": (2, 3, 3, 3)},
            {"stride": 0},
            "windows and strides must be at least 1",
        ),
        ({"photos": (1, 4, 4, 3), "edges": (2, 3, 3, 3)}, {"stride": 1.5}, "float"),
    ],
)
def test_what_is_said_where_it_does_not_fit(shapes, kept, sentence):
    tensors = [Tensor(np.ones(shape), name=name) for name, shape in shapes.items()]
    with pytest.raises(InputError, match=re.escape(sentence)) as caught:
        conv2d(*tensors, **kept)
    assert str(caught.value).startswith("conv2d(")
    assert all(f"{name}: float64 {shape}" in str(caught.value) for name, shape in shapes.items())


def test_it_learns_the_filter_that_made_a_picture():
    x, w = drawn((8, 6, 6, 1), (1, 3, 3, 1))
    wanted, (found,) = conv2d(x, w), variables(w=np.zeros_like(w))
    for _ in range(100):
        loss = sum((conv2d(x, found) - wanted) ** 2)
        found = Tensor(found.value - 0.005 * gradients(loss)[found])
    np.testing.assert_allclose(found.value, w, atol=1e-3)
