"""`pellucid check` on small trained models: right gradients pass, wrong ones are caught, kinks are explained."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from pellucid.arrays import compile as compiler
from pellucid.arrays import random
from pellucid.cli import main
from pellucid.cli.check import _batch, _where
from pellucid.data.dataset import Dataset
from pellucid.data.frame import Frame
from pellucid.data.load import load
from pellucid.graph.tensor import OPERATIONS, op
from pellucid.layers.linear import Linear
from pellucid.losses import names, softmax_cross_entropy
from pellucid.losses.criterion import Criterion
from pellucid.models.model_file import load_model
from pellucid.optimizers.descent import Momentum
from pellucid.preprocessing.pipeline import Preprocessing
from pellucid.training import step
from pellucid.training.gradients_on_pictures import gradients_on_pictures
from pellucid.training.recipe import Recipe
from pellucid.training.run import read_run, write_run
from pellucid.training.trainer import fit


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two short runs on scikit-learn's digits."""
    folder = tmp_path_factory.mktemp("runs")
    digits = load("digits")
    for model in ("softmax", "svm"):
        (folder / model).mkdir()
        recipe = Recipe(model=model, epochs=2, class_weight="balanced")
        fit(digits, recipe, folder / model, engine="numpy", facts={"load": {"source": "digits", "seed": 0}})
    return folder


@pytest.fixture
def run(capsys):
    def running(*words):
        status = main._status(["check", *map(str, words)], debug=False)
        said = capsys.readouterr()
        return status, said.out, said.err

    return running


@pytest.fixture
def wrong_loss(monkeypatch):
    """Softmax cross-entropy with a gradient that is 0.05 % too long."""

    def nearly_softmax(s, y):
        value, pullbacks = softmax_cross_entropy.__wrapped__(s, y)
        return value, (lambda g: 1.0005 * pullbacks[0](g), None)

    nearly_softmax.__doc__ = softmax_cross_entropy.__doc__
    wrong = op(nearly_softmax)
    monkeypatch.setitem(names.NAMES, "softmax-cross-entropy", wrong)
    # Named like the right one, so that the recipe's name leads to it.
    yield
    del OPERATIONS["nearly_softmax"]


@pytest.mark.parametrize("model", ["softmax", "svm"])
def test_a_trained_model_has_right_gradients_on_both_engines(runs, run, model):
    status, out, err = run(runs / model, "--pictures", 30, "--places", 20, "--json")
    found = json.loads(out)
    assert status == 0, err
    assert found["conclusion"] == "The gradients are right."
    assert found["pictures"] == 30
    assert set(found["parameters"]) == {"weight", "bias"}
    for each in found["parameters"].values():
        assert each["error"] < 1e-7
        assert each["error_compiled"] < 1e-7
        assert each["engines_apart"] < 1e-5
        assert each["verdict"] == "right"
    assert "on 30 pictures of the training part" in err
    assert "right: below 1e-07 there is nothing but rounding." in err


def test_the_objective_is_that_of_the_training(runs, run):
    """With its penalty and its class weights: recomputed here on the same pictures."""
    found = json.loads(run(runs / "softmax", "--pictures", 100_000, "--places", 1, "--json")[1])
    classifier, digits = load_model(runs / "softmax"), load("digits")
    rows = digits.train.rows
    labels = digits.labels[rows]
    p = classifier.probabilities(classifier.temperature * classifier.scores(digits.images[rows]))
    counts = np.bincount(labels, minlength=10)
    v = (len(rows) / (10 * counts))[labels]
    loss = -(v * np.log(p[np.arange(len(rows)), labels])).sum() / v.sum()
    penalty = (
        0.5 * classifier.origin["recipe"]["l2"] * (classifier.params["weight"].astype(np.float64) ** 2).sum()
    )
    assert found["pictures"] == len(rows)
    assert found["objective"] == pytest.approx(loss + penalty, rel=1e-5)


def test_the_place_is_named_in_words(runs, run):
    found = json.loads(run(runs / "softmax", "--places", 3, "--json")[1])["parameters"]["weight"]
    k, feature = found["where"]
    assert (
        found["where_in_words"]
        == f"weight[{k}, {feature}] (class {k}, row {feature // 8}, column {feature % 8})"
    )
    assert found["places"] == 3


@pytest.mark.parametrize("features", ["hog:cell=4,block=1", "pca:components=36,floor=10"])
def test_what_is_no_pixel_is_not_named_as_one(features):
    frame, projection = Frame(8, 8, "pad", "gray"), np.ones((36, 64), "f4")
    numbers, projection = (64, projection) if features.startswith("pca") else (36, None)
    seen = Preprocessing(frame, *np.ones((2, numbers), "f4"), projection, features)
    weight = SimpleNamespace(name="weight", where=(1, 20), shape=(3, 36))
    model = SimpleNamespace(classes=("a", "b", "c"), preprocessing=seen)
    assert _where(weight, model) == "weight[1, 20] (class b)"


def test_points_are_seen_as_radius_and_angle(monkeypatch):
    images, labels, split = np.array([[3, 4], [0, -2]], "f4"), np.array([0, 1], "i4"), np.zeros(2, "i1")
    points = Dataset("points", ("a", "b"), images, labels, ["", ""], split)
    monkeypatch.setattr("pellucid.cli.evaluate.read_as_seen", lambda *_, **__: points)
    seen = Preprocessing(None, np.array([2, 0], "f4"), np.array([1, 2], "f4"), None, "polar")
    model = SimpleNamespace(classes=("a", "b"), preprocessing=seen)
    (x, _, _), _ = _batch(None, Path("run"), model, None, "points.csv", 2, random.key(0))
    np.testing.assert_allclose(x, [[3, np.arctan2(4, 3) / 2], [0, -np.pi / 4]], atol=1e-6)


def test_a_gradient_half_a_thousandth_wrong_is_caught(runs, run, wrong_loss):
    status, out, _ = run(runs / "softmax")
    assert status == 1
    assert "a mistake: the gradient is" in out
    assert out.splitlines()[-1] == "There is a mistake: do not trust what was trained with these gradients."


def hinge(bias):
    """The hinge of two classes on one picture of zeros, whose margin is met where the biases differ by 1."""
    task = step.Task(Linear(2, 2), Criterion("multiclass-hinge"), Momentum(), {"weight": 0.1})
    batch = (np.zeros((1, 2)), np.array([0], np.int32), np.ones(1))
    params = {"weight": np.ones((2, 2)), "bias": np.array([bias, 0.0])}
    found = gradients_on_pictures(task, params, batch, rng=random.key(0), compiled=False)
    return next(each for each in found if each.name == "bias")


@pytest.mark.parametrize("bias", [1.0, 1.0 - 1e-6, 1.0 + 1e-6, 1.0 - 1e-8])
def test_a_score_within_h_of_the_margin_is_a_kink_and_no_mistake(bias):
    found = hinge(bias)
    assert found.error > 1e-4
    assert found.verdict == "kink"
    assert "a score is within h of the margin" in found.sentence


@pytest.mark.parametrize("bias", [0.5, 1.5])
def test_away_from_the_margin_there_is_none(bias):
    assert hinge(bias).verdict == "right"


def test_a_mistake_at_a_bend_is_still_a_mistake(wrong_loss):
    """Strong curvature must not pass for a kink."""
    task = step.Task(Linear(2, 3), Criterion("softmax-cross-entropy"), Momentum(), {"weight": 0.0})
    x = np.array([[100.0, -50.0], [-80.0, 30.0]])
    batch = (x, np.array([0, 2], np.int32), np.ones(2))
    params = {"weight": np.array([[0.01, 0.02], [0.0, 0.01], [0.02, 0.0]]), "bias": np.zeros(3)}
    for each in gradients_on_pictures(task, params, batch, rng=random.key(0), compiled=False):
        assert each.verdict == "mistake"


def test_weights_that_are_not_finite_are_told():
    found = hinge(np.nan)
    assert found.verdict == "mistake"
    assert found.sentence.startswith("not finite")


@pytest.mark.parametrize(
    ("bias", "penalty", "verdict", "words"),
    [
        (5.0, 1.0, "right", "right: below"),
        (10.0, 10.0, "right", "right, as far as differences can tell"),
        (15.0, 10.0, "unclear", "differences cannot judge it"),
        (30.0, 1000.0, "unclear", "differences cannot judge it"),
        (30.0, 0.0, "unclear", "differences cannot judge it"),
    ],
)
def test_tiny_gradients_are_judged_by_what_rounding_allows(bias, penalty, verdict, words):
    """The surer the scores, the smaller the gradient beside the objective: in the end differences see nothing."""
    task = step.Task(Linear(1, 2), Criterion("softmax-cross-entropy"), Momentum(), {"weight": penalty})
    batch = (np.array([[1.0]]), np.array([0], np.int32), np.ones(1))
    params = {"weight": np.array([[1.0], [0.0]]), "bias": np.array([bias, 0.0])}
    found = gradients_on_pictures(task, params, batch, rng=random.key(0), compiled=True)
    each = next(each for each in found if each.name == "bias")
    assert (each.verdict, each.compiler_differs) == (verdict, False)
    assert words in each.sentence


def test_other_pictures_can_be_named(runs, run, tmp_path):
    digits = load("digits")
    np.savez(tmp_path / "some.npz", images=digits.images[:50], labels=digits.labels[:50])
    status, out, err = run(runs / "svm", "--data", tmp_path / "some.npz")
    assert status == 0, err
    assert "on 8 pictures of " in out


def test_without_jax_numpy_alone_is_checked(runs, run, monkeypatch):
    monkeypatch.setattr(compiler, "available", lambda: False)
    status, out, _ = run(runs / "softmax", "--json")
    found = json.loads(out)["parameters"]["weight"]
    assert status == 0
    assert (found["error_compiled"], found["engines_apart"]) == (None, None)
    assert "JAX is not installed, so only NumPy was checked." in run(runs / "softmax")[1]


def test_a_compiler_that_computes_something_else_is_told(runs, run, monkeypatch):
    right = compiler.compiled
    monkeypatch.setattr(
        compiler,
        "compiled",
        lambda function: (
            lambda *arrays: ({name: g * (1 + 1e-5) for name, g in right(function)(*arrays)[0].items()},)
        ),
    )
    status, out, _ = run(runs / "softmax")
    assert status == 1
    assert "a mistake of the compiler" in out


def test_the_model_file_itself_and_data_that_changed(runs, run, tmp_path):
    assert run(runs / "softmax" / "model.json")[0] == 0
    changed = tmp_path / "changed"
    changed.mkdir()
    for name in ("model.json", "model.safetensors"):
        (changed / name).write_bytes((runs / "softmax" / name).read_bytes())
    content = read_run(runs / "softmax")
    write_run(changed, {**content, "data": {**content["data"], "fingerprint": "another"}})
    assert "the data have changed since this run" in run(changed)[1]


def test_what_is_missing_is_said(runs, run, tmp_path):
    assert "there is no such run" in run(tmp_path / "nothing")[2]
    assert "no such file or folder" in run(runs / "svm", "--data", tmp_path / "nothing")[2]
    assert run(runs / "svm", "--pictures", 0)[0] == 2
    silent = tmp_path / "silent"
    silent.mkdir()
    for name in ("model.json", "model.safetensors"):
        (silent / name).write_bytes((runs / "svm" / name).read_bytes())
    status, _, err = run(silent)
    assert status == 1
    assert "Name labelled pictures: --data DATA." in err
    content = read_run(runs / "svm")
    write_run(silent, {key: content[key] for key in content if key != "load"})
    assert "Name labelled pictures: --data DATA." in run(silent)[2]
    np.savez(tmp_path / "other.npz", images=np.zeros((20, 5, 5, 1), np.uint8), labels=np.arange(20) % 2)
    status, _, err = run(silent, "--data", tmp_path / "other.npz")
    assert status == 0, err
    assert "should not happen" not in err
