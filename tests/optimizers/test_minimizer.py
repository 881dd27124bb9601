"""Minimizers reach minima that are known otherwise, say why they stopped, and refuse what is no objective."""

import math

import numpy as np
import pytest

from pellucid.optimizers.adaptive import Adam
from pellucid.optimizers.minimizer import descent, lbfgs
from pellucid.optimizers.random_search import random_local_search, random_search
from pellucid.storage.errors import InputError, TrainingError

MINIMIZERS = {
    "descent": lambda objective, params, **settings: descent(
        objective, params, learning_rate=0.1, **settings
    ),
    "lbfgs": lbfgs,
}


def bowl(params):
    """½ Σ steepness (w − bottom)², with its bottom at 1, 2, 3, and 4."""
    left = params["a"] - np.array([[1.0], [2.0]])
    right = params["b"] - np.array([3.0, 4.0])
    return 0.5 * ((left**2).sum() + 4 * (right**2).sum()), {"b": 4 * right, "a": left}


BOWL = {"a": np.zeros((2, 1), np.float32), "b": np.zeros(2)}


def rosenbrock(params):
    """f = Σ 100 (x₂ − x₁²)² + (1 − x₁)² over neighbors, whose minimum is at ones (Rosenbrock 1960)."""
    x = params["x"]
    up, rest = x[1:] - x[:-1] ** 2, 1 - x[:-1]
    g = np.zeros_like(x)
    g[:-1] = -400 * x[:-1] * up - 2 * rest
    g[1:] += 200 * up
    return float((100 * up**2 + rest**2).sum()), {"x": g}


def logistic(params):
    """Softmax with L2 on 200 points of 3 classes: the objective of a linear model."""
    stream = np.random.Generator(np.random.Philox(key=4))
    y = np.arange(200) % 3
    x = stream.standard_normal((200, 5)) + y[:, None]
    w, b = params["weight"], params["bias"]
    s = x @ w.T + b
    s = s - s.max(axis=1, keepdims=True)
    p = np.exp(s) / np.exp(s).sum(axis=1, keepdims=True)
    value = -np.log(p[np.arange(200), y]).mean() + 0.5 * 0.01 * (w**2).sum()
    q = (p - np.eye(3)[y]) / 200
    return value, {"weight": q.T @ x + 0.01 * w, "bias": q.sum(axis=0)}


@pytest.mark.parametrize("name", MINIMIZERS)
def test_the_bottom_of_a_bowl(name):
    found = MINIMIZERS[name](bowl, BOWL, beta=1e-9)
    np.testing.assert_allclose(found.params["a"], [[1.0], [2.0]], rtol=1e-8)
    np.testing.assert_allclose(found.params["b"], [3.0, 4.0], rtol=1e-8)
    assert list(found.params) == ["a", "b"]
    assert found.params["a"].dtype == np.float64
    assert found.gradient_norm <= 1e-9
    assert found.reason.endswith("≤ β = 1e-09")
    assert found.values[0] == bowl(BOWL)[0]
    assert found.values[-1] == found.value == bowl(found.params)[0]
    assert len(found.values) == found.steps + 1
    assert found.evaluations > found.steps
    assert not BOWL["b"].any()


def test_lbfgs_follows_the_bent_valley():
    found = lbfgs(rosenbrock, {"x": np.array([-1.2, 1.0] * 5)}, beta=1e-8)
    np.testing.assert_allclose(found.params["x"], 1.0, atol=1e-8)
    assert found.steps < 200


def test_lbfgs_and_descent_meet_and_lbfgs_is_there_long_before():
    params = {"weight": np.zeros((3, 5)), "bias": np.zeros(3)}
    fast, slow = lbfgs(logistic, params), descent(logistic, params, learning_rate=0.5, steps=100_000)
    assert fast.value == pytest.approx(slow.value, abs=1e-9)
    np.testing.assert_allclose(fast.params["weight"], slow.params["weight"], atol=1e-3)
    assert fast.evaluations < slow.evaluations / 10
    assert all(later < earlier for earlier, later in zip(fast.values, fast.values[1:], strict=False))


def test_descent_with_another_optimizer():
    found = descent(rosenbrock, {"x": np.array([-1.2, 1.0])}, learning_rate=0.02, optimizer=Adam(), beta=1e-3)
    assert found.gradient_norm <= 1e-3
    np.testing.assert_allclose(found.params["x"], 1.0, atol=1e-2)


def test_lbfgs_minimizes_an_objective_of_the_graph_compiled():
    from pellucid.arrays.compile import compiled, precision
    from pellucid.graph import Tensor, gradients
    from pellucid.graph.reductions import sum as total

    def objective(params):
        leaf = Tensor(params["w"])
        value = total((leaf - 2.0) * (leaf - 2.0))
        return value.value, {"w": gradients(value, of=[leaf])[leaf]}

    with precision(np.float64):
        found = lbfgs(compiled(objective), {"w": np.zeros(3)})
    np.testing.assert_allclose(found.params["w"], 2.0)


@pytest.mark.parametrize("name", MINIMIZERS)
def test_why_it_stopped(name):
    minimizer = MINIMIZERS[name]
    there = {"a": np.array([[1.0], [2.0]]), "b": np.array([3.0, 4.0])}
    found = minimizer(bowl, there)
    assert (found.reason, found.steps, found.evaluations) == ("‖∇‖ = 0 ≤ β = 1e-06", 0, 1)
    found = minimizer(logistic, {"weight": np.zeros((3, 5)), "bias": np.zeros(3)}, steps=3)
    assert found.reason.startswith("all 3 steps done, ‖∇‖ = 0.")
    assert found.steps == 3
    found = minimizer(bowl, BOWL, seconds=1e-9, beta=1e-300)
    assert found.reason.startswith("the time of 1e-09 s is over")
    assert found.steps <= 1


def test_lbfgs_says_when_float64_ends():
    found = lbfgs(logistic, {"weight": np.zeros((3, 5)), "bias": np.zeros(3)}, beta=1e-300)
    assert "nothing lower can be told apart in float64" in found.reason
    assert found.gradient_norm < 1e-6
    assert found.value == logistic(found.params)[0]


@pytest.mark.parametrize("name", MINIMIZERS)
def test_progress(name):
    told = []
    MINIMIZERS[name](
        logistic,
        {"weight": np.zeros((3, 5)), "bias": np.zeros(3)},
        steps=4,
        progress=lambda *each: told.append(each),
    )
    assert told[-1] == (3, 4)


@pytest.mark.parametrize("name", MINIMIZERS)
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"beta": 0}, "beta must be finite and above 0, got 0"),
        ({"beta": math.nan}, "beta must be finite and above 0, got nan"),
        ({"steps": 0}, "steps must be a whole number, at least 1, got 0"),
        ({"steps": 2.5}, "steps must be a whole number, at least 1, got 2.5"),
        ({"seconds": 0}, "seconds must be above 0, got 0"),
    ],
)
def test_settings_out_of_range(name, settings, message):
    with pytest.raises(InputError, match=message):
        MINIMIZERS[name](bowl, BOWL, **settings)


def test_the_learning_rate_and_the_memory():
    for rate in (0, math.nan, -1):
        with pytest.raises(InputError, match="learning_rate must be finite and above 0"):
            descent(bowl, BOWL, learning_rate=rate)
    with pytest.raises(InputError, match="memory must be a whole number, at least 1, got 0"):
        lbfgs(bowl, BOWL, memory=0)


@pytest.mark.parametrize("name", MINIMIZERS)
@pytest.mark.parametrize(
    ("objective", "message"),
    [
        (lambda params: 3.0, "must return its value and a dict of its gradients"),
        (lambda params: (3.0, params, 1), "must return its value and a dict of its gradients"),
        (lambda params: (np.ones(2), params), r"must be one number, got an array of shape \(2,\)"),
        (lambda params: (1.0, {"b": params["b"]}), "returned no gradient for a, only for b"),
        (
            lambda params: (1.0, {"a": params["a"].ravel(), "b": params["b"]}),
            r"gradient of a must have its shape \(2, 1\), got \(2,\)",
        ),
    ],
)
def test_what_is_no_objective(name, objective, message):
    with pytest.raises(InputError, match=message):
        MINIMIZERS[name](objective, BOWL)


@pytest.mark.parametrize("name", MINIMIZERS)
def test_an_objective_that_is_not_finite(name):
    with pytest.raises(TrainingError, match=r"The objective is nan .*Lower the learning rate, or begin"):
        MINIMIZERS[name](lambda params: (math.nan, params), BOWL)
    with pytest.raises(TrainingError, match="The gradient of b is not finite"):
        MINIMIZERS[name](lambda params: (1.0, {"a": params["a"] + 1, "b": np.full(2, math.inf)}), BOWL)


def test_a_learning_rate_that_is_too_large():
    with (
        pytest.raises(TrainingError, match=r"after \d+ steps at the learning rate 3\. Lower"),
        np.errstate(all="ignore"),
    ):
        descent(bowl, BOWL, learning_rate=3)


@pytest.mark.parametrize("minimizer", [lbfgs, random_search, random_local_search])
@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({}, "params is empty"),
        ({"w": np.array([1.0, math.nan])}, "The parameter w has numbers that are not finite"),
        ({"w": np.array(["a"])}, "The parameter w must be an array of numbers"),
        ({"w": None}, "The parameter w"),
    ],
)
def test_weights_to_begin_with_that_are_none(minimizer, params, message):
    with pytest.raises(InputError, match=message):
        minimizer(lambda params: (0.0, params), params)


def test_random_search_keeps_the_best_of_its_draws():
    value = lambda params: float((params["w"] ** 2).sum() - params["w"].sum())
    found = random_search(value, {"w": np.zeros(2)}, tries=300, scale=1.0, seed=3)
    assert found.value == value(found.params) == found.values.min() < -0.45  # the least there is: −0.5
    assert found.value == random_search(value, {"w": np.zeros(2)}, tries=300, scale=1.0, seed=3).value
    assert found.value != random_search(value, {"w": np.zeros(2)}, tries=300, scale=1.0, seed=4).value
    assert (found.steps, found.evaluations, len(found.values)) == (300, 301, 301)
    assert found.reason == "all 300 tries done"
    assert found.gradient_norm is None
    assert (np.diff(found.values) <= 0).all()


def test_the_draws_are_normal_numbers_of_that_scale():
    drawn = []

    def value(params):
        drawn.append(np.concatenate([array.ravel() for array in params.values()]))
        return 0.0

    random_search(value, {"weight": np.zeros((30, 10)), "bias": np.zeros(300)}, tries=20, scale=0.01)
    draws = np.array(drawn[1:])
    assert draws.std() == pytest.approx(0.01, rel=0.03)
    assert abs(draws.mean()) < 0.0005
    assert abs(np.corrcoef(draws[:, :300].ravel(), draws[:, 300:].ravel())[0, 1]) < 0.05


def test_each_sees_further_than_the_one_before():
    """In many dimensions: drawing is hopeless, a small move finds a way down, the gradient knows it."""
    start = {"w": np.full(50, 0.1)}
    value = lambda params: float((params["w"] ** 2).sum())
    drawing = random_search(value, start, tries=300, scale=0.1).value
    moving = random_local_search(value, start, tries=300, scale=0.01).value
    sloping = descent(
        lambda params: (value(params), {"w": 2 * params["w"]}), start, learning_rate=0.1, steps=300
    ).value
    assert drawing > 0.2
    assert sloping < 1e-6 < moving < 0.3 * 0.5


def test_a_place_that_is_not_finite_is_never_kept():
    value = lambda params: math.nan if params["w"][0] > 0 else float(params["w"][0])
    found = random_local_search(value, {"w": np.zeros(1)}, tries=50, scale=1.0)
    assert math.isfinite(found.value)
    assert found.value < 0


@pytest.mark.parametrize("search", [random_search, random_local_search])
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"tries": 0}, "tries must be a whole number, at least 1, got 0"),
        ({"scale": 0}, "scale must be finite and above 0, got 0"),
        ({"scale": math.nan}, "scale must be finite and above 0, got nan"),
    ],
)
def test_settings_of_a_search(search, settings, message):
    with pytest.raises(InputError, match=message):
        search(lambda params: 0.0, {"w": np.zeros(1)}, **settings)
    with pytest.raises(InputError, match=r"must be one number, got an array of shape \(2,\)"):
        search(lambda params: np.zeros(2), {"w": np.zeros(1)})
