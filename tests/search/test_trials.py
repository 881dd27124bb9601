"""Searches: the same trials however they are run, and however often stopped; by validation pictures alone."""

import math
from dataclasses import replace

import numpy as np
import pytest

from pellucid.data.load import load
from pellucid.preprocessing.shown import first_shown
from pellucid.search.findings import as_csv, command, conclusion, edges, widened
from pellucid.search.lots import lots
from pellucid.search.space import Choice, Range, Space, space
from pellucid.search.trials import Plan, Trial, best, searched
from pellucid.storage.errors import FileError, InputError, MissingDependencyError, TrainingError
from pellucid.training.checkpoint import Standing
from pellucid.training.loop import trained
from pellucid.training.recipe import Recipe
from pellucid.training.session import prepared
from pellucid.training.trainer import fit

BASE = Recipe(epochs=4, batch_size=64)
SPACE = space(BASE, {"learning_rate": "1e-4:1e-1", "l2": "1e-6:1e-1"})


@pytest.fixture(scope="module")
def digits():
    return load("digits")


def summary(trials):
    return [(t.number, t.recipe.learning_rate, t.recipe.l2, dict(t.values), t.ended) for t in trials]


@pytest.mark.parametrize(
    ("base", "given"),
    [
        (BASE, {"l2": "1e-4:1e-1"}),
        (replace(BASE, model="svm", optimizer="adam", sampling="balanced"), {"l1": "1e-5:1e-2"}),
        (replace(BASE, model="averaged-perceptron", batch_size=50), {}),
    ],
    ids=["softmax", "svm with L1 and Adam", "averaged perceptron, last batch short"],
)
def test_side_by_side_in_one_program_they_end_as_each_would_alone(digits, tmp_path, base, given):
    plan = Plan(base, space(base, given), 4, reduction=1, engine="xla")
    kept = {}
    trials = searched(digits, plan, tmp_path, lambda event: kept.setdefault(event["event"], event))
    assert kept["ready"]["lots"] == [4]
    for trial in trials:
        outcome = fit(digits, trial.recipe, engine="numpy")
        alone = outcome.events[-1]["validation_accuracy"]
        assert trial.value == pytest.approx(alone, abs=1.01 / len(digits.validation)), trial.number


@pytest.mark.parametrize("engine", ["numpy", "xla"])
def test_features_are_searched(digits, tmp_path, engine):
    tried = space(BASE, {"features": "pixels, thumbnail:grid=4,hog:cell=4,block=1", "l2": "1e-4"})
    assert tried.dimensions["features"].values == ("pixels", "thumbnail:grid=4|4", "hog:cell=4|4,block=1|1")
    plan = Plan(BASE, tried, 6, engine=engine)
    trials = searched(digits, plan, tmp_path)
    assert {"thumbnail:grid=4|4", "hog:cell=4|4,block=1|1"} == {trial.recipe.features for trial in trials}
    first = best(trials)
    assert f"--features '{first.recipe.features}'" in command(plan, first, "digits").replace(
        "--features pixels", "--features 'pixels'"
    )
    alone = fit(digits, first.recipe, engine="numpy").events[-1]["validation_accuracy"]
    assert first.value == pytest.approx(alone, abs=1.01 / len(digits.validation))


def test_a_model_that_cannot_see_searched_features_is_named():
    with pytest.raises(InputError, match="looks for patterns among neighboring pixels"):
        space(BASE, {"model": "softmax,convnet", "features": "pixels,hog"})


def test_their_weights_are_those_of_each_alone_also_where_l1_makes_them_zero(digits, tmp_path):
    seen = first_shown(digits.images, digits.train.rows, digits.frame)
    one = prepared(digits, replace(BASE, l1=1e-3, epochs=2), engine="numpy", shown=seen).recipe
    recipes = {n: replace(one, learning_rate=0.01 * 2**n, l1=10.0 ** (n - 4)) for n in range(3)}
    found = {}
    for engine in ("xla", "numpy"):
        (lot,) = lots(digits, recipes, {"pixels": seen}, engine, tmp_path)
        found[engine] = lot.advanced(lot.start([0, 1, 2]), 2, lambda standing: None).state["params"]
    for number, recipe in recipes.items():
        session = prepared(digits, recipe, engine="numpy", shown=seen)
        start = Standing(0, session.start_state(), session.start_params)
        alone = trained(session, start, None, lambda record: None).standing.state["params"]
        assert (alone["weight"] == 0).any()
        for params in found.values():
            for name, array in alone.items():
                np.testing.assert_allclose(np.asarray(params[name])[number], array, rtol=2e-4, atol=2e-6)


@pytest.mark.parametrize("engine", ["numpy", "xla"])
def test_one_that_is_stopped_after_every_epoch_comes_to_the_same_bits(digits, tmp_path, engine):
    tried = Space({"learning_rate": Range(1e-4, 1e-1), "batch_size": Choice((64, 128))})
    # Every stop costs another compilation: there fewer of them.
    plan = (
        Plan(BASE, tried, 9, engine=engine)
        if engine == "numpy"
        else Plan(replace(BASE, epochs=2), SPACE, 4, 1, engine)
    )
    for name in ("whole", "parts"):
        (tmp_path / name).mkdir()
    whole = searched(digits, plan, tmp_path / "whole")

    def stop(event):
        if event["event"] == "epoch":
            raise KeyboardInterrupt

    trials, stops = None, 0
    while trials is None:
        try:
            trials = searched(digits, plan, tmp_path / "parts", stop)
        except KeyboardInterrupt:
            stops += 1
        assert stops < 30
    assert stops >= (8 if engine == "numpy" else 2)  # 4 epochs of two lots, or 2 of one
    assert summary(trials) == summary(whole)
    assert [path.name for path in (tmp_path / "parts").iterdir()] == ["study.db"]


def test_a_damaged_checkpoint_costs_time_and_nothing_else(digits, tmp_path):
    plan = Plan(BASE, SPACE, 4, engine="numpy", reduction=1)
    seen = []

    def stop(event):
        if event["event"] == "epoch" and event["epoch"] == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        searched(digits, plan, tmp_path, stop)
    lot = tmp_path / "lot-1.safetensors"
    content = bytearray(lot.read_bytes())
    content[-3] ^= 1
    lot.write_bytes(content)
    trials = searched(
        digits, plan, tmp_path, lambda e: seen.append(e["epoch"]) if e["event"] == "epoch" else 0
    )
    assert seen == [1, 2, 3, 4]
    (tmp_path / "anew").mkdir()
    assert summary(trials) == summary(searched(digits, plan, tmp_path / "anew"))


def test_the_test_pictures_are_never_looked_at(digits, tmp_path):
    images, labels = digits.images.copy(), digits.labels.copy()
    images[digits.test.rows] = 255 - images[digits.test.rows]
    labels[digits.test.rows] = 0
    found = []
    for name, data in (("a", digits), ("b", replace(digits, images=images, labels=labels))):
        (tmp_path / name).mkdir()
        found.append(summary(searched(data, Plan(BASE, SPACE, 4, engine="numpy"), tmp_path / name)))
    assert found[0] == found[1]


def test_optuna_can_read_the_study(digits, tmp_path):
    import optuna

    trials = searched(digits, Plan(BASE, SPACE, 9, engine="numpy"), tmp_path)
    storage = optuna.storages.RDBStorage(f"sqlite:///{tmp_path / 'study.db'}")
    study = optuna.load_study(study_name="pellucid", storage=storage)
    assert len(study.trials) == 9
    assert study.best_trial.number == best(trials).number
    states = {"finished": "COMPLETE", "stopped": "PRUNED"}
    for trial, kept in zip(trials, study.trials, strict=True):
        assert kept.params == {"learning_rate": trial.recipe.learning_rate, "l2": trial.recipe.l2}
        assert kept.state.name == states[trial.ended]
        assert kept.intermediate_values == trial.values
    storage.remove_session()
    storage.engine.dispose()


def test_trials_that_diverge_are_said_to_and_never_chosen(digits, tmp_path):
    tried = Space({"learning_rate": Choice((1e-2, 1e38)), "l2": Choice((1e-3,))})
    plan = Plan(BASE, tried, 6, engine="numpy")
    trials = searched(digits, plan, tmp_path)
    ends = {t.recipe.learning_rate: t.ended for t in trials}
    assert ends[1e38] == "diverged"
    assert best(trials).recipe.learning_rate == 1e-2
    assert "of 6 trials diverged" in " ".join(conclusion(plan, trials))
    assert as_csv(plan, trials).count("diverged") == sum(t.ended == "diverged" for t in trials)
    (tmp_path / "all").mkdir()
    worse = Plan(BASE, Space({"learning_rate": Range(1e36, 1e38)}), 3, engine="numpy")
    with pytest.raises(TrainingError, match="Search lower learning rates"):
        best(searched(digits, worse, tmp_path / "all"))


def test_a_best_at_an_edge_is_said_with_the_command_that_goes_beyond():
    tried = Space({"learning_rate": Range(1e-7, 1e-4), "l2": Choice((1e-3,))})
    plan = Plan(BASE, tried, 3)
    recipes = [replace(BASE, learning_rate=rate, l2=1e-3) for rate in (2e-7, 9e-5, 1e-5)]
    spans = {"learning_rate": (1e-7, 1e-4)}
    trials = [
        Trial(n, recipe, spans, {4: (0.5, 0.9, 0.7)[n]}, "finished") for n, recipe in enumerate(recipes)
    ]
    assert [edges(plan, trial) for trial in trials] == [{}, {"learning_rate": "high"}, {}]
    assert "is at the high edge of its range, 1e-07 to 0.0001" in " ".join(conclusion(plan, trials))
    wider = widened(plan, best(trials), "my pictures")
    assert wider.startswith(
        "pellucid search 'my pictures' --learning-rate 1e-07:0.001 --l2 0.001 --trials 3 "
    )
    train = "pellucid train digits --learning-rate 9e-05 --l2 0.001 --epochs 4 --seed 0"
    assert command(plan, best(trials), "digits") == train


def test_what_cannot_be_searched_is_said(digits, tmp_path, monkeypatch):
    with pytest.raises(InputError, match=r"--trials must be 2 to 10,000, got 1. To train with one setting"):
        Plan(BASE, SPACE, 1)
    with pytest.raises(InputError, match="--reduction must be 1 or more, got 0"):
        Plan(BASE, SPACE, 5, reduction=0)
    with pytest.raises(InputError, match="--optimizer lbfgs chooses the length of its steps itself"):
        Plan(replace(BASE, optimizer="lbfgs"), SPACE, 5)
    none = digits.with_split(np.where(digits.split == 1, 0, digits.split))
    with pytest.raises(
        InputError, match="the validation part has no pictures, and a search needs some to choose by"
    ):
        searched(none, Plan(BASE, SPACE, 5), tmp_path)
    with pytest.raises(InputError, match="at least 2 classes to tell apart, got 1"):
        searched(replace(digits, classes=("0",)), Plan(BASE, SPACE, 5), tmp_path)
    (tmp_path / "study.db").write_bytes(b"no study " * 1000)
    with pytest.raises(FileError, match=r"study.db: not a whole study .* delete it"):
        searched(digits, Plan(BASE, SPACE, 5, engine="numpy"), tmp_path)
    monkeypatch.setattr("pellucid.arrays.compile.available", lambda: False)
    with pytest.raises(MissingDependencyError, match="--engine xla needs JAX"):
        searched(digits, Plan(BASE, SPACE, 5, engine="xla"), tmp_path)


def test_the_loss_can_choose_too(digits, tmp_path):
    plan = Plan(replace(BASE, watch="loss"), SPACE, 4, reduction=1, engine="numpy")
    trials = searched(digits, plan, tmp_path)
    assert all(-math.log(10) * 2 < trial.value < 0 for trial in trials)
    assert f"loss {-best(trials).value:.4f}" in conclusion(plan, trials)[0]
