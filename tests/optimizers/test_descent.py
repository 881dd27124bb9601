"""The first steps by hand, the same on both engines, and downhill. Every optimizer of the folder is in the list."""

import dataclasses
import importlib
import pkgutil
from typing import Any

import numpy as np
import pytest

import pellucid.optimizers
from pellucid.arrays.compile import compiled, precision, scan
from pellucid.optimizers.descent import GradientDescent, Momentum, start, stepped

OPTIMIZERS: dict[str, Any] = {
    "plain": GradientDescent(),
    "momentum": Momentum(),
    "slow momentum": Momentum(0.5),
    "nesterov": Momentum(nesterov=True),
}

# w after each of two steps with gradient 2 and then -1, from w = 1, at rate 0.1.
BY_HAND = {
    "plain": (0.8, 0.9),
    "momentum": (0.8, 0.72),  # v = -.2; then v = -.18 + .1 = -.08
    "slow momentum": (0.8, 0.8),  # v = -.2; then v = -.1 + .1 = 0
    "nesterov": (0.62, 0.648),  # v = -.2, moves -.18 - .2; then v = -.08, moves -.072 + .1
}


def test_every_optimizer_is_in_the_list():
    found = set()
    for each in pkgutil.iter_modules(pellucid.optimizers.__path__, "pellucid.optimizers."):
        module = importlib.import_module(each.name)
        found |= {
            kind
            for kind in vars(module).values()
            if isinstance(kind, type) and dataclasses.is_dataclass(kind) and hasattr(kind, "update")
        }
    assert found == {type(optimizer) for optimizer in OPTIMIZERS.values()}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_two_steps_by_hand(name):
    params, optimizer = {"w": np.array([1.0])}, OPTIMIZERS[name]
    state = start(optimizer, params)
    for t, (g, expected) in enumerate(zip((2.0, -1.0), BY_HAND[name], strict=True), 1):
        params, state = stepped(optimizer, params, {"w": np.array([g])}, state, 0.1, t)
        np.testing.assert_allclose(params["w"], [expected], rtol=1e-14)


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_numpy_equals_the_compiled_program_and_dtypes_are_kept(name, dtype):
    optimizer = OPTIMIZERS[name]
    stream = np.random.Generator(np.random.Philox(key=3))
    params = {
        "weight": stream.standard_normal((4, 3)).astype(dtype),
        "bias": stream.standard_normal(4).astype(dtype),
    }
    slopes = [
        {key: stream.standard_normal(w.shape).astype(dtype) for key, w in params.items()} for _ in range(5)
    ]
    state, eager = start(optimizer, params), params
    for t, g in enumerate(slopes, 1):
        # Rates come from np.logspace and schedules as float64; that must not spread.
        eager, state = stepped(optimizer, eager, g, state, np.float64(0.1), t)
    with precision(dtype):
        program = compiled(
            lambda params, state, slopes: scan(
                lambda carried, g: (stepped(optimizer, *carried[:1], g, carried[1], dtype(0.1), 1), 0.0),
                (params, state),
                slopes,
            )[0]
        )
        stacked = {key: np.stack([g[key] for g in slopes]) for key in params}
        traced, traced_state = program(params, start(optimizer, params), stacked)
    for key, w in eager.items():
        assert w.dtype == traced[key].dtype == dtype
        np.testing.assert_allclose(w, np.asarray(traced[key]), rtol=1e-6 if dtype == np.float32 else 1e-14)
        for part, value in state[key].items():
            assert value.dtype == traced_state[key][part].dtype == dtype


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_another_rate_and_another_step_need_no_second_compilation(name):
    optimizer = OPTIMIZERS[name]
    traced = []

    def step(params, g, state, learning_rate, t):
        traced.append(1)
        return stepped(optimizer, params, g, state, learning_rate, t)

    program = compiled(step)
    params = {"w": np.ones(3, np.float32)}
    state = start(optimizer, params)
    for t in range(1, 6):
        params, state = program(
            params, {"w": np.ones(3, np.float32)}, state, np.float32(0.1 / t), np.int32(t)
        )
    assert len(traced) == 1


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_bowl_ends_at_its_bottom(name):
    bottom, steepness = np.array([3.0, -2.0, 0.5]), np.array([1.0, 4.0, 0.25])
    params = {"w": np.array([10.0, 10.0, -10.0])}
    state = start(OPTIMIZERS[name], params)
    for t in range(1, 801):
        g = {"w": steepness * (params["w"] - bottom)}
        params, state = stepped(OPTIMIZERS[name], params, g, state, 0.2, t)
    np.testing.assert_allclose(params["w"], bottom, rtol=1e-6)


def test_momentum_is_faster_along_a_narrow_valley():
    def distance(optimizer):
        params = {"w": np.array([1.0, 1.0])}
        state = start(optimizer, params)
        for t in range(1, 101):
            params, state = stepped(
                optimizer, params, {"w": np.array([1.0, 0.01]) * params["w"]}, state, 1.0, t
            )
        return np.abs(params["w"]).max()

    assert distance(Momentum()) < 0.1 * distance(GradientDescent())
    assert distance(Momentum(nesterov=True)) < 0.1 * distance(GradientDescent())


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_what_was_given_is_not_written_to(name):
    params, g = {"w": np.ones(3)}, {"w": np.ones(3)}
    state = start(OPTIMIZERS[name], params)
    for array in (params["w"], g["w"], *state["w"].values()):
        array.flags.writeable = False
    new, new_state = stepped(OPTIMIZERS[name], params, g, state, 0.1, 1)
    assert new is not params
    assert set(new_state) == {"w"}
    np.testing.assert_array_equal(params["w"], 1.0)


@pytest.mark.parametrize("momentum", [np.float64(0.9), np.float32(0.9)])
def test_a_setting_of_numpy_does_not_widen_the_weights(momentum):
    optimizer = Momentum(momentum)
    params = {"w": np.ones(3, np.float32)}
    new, state = stepped(optimizer, params, params, start(optimizer, params), 0.1, 1)
    assert new["w"].dtype == state["w"]["velocity"].dtype == np.float32
