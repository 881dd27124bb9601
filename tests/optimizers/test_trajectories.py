"""The same gradients, the same way: against optax, and against PyTorch's update rules, written out here.

`python -m benchmarks.optimizer_trajectories` compares with PyTorch itself.
"""

import numpy as np
import optax
import pytest
from optimizer_list import walked

from pellucid.arrays.compile import precision
from pellucid.optimizers.adaptive import AdaGrad, Adam, AdamW, RMSProp
from pellucid.optimizers.descent import GradientDescent, Momentum
from pellucid.optimizers.named import OPTIMIZERS
from pellucid.optimizers.optax_adapter import Optax
from pellucid.optimizers.optimizer import start, stepped
from pellucid.optimizers.schedules import OneCycle

RATE, STEPS = 0.01, 200


def drawn():
    """Parameters and gradients of many steps, whose sizes differ by a factor of a million."""
    stream = np.random.Generator(np.random.Philox(key=17))
    params = {"weight": stream.standard_normal((5, 3)), "bias": stream.standard_normal(5)}
    sizes = {name: 10 ** stream.uniform(-3, 3, w.shape) for name, w in params.items()}
    slopes = [
        {name: sizes[name] * (stream.standard_normal(w.shape) + 0.3) for name, w in params.items()}
        for _ in range(STEPS)
    ]
    return params, slopes


def assert_same_way(ours, theirs):
    for one, other in zip(ours, theirs, strict=True):
        for name, w in one.items():
            np.testing.assert_allclose(w, other[name], rtol=1e-6, atol=1e-9)


PAIRS = {
    "sgd": (GradientDescent(), optax.sgd(RATE)),
    "momentum": (Momentum(), optax.sgd(RATE, 0.9)),
    "nesterov": (Momentum(nesterov=True), optax.sgd(RATE, 0.9, nesterov=True)),
    # optax has ε in the root and begins with G = 0.1: with both gone it is the same formula.
    "adagrad": (AdaGrad(), optax.adagrad(RATE, initial_accumulator_value=0.0, eps=0.0)),
    "rmsprop": (RMSProp(), optax.rmsprop(RATE, 0.99, eps_in_sqrt=False)),
    "adam": (Adam(), optax.adam(RATE)),
    "adamw": (AdamW(), optax.adamw(RATE, weight_decay=1e-2, mask={"weight": True, "bias": False})),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_trajectory_of_optax(name):
    ours, theirs = PAIRS[name]
    params, slopes = drawn()
    found = []
    with precision(np.float64):
        import jax

        step, w, state = jax.jit(theirs.update), params, theirs.init(params)
        for g in slopes:
            updates, state = step(g, state, w)
            w = {key: np.asarray(w[key] + updates[key]) for key in w}
            found.append(w)
    assert_same_way(walked(ours, params, slopes, RATE), found)
    assert_same_way(walked(Optax(theirs), params, slopes, 123.0), found)


def torch_rule(name, w, g, s, t, rate=RATE):
    """One step of PyTorch 2.13's optimizer for one array, as its documentation writes it; s is changed."""
    if name == "sgd":
        return w - rate * g
    if name in ("momentum", "nesterov"):
        s["b"] = 0.9 * s["b"] + g if t > 1 else g
        return w - rate * (g + 0.9 * s["b"] if name == "nesterov" else s["b"])
    if name == "adagrad":
        s["sum"] = s.get("sum", 0) + g**2
        return w - rate * g / (np.sqrt(s["sum"]) + 1e-10)
    if name == "rmsprop":
        s["v"] = 0.99 * s.get("v", 0) + 0.01 * g**2
        return w - rate * g / (np.sqrt(s["v"]) + 1e-8)
    if name == "adamw":
        w = w - rate * 1e-2 * w
    s["m"] = 0.9 * s.get("m", 0) + 0.1 * g
    s["v"] = 0.999 * s.get("v", 0) + 0.001 * g**2
    return w - rate / (1 - 0.9**t) * s["m"] / (np.sqrt(s["v"]) / np.sqrt(1 - 0.999**t) + 1e-8)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_trajectory_of_pytorch(name):
    params, slopes = drawn()
    params, slopes = {"weight": params["weight"]}, [{"weight": g["weight"]} for g in slopes]
    w, state, theirs = params["weight"], {}, []
    for t, g in enumerate(slopes, 1):
        w = torch_rule(name, w, g["weight"], state, t)
        theirs.append({"weight": w})
    assert_same_way(walked(OPTIMIZERS[name], params, slopes, RATE), theirs)


def test_momentum_differs_from_pytorch_where_the_rate_changes():
    """Here the speed is in units of w and a lower rate does not slow it: the difference that the docs tell of."""
    g, state = np.array([1.0]), {}
    theirs = torch_rule("momentum", torch_rule("momentum", g, g, state, 1, 0.1), g, state, 2, 0.05)
    params = {"w": g}
    first, speed = stepped(Momentum(), params, params, start(Momentum(), params), 0.1, 1)
    second, _ = stepped(Momentum(), first, params, speed, 0.05, 2)
    assert second["w"] == pytest.approx(1 - 0.1 - (0.09 + 0.05))
    assert theirs == pytest.approx(1 - 0.1 - 0.05 * 1.9)


def test_one_cycle_is_that_of_pytorch():
    """OneCycleLR of 101 steps: half cosine waves between 0.04, 1 and 4e-6, with the peak at step 29.3."""
    ours = [OneCycle(peak=29.3 / 100)(step / 100) for step in range(101)]

    def annealed(start, end, share):
        return end + (start - end) / 2 * (1 + np.cos(np.pi * share))

    theirs = [
        annealed(0.04, 1.0, step / 29.3) if step < 29.3 else annealed(1.0, 4e-6, (step - 29.3) / 70.7)
        for step in range(101)
    ]
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)
