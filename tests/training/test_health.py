"""Each fault is provoked and named; a healthy network gets no such sentence; both engines see the same."""

from dataclasses import replace

import numpy as np
import pytest

from pellucid.storage.records import read_log
from pellucid.training.engine import Compiled
from pellucid.training.health import BINS, epochs_looked_at, look
from pellucid.training.recipe import Recipe
from pellucid.training.session import prepared
from pellucid.training.trainer import fit, resume


def mlp(*hidden, epochs=4, optimizer=None, learning_rate=None, **network):
    plain = {"batch_norm": False, "dropout": 0.0}
    return Recipe(
        model="mlp",
        epochs=epochs,
        batch_size=64,
        optimizer=optimizer,
        learning_rate=learning_rate,
        network={"hidden": hidden} | plain | network,
    )


def trained(data, recipe, **more):
    return fit(data, recipe, engine="numpy", **more)


def symptoms(outcome):
    return {each["name"]: each["sentence"] for each in outcome.run["result"]["health"]["symptoms"]}


@pytest.mark.parametrize(
    "recipe",
    [
        mlp(48),
        mlp(32, 32, 32, 32, activation="tanh"),
        mlp(48, optimizer="nesterov", learning_rate=0.01),
        Recipe(model="mlp", epochs=4, network={"hidden": (48,)}),
        Recipe(model="convnet", epochs=2, network={"filters": (8, 8), "block": 4}),
        Recipe(epochs=6),
        Recipe(model="svm", epochs=6),
        Recipe(epochs=3, optimizer="lbfgs"),
    ],
    ids=["mlp", "tanh", "nesterov", "normalized", "convnet", "softmax", "svm", "lbfgs"],
)
def test_a_healthy_training_gets_no_sentence(digits, recipe):
    assert symptoms(trained(digits, recipe)) == {}


def test_twelve_layers_of_sigmoid_lose_the_gradient(digits):
    found = symptoms(
        trained(digits, mlp(*[32] * 12, activation="sigmoid", initialization="glorot", epochs=2))
    )
    assert set(found) == {"vanishing gradients"}
    assert "that of hidden1 in front of it" in found["vanishing gradients"]
    assert "--activation relu, --batch-norm or fewer layers" in found["vanishing gradients"]


@pytest.mark.parametrize("activation", ["relu", "sigmoid"])
def test_a_start_at_zero_makes_all_units_alike(quick, activation):
    found = symptoms(trained(quick, mlp(32, 16, activation=activation, initialization="zeros")))
    assert set(found) == {"symmetric units"}
    assert "hidden1 and 1 more: all 32 units give the same number" in found["symmetric units"]
    assert "--initialization he" in found["symmetric units"]


def restarted(data, recipe, **changed):
    """Trained from weights that were changed: name → function."""
    good = trained(data, recipe).classifier
    params = {name: changed.get(name.replace(".", "_"), lambda w: w)(w) for name, w in good.params.items()}
    return trained(data, recipe, start_from=replace(good, params=params))


def test_a_bias_of_minus_ten_kills_rectified_units(quick):
    found = symptoms(restarted(quick, mlp(48), hidden1_bias=lambda b: b - 10))
    assert set(found) == {"dead ReLUs"}
    assert "of its 48 units were never active on 384 training pictures" in found["dead ReLUs"]
    assert "--activation leaky-relu" in found["dead ReLUs"]


def test_weights_a_hundred_times_too_large_saturate_tanh(quick):
    found = symptoms(restarted(quick, mlp(48, activation="tanh"), hidden1_weight=lambda w: 100 * w))
    assert set(found) == {"saturated units"}
    assert "48 tanh units are within 1 % of an end" in found["saturated units"]


def test_a_learning_rate_a_hundred_times_too_high_is_named(digits):
    healthy = mlp(48, activation="tanh", optimizer="sgd", learning_rate=0.05)
    assert symptoms(trained(digits, healthy)) == {}
    found = symptoms(trained(digits, replace(healthy, learning_rate=5.0)))
    assert "divide --learning-rate by 10" in found["learning rate too high"]


def test_a_loss_above_its_start_is_named(digits):
    found = symptoms(trained(digits, mlp(48, activation="tanh", optimizer="sgd", learning_rate=50.0)))
    assert "at first it was" in found["learning rate too high"]


def test_steps_that_lead_nowhere_are_named(quick):
    found = symptoms(trained(quick, mlp(48, learning_rate=1e-7)))
    assert set(found) == {"learning rate too low"}
    assert "All 28 steps together" in found["learning rate too low"]


def test_twenty_pictures_are_learned_by_heart(digits):
    split = digits.split.copy()
    split[np.flatnonzero(split == 0)[20:]] = -1
    recipe = replace(mlp(64, epochs=40), patience=None, batch_size=10)
    found = symptoms(trained(digits.with_split(split), recipe))
    assert set(found) == {"overfitting"}
    assert "of its 20 training pictures" in found["overfitting"]
    assert "more pictures" in found["overfitting"]


def test_labels_without_meaning_teach_nothing(quick):
    stream = np.random.Generator(np.random.Philox(key=0))
    pictures = stream.integers(0, 256, quick.images.shape, dtype=np.uint8)
    one = replace(quick, images=np.broadcast_to(pictures[:1], pictures.shape).copy())
    found = symptoms(trained(one, Recipe(epochs=2)))
    assert set(found) == {"underfitting"}
    assert "it has learned nothing" in found["underfitting"]


def test_a_look_is_what_the_network_shows(quick):
    """Against the same numbers computed by hand from the layers of the finished network."""
    session = prepared(quick, replace(mlp(40), batch_size=len(quick.train.rows)), engine="numpy")
    seen = look(session, session.start_state(), 1e-3)
    x, _, _ = session.supply.batch(quick.train.rows)
    params = session.start_params
    units = np.maximum(x @ params["hidden1.weight"].T + params["hidden1.bias"], 0)
    hidden, scores = seen["layers"]
    assert (hidden["name"], hidden["activation"], hidden["units"]) == ("hidden1", "relu", 40)
    assert hidden["mean"] == pytest.approx(units.mean(), rel=1e-3)
    assert hidden["deviation"] == pytest.approx(units.std(), rel=1e-3)
    assert hidden["dead"] == (units.max(axis=0) <= 0).mean()
    assert hidden["weight"] == pytest.approx(np.linalg.norm(params["hidden1.weight"]), rel=1e-3)
    assert len(hidden["histogram"]["counts"]) == BINS
    assert hidden["histogram"]["zero"] == pytest.approx((units == 0).mean(), abs=0.03)
    # Adam's first step has the learning rate's length in every number.
    assert scores["update"] == pytest.approx(
        1e-3 * np.sqrt(params["scores.weight"].size) / scores["weight"], rel=0.1
    )
    assert "activation" not in scores


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(model="mlp", epochs=2, network={"hidden": (24,), "activation": "sigmoid"}),
        Recipe(model="convnet", epochs=2, network={"filters": (4, 4), "block": 4}),
    ],
    ids=["mlp", "convnet"],
)
def test_both_engines_see_the_same(quick, recipe):
    session = prepared(quick, recipe, engine="numpy")
    state = session.start_state()
    eager = look(session, state, 1e-3)
    compiled = look(replace(session, engine=Compiled(session.task, session.supply)), state, 1e-3)
    assert compiled["loss"] == pytest.approx(eager["loss"], rel=1e-3)
    for one, other in zip(eager["layers"], compiled["layers"], strict=True):
        assert one.keys() == other.keys()
        for name in one.keys() - {"histogram"}:
            expected = (
                one[name] if isinstance(one[name], str) else pytest.approx(one[name], rel=2e-3, abs=1e-5)
            )
            assert other[name] == expected, (one["name"], name)
        if "histogram" in one:
            difference = np.subtract(one["histogram"]["counts"], other["histogram"]["counts"])
            assert np.abs(difference).sum() <= 0.02 * sum(one["histogram"]["counts"])


def test_looks_are_counted_by_work(digits):
    """The same epochs in every session of a recipe; the last among them; few enough to cost next to nothing."""
    long = prepared(digits, replace(mlp(512), epochs=4000), engine="numpy")
    looked = epochs_looked_at(long)
    assert looked == epochs_looked_at(prepared(digits, long.recipe, engine="numpy"))
    assert looked[-1] == 4000
    # A look is 16 minibatches, an epoch 20 steps.
    assert 20 <= len(looked) * 16 <= 0.03 * 4000 * 20


def test_a_run_that_goes_on_has_the_same_records(quick, tmp_path):
    def stop(event):
        if event.get("epoch") == 3:
            raise KeyboardInterrupt

    recipe = mlp(24, epochs=6)
    for name in ("whole", "parts"):
        (tmp_path / name).mkdir()
    whole = fit(quick, recipe, tmp_path / "whole", engine="numpy")
    with pytest.raises(KeyboardInterrupt):
        fit(quick, recipe, tmp_path / "parts", engine="numpy", listener=stop)
    resumed = resume(tmp_path / "parts", quick)
    records = [
        [
            timeless(event["health"])
            for event in read_log(tmp_path / name / "events.jsonl")
            if "health" in event
        ]
        for name in ("whole", "parts")
    ]
    assert len(records[0]) >= 2
    assert "start" in records[0][0]
    assert records[0] == records[1]
    assert whole.run["result"]["health"] == resumed.run["result"]["health"]


def timeless(health):
    """The record without the seconds that it took."""
    start = {"start": timeless(health["start"])} if "start" in health else {}
    return {name: value for name, value in health.items() if name != "seconds"} | start
