"""The walk back: sums where branches meet, what is not used, what is asked for, and how far it can go."""

import gc

import numpy as np
import pytest

from pellucid.arrays import random
from pellucid.arrays.compile import compiled, precision, scan
from pellucid.graph import Tensor, gradients, variables
from pellucid.graph.algebra import affine, matmul
from pellucid.graph.backward import ancestors
from pellucid.graph.elementwise import exp, maximum
from pellucid.graph.gradient_check import check_gradients
from pellucid.graph.reductions import mean, sum, weighted_mean
from pellucid.losses import multiclass_hinge, softmax_cross_entropy
from pellucid.storage.errors import Error, InputError


def test_gradients_are_summed_where_branches_meet():
    (x,) = variables(x=3.0)
    y = x * x
    f = y * x + y + x + x  # x³ + x² + 2x
    assert gradients(f) == {x: 3 * 9.0 + 2 * 3.0 + 2.0}


def test_a_tensor_used_twice_by_one_operation_gets_both_gradients():
    (x,) = variables(x=np.array([1.0, -2.0]))
    np.testing.assert_array_equal(gradients(sum(x * x))[x], [2.0, -4.0])
    np.testing.assert_array_equal(gradients(sum(x - x))[x], [0.0, 0.0])


def test_a_diamond_of_unequal_depth_waits_for_the_longer_side():
    (x,) = variables(x=0.5)
    long = exp(exp(exp(x)))
    f = (long * x) + x
    expected = long.value * np.exp(np.exp(0.5)) * np.exp(0.5) * 0.5 + long.value + 1
    assert gradients(f)[x] == pytest.approx(expected, rel=1e-14)


def test_a_branch_that_is_not_used_costs_nothing_and_gets_nothing():
    x, y = variables(x=2.0, y=3.0)
    unused = exp(y) * x
    f = x * 5.0
    assert gradients(f) == {x: 5.0}
    found = gradients(f, of=(x, y, unused))
    assert list(found.values()) == [5.0, 0.0, 0.0]


def test_zeros_for_an_unused_tensor_have_its_shape_and_dtype():
    x = Tensor(np.float32(1), name="x")
    y = Tensor(np.ones((2, 3), np.float32), name="y")
    flow = gradients(x * x, of=(y,))[y]
    assert (flow.shape, flow.dtype) == ((2, 3), np.float32)
    assert not flow.any()


def test_of_a_node_in_the_middle_and_of_the_loss_itself():
    x, y = variables(x=2.0, y=3.0)
    middle = x * y
    f = middle * middle
    assert gradients(f, of=(middle,)) == {middle: 12.0}
    assert gradients(f, of=(middle, x)) == {middle: 12.0, x: 36.0}
    assert gradients(f, of=[f]) == {f: 1.0}
    assert gradients(x) == {x: 1.0}
    assert gradients(f, of=(t for t in (y,))) == {y: 24.0}


def test_pullbacks_of_what_is_not_wanted_are_not_called():
    def never(g):
        raise AssertionError("called")

    x, y = variables(x=2.0, y=3.0)
    f = Tensor(np.float64(6), (x, y), (lambda g: 3 * g, never), "made", depth=1)
    assert gradients(f, of=(x,)) == {x: 3.0}


def test_a_chain_of_100_000_operations():
    (x,) = variables(x=np.array([1.0, 2.0]))
    node = x
    for _ in range(100_000):
        node = node + 1.0
    loss = sum(node)
    assert loss.depth == 100_001
    np.testing.assert_array_equal(gradients(loss)[x], [1.0, 1.0])
    np.testing.assert_array_equal(loss.value, 200_003.0)
    # Taking it down again must not exhaust the stack either.
    del node, loss
    gc.collect()


def test_a_chain_in_which_each_link_is_used_twice_takes_linear_time():
    (x,) = variables(x=1.0)
    node = x
    for _ in range(1000):  # 2¹⁰⁰⁰ paths
        node = node + node
    assert gradients(node) == {x: 2.0**1000}


def test_inside_a_compiled_program_and_a_scan():
    import jax.numpy as jnp

    rows = np.random.Generator(np.random.Philox(key=5)).standard_normal((6, 4, 3))
    start = np.array([[0.5, -1.0, 2.0], [1.0, 0.0, -0.5]])
    labels = np.array([0, 1, 1, 0], np.int32)

    def step(w, x):
        tensor = Tensor(w, name="w")
        loss = mean(softmax_cross_entropy(affine(x, tensor, np.zeros(2)), labels))
        return w - 0.1 * gradients(loss)[tensor], loss.value

    with precision(np.float64):
        weights, losses = compiled(lambda w, xs: scan(step, w, xs))(start, jnp.asarray(rows))
    eager, expected = start, []
    for x in rows:
        eager, loss = step(eager, x)
        expected.append(loss)
    np.testing.assert_allclose(np.asarray(weights), eager, rtol=1e-12)
    np.testing.assert_allclose(np.asarray(losses), expected, rtol=1e-12)
    assert weights.dtype == np.float64


def test_where_float32_meets_float64_each_gets_its_own_dtype_back():
    for wide, narrow in ((np.float64, np.float32), (np.float32, np.float64)):
        x = Tensor(np.ones((4, 3), wide), name="x")
        w = Tensor(np.ones((2, 3), narrow), name="w")
        b = Tensor(np.zeros(2, narrow), name="b")
        loss = weighted_mean(
            softmax_cross_entropy(affine(x, w, b), np.array([0, 1, 1, 0])), np.ones(4, np.float64)
        )
        for tensor, flow in gradients(loss).items():
            assert flow.dtype == tensor.dtype, tensor
            assert flow.shape == tensor.shape, tensor


def test_labels_and_weights_get_no_gradient():
    s, v = variables(s=np.array([[1.0, 2.0], [0.0, 1.0]]), v=np.array([1.0, 3.0]))
    labels = Tensor(np.array([0, 1]), name="y")
    for loss in (softmax_cross_entropy, multiclass_hinge):
        total = weighted_mean(loss(s, labels), v)
        assert set(gradients(total)) == {s}
        assert set(ancestors(total)).isdisjoint({labels, v})


def test_nothing_is_written_to_the_tensors():
    x, y = variables(x=np.array([1.0, 2.0]), y=np.array([3.0, 4.0]))
    x.value.flags.writeable = y.value.flags.writeable = False
    first = gradients(sum(x * y + maximum(x, y)))
    second = gradients(sum(x * y + maximum(x, y)))
    for tensor in (x, y):
        np.testing.assert_array_equal(first[tensor], second[tensor])
        assert tensor.parents == ()
    with pytest.raises(AttributeError):
        x.grad = 1.0


def test_plain_arrays_stay_plain():
    found = affine(np.ones((2, 3)), np.ones((4, 3)), np.zeros(4))
    assert type(found) is np.ndarray
    assert isinstance(softmax_cross_entropy(found, np.array([0, 1])), np.ndarray)


def test_operators_with_numbers_and_arrays_on_either_side():
    (x,) = variables(x=np.array([1.0, 4.0]))
    ones = np.array([2.0, 3.0])
    cases = {
        "add": (2.0 + x, x + 2.0, [3.0, 6.0], [1.0, 1.0]),
        "multiply": (ones * x, x * ones, [2.0, 12.0], [2.0, 3.0]),
    }
    for left, right, value, slope in cases.values():
        for made in (left, right):
            np.testing.assert_array_equal(made.value, value)
            np.testing.assert_array_equal(gradients(sum(made))[x], slope)
    for made, value, slope in (
        (10.0 - x, [9.0, 6.0], [-1.0, -1.0]),
        (ones - x, [1.0, -1.0], [-1.0, -1.0]),
        (x - ones, [-1.0, 1.0], [1.0, 1.0]),
        (8.0 / x, [8.0, 2.0], [-8.0, -0.5]),
        (x / 2, [0.5, 2.0], [0.5, 0.5]),
        (-x, [-1.0, -4.0], [-1.0, -1.0]),
        (x**2, [1.0, 16.0], [2.0, 8.0]),
    ):
        np.testing.assert_array_equal(made.value, value)
        np.testing.assert_allclose(gradients(sum(made))[x], slope, rtol=1e-15)
    w = np.array([[1.0, 2.0]])
    column = Tensor(np.array([[3.0], [4.0]]), name="column")
    np.testing.assert_array_equal(gradients(sum(w @ column))[column], [[1.0], [2.0]])
    np.testing.assert_array_equal(gradients(sum(column @ w))[column], [[3.0], [3.0]])


def test_a_whole_power_takes_negative_numbers_and_the_power_0_has_slope_0():
    (x,) = variables(x=np.array([-2.0, 0.0, 3.0]))
    for exponent, slope in ((0, [0, 0, 0]), (1, [1, 1, 1]), (2, [-4, 0, 6]), (3, [12, 0, 27])):
        np.testing.assert_array_equal(gradients(sum(x**exponent))[x], slope)
    np.testing.assert_array_equal((x**0).value, 1.0)


def test_at_a_tie_the_first_gets_the_gradient():
    x, y = variables(x=np.array([2.0, 1.0]), y=np.array([2.0, 5.0]))
    flow = gradients(sum(maximum(x, y)))
    np.testing.assert_array_equal(flow[x], [1.0, 0.0])
    np.testing.assert_array_equal(flow[y], [0.0, 1.0])


def test_at_the_kink_of_the_hinge_nothing_flows():
    (s,) = variables(s=np.array([[1.0, 0.0]]))
    np.testing.assert_array_equal(gradients(sum(multiclass_hinge(s, np.array([0]))))[s], [[0.0, 0.0]])


def test_whole_numbers_become_variables_that_can_hold_a_gradient():
    x, y, z = variables(x=3, y=np.array([1, 2]), z=[True, False])
    assert x.dtype == y.dtype == z.dtype == np.float64
    np.testing.assert_array_equal(gradients(sum(y / 2.0))[y], [0.5, 0.5])
    (kept,) = variables(kept=np.ones(2, np.float32))
    assert kept.dtype == np.float32
    assert Tensor(2.0).dtype == np.float64
    assert gradients(sum(Tensor(2.0) * Tensor(3.0))) is not None


@pytest.mark.parametrize("value", ["three", None, b"3", object(), [[1.0], [1.0, 2.0]]])
def test_what_is_no_number_becomes_no_variable(value):
    with pytest.raises(InputError, match=r"variables\(\) needs numbers or arrays of them, got x="):
        variables(x=value)


def test_a_loss_of_many_numbers_is_refused():
    (x,) = variables(x=np.ones((2, 3)))
    with pytest.raises(
        InputError, match=r"a single number, got a tensor of shape \(2, 3\): take its mean or sum"
    ):
        gradients(x * x)


def test_a_loss_without_a_graph_is_refused():
    with pytest.raises(
        InputError, match=r"gradients\(\) needs a tensor, got float64: numbers do not remember"
    ):
        gradients(np.float64(3.0))


def test_a_shape_error_names_operation_shapes_and_variables():
    pixels, weight, bias = variables(pixels=np.ones((4, 5)), weight=np.ones((3, 6)), bias=np.zeros(3))
    with pytest.raises(
        InputError,
        match=r"affine\(pixels: float64 \(4, 5\), weight: float64 \(3, 6\), bias: float64 \(3,\)\) does not fit: "
        "5 columns meet 6 features",
    ):
        affine(pixels, weight, bias)
    with pytest.raises(
        InputError, match=r"add\(pixels: float64 \(4, 5\), exp: float64 \(3, 6\)\) does not fit"
    ):
        pixels + exp(weight)
    with pytest.raises(InputError, match=r"multiply\(pixels: float64 \(4, 5\), str\) does not fit"):
        pixels * "two"


@pytest.mark.parametrize("shape", [(3, 1), (1,), (), (4,), (2, 3)])
def test_a_bias_that_would_be_broadcast_is_refused(shape):
    with pytest.raises(InputError, match=r"affine.*does not fit: b must have the shape \(3,\)"):
        affine(np.ones((2, 5)), np.ones((3, 5)), np.ones(shape))


ROWS_AND_STACKS = (
    ((3,), (3, 3)),
    ((3, 3), (3,)),
    ((3,), (3,)),
    ((2, 3, 3), (3, 3)),
    ((3, 3), (2, 3, 3)),
    ((2, 1, 3, 4), (5, 4, 2)),
)


@pytest.mark.parametrize(("left", "right"), ROWS_AND_STACKS)
def test_products_of_rows_and_of_stacks_have_the_right_gradients(left, right):
    """Square matrices and single rows once multiplied without complaint, and with gradients of other shapes."""
    stream = np.random.Generator(np.random.Philox(key=6))
    arrays = {"x": stream.standard_normal(left), "y": stream.standard_normal(right)}
    np.testing.assert_allclose(matmul(**arrays), arrays["x"] @ arrays["y"], rtol=1e-13)
    compared = check_gradients(
        lambda x, y: sum(exp(matmul(x, y) * 0.1)), arrays, places=20, rng=random.key(0)
    )
    assert max(each.error for each in compared.values()) < 1e-8


def test_products_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match=r"matmul.*does not fit: 3 columns meet 4"):
        matmul(np.ones((3, 3)), np.ones((4, 2)))
    with pytest.raises(InputError, match=r"affine.*does not fit"):
        affine(np.ones(3), np.ones((3, 3)), np.ones(3))


def test_a_shape_error_inside_a_compiled_program_is_ours_too():
    with pytest.raises(
        Error, match=r"affine\(float32 \(2, 5\), float32 \(3, 4\), float32 \(3,\)\) does not fit"
    ):
        compiled(affine)(np.ones((2, 5), np.float32), np.ones((3, 4), np.float32), np.zeros(3, np.float32))


def test_a_tensor_shows_its_name_its_operation_and_its_value():
    x, image = variables(x=2.0, image=np.zeros((4, 3)))
    assert repr(x) == "<x: 2.0>"
    assert repr(x * x) == "<Tensor = multiply(…): 4.0>"
    assert repr(image) == "<image: float64 (4, 3)>"


def test_each_gradient_is_an_array_of_its_own():
    """x + y hands the same array on to both, a sum one that takes no memory: neither must be seen from outside."""
    x, y, z, w = variables(x=np.ones((2, 3)), y=np.ones((2, 3)), z=np.ones(4), w=np.ones((3, 2)))
    loss = sum((x + y) * 3.0 + w.T) + sum(z)
    flow = gradients(loss)
    for tensor, found in flow.items():
        found += 100.0 * len(tensor)
    for tensor, slope in ((x, 3.0), (y, 3.0), (z, 1.0), (w, 1.0)):
        np.testing.assert_array_equal(flow[tensor], np.full(tensor.shape, slope + 100.0 * len(tensor)))
        np.testing.assert_array_equal(gradients(loss)[tensor], np.full(tensor.shape, slope))
