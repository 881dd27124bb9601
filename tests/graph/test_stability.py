"""No finite input makes an activation, a softmax or a loss infinite, and none makes NumPy complain."""

import math

import numpy as np
import pytest
from witnesses import TOLERANCES, in_one_program, pulled

from pellucid.arrays.compile import precision
from pellucid.graph.card import card
from pellucid.graph.tensor import OPERATIONS
from pellucid.losses import multiclass_hinge, softmax_cross_entropy

ACTIVATIONS = ("identity", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "gelu", "softplus")
FAR = np.array(
    [-1e6, -1e4, -750.0, -104.0, -89.0, -20.0, -1e-30, 0.0, 1e-30, 20.0, 89.0, 104.0, 750.0, 1e4, 1e6]
)
OF_ROWS = ("softmax", "log_softmax", "maxout")
ROWS = np.array(
    [[1e4, -1e4, 0.0], [1e4, 1e4, 1e4], [-1e4, -1e4, -1e4], [0.0, 0.0, 0.0], [-1e4, 1e4, 1e4 - 1]]
)
DTYPES = (np.float16, np.float32, np.float64)


def assert_finite(operation, arrays, **kept):
    """Warnings are errors in all tests, so that an overflow on the way is seen too."""
    value, _, flows = pulled(operation, arrays, **kept)
    assert np.isfinite(value).all()
    assert value.dtype == next(iter(arrays.values())).dtype
    for flow in flows.values():
        assert np.isfinite(flow).all()
        assert flow.dtype == value.dtype
    return value, flows


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_far_out(name, dtype):
    x = (FAR if dtype != np.float16 else FAR[1:-1]).astype(dtype)
    value, flows = assert_finite(OPERATIONS[name], {"x": x})
    left, right = value[0], value[-1]
    limits = {"sigmoid": (0, 1), "tanh": (-1, 1), "relu": (0, x[-1]), "identity": (x[0], x[-1])}
    limits |= {"elu": (-1, x[-1]), "gelu": (0, x[-1]), "softplus": (0, x[-1])}
    if name in limits:
        assert (left, right) == limits[name]
    slopes = {
        "sigmoid": (0, 0),
        "tanh": (0, 0),
        "relu": (0, 1),
        "elu": (0, 1),
        "gelu": (0, 1),
        "softplus": (0, 1),
    }
    if name in slopes:
        flows = pulled(OPERATIONS[name], {"x": x}, np.ones_like(x))[2]
        assert (flows["x"][0], flows["x"][-1]) == slopes[name]


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("number", [-1e4, 0.0, 1e4])
def test_activations_of_a_single_number(name, number):
    value, flows = assert_finite(OPERATIONS[name], {"x": np.float64(number)})
    assert value.shape == flows["x"].shape == ()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", OF_ROWS)
def test_rows_of_far_scores(name, dtype):
    assert_finite(OPERATIONS[name], {"s": ROWS.astype(dtype)})


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("axis", [None, 0, 1, (0, 1)])
def test_logsumexp_of_far_scores(axis, dtype):
    value, _ = assert_finite(OPERATIONS["logsumexp"], {"x": ROWS.astype(dtype)}, axis=axis)
    assert (value >= ROWS.astype(dtype).max(axis=axis)).all()


def test_probabilities_of_far_scores_add_up_to_one():
    p = OPERATIONS["softmax"](ROWS)
    np.testing.assert_allclose(p.sum(1), 1.0, rtol=1e-15)
    np.testing.assert_array_equal(p[0], [1.0, 0.0, 0.0])
    np.testing.assert_array_equal(OPERATIONS["log_softmax"](ROWS)[0], [0.0, -2e4, -1e4])
    np.testing.assert_allclose(OPERATIONS["log_softmax"](ROWS[1]), -math.log(3), rtol=1e-15)


@pytest.mark.parametrize(("dtype", "scale"), [(np.float64, 1.0), (np.float32, 1.0), (np.float32, 100.0)])
@pytest.mark.parametrize("loss", [softmax_cross_entropy, multiclass_hinge])
def test_losses_of_far_scores(loss, dtype, scale):
    """At ±1e4, and in float32 at ±1e6."""
    s = (scale * ROWS).astype(dtype)
    for label in range(3):
        value, flows = assert_finite(loss, {"s": s, "y": np.full(len(s), label)})
        assert (value >= 0).all()
        # Whatever is given to one class is taken from the others.
        np.testing.assert_allclose(flows["s"].sum(1), 0.0, atol=1e-6)


LOSSES = [
    name
    for name, operation in OPERATIONS.items()
    if operation.__module__.startswith("pellucid.losses")
    and not card(operation).gradient.startswith("refused")
]


@pytest.mark.parametrize(("dtype", "scale"), [(np.float64, 1.0), (np.float32, 1.0), (np.float32, 100.0)])
@pytest.mark.parametrize("name", LOSSES)
def test_no_loss_and_no_slope_of_one_is_infinite(name, dtype, scale):
    found = card(OPERATIONS[name])
    (_, letters), (_, of_targets) = found.arrays.items()
    s = (scale * ROWS).astype(dtype)
    s = s if len(letters) == 2 else s[:, 0]
    if any(" labels below " in clause for clause in found.clauses):
        targets = [np.full(len(s), label) for label in range(3)]
    elif len(of_targets) == 2:
        targets = [np.full(s.shape, 1 / 3, dtype), np.eye(3, dtype=dtype)[[0, 1, 2, 0, 1]]]
    else:
        targets = [np.full(len(s), target, dtype) for target in (-1 if "-1" in found.inputs else 0, 1)]
    for target in targets:
        value, _ = assert_finite(OPERATIONS[name], {"s": s, "y": target})
        assert value.shape == (len(s),)


@pytest.mark.parametrize("name", [*ACTIVATIONS, *OF_ROWS])
def test_the_compiled_program_agrees_far_out(name):
    x = {"x": (ROWS if name in OF_ROWS else FAR).astype(np.float32)}
    value, g, flows = pulled(OPERATIONS[name], x)
    with precision(np.float32):
        traced, traced_flows, _ = in_one_program(OPERATIONS[name], ["x"], {})(x, g)
    np.testing.assert_allclose(value, np.asarray(traced), **TOLERANCES[np.float32])
    np.testing.assert_allclose(flows["x"], np.asarray(traced_flows["x"]), **TOLERANCES[np.float32])


def test_log1p_and_softplus_are_exact_for_tiny_numbers():
    assert OPERATIONS["log1p"](np.float64(1e-20)) == 1e-20
    assert OPERATIONS["softplus"](np.float64(-50.0)) == pytest.approx(math.exp(-50.0), rel=1e-15)
    assert OPERATIONS["elu"](np.float64(-1e-20)) == -1e-20
