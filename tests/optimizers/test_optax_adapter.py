"""Transformations of optax in the place of an optimizer: what runs, and what is refused."""

import jax.numpy as jnp
import numpy as np
import optax
import pytest
from optimizer_list import flattened, walked

from pellucid.optimizers.optax_adapter import Optax
from pellucid.optimizers.optimizer import start, stepped
from pellucid.storage.errors import InputError

PARAMS = {"weight": np.ones((2, 3), np.float32), "bias": np.ones(2, np.float32)}

MANY = {
    "adabelief": optax.adabelief(0.05),
    "adadelta": optax.adadelta(1.0),
    "adafactor": optax.adafactor(0.05),
    "adamax": optax.adamax(0.05),
    "amsgrad": optax.amsgrad(0.05),
    "fromage": optax.fromage(0.05),
    "lars": optax.lars(0.1),
    "nadam": optax.nadam(0.05),
    "noisy sgd": optax.noisy_sgd(0.05, key=3),
    "novograd": optax.novograd(0.05),
    "radam": optax.radam(0.05),
    "rprop": optax.rprop(0.05),
    "sign sgd": optax.sign_sgd(0.05),
    "sm3": optax.sm3(0.05),
    "yogi": optax.yogi(0.05),
    "lookahead inside": optax.chain(
        optax.trace(0.9), optax.scale_by_schedule(lambda count: -0.05 / (1 + count))
    ),
    "masked": optax.masked(optax.sgd(0.05), {"weight": True, "bias": True}),
    "every second": optax.MultiSteps(optax.sgd(0.1), 2).gradient_transformation(),
    "rate in the state": optax.inject_hyperparams(optax.adam)(learning_rate=0.05),
}


@pytest.mark.parametrize("name", MANY)
def test_many_transformations_go_down_a_bowl(name):
    """Those with more state than gradients: counts, keys, slow copies, factors."""
    optimizer = Optax(MANY[name])
    params, state = PARAMS, start(optimizer, PARAMS)
    assert all(isinstance(array, np.ndarray) for array in flattened(state).values())
    for t in range(1, 31):
        params, state = stepped(optimizer, params, {key: w - 0.5 for key, w in params.items()}, state, 1.0, t)
    assert all(isinstance(w, np.ndarray) and w.dtype == np.float32 for w in params.values())
    reached = sum(float(((w - 0.5) ** 2).sum()) for w in params.values())
    assert reached < 0.999 * 8 * 0.25


def test_the_rate_of_the_run_counts_only_where_asked():
    slopes = [PARAMS]
    alone = walked(Optax(optax.sgd(0.1)), PARAMS, slopes, 0.5)[0]
    both = walked(Optax(optax.sgd(0.1), scaled=True), PARAMS, slopes, 0.5)[0]
    np.testing.assert_allclose([alone["bias"], both["bias"]], [[0.9, 0.9], [0.95, 0.95]])


def test_the_names_in_the_state_say_where_they_come_from():
    assert list(start(Optax(optax.adam(0.1)), PARAMS)) == [
        "000000 0.count",
        "000001 0.mu.bias",
        "000002 0.mu.weight",
        "000003 0.nu.bias",
        "000004 0.nu.weight",
    ]
    assert start(Optax(optax.sgd(0.1)), PARAMS) == {}


def test_names_with_a_slash_stay_apart():
    params = {"1/weight": np.ones(2), "1.weight": np.zeros(3)}
    state = start(Optax(optax.sgd(0.1, 0.9)), params)
    assert [array.shape for array in state.values()] == [(3,), (2,)]
    assert not any("/" in name for name in state)
    (found,) = walked(Optax(optax.sgd(0.1, 0.9)), params, [params])
    np.testing.assert_allclose(found["1/weight"], 0.9)


@pytest.mark.parametrize("given", [None, 3, "adam", optax.adam, optax.GradientTransformation, {"init": 1}])
def test_what_is_no_transformation(given):
    with pytest.raises(InputError, match=r"Optax needs an optax.GradientTransformation, such as optax.lion"):
        Optax(given)


def changing(update, init=lambda params: optax.EmptyState()):
    return Optax(optax.GradientTransformation(init, update))


@pytest.mark.parametrize(
    ("update", "message"),
    [
        (
            lambda g, state, params: ({name: u.ravel() for name, u in g.items()}, state),
            r"parameter weight from \(2, 3\) float32 to \(6,\) float32\.",
        ),
        (
            lambda g, state, params: ({name: u.sum() for name, u in g.items()}, state),
            r"bias from \(2,\) float32 to \(\) float32; weight from \(2, 3\) float32 to \(\) float32",
        ),
        (
            lambda g, state, params: ({name: u.astype(jnp.bfloat16) for name, u in g.items()}, state),
            r"weight from \(2, 3\) float32 to \(2, 3\) bfloat16",
        ),
        (
            lambda g, state, params: ({"weight": g["weight"]}, state),
            "the names of the parameters, weight, bias",
        ),
        (
            lambda g, state, params: (g | {"extra": g["bias"]}, state),
            "the names of the parameters, weight, bias",
        ),
        (lambda g, state, params: (list(g.values()), state), "an update must be a dict with the names"),
        (lambda g, state, params: (g, g), r"state bias from nothing to \(2,\) float32"),
    ],
)
def test_one_that_changes_shapes(update, message):
    with pytest.raises(InputError, match=rf"The optax transformation changes what it was given: .*{message}"):
        start(changing(update), PARAMS)


def test_a_state_that_grows():
    growing = changing(
        lambda g, state, params: (g, jnp.concatenate([state, state])),
        lambda params: jnp.zeros(2, jnp.float32),
    )
    with pytest.raises(InputError, match=r"state 000000 from \(2,\) float32 to \(4,\) float32"):
        start(growing, PARAMS)


def test_one_that_needs_more_than_gradients():
    with pytest.raises(
        InputError, match=r"cannot take a step: .*value.* It has to work with gradients, state and"
    ):
        start(Optax(optax.polyak_sgd()), PARAMS)


def test_one_that_returns_something_else():
    with pytest.raises(InputError, match="The optax transformation cannot take a step"):
        start(changing(lambda g, state, params: 3), PARAMS)


def test_a_state_of_another_kind():
    with pytest.raises(InputError, match="changes the form of its state: it must keep its own"):
        start(
            changing(lambda g, state, params: (g, (state[0],)), lambda params: [jnp.zeros(2, jnp.float32)]),
            PARAMS,
        )


def test_typed_keys_are_kept_as_numbers_and_go_on():
    """Noise after a stop is that of a run which never stopped, and not the first again."""
    optimizer = Optax(optax.noisy_sgd(0.05, key=3))
    state = start(optimizer, PARAMS)
    (key,) = [array for name, array in state.items() if name.endswith("rng_key")]
    assert (key.shape, key.dtype) == ((2,), np.uint32)
    one, state = stepped(optimizer, PARAMS, PARAMS, state, 1.0, 1)
    two, _ = stepped(optimizer, PARAMS, PARAMS, state, 1.0, 2)
    assert not np.array_equal(one["weight"], two["weight"])


def test_without_jax_it_says_what_to_install(monkeypatch):
    from pellucid.arrays import compile as compiler
    from pellucid.storage.errors import MissingDependencyError

    monkeypatch.setattr(compiler, "available", lambda: False)
    with pytest.raises(
        MissingDependencyError, match="optax needs JAX, which is not installed: pip install jax optax"
    ):
        Optax(optax.sgd(0.1))
