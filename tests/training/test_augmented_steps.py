"""Training on augmented pictures: the steps see other pictures each time, and nothing else does."""

import json
from dataclasses import replace

import numpy as np
import pytest

from pellucid.data.dataset import Dataset
from pellucid.models.model_file import load_model
from pellucid.preprocessing.augmentation import TRANSFORMATIONS
from pellucid.storage.errors import InputError
from pellucid.training.diagnosis import blame, checks
from pellucid.training.recipe import Recipe
from pellucid.training.session import prepared
from pellucid.training.trainer import fit, resume

RECIPE = Recipe(epochs=4, batch_size=64, augment="flip,shift,jitter,cutout:side=2,mixup:alpha=1")


def test_both_engines_see_the_same_minibatches(quick):
    eager, compiled = (prepared(quick, RECIPE, engine=name) for name in ("numpy", "xla"))
    order, rates = quick.train.rows[:300].astype(np.int32), np.full(5, 0.01, np.float32)
    (one, losses, right), (other, its_losses, its_right) = (
        session.engine.steps(session.start_state(), order, 64, rates) for session in (eager, compiled)
    )
    np.testing.assert_allclose(losses, its_losses, rtol=1e-5)
    np.testing.assert_array_equal(right, its_right)
    for name, array in one["params"].items():
        np.testing.assert_allclose(array, other["params"][name], atol=1e-5)
    plain = prepared(quick, replace(RECIPE, augment=None), engine="numpy")
    assert not np.allclose(plain.engine.steps(plain.start_state(), order, 64, rates)[1], losses, rtol=1e-3)


def test_each_step_draws_anew_from_the_seed(quick):
    task = prepared(quick, RECIPE, engine="numpy").task
    supply, rows = prepared(quick, RECIPE, engine="numpy").supply, quick.train.rows[:32]
    seen = lambda task, t: supply.batch(rows, task.augment(t))[0]
    np.testing.assert_array_equal(seen(task, 3), seen(task, 3))
    assert not np.array_equal(seen(task, 3), seen(task, 4))
    other = prepared(quick, replace(RECIPE, seed=1), engine="numpy").task
    assert not np.array_equal(seen(task, 3), seen(other, 3))


@pytest.mark.parametrize("engine", ["numpy", "xla"])
def test_judging_sees_the_pictures_as_they_are(quick, engine):
    augmented, plain = (
        prepared(quick, recipe, engine=engine) for recipe in (RECIPE, replace(RECIPE, augment=None))
    )
    params = {name: array + np.float32(0.01) for name, array in augmented.start_params.items()}
    rows = quick.validation.rows.astype(np.int32)
    np.testing.assert_array_equal(augmented.engine.scores(params, rows), plain.engine.scores(params, rows))
    assert [check.sentence for check in checks(augmented)] == [check.sentence for check in checks(plain)]


def test_the_loss_of_a_mixture_is_the_mixture_of_the_losses(quick):
    session = prepared(quick, replace(RECIPE, augment="mixup:alpha=1", l2=0.0), engine="numpy")
    x, y, v = session.supply.batch(quick.train.rows[:64], session.task.augment(1))
    params = {
        name: np.linspace(-1, 1, array.size, dtype=np.float32).reshape(array.shape)
        for name, array in session.start_params.items()
    }
    _, loss, scores = session.task.objective(params, x, y, v)
    one, other = (session.task.loss(scores, labels).astype(np.float64) for labels in y)
    share = v[0].astype(np.float64)  # every picture weighs 1
    np.testing.assert_allclose(v.sum(axis=0), 1, rtol=1e-6)
    assert float(loss) == pytest.approx((share * one + (1 - share) * other).mean(), rel=1e-5)


@pytest.mark.parametrize("engine", ["numpy", "xla"])
def test_training_goes_on_to_the_same_bits(quick, tmp_path, engine):
    whole, part = tmp_path / "whole", tmp_path / "part"
    whole.mkdir()
    part.mkdir()
    expected = fit(quick, RECIPE, whole, engine=engine).classifier

    def stop(event):
        if event.get("event") == "epoch" and event["epoch"] == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(quick, RECIPE, part, engine=engine, listener=stop)
    found = resume(part, quick).classifier
    for name, array in expected.params.items():
        np.testing.assert_array_equal(found.params[name], array)
    assert json.loads((part / "run.json").read_text())["recipe"]["augment"] == RECIPE.augment


def test_a_number_that_is_not_finite_is_found_in_the_same_minibatch(quick):
    session = prepared(quick, replace(RECIPE, augment="shift:pixels=3"), engine="numpy")
    state = session.start_state()
    weight = np.array(state["params"]["weight"])
    weight[3, 36] = 3e38
    state["params"]["weight"] = weight
    rows = quick.train.rows[:50]
    x = session.supply.batch(rows, session.task.augment(1))[0]
    beyond = np.flatnonzero(np.abs(x[:, 36].astype(float)) * 3e38 > np.finfo(np.float32).max)
    told = blame(session, state, rows, np.full(1, 0.1, np.float32), epoch=1)
    first = ", ".join(session.dataset.origins[row] for row in rows[beyond[:3]])
    assert f"Of 50 pictures these are: {first}" in told


@pytest.mark.parametrize("model", ["softmax", "svm", "logistic", "perceptron", "mlp", "convnet"])
def test_every_kind_of_model_steps_on_them(quick, model):
    recipe = Recipe(model, epochs=1, batch_size=16, augment=",".join(TRANSFORMATIONS))
    session = prepared(quick, recipe, engine="numpy")
    state = session.start_state()
    moved, losses, _ = session.engine.steps(state, quick.train.rows[:16], 16, np.full(1, 0.01, np.float32))
    assert np.isfinite(losses).all()
    assert any(not np.array_equal(moved["params"][name], array) for name, array in state["params"].items())


def test_shifts_teach_a_network_what_a_shifted_digit_is(digits):
    shifted = np.roll(digits.images[digits.test.rows], 1, axis=2)
    accuracy = {}
    for augment in (None, "shift"):
        recipe = Recipe("mlp", network={"hidden": (64,), "input_dropout": 0.0}, epochs=12, augment=augment)
        model = fit(digits, recipe, engine="numpy").classifier
        accuracy[augment] = (model.scores(shifted).argmax(1) == digits.test.labels).mean()
    assert accuracy["shift"] > accuracy[None] + 0.1


def test_with_test_time_flips_a_run_says_so_and_its_model_does_so(quick, tmp_path):
    recipe = replace(RECIPE, epochs=1, test_time_flips=True)
    outcome = fit(quick, recipe, tmp_path, engine="numpy")
    model = load_model(tmp_path)
    assert model.test_time_flips
    assert json.loads((tmp_path / "run.json").read_text())["recipe"]["test_time_flips"] is True
    pictures = quick.images[quick.test.rows]
    np.testing.assert_array_equal(model.scores(pictures), model.scores(pictures[:, :, ::-1]))
    evaluation = outcome.evaluations["test"]
    np.testing.assert_allclose(evaluation.scores, model.scores(pictures), atol=1e-5)
    compiled = prepared(quick, recipe, engine="xla").engine.scores(
        model.params, quick.test.rows.astype(np.int32)
    )
    np.testing.assert_allclose(compiled, model.scores(pictures), atol=1e-5)


def test_what_cannot_be_augmented_is_said_in_a_sentence(quick):
    features = quick.images.reshape(len(quick), -1).astype(np.float32)
    table = Dataset("table", quick.classes, features, quick.labels, quick.origins, quick.split)
    with pytest.raises(
        InputError, match="--augment flip is for pictures, and the data are rows of 64 numbers"
    ):
        prepared(table, Recipe(augment="flip"))
    with pytest.raises(
        InputError, match="--test-time-flips is for pictures, and the data are rows of numbers"
    ):
        prepared(table, Recipe(test_time_flips=True))
    with pytest.raises(InputError, match=r"cutout:side=8 does not fit pictures of 8 by 8 pixels: .* up to 7"):
        prepared(quick, Recipe(augment="cutout:side=8"))
    with pytest.raises(
        InputError, match=r"--optimizer lbfgs takes all pictures in each step .* leave out --augment"
    ):
        fit(quick, Recipe(optimizer="lbfgs", augment="flip"))
    with pytest.raises(InputError, match=r"The augmentation must be one of .* Did you mean cutout\?"):
        Recipe(augment="cutuot")
    with pytest.raises(InputError, match="--test-time-flips must be true or false, got 'yes'"):
        Recipe(test_time_flips="yes")


def test_a_recipe_holds_an_augmentation_in_one_form():
    recipe = Recipe(augment=("shift:pixels=4", "flip"))
    assert recipe.augment == "flip,shift:pixels=4"
    assert Recipe.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe
    assert Recipe().augmentation is None
