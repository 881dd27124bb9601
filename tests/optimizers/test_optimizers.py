"""Every optimizer of the folder, and some of optax: by hand, the same on both engines, downhill, saved and restored."""

import dataclasses
import importlib
import pkgutil

import numpy as np
import pytest
from optimizer_list import CASES, LIGHT, TRAINED, filled, flattened, unflattened, walked

import pellucid.optimizers
from pellucid.arrays.compile import compiled, precision, scan
from pellucid.optimizers.adaptive import AdamW
from pellucid.optimizers.descent import GradientDescent, Momentum
from pellucid.optimizers.named import OPTIMIZERS
from pellucid.optimizers.optimizer import Walk, start, stepped
from pellucid.storage.tensors import load_tensors, save_tensors


def drawn(dtype, count=5, seed=3):
    """Parameters and gradients of several steps."""
    stream = np.random.Generator(np.random.Philox(key=seed))
    shapes = {"weight": (4, 3), "bias": (4,)}
    params = {name: stream.standard_normal(shape).astype(dtype) for name, shape in shapes.items()}
    slopes = [
        {name: stream.standard_normal(shape).astype(dtype) for name, shape in shapes.items()}
        for _ in range(count)
    ]
    return params, slopes


def test_every_optimizer_is_in_the_lists():
    found = set()
    for each in pkgutil.iter_modules(pellucid.optimizers.__path__, "pellucid.optimizers."):
        module = importlib.import_module(each.name)
        found |= {
            kind
            for kind in vars(module).values()
            if isinstance(kind, type)
            and dataclasses.is_dataclass(kind)
            and (hasattr(kind, "update") or hasattr(kind, "stepped"))
        }
    assert found == {type(case.optimizer) for case in CASES.values()}
    formulas = {kind for kind in found if hasattr(kind, "update")}
    assert formulas == {type(optimizer) for optimizer in OPTIMIZERS.values()}
    assert sum(name.startswith("optax") for name in CASES) >= 5


@pytest.mark.parametrize("name", CASES)
def test_two_steps_by_hand(name):
    slopes = [{"w": np.array([2.0])}, {"w": np.array([-1.0])}]
    found = walked(CASES[name].optimizer, {"w": np.array([1.0])}, slopes)
    np.testing.assert_allclose([each["w"][0] for each in found], CASES[name].by_hand, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_numpy_equals_the_compiled_program_and_dtypes_are_kept(name, dtype):
    optimizer = CASES[name].optimizer
    params, slopes = drawn(dtype)
    state, eager = start(optimizer, params), params
    for t, g in enumerate(slopes, 1):
        # Rates come from np.logspace and schedules as float64; that must not spread.
        eager, state = stepped(optimizer, eager, g, state, np.float64(0.1), t)

    def step(carried, g):
        params, state, t = carried
        return (*stepped(optimizer, params, g, state, dtype(0.1), t + 1), t + 1), 0.0

    with precision(dtype):
        program = compiled(lambda *carried, slopes: scan(step, carried, slopes)[0])
        stacked = {key: np.stack([g[key] for g in slopes]) for key in params}
        traced, traced_state, _ = program(params, start(optimizer, params), np.int32(0), slopes=stacked)
    for key, w in eager.items():
        assert w.dtype == traced[key].dtype == dtype
        tolerance = 2e-6 if dtype == np.float32 else 1e-13
        np.testing.assert_allclose(w, np.asarray(traced[key]), rtol=tolerance, atol=0.1 * tolerance)
    mine, theirs = flattened(state), flattened(traced_state)
    assert mine.keys() == theirs.keys()
    for part, value in mine.items():
        assert value.dtype == theirs[part].dtype
        assert value.dtype in (dtype, np.int32), part


@pytest.mark.parametrize("name", CASES)
def test_another_rate_and_another_step_need_no_second_compilation(name):
    optimizer = CASES[name].optimizer
    traced = []

    def step(params, g, state, learning_rate, t):
        traced.append(1)
        return stepped(optimizer, params, g, state, learning_rate, t)

    program = compiled(step)
    params, slopes = drawn(np.float32)
    state = start(optimizer, params)
    for t, g in enumerate(slopes, 1):
        params, state = program(params, g, state, np.float32(0.1 / t), np.int32(t))
    assert len(traced) == 1


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_saved_and_restored_it_goes_on_to_the_same_bits(name, dtype, tmp_path):
    optimizer = CASES[name].optimizer
    params, slopes = drawn(dtype, 8)
    whole = walked(optimizer, params, slopes)[-1]
    state = start(optimizer, params)
    for t, g in enumerate(slopes, 1):
        if t == 4:
            save_tensors(tmp_path / "state", flattened({"params": params, "optimizer": state}), {})
            tree = unflattened(load_tensors(tmp_path / "state")[0])
            params, state = tree["params"], filled(start(optimizer, params), tree.get("optimizer", {}))
        params, state = stepped(optimizer, params, g, state, 0.1, t)
    for key, w in whole.items():
        assert w.tobytes() == params[key].tobytes()


def landed(optimizer, slope, w, rate, steps):
    """w after steps at a rate that falls like 1 − time, in one compiled program."""

    def step(carried, t):
        params, state = carried
        return stepped(
            optimizer, params, {"w": slope(params["w"])}, state, rate * (1 - t / steps), t + 1
        ), 0.0

    with precision(np.float64):
        program = compiled(lambda params, state, times: scan(step, (params, state), times)[0][0])
        params = {"w": np.array(w)}
        return np.asarray(program(params, start(optimizer, params), np.arange(steps, dtype=np.float64))["w"])


def light(optimizer):
    return LIGHT if isinstance(optimizer, AdamW) else optimizer


@pytest.mark.parametrize("name", TRAINED)
def test_a_bowl_ends_at_its_bottom(name):
    bottom, steepness = np.array([3.0, -2.0, 0.5]), np.array([1.0, 4.0, 0.25])
    w = landed(
        light(CASES[name].optimizer),
        lambda w: steepness * (w - bottom),
        [10.0, 10.0, -10.0],
        CASES[name].bowl,
        2000,
    )
    np.testing.assert_allclose(w, bottom, rtol=1e-3)


@pytest.mark.parametrize("name", TRAINED)
def test_a_narrow_valley_a_thousand_times_as_steep_on_one_side(name):
    steepness = np.array([1.0, 1e-3])
    w = landed(light(CASES[name].optimizer), lambda w: steepness * w, [1.0, 1.0], CASES[name].narrow, 10_000)
    assert 0.5 * steepness @ w**2 <= 1e-3 * 0.5 * steepness @ np.ones(2)


@pytest.mark.parametrize("name", TRAINED)
def test_the_bent_valley_of_rosenbrock(name):
    """f = (1 − x)² + 100 (y − x²)², from (−1.2, 1), where f = 24.2 (Rosenbrock 1960)."""
    import jax.numpy as jnp

    def slope(w):
        x, y = w
        return jnp.stack([-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)])

    case = CASES[name]
    w = landed(light(case.optimizer), slope, [-1.2, 1.0], case.rosenbrock, case.steps)
    np.testing.assert_allclose(w, [1.0, 1.0], atol=2e-2)


def test_momentum_is_faster_along_a_narrow_valley():
    def distance(optimizer):
        params, steepness = {"w": np.array([1.0, 1.0])}, np.array([1.0, 0.01])
        state = start(optimizer, params)
        for t in range(1, 101):
            params, state = stepped(optimizer, params, {"w": steepness * params["w"]}, state, 1.0, t)
        return np.abs(params["w"]).max()

    assert distance(Momentum()) < 0.1 * distance(GradientDescent())
    assert distance(Momentum(nesterov=True)) < 0.1 * distance(GradientDescent())


@pytest.mark.parametrize("name", CASES)
def test_what_was_given_is_not_written_to(name):
    optimizer = CASES[name].optimizer
    params, g = {"w": np.ones(3)}, {"w": np.ones(3)}
    state = start(optimizer, params)
    before = {part: array.copy() for part, array in flattened(state).items()}
    for array in (params["w"], g["w"], *flattened(state).values()):
        array.flags.writeable = False
    new, new_state = stepped(optimizer, params, g, state, 0.1, 1)
    assert new is not params
    assert flattened(new_state).keys() == before.keys()
    np.testing.assert_array_equal(params["w"], 1.0)
    for part, array in flattened(state).items():
        np.testing.assert_array_equal(array, before[part])


@pytest.mark.parametrize("name", CASES)
def test_numbers_alone_have_optimizers_too(name):
    """A parameter of shape (), such as a temperature."""
    params = {"w": np.array(1.0, np.float32)}
    (found,) = walked(CASES[name].optimizer, params, [{"w": np.array(2.0, np.float32)}])
    assert (found["w"].shape, found["w"].dtype) == ((), np.float32)


@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_settings_of_numpy_do_not_widen_the_weights(name, kind):
    optimizer = OPTIMIZERS[name]
    settings = {
        field.name: kind(getattr(optimizer, field.name))
        for field in dataclasses.fields(optimizer)
        if field.type is float
    }
    optimizer = Walk(dataclasses.replace(optimizer, **settings), clip=kind(1), l1=kind(0.1))
    params = {"w": np.ones(3, np.float32)}
    new, state = stepped(optimizer, params, params, start(optimizer, params), kind(0.1), np.int64(1))
    assert new["w"].dtype == np.float32
    assert all(array.dtype == np.float32 for array in state["w"].values())


def test_the_first_steps_of_adam_are_right_in_float32():
    """1 − 0.999 has four right digits in float32, and the first step of Adam is η · sign g to all of them."""
    params = {"w": np.zeros(1, np.float32)}
    (found,) = walked(OPTIMIZERS["adam"], params, [{"w": np.full(1, 0.37, np.float32)}], 1.0)
    np.testing.assert_allclose(found["w"], -1.0, rtol=3e-7)
