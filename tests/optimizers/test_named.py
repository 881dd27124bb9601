"""Optimizers and schedules by name; what is refused, with the nearest name and the range."""

import math

import pytest

from pellucid.optimizers.adaptive import Adam
from pellucid.optimizers.descent import Momentum
from pellucid.optimizers.named import OPTIMIZERS, optimizer, schedule
from pellucid.optimizers.optimizer import check_learning_rate
from pellucid.optimizers.schedules import SCHEDULES, Cosine
from pellucid.storage.errors import InputError


def test_by_name_with_settings():
    assert optimizer("adam", epsilon=1e-6) == Adam(epsilon=1e-6)
    assert optimizer("nesterov", momentum=0.5) == Momentum(0.5, nesterov=True)
    assert schedule("cosine", last=0.1) == Cosine(0.1)
    assert optimizer("Adam") == Adam()
    assert schedule("one_cycle") == SCHEDULES["one-cycle"]
    for name in OPTIMIZERS:
        assert optimizer(name) == OPTIMIZERS[name]
    for name in SCHEDULES:
        assert schedule(name) == SCHEDULES[name]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("adm", "adam"),
        ("AdamX", "adam"),
        ("RMSpop", "rmsprop"),
        ("nestrov", "nesterov"),
        ("ada", "adam"),
    ],
)
def test_unknown_optimizers(name, meant):
    with pytest.raises(
        InputError, match=rf"The optimizer must be one of .*; got '{name}'\. Did you mean {meant}\?"
    ):
        optimizer(name)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("cos", "cosine"),
        ("warmup", "warm-up"),
        ("one_circle", "one-cycle"),
        ("steps", "step"),
        ("exponentail", "exponential"),
    ],
)
def test_unknown_schedules(name, meant):
    with pytest.raises(
        InputError, match=rf"The schedule must be one of .*; got '{name}'\. Did you mean {meant}\?"
    ):
        schedule(name)


@pytest.mark.parametrize("name", ["", "zzzzzz", None, 3, ()])
def test_names_near_to_none(name):
    with pytest.raises(InputError, match=r"The optimizer must be one of sgd, momentum, [^.?]*\.$"):
        optimizer(name)


def test_unknown_settings():
    with pytest.raises(
        InputError, match=r"'epsilom' is not a setting of the optimizer adam\. Did you mean epsilon\?"
    ):
        optimizer("adam", epsilom=1e-6)
    with pytest.raises(InputError, match=r"'momentum' is not a setting of the optimizer sgd\. It has none\."):
        optimizer("sgd", momentum=0.9)


@pytest.mark.parametrize(
    ("name", "setting", "values", "message"),
    [
        (
            "momentum",
            "momentum",
            (1, 1.0, -0.1, math.nan, "0.9", None, True),
            "momentum must be 0 to below 1",
        ),
        ("nesterov", "momentum", (1,), "at 1 nothing would ever slow it down"),
        ("adagrad", "epsilon", (0, -1, math.nan, math.inf), "epsilon must be finite and above 0"),
        ("rmsprop", "epsilon", (0,), "epsilon must be finite and above 0"),
        ("rmsprop", "decay", (1, -0.5, math.nan), "decay must be 0 to below 1"),
        ("adam", "first_decay", (1, math.nan), "first_decay must be 0 to below 1"),
        ("adam", "second_decay", (1, 2), "second_decay must be 0 to below 1"),
        ("adam", "epsilon", (0, 10**400), "epsilon must be finite and above 0"),
        ("adamw", "weight_decay", (-1, math.nan, math.inf), "weight_decay must be finite, 0 or more"),
        ("adamw", "first_decay", (1,), "first_decay must be 0 to below 1"),
        ("adamw", "second_decay", (1,), "second_decay must be 0 to below 1"),
        ("adamw", "epsilon", (0,), "epsilon must be finite and above 0"),
    ],
)
def test_settings_out_of_range(name, setting, values, message):
    for value in values:
        with pytest.raises(InputError, match=message):
            optimizer(name, **{setting: value})


@pytest.mark.parametrize("rate", [0, -0.1, math.nan, math.inf, "fast", None])
def test_learning_rates_that_are_none(rate):
    with pytest.raises(InputError, match="learning_rate must be finite and above 0, got"):
        check_learning_rate(rate)


def test_nothing_heavy_is_imported_until_it_is_needed():
    import subprocess
    import sys

    code = """
import sys, numpy as np
from pellucid.optimizers import named, optax_adapter, random_search
from pellucid.optimizers.minimizer import descent
optimizer = named.optimizer("adam")
from pellucid.optimizers.optimizer import Walk, start, stepped
params = {"w": np.ones(3)}
walk = Walk(optimizer, clip=1.0, l1=0.1)
stepped(walk, params, params, start(walk, params), 0.1, 1)
descent(lambda params: (0.0, params), {"w": np.zeros(2)}, learning_rate=1.0)
print(*{name.split(".")[0] for name in sys.modules} & {"jax", "jaxlib", "optax", "scipy", "chex"})
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr
