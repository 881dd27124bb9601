"""A memory that is full: which batch size would fit, and what was trained is kept."""

import numpy as np
import pytest

from pellucid.data.load import load
from pellucid.storage.errors import OutOfMemoryError
from pellucid.training import engine
from pellucid.training.memory import within_memory
from pellucid.training.recipe import Recipe
from pellucid.training.run import new_run
from pellucid.training.session import prepared
from pellucid.training.trainer import fit, resume

FULL = "RESOURCE_EXHAUSTED: Out of memory while trying to allocate 3221225472 bytes."


@pytest.mark.parametrize(("size", "fits"), [(256, 128), (100, 64), (3, 2), (4096, 2048)])
@pytest.mark.parametrize("error", [MemoryError(), RuntimeError(FULL)])
def test_the_largest_power_of_two_below_is_advised(size, fits, error):
    advice = rf"in a step: --batch-size {fits} needs about \d\d % of it and"
    with pytest.raises(OutOfMemoryError, match=advice), within_memory("a step", size):
        raise error


def test_where_no_smaller_batch_is_left_other_advice_is_given():
    advice = "in a step: take a smaller --size or a smaller model"
    with pytest.raises(OutOfMemoryError, match=advice), within_memory("a step", 2):
        raise MemoryError
    with pytest.raises(RuntimeError, match="INTERNAL: something else"), within_memory("a step", 64):
        raise RuntimeError("INTERNAL: something else")


def test_real_errors_of_the_compiler_are_known():
    """What XLA itself says when a device has no room for an array."""
    import jax.numpy as jnp

    with pytest.raises(OutOfMemoryError), within_memory("a step", 64):
        jnp.zeros(2**50, np.uint8).block_until_ready()


@pytest.mark.parametrize("name", ["numpy", "xla"])
def test_training_says_it_and_keeps_what_was_trained(tmp_path, monkeypatch, name):
    digits, recipe = load("digits"), Recipe(epochs=4, batch_size=200)
    whole = fit(digits, recipe, engine=name)
    kind = {"numpy": engine.Eager, "xla": engine.Compiled}[name]
    inner = "update" if name == "numpy" else "_chunk"
    real, place = getattr(engine, inner), {"epoch": 0}

    def full(*arguments, **settings):
        if place["epoch"] >= 2:
            raise RuntimeError(FULL)
        return real(*arguments, **settings)

    if name == "numpy":
        monkeypatch.setattr(engine, inner, full)
    else:
        program = kind._program
        monkeypatch.setattr(kind, "_program", lambda *given, **more: _failing(program(*given, **more), place))

    def listener(event):
        place["epoch"] = event.get("epoch", place["epoch"])

    run = new_run(tmp_path / "run", "digits", "softmax")
    with pytest.raises(
        OutOfMemoryError, match="in a step of 200 pictures: --batch-size 128 needs about 64 % of it"
    ):
        fit(digits, recipe, run, engine=name, listener=listener)
    monkeypatch.undo()
    again = resume(run, digits)
    for parameter, array in whole.classifier.params.items():
        np.testing.assert_array_equal(again.classifier.params[parameter], array)


def _failing(program, place):
    def run(*arguments):
        if place["epoch"] >= 2:
            raise RuntimeError(FULL)
        return program(*arguments)

    return run


def test_a_look_that_needs_too_much_is_told(monkeypatch):
    session = prepared(load("digits"), Recipe(epochs=1), engine="xla")

    def full(*_, **__):
        raise RuntimeError(FULL)

    monkeypatch.setattr(engine.Compiled, "_program", full)
    with pytest.raises(OutOfMemoryError, match="looking at pictures in training: take a smaller --size"):
        session.engine.each(lambda *_: {}, {}, np.zeros((1, 4), np.int32))
