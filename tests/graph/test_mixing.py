"""NumPy's arrays beside JAX's, whole numbers beside others, and arrays that are changed after use."""

import warnings

import numpy as np
import pytest

import pellucid
from pellucid.arrays.compile import compiled, precision
from pellucid.graph import Tensor, gradients, variables
from pellucid.graph.algebra import affine
from pellucid.graph.backward import backward_steps
from pellucid.graph.elementwise import exp
from pellucid.graph.reductions import mean, sum
from pellucid.losses import softmax_cross_entropy
from pellucid.storage.errors import InputError

jnp = pytest.importorskip("jax.numpy")


@pytest.mark.parametrize("wide", [False, True])
def test_each_side_gets_its_own_kind_of_array_back(wide):
    """Without 64 bits allowed, JAX computes in float32; what was float64 of NumPy's comes back as that."""
    dtype = np.float64 if wide else np.float32
    with precision(dtype):
        numbers = np.arange(6.0).reshape(2, 3)
        ours = Tensor(numbers, name="ours")
        theirs = Tensor(jnp.ones((4, 3), dtype), name="theirs")
        flow = gradients(sum(affine(ours, theirs, np.zeros(4)) * 2.0))
        assert type(flow[ours]) is np.ndarray
        assert flow[ours].dtype == np.float64
        assert type(flow[theirs]) is type(theirs.value)
        assert flow[theirs].dtype == dtype
        np.testing.assert_array_equal(flow[ours], np.full((2, 3), 8.0))
        np.testing.assert_array_equal(np.asarray(flow[theirs]), np.tile(2 * numbers.sum(0), (4, 1)))


@pytest.mark.parametrize("kind", [np.asarray, jnp.asarray])
def test_constants_of_either_kind_on_either_side(kind):
    (x,) = variables(x=np.array([1.0, 2.0], np.float32))
    constant = kind(np.array([3.0, 4.0], np.float32))
    for made, slope in ((constant * x, [3, 4]), (x * constant, [3, 4]), (constant - x, [-1, -1])):
        assert isinstance(made, Tensor)
        flow = gradients(sum(made))[x]
        assert type(flow) is np.ndarray
        np.testing.assert_array_equal(flow, slope)
    matrix = kind(np.ones((2, 2), np.float32))
    np.testing.assert_array_equal(gradients(sum(matrix @ x))[x], [2.0, 2.0])
    np.testing.assert_array_equal(gradients(sum(x @ matrix))[x], [2.0, 2.0])


def test_a_leaf_of_numpy_inside_a_compiled_program():
    fixed = np.array([1.0, 2.0, 3.0])

    def slopes(w):
        ours, traced = Tensor(fixed, name="ours"), Tensor(w, name="w")
        flow = gradients(sum(exp(ours * traced)))
        return flow[ours], flow[traced]

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        to_ours, to_w = compiled(slopes)(np.ones(3, np.float32))
    assert to_ours.dtype == to_w.dtype == np.float32
    np.testing.assert_allclose(to_ours, np.exp(fixed), rtol=1e-6)
    np.testing.assert_allclose(to_w, fixed * np.exp(fixed), rtol=1e-6)


def test_whole_numbers_take_part_but_get_no_gradient():
    counts = Tensor(np.array([1, 2, 3]), name="counts")
    pixels = Tensor(np.array([0, 128, 255], np.uint8), name="pixels")
    (w,) = variables(w=np.array([0.5, 1.5, 2.5]))
    loss = sum((pixels / 255.0 + counts * 2) * w)
    assert gradients(loss).keys() == {w}
    np.testing.assert_allclose(gradients(loss)[w], [2.0, 4 + 128 / 255, 7.0])
    assert {step.parent.dtype.kind for step in backward_steps(loss)} == {"f"}
    for tensor in (counts, pixels, counts * 2):
        with pytest.raises(
            InputError, match=r"holds whole numbers, which have no gradient: give it a floating dtype"
        ):
            gradients(loss, of=(w, tensor))


def test_a_loss_of_whole_numbers_is_refused():
    with pytest.raises(InputError, match=r"walks back from a floating number, got .* of dtype int64"):
        gradients(sum(Tensor(np.array([1, 2]), name="n")))


def test_a_variable_does_not_follow_the_array_that_it_was_made_from():
    """The walk back computes with values of the way forward: if they changed in between, it would be silently wrong."""
    array = np.array([1.0, 2.0])
    (x,) = variables(x=array)
    loss = sum(x * x)
    array[:] = 100.0
    np.testing.assert_array_equal(x.value, [1.0, 2.0])
    np.testing.assert_array_equal(gradients(loss)[x], [2.0, 4.0])


def test_a_variable_cannot_be_written_to():
    x, whole = variables(x=np.array([1.0, 2.0]), whole=[1, 2])
    for tensor in (x, whole):
        with pytest.raises(ValueError, match="read-only"):
            tensor.value[0] = 5.0
        with pytest.raises(ValueError, match="read-only"):
            tensor.value += 1


@pytest.mark.parametrize(
    "value", [np.array([1 + 2j]), 3j, np.array(["1", "2"]), np.array([None]), np.array([object()])]
)
def test_what_is_no_real_number_becomes_no_variable(value):
    with pytest.raises(InputError, match=r"variables\(\) needs numbers or arrays of them, got x="):
        variables(x=value)


def test_arrays_of_other_layouts_and_bytes_become_variables():
    big = np.array([1.0, 2.0], ">f8")
    view = np.arange(6.0)[::-2]
    x, y = variables(x=big, y=view)
    np.testing.assert_array_equal(gradients(sum(x * x))[x], [2.0, 4.0])
    np.testing.assert_array_equal(gradients(sum(y * y))[y], 2 * view)
    assert view.flags.writeable


def test_tensors_in_conditions_loops_and_built_in_functions():
    x, y, z = variables(x=2.0, y=3.0, z=np.array([1.0, 4.0]))
    assert x < y
    assert not x >= y
    assert max(x, y) is y
    np.testing.assert_array_equal(gradients(sum(abs(-z)))[z], [1.0, 1.0])
    first, second = z
    assert gradients(first * second * x)[x] == 4.0
    assert len(z) == 2
    with pytest.raises(InputError, match=r"is no single truth: compare its value"):
        bool(z > 2.0)
    with pytest.raises(InputError, match="is a single number and has no length"):
        len(x)
    with pytest.raises(InputError, match="is a single number and has no length"):
        list(x)
    with pytest.raises(InputError, match=r"write exp\(tensor \* log\(2.0\)\)"):
        2.0**x


def test_labels_as_a_tensor_of_whole_numbers():
    s, y = Tensor(np.zeros((2, 3)), name="s"), Tensor(np.array([0, 2]), name="y")
    loss = mean(softmax_cross_entropy(s, y))
    assert pellucid.gradients(loss).keys() == {s}
    with pytest.raises(InputError, match=r"<y: int64 \(2,\)> holds whole numbers"):
        gradients(loss, of=(y,))
