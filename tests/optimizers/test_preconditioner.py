"""In the coordinates of a preconditioner a long valley is a bowl, and the same minimum is found in fewer steps."""

import numpy as np
import pytest

from pellucid.optimizers.minimizer import lbfgs
from pellucid.optimizers.preconditioner import Preconditioner, preconditioned_lbfgs
from pellucid.storage.errors import InputError

FEATURES, CLASSES = 20, 3


@pytest.fixture(scope="module")
def x():
    """1,000 pictures whose features vary 100 times as much in one direction as in another."""
    stream = np.random.Generator(np.random.Philox(key=2))
    turn = np.linalg.qr(stream.standard_normal((FEATURES, FEATURES)))[0]
    return stream.standard_normal((1000, FEATURES)) * np.logspace(0, -2, FEATURES) @ turn


@pytest.fixture(scope="module")
def softmax(x):
    """Softmax with L2 on them: the objective of a linear model, and how often it was asked."""
    stream = np.random.Generator(np.random.Philox(key=5))
    y = (x @ stream.standard_normal((FEATURES, CLASSES)) + stream.standard_normal((1000, CLASSES))).argmax(1)

    def objective(params):
        s = x @ params["weight"].T + params["bias"]
        s = s - s.max(axis=1, keepdims=True)
        p = np.exp(s) / np.exp(s).sum(axis=1, keepdims=True)
        g = (p - np.eye(CLASSES)[y]) / len(x)
        value = -np.log(p[np.arange(len(x)), y]).mean() + 0.5e-4 * (params["weight"] ** 2).sum()
        return value, {"weight": g.T @ x + 1e-4 * params["weight"], "bias": g.sum(axis=0)}

    return objective


START = {"weight": np.zeros((CLASSES, FEATURES), np.float32), "bias": np.zeros(CLASSES)}


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-9), (np.float32, 2e-2)])
@pytest.mark.parametrize("pictures", [10, 200])
def test_t_is_a_root_of_the_inverse_of_the_second_moment(x, dtype, tolerance, pictures):
    """Tᵀ P T = I, whether the sample has fewer pictures than features or more."""
    sample, floor = x[:pictures].astype(dtype), 1e-3
    found = Preconditioner.measured(sample, floor)
    assert found.rows.dtype == found.core.dtype == dtype
    t = found.weights(np.eye(FEATURES)).T  # row by row: T of each unit
    moment = x[:pictures].T @ x[:pictures] / pictures + floor * np.eye(FEATURES)
    np.testing.assert_allclose(t.T @ moment @ t, np.eye(FEATURES), atol=tolerance)
    np.testing.assert_allclose(
        found.slope(np.eye(FEATURES)), t, rtol=tolerance, atol=tolerance * abs(t).max()
    )


def test_the_same_minimum_in_fewer_steps(x, softmax):
    plain = lbfgs(softmax, START, beta=1e-6, steps=1000)
    found = preconditioned_lbfgs(softmax, START, {"weight": Preconditioner.measured(x)}, beta=1e-6)
    assert found.value == pytest.approx(plain.value, abs=1e-9)
    assert found.steps * 3 < plain.steps
    assert list(found.params) == ["weight", "bias"]
    np.testing.assert_allclose(softmax(found.params)[0], found.value)


def test_a_penalty_that_rounds_the_objective_is_known_to_it(x):
    """λ is a thousandth of the largest curvature, and ten times what the sample's noise leaves as a floor."""
    y, penalty = x @ np.ones(FEATURES) + np.sin(np.arange(1000)), 1e-3 * np.linalg.norm(x, 2) ** 2 / 1000

    def ridge(params):
        w = params["weight"][0]
        missing = x @ w - y
        value = 0.5 * (missing @ missing / 1000 + penalty * w @ w)
        return value, {"weight": (missing @ x / 1000 + penalty * w)[None]}

    def steps(**known):
        coordinates = {"weight": Preconditioner.measured(x, **known)}
        return preconditioned_lbfgs(ridge, {"weight": np.zeros((1, FEATURES))}, coordinates, beta=1e-9).steps

    assert steps(penalty=penalty) < steps()


@pytest.mark.parametrize("level", [0.2, 1.0])
def test_the_floor_is_what_the_sample_does_not_show(level):
    """A few strong directions and noise of this variance in all others, of which 160 pictures show the half."""
    stream = np.random.Generator(np.random.Philox(key=9))
    strong = stream.standard_normal((160, 5)) @ stream.standard_normal((5, 300))
    noisy = strong + np.sqrt(level) * stream.standard_normal((160, 300))
    found = (1 / Preconditioner.measured(noisy).reach ** 2) / 2
    assert level / 2 < found < 2 * level


def test_the_floor_is_never_below_what_chance_adds():
    """Of features that a few directions explain in full nothing is left over."""
    stream = np.random.Generator(np.random.Philox(key=9))
    strong = stream.standard_normal((160, 5)) @ stream.standard_normal((5, 300))
    found = 1 / Preconditioner.measured(strong).reach ** 2
    assert found == pytest.approx(np.square(strong).mean() * 300 / 160 / 48)


def test_it_begins_at_the_weights_that_it_is_given_and_shows_them(x, softmax):
    preconditioners = {"weight": Preconditioner.measured(x)}
    first = preconditioned_lbfgs(softmax, START, preconditioners, beta=1e-12, steps=20)
    seen = []

    def watch(step, params, value, norm):
        seen.append((value, softmax(params)[0]))
        return "enough" if step == 2 else ""

    again = preconditioned_lbfgs(softmax, first.params, preconditioners, beta=1e-15, watch=watch)
    assert again.values[0] == pytest.approx(first.value, abs=1e-12)
    assert again.reason == "enough"
    np.testing.assert_allclose(*np.transpose(seen))


def test_samples_of_few_pictures():
    for count in (1, 2, 9):
        found = Preconditioner.measured(np.ones((count, 3), np.float32))
        assert np.isfinite(found.weights(np.eye(3))).all()


def test_features_that_are_no_good():
    with pytest.raises(InputError, match="finite and not all 0"):
        Preconditioner.measured(np.zeros((5, 3), np.float32))
    with pytest.raises(InputError, match="finite and not all 0"):
        Preconditioner.measured(np.zeros((0, 3), np.float32))
    with pytest.raises(InputError, match="finite and not all 0"):
        Preconditioner.measured(np.array([[1.0, np.nan]]))
    with pytest.raises(InputError, match="floor must be a number above 0, got 0"):
        Preconditioner.measured(np.ones((5, 3)), 0)


@pytest.mark.parametrize("name", ["bias", "hidden"])
def test_a_preconditioner_of_another_parameter(x, softmax, name):
    with pytest.raises(InputError, match=f"preconditioner of {name} is for 20 features, but {name} is"):
        preconditioned_lbfgs(softmax, START, {name: Preconditioner.measured(x)})
