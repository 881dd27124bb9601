"""What needs all parameters or their names: clipping by the norm of all gradients, decay, exact zeros by L1."""

import math

import numpy as np
import optax
import pytest
from optimizer_list import walked

from pellucid.optimizers.adaptive import Adam, AdamW
from pellucid.optimizers.descent import GradientDescent, Momentum
from pellucid.optimizers.named import OPTIMIZERS
from pellucid.optimizers.optax_adapter import Optax
from pellucid.optimizers.optimizer import Walk, clipped, global_norm, is_weight, shrunk, start, stepped
from pellucid.storage.errors import InputError


def test_the_norm_is_that_of_all_gradients_together():
    g = {"weight": np.array([[3.0, 0.0]]), "bias": np.array([-4.0]), "none": np.zeros((0, 3))}
    assert global_norm(g) == 5.0
    shorter = clipped(g, 1.0)
    np.testing.assert_allclose(shorter["weight"], [[0.6, 0.0]])
    np.testing.assert_allclose(shorter["bias"], [-0.8])
    for name, array in clipped(g, 5.0).items():
        np.testing.assert_array_equal(array, g[name])


def test_clipping_is_that_of_optax():
    stream = np.random.Generator(np.random.Philox(key=5))
    g = {"weight": stream.standard_normal((3, 4)).astype(np.float32), "bias": np.ones(3, np.float32)}
    for norm in (0.5, 3.0, 100.0):
        theirs, _ = optax.clip_by_global_norm(norm).update(g, optax.EmptyState())
        for name, array in clipped(g, norm).items():
            assert array.dtype == np.float32
            np.testing.assert_allclose(array, theirs[name], rtol=1e-6)


def test_huge_and_tiny_gradients_have_a_norm_and_no_gradient_stays_none():
    huge = {"w": np.full(4, 1e30, np.float32)}
    np.testing.assert_allclose(global_norm(huge), 2e30, rtol=1e-6)
    np.testing.assert_allclose(clipped(huge, 1.0)["w"], 0.5, rtol=1e-6)
    np.testing.assert_allclose(global_norm({"w": np.full(4, 1e-30, np.float32)}), 2e-30, rtol=1e-6)
    np.testing.assert_array_equal(clipped({"w": np.zeros(4, np.float32)}, 1.0)["w"], 0.0)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_gradient_that_is_not_finite_is_not_hidden(bad):
    with np.errstate(invalid="ignore"):
        assert not np.isfinite(clipped({"w": np.array([bad, 1.0])}, 1.0)["w"]).all()


def test_what_is_a_weight():
    assert [
        name for name in ("weight", "bias", "1/bias", "head.bias", "1/weight", "biased") if is_weight(name)
    ] == [
        "weight",
        "1/weight",
        "biased",
    ]


def test_biases_do_not_decay_unless_asked():
    params = {"weight": np.ones((2, 2)), "bias": np.ones(2)}
    flat = {name: np.zeros_like(w) for name, w in params.items()}
    optimizer = AdamW(weight_decay=0.5)
    (found,) = walked(optimizer, params, [flat])
    assert (found["weight"] == 0.95).all()
    assert (found["bias"] == 1.0).all()
    (found,) = walked(Walk(optimizer, decays=lambda name: True), params, [flat])
    assert (found["bias"] == 0.95).all()


def test_soft_thresholding():
    w = np.array([-3.0, -1.0, -0.2, 0.0, 0.2, 1.0, 3.0], np.float32)
    found = shrunk(w, np.float32(0.5), strength=2.0)
    np.testing.assert_array_equal(found, [-2.0, 0, 0, 0, 0, 0, 2.0])
    assert found.dtype == np.float32
    assert not np.signbit(found[1:6]).any()


def lasso(seed=9):
    """½‖Xw − y‖²/N, its slope, and the minimum with λ|w| by many steps of coordinate descent."""
    stream = np.random.Generator(np.random.Philox(key=seed))
    x = stream.standard_normal((60, 8)) * np.array([1, 2, 0.5, 1, 1, 3, 1, 1])
    truth = np.array([2.0, 0, 0, -1.5, 0, 0.5, 0, 0])
    y = x @ truth + 0.1 * stream.standard_normal(60)
    strength, w = 0.1, np.zeros(8)
    for _ in range(500):
        for d in range(8):
            rest = y - x @ w + x[:, d] * w[d]
            pull = x[:, d] @ rest / 60
            w[d] = np.sign(pull) * max(abs(pull) - strength, 0) / (x[:, d] @ x[:, d] / 60)
    return x, y, strength, w


RATES = {
    "sgd": 0.1,
    "momentum": 0.01,
    "nesterov": 0.01,
    "adagrad": 0.5,
    "rmsprop": 0.01,
    "adam": 0.02,
    "adamw": 0.02,
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_l1_ends_at_the_minimum_of_the_lasso_with_its_exact_zeros(name):
    """Also with momentum and with a rate for each weight, where a plain threshold of η λ ends elsewhere."""
    x, y, strength, best = lasso()
    inner = AdamW(weight_decay=0.0) if name == "adamw" else OPTIMIZERS[name]
    optimizer = Walk(inner, l1=strength)
    params = {"weight": np.ones(8)}
    state = start(optimizer, params)
    for t in range(1, 4001):
        g = {"weight": x.T @ (x @ params["weight"] - y) / 60}
        params, state = stepped(optimizer, params, g, state, RATES[name] * (1 - t / 4001), t)
    np.testing.assert_allclose(params["weight"], best, atol=2e-4)
    assert (best == 0).sum() >= 4
    np.testing.assert_array_equal(params["weight"] == 0, best == 0)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_pull_of_nothing_changes_nothing(name):
    """The formulas with L1, at λ = 0, are those without."""
    stream = np.random.Generator(np.random.Philox(key=2))
    params = {"w": stream.standard_normal(5)}
    slopes = [{"w": stream.standard_normal(5)} for _ in range(6)]
    plain = walked(OPTIMIZERS[name], params, slopes)
    pulled = walked(Walk(OPTIMIZERS[name], l1={"w": 0.0}), params, slopes)
    for one, other in zip(plain, pulled, strict=True):
        np.testing.assert_allclose(one["w"], other["w"], rtol=1e-12)


def test_l1_is_for_all_weights_or_for_those_that_are_named():
    params = {"weight": np.ones(2), "bias": np.ones(2)}
    flat = {name: np.zeros_like(w) for name, w in params.items()}
    (found,) = walked(Walk(GradientDescent(), l1=3.0), params, [flat])
    np.testing.assert_allclose([found["weight"], found["bias"]], [[0.7, 0.7], [1, 1]])
    (found,) = walked(Walk(GradientDescent(), l1={"bias": 20.0}), params, [flat])
    np.testing.assert_allclose([found["weight"], found["bias"]], [[1, 1], [0, 0]])


def test_the_strength_can_be_an_argument_of_the_program():
    """So that many strengths are one compilation."""
    from pellucid.arrays.compile import compiled

    traced = []

    def step(params, strength):
        traced.append(1)
        optimizer = Walk(Momentum(), l1=strength)
        return stepped(optimizer, params, params, start(optimizer, params), np.float32(0.1), 1)[0]

    program, params = compiled(step), {"w": np.ones(2, np.float32)}
    ends = [float(program(params, np.float32(strength))["w"][0]) for strength in (0.0, 1.0, 20.0)]
    np.testing.assert_allclose(ends, [0.9, 0.8, 0.0], rtol=1e-6)
    assert len(traced) == 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"clip": 0}, "clip must be a finite norm above 0, got 0"),
        ({"clip": -1.0}, "clip must be a finite norm above 0, got -1.0"),
        ({"clip": math.nan}, "clip must be a finite norm above 0, got nan"),
        ({"l1": -0.1}, "l1 must be finite, 0 or more, got -0.1"),
        ({"l1": math.nan}, "l1 must be finite, 0 or more, got nan"),
        ({"l1": {"weight": -1}}, "l1 of weight must be finite, 0 or more, got -1"),
        ({"l1": "strong"}, "l1 must be finite, 0 or more, got 'strong'"),
    ],
)
def test_settings_out_of_range(settings, message):
    with pytest.raises(InputError, match=message):
        Walk(Adam(), **settings)


def test_l1_of_a_parameter_that_is_not_there():
    with pytest.raises(InputError, match="l1 names wieght, but the parameters are weight, bias"):
        start(Walk(Adam(), l1={"wieght": 1.0}), {"weight": np.ones(2), "bias": np.ones(2)})


def test_l1_needs_an_optimizer_whose_steps_are_known():
    with pytest.raises(InputError, match="l1 cannot be used with Optax: exact zeros need to know how far"):
        Walk(Optax(optax.sgd(0.1)), l1=0.1)
    assert Walk(Optax(optax.sgd(0.1)), clip=1.0).clip == 1.0
