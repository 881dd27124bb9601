"""Both engines make the same steps."""

import numpy as np
import pytest

from pellucid.arrays import random
from pellucid.arrays.compile import precision
from pellucid.losses.criterion import Criterion
from pellucid.models.linear import linear
from pellucid.optimizers.descent import Momentum, start
from pellucid.storage.errors import InputError, MissingDependencyError
from pellucid.training import engine as engines
from pellucid.training.engine import Compiled, Eager, Supply, chosen
from pellucid.training.step import Task, gradient

FEATURES, CLASSES, PICTURES = 48, 5, 130


def supply(dtype):
    stream = np.random.Generator(np.random.Philox(key=3))
    pictures = stream.integers(0, 256, (PICTURES, 4, 4, 3), dtype=np.uint8)
    labels = stream.integers(0, CLASSES, PICTURES).astype(np.int32)
    weights = stream.uniform(0.5, 2.0, PICTURES).astype(dtype)
    flat = pictures.reshape(PICTURES, -1).astype(np.float64)
    return Supply(pictures, labels, weights, flat.mean(0).astype(dtype), flat.std(0).astype(dtype))


def session(kind, dtype):
    loss = Criterion({"softmax": "softmax-cross-entropy", "svm": "multiclass-hinge"}[kind])
    task = Task(linear(FEATURES, CLASSES), loss, Momentum(0.9, nesterov=True), {"weight": 1e-2})
    key = random.key(5)
    params = {
        "weight": (0.05 * random.normal(key, (CLASSES, FEATURES))).astype(dtype),
        "bias": np.linspace(-0.1, 0.1, CLASSES).astype(dtype),
    }
    return task, {"params": params, "optimizer": start(task.optimizer, params), "t": np.int32(0)}


@pytest.mark.parametrize("kind", ["softmax", "svm"])
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-5), (np.float64, 1e-12)])
def test_engines_agree_on_every_gradient(kind, dtype, tolerance):
    """‖Δ‖ ≤ tolerance · ‖g‖ for each parameter."""
    from functools import partial

    from pellucid.arrays import compile as compiler

    task, state = session(kind, dtype)
    x, y, v = supply(dtype).batch(np.arange(64))
    eager, loss, _ = gradient(task, state["params"], x, y, v)
    with precision(dtype):
        compiled, compiled_loss, _ = compiler.to_host(
            compiler.compiled(partial(gradient, task))(state["params"], x, y, v)
        )
    assert compiled_loss == pytest.approx(loss, rel=tolerance)
    for name, g in eager.items():
        assert g.dtype == compiled[name].dtype == dtype
        assert np.linalg.norm(compiled[name] - g) <= tolerance * np.linalg.norm(g)


@pytest.mark.parametrize("kind", ["softmax", "svm"])
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 2e-5), (np.float64, 1e-12)])
def test_engines_agree_on_a_chunk_with_a_short_last_minibatch(kind, dtype, tolerance):
    task, state = session(kind, dtype)
    data = supply(dtype)
    order = random.permutation(random.key(1), PICTURES)
    rates = np.linspace(1e-2, 1e-3, 5).astype(dtype)
    ends = [engine(task, data).steps(state, order, 32, rates) for engine in (Eager, Compiled)]
    (eager, eager_losses, eager_right), (compiled, losses, right) = ends
    assert eager_losses.shape == losses.shape == (5,)
    assert losses.dtype == dtype
    np.testing.assert_allclose(losses, eager_losses, rtol=tolerance)
    assert int(eager["t"]) == int(compiled["t"]) == 5
    np.testing.assert_array_equal(right, eager_right)
    for name in eager["params"]:
        moved = np.linalg.norm(eager["params"][name] - state["params"][name])
        assert np.linalg.norm(compiled["params"][name] - eager["params"][name]) <= tolerance * max(moved, 1)


def test_scores_agree_and_cover_the_last_block():
    task, state = session("softmax", np.float32)
    rows = np.tile(np.arange(PICTURES), 9)[:1042].astype(np.int32)
    first, second = (
        engine(task, supply(np.float32)).scores(state["params"], rows) for engine in (Eager, Compiled)
    )
    assert first.shape == (1042, CLASSES)
    np.testing.assert_allclose(first, second, atol=1e-4)


def test_chunk_lengths_do_not_change_the_bits():
    task, state = session("softmax", np.float32)
    order = random.permutation(random.key(1), PICTURES)
    rates = np.full(5, 1e-2, np.float32)
    engine = Compiled(task, supply(np.float32))
    whole, _, _ = engine.steps(state, order, 32, rates)
    part, _, _ = engine.steps(state, order[:64], 32, rates[:2])
    part, _, _ = engine.steps(part, order[64:], 32, rates[2:])
    for name in whole["params"]:
        np.testing.assert_array_equal(whole["params"][name], part["params"][name])


def test_a_chunk_is_compiled_once():
    task, state = session("softmax", np.float32)
    engine = Compiled(task, supply(np.float32))
    order, rates = np.arange(PICTURES, dtype=np.int32), np.full(5, 1e-2, np.float32)
    state, _, _ = engine.steps(state, order, 32, rates)
    spent = engine.compiling
    engine.steps(state, order[::-1].copy(), 32, rates)
    assert engine.compiling == spent


def test_engine_is_chosen_by_size(monkeypatch):
    task, data = session("softmax", np.float32)[0], supply(np.float32)
    small = chosen("auto", task, data, 1_000, 640, 40, 32)
    assert (small[0].name, small[1]) == ("numpy", "small enough to be done before a compiler has started")
    assert chosen("auto", task, data, 50_000, 30720, 40, 196)[0].name == "xla"
    assert chosen("numpy", task, data, 50_000, 30720, 40, 196)[0].name == "numpy"
    with pytest.raises(InputError, match="--engine must be auto, numpy or xla, got 'torch'"):
        chosen("torch", task, data, 1, 1, 1, 1)
    monkeypatch.setattr(engines.compiler, "available", lambda: False)
    assert chosen("auto", task, data, 50_000, 30720, 40, 196)[1] == "JAX is not installed"
    with pytest.raises(MissingDependencyError, match="pip install jax"):
        chosen("xla", task, data, 1, 1, 1, 1)


def test_a_compiler_that_computes_wrong_numbers_is_avoided(monkeypatch):
    monkeypatch.setattr("pellucid.arrays.canary.trustworthy", lambda: False)
    task, data = session("softmax", np.float32)[0], supply(np.float32)
    engine, why = chosen("auto", task, data, 50_000, 30720, 40, 196)
    assert engine.name == "numpy"
    assert "computes wrong numbers" in why
    with pytest.raises(MissingDependencyError, match="wrong numbers"):
        chosen("xla", task, data, 1, 1, 1, 1)
