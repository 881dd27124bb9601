"""The average of all weights on the way: exact after every step, on both engines, around any optimizer."""

import numpy as np
import pytest

from pellucid.arrays.compile import compiled, scan
from pellucid.optimizers.adaptive import AdamW
from pellucid.optimizers.averaging import Averaged, averaged
from pellucid.optimizers.descent import GradientDescent, Momentum
from pellucid.optimizers.optimizer import Walk, start, stepped
from pellucid.storage.errors import InputError

INSIDE = {
    "plain": GradientDescent(),
    "nesterov": Momentum(nesterov=True),
    "adamw": AdamW(),
    "walk with L1": Walk(Momentum(), clip=1.0, l1=0.05),
}


def drawn(steps, dtype=np.float64):
    stream = np.random.Generator(np.random.Philox(key=12))
    params = {"weight": stream.standard_normal((3, 4)).astype(dtype), "bias": np.zeros(3, dtype)}
    slopes = [
        {name: stream.standard_normal(w.shape).astype(dtype) for name, w in params.items()}
        for _ in range(steps)
    ]
    return params, slopes


@pytest.mark.parametrize("name", INSIDE)
def test_after_every_step_it_is_the_mean_of_all_so_far_and_the_steps_are_not_changed(name):
    params, slopes = drawn(30)
    optimizer, alone = Averaged(INSIDE[name]), params
    state, state_alone, passed = start(optimizer, params), start(INSIDE[name], params), []
    for t, g in enumerate(slopes, 1):
        params, state = stepped(optimizer, params, g, state, 0.1, t)
        alone, state_alone = stepped(INSIDE[name], alone, g, state_alone, 0.1, t)
        passed.append(params)
        found = averaged(optimizer, params, state)
        for part, w in found.items():
            assert params[part].tobytes() == alone[part].tobytes()
            np.testing.assert_allclose(
                w, np.mean([each[part] for each in passed], axis=0), rtol=1e-12, atol=1e-15
            )


def test_in_float32_it_is_the_mean_after_a_hundred_thousand_steps():
    """Weights that go on growing, as a perceptron's do; compiled, as training is."""
    moves = (
        np.random.Generator(np.random.Philox(key=1)).standard_normal((100_000, 5)).astype(np.float32) + 0.01
    )
    optimizer = Averaged(GradientDescent())

    def step(carried, move):
        params, state, t = carried
        params, state = stepped(optimizer, params, {"w": -move}, state, np.float32(1), t + 1)
        return (params, state, t + 1), params["w"]

    params = {"w": np.zeros(5, np.float32)}
    (_, state, _), passed = compiled(lambda *carried, moves: scan(step, carried, moves))(
        params, start(optimizer, params), np.int32(0), moves=moves
    )
    exact = np.asarray(passed).astype(np.float64).mean(axis=0)
    np.testing.assert_allclose(averaged(optimizer, {}, state)["w"], exact, rtol=1e-5)


def test_before_the_first_step_it_is_the_weights_and_without_one_too():
    params, slopes = drawn(1)
    optimizer = Averaged(Momentum())
    found = averaged(optimizer, params, start(optimizer, params))
    for name, w in params.items():
        np.testing.assert_array_equal(found[name], w)
        assert not np.shares_memory(found[name], w)
    moved, state = stepped(Momentum(), params, slopes[0], start(Momentum(), params), 0.1, 1)
    assert averaged(Momentum(), moved, state) is moved


def test_a_walk_around_it_clips_and_finds_the_average_too():
    params = {"w": np.array([1.0])}
    optimizer = Walk(Averaged(GradientDescent()), clip=1.5)
    state = start(optimizer, params)
    for t, slope in enumerate((2.0, -1.0), 1):
        params, state = stepped(optimizer, params, {"w": np.array([slope])}, state, 0.1, t)
    np.testing.assert_allclose(params["w"], [0.95])
    np.testing.assert_allclose(averaged(optimizer, params, state)["w"], [(0.85 + 0.95) / 2])


@pytest.mark.parametrize("given", [None, "sgd", GradientDescent])
def test_what_is_no_optimizer(given):
    with pytest.raises(InputError, match=r"Averaged needs an optimizer such as GradientDescent\(\), got "):
        Averaged(given)
