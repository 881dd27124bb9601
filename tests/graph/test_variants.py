"""What an operation can do beyond the example on its card: other axes, stacks, slices, masks. The same witnesses."""

import numpy as np
import pytest
from witnesses import assert_agrees_with_differences, assert_agrees_with_jax, pulled

from pellucid.graph.tensor import OPERATIONS

MASK = np.array([True, False, True, True])

AXES = (
    ((4,), {"axis": 0}),
    ((4, 3), {"axis": 0}),
    ((4, 3), {"axis": 1}),
    ((4, 3), {"axis": -1}),
    ((4, 3), {"axis": (0, 1)}),
    ((4, 3), {"keepdims": True}),
    ((4, 3), {"axis": 1, "keepdims": True}),
    ((2, 3, 4), {"axis": (0, -1)}),
    ((2, 3, 4), {"axis": (2, 0), "keepdims": True}),
    ((2, 1, 4), {"axis": 1}),
    ((2, 3, 4), {"axis": -2}),
    ((2, 3, 4), {"axis": np.int64(1)}),
    ((), {"keepdims": True}),
    ((3, 4), {"axis": ()}),
)

REDUCTIONS = ("sum", "mean", "max", "logsumexp", "norm")

VARIANTS = {
    **{name: tuple(((shape,), kept) for shape, kept in AXES) for name in REDUCTIONS},
    "matmul": tuple(
        (shapes, {})
        for shapes in (
            ((3,), (3,)),
            ((3,), (3, 4)),
            ((2, 3), (3,)),
            ((2, 3), (3, 4)),
            ((1, 3), (3, 1)),
            ((5, 2, 3), (5, 3, 4)),
            ((5, 2, 3), (3, 4)),
            ((2, 3), (5, 3, 4)),
            ((5, 2, 3), (3,)),
            ((3,), (5, 3, 4)),
            ((5, 1, 2, 3), (2, 3, 4)),
            ((1, 2, 3), (5, 3, 4)),
            ((0, 3), (3, 2)),
            ((2, 0), (0, 3)),
            ((0,), (0,)),
        )
    ),
    "transpose": (
        (((3,),), {}),
        (((),), {}),
        (((2, 3, 4),), {}),
        (((2, 3, 4),), {"axes": (1, 2, 0)}),
        (((2, 3, 4),), {"axes": (-1, 0, -2)}),
        (((2, 3, 4, 5),), {"axes": (3, 0, 2, 1)}),
    ),
    "reshape": (
        (((2, 6),), {"shape": (3, 4)}),
        (((2, 6),), {"shape": (3, -1)}),
        (((2, 6),), {"shape": (2, 1, 3, 2)}),
        (((1,),), {"shape": ()}),
        (((),), {"shape": (1, 1)}),
        (((0, 3),), {"shape": (0,)}),
    ),
    "concatenate": (
        (((2, 3),), {}),
        (((2, 3), (1, 3), (4, 3)), {"axis": 0}),
        (((2, 3), (2, 1)), {"axis": 1}),
        (((2, 3), (2, 0), (2, 4)), {"axis": -1}),
        (((2, 3, 1), (2, 2, 1)), {"axis": -2}),
        (((3,), (2,)), {}),
    ),
    "stack": (
        (((),), {}),
        (((), (), ()), {}),
        (((2, 3), (2, 3)), {"axis": 1}),
        (((2, 3), (2, 3), (2, 3)), {"axis": 2}),
        (((2, 3), (2, 3)), {"axis": -1}),
        (((2, 3), (2, 3)), {"axis": -3}),
    ),
    "index": tuple(
        ((shape,), {"key": key})
        for shape, key in (
            ((4,), 2),
            ((4,), -1),
            ((4,), slice(1, 3)),
            ((4,), slice(None, None, -1)),
            ((4,), slice(3, None, -2)),
            ((4,), slice(2, 2)),
            ((4, 3), 1),
            ((4, 3), np.int64(1)),
            ((4, 3), (1, 2)),
            ((4, 3), (slice(None), 1)),
            ((4, 3), (..., 0)),
            ((4, 3), ...),
            ((4, 3), (slice(None, None, 2), slice(None, None, -1))),
            ((4, 3), (slice(None), None, 1)),
            ((4, 3), None),
            ((4, 3), [0, 0, 3]),
            ((4, 3), np.array([1, 1, -1])),
            ((4, 3), np.array([[0, 1], [1, 3]])),
            ((4, 3), (np.array([0, 0, 2]), np.array([1, 1, 0]))),
            ((4, 3), ([0, 2], slice(None, 2))),
            ((2, 4, 3), (0, [1, 1], -1)),
            ((4, 3), np.array([], np.int64)),
            ((4, 3), MASK),
            ((4, 3), (MASK, 1)),
            ((4, 3), (slice(None), np.array([True, False, True]))),
            ((4, 3), np.arange(12).reshape(4, 3) % 5 == 0),
            ((), ...),
            ((), ()),
        )
    ),
    "pad": (
        (((3,),), {"width": 0}),
        (((),), {"width": 2}),
        (((2, 3),), {"width": ((1, 0), (0, 2))}),
        (((2, 3, 2),), {"width": [(0, 0), (2, 1), (0, 0)]}),
        (((0, 3),), {"width": 1}),
        (((2,),), {"width": ((1, 2),)}),
    ),
    "power": tuple((((3, 2),), {"exponent": exponent}) for exponent in (0, 1, 2, -1, 0.5, -1.5, 3)),
    "clip": ((((7,),), {"low": -0.55, "high": np.float64(0.35)}), (((7,),), {"low": 0, "high": np.inf})),
    "leaky_relu": ((((7,),), {}), (((7,),), {"slope": 0})),
    "elu": ((((7,),), {}), (((7,),), {"alpha": 0.1})),
    "maxout": ((((3, 4),), {}), (((5,),), {}), (((2, 3, 2, 3),), {})),
    "softmax": ((((5,),), {}), (((2, 3, 4),), {})),
    "log_softmax": ((((5,),), {}), (((2, 3, 4),), {})),
}

CASES = [(name, *variant) for name, variants in VARIANTS.items() for variant in variants]


def drawn(name, of, dtype):
    """Numbers all different from each other and from the kinks: odd multiples of 0.05, in any order."""
    stream = np.random.Generator(np.random.Philox(key=len(of)))
    arrays = {}
    for number, shape in enumerate(of):
        size = int(np.prod(shape))
        numbers = (2 * stream.permutation(size) - size - (size % 2) + 1) * 0.05
        if name == "power":
            numbers = 0.5 + np.abs(numbers)
        arrays[f"x{number}"] = numbers.reshape(shape).astype(dtype)
    return arrays


def shown(case):
    name, of, kept = case
    return f"{name}-{of}-{kept}".replace(" ", "").replace("\n", "")


@pytest.mark.parametrize("case", CASES, ids=shown)
def test_gradient_agrees_with_centered_differences(case):
    name, of, kept = case
    assert_agrees_with_differences(OPERATIONS[name], drawn(name, of, np.float64), kept)


@pytest.mark.parametrize("case", CASES, ids=shown)
def test_gradient_agrees_with_that_of_jax_and_numpy_with_the_compiled_program(case):
    name, of, kept = case
    assert_agrees_with_jax(OPERATIONS[name], drawn(name, of, np.float64), kept, np.float64)


@pytest.mark.parametrize("case", CASES, ids=shown)
def test_float32_stays_float32(case):
    name, of, kept = case
    arrays = drawn(name, of, np.float32)
    value, _, flows = pulled(OPERATIONS[name], arrays, **kept)
    assert value.dtype == np.float32
    assert list(flows) == list(arrays)
    for each, flow in flows.items():
        assert flow.dtype == np.float32
        assert flow.shape == arrays[each].shape


def test_take_adds_up_rows_that_are_taken_twice():
    x = np.arange(6.0).reshape(3, 2)
    rows = np.array([2, 0, 2, 2])
    value, g, flows = pulled(OPERATIONS["take"], {"x": x, "rows": rows})
    np.testing.assert_array_equal(value, x[rows])
    np.testing.assert_array_equal(flows["x"], [g[1], [0, 0], g[0] + g[2] + g[3]])
    assert_agrees_with_differences(OPERATIONS["take"], {"x": x, "rows": rows}, {})
    assert_agrees_with_jax(OPERATIONS["take"], {"x": x, "rows": rows}, {}, np.float64)


@pytest.mark.parametrize("mask", [np.array([True, False, True]), np.array([[True], [False]]), True])
def test_where_takes_a_mask_of_truth_values(mask):
    arrays = {"c": np.asarray(mask), "x": np.arange(6.0).reshape(2, 3), "y": -np.ones(3)}
    value, _, flows = pulled(OPERATIONS["where"], arrays)
    np.testing.assert_array_equal(value, np.where(mask, arrays["x"], arrays["y"]))
    assert list(flows) == ["x", "y"]
    assert_agrees_with_differences(OPERATIONS["where"], arrays, {})
    assert_agrees_with_jax(OPERATIONS["where"], arrays, {}, np.float64)


@pytest.mark.parametrize("axis", [None, 0, 1])
def test_where_several_are_largest_they_share_the_gradient(axis):
    x = np.array([[1.0, 5.0, 5.0], [5.0, 2.0, 0.0]])
    _, g, flows = pulled(OPERATIONS["max"], {"x": x}, axis=axis)
    shares = {
        None: [[0, 1 / 3, 1 / 3], [1 / 3, 0, 0]],
        0: [[0, 1, 1], [1, 0, 0]],
        1: [[0, 0.5, 0.5], [1, 0, 0]],
    }
    spread = {None: g, 0: g, 1: np.reshape(g, (2, 1)) if axis == 1 else g}[axis]
    np.testing.assert_allclose(flows["x"], np.array(shares[axis]) * spread, rtol=1e-15)
    assert_agrees_with_jax(OPERATIONS["max"], {"x": x}, {"axis": axis}, np.float64)


def test_at_zero_the_length_has_the_slope_zero():
    value, _, flows = pulled(OPERATIONS["norm"], {"x": np.zeros((2, 3))}, axis=1)
    np.testing.assert_array_equal(value, [0.0, 0.0])
    np.testing.assert_array_equal(flows["x"], np.zeros((2, 3)))


@pytest.mark.parametrize("name", ["relu", "absolute", "sqrt", "clip"])
def test_slopes_at_the_kinks_are_those_of_the_cards(name):
    kept = {"low": 0.0, "high": 1.0} if name == "clip" else {}
    x = np.array([1.0]) if name == "sqrt" else np.array([0.0])
    g = np.array([2.0])
    slope = {"relu": 0.0, "absolute": 0.0, "sqrt": 0.5, "clip": 1.0}[name]
    np.testing.assert_array_equal(pulled(OPERATIONS[name], {"x": x}, g, **kept)[2]["x"], g * slope)
