"""The squared error and its half: two names, so that nobody has to remember a flag."""

import numpy as np
import pytest

from pellucid.graph import Tensor, gradients, variables
from pellucid.graph.reductions import sum
from pellucid.losses import half_squared_error, squared_error
from pellucid.storage.errors import InputError

BOTH = pytest.mark.parametrize(("loss", "factor"), [(squared_error, 1.0), (half_squared_error, 0.5)])


@BOTH
def test_by_hand(loss, factor):
    z, y = variables(z=np.array([[1.0, 2.0], [3.0, 4.0]]), y=np.array([[0.0, 4.0], [3.0, 4.0]]))
    losses = loss(z, y)
    np.testing.assert_array_equal(losses.value, [5 * factor, 0])
    flow = gradients(sum(losses))
    np.testing.assert_array_equal(flow[z], 2 * factor * np.array([[1.0, -2.0], [0, 0]]))
    np.testing.assert_array_equal(flow[y], -flow[z])


@BOTH
@pytest.mark.parametrize("shape", [(4,), (4, 3), (4, 2, 3), (4, 0), (0, 3), (0,)])
def test_one_value_a_picture_whatever_its_shape(loss, factor, shape):
    rng = np.random.Generator(np.random.Philox(key=9))
    values, targets = rng.standard_normal(shape), rng.standard_normal(shape)
    z, y = variables(z=values, y=targets)
    losses = loss(z, y)
    assert losses.shape == shape[:1]
    squares = np.square(values - targets).reshape(shape[0], int(np.prod(shape[1:])))
    np.testing.assert_allclose(losses.value, factor * squares.sum(1), rtol=1e-14)
    np.testing.assert_allclose(gradients(sum(losses))[z], 2 * factor * (values - targets), rtol=1e-14)


@BOTH
def test_one_network_of_the_course_in_numbers(loss, factor):
    """Golden number 23: x = 1, ŷ = 1.244918662, y = 1."""
    found = loss(np.array([[1.244918662]]), np.array([[1.0]]))
    np.testing.assert_allclose(found, [0.059985151 * factor], rtol=0, atol=5.1e-10)


@BOTH
@pytest.mark.parametrize(
    ("z", "y"), [((4, 1), (4,)), ((4,), (4, 1)), ((4, 3), (3,)), ((4, 3), (1, 3)), ((), ())]
)
def test_shapes_that_would_be_broadcast_are_refused(loss, factor, z, y):
    with pytest.raises(InputError, match=rf"{loss.__name__}.*must have the same shape, \(N, K\) or \(N,\)"):
        loss(np.ones(z), np.ones(y))


@BOTH
def test_whole_targets_leave_float32_what_it_is_and_take_no_gradient(loss, factor):
    z, y = Tensor(np.ones((2, 3), np.float32)), Tensor(np.zeros((2, 3), np.int64))
    losses = loss(z, y)
    assert losses.dtype == np.float32
    assert list(gradients(sum(losses))) == [z]
    wide = Tensor(np.zeros((2, 3)))
    flow = gradients(sum(loss(z, wide)))
    assert (flow[z].dtype, flow[wide].dtype) == (np.float32, np.float64)
