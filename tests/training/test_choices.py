"""What a recipe can choose reaches the training: losses, penalties, optimizers, batches."""

import numpy as np
import pytest

from pellucid.losses.criterion import TRAINABLE, Criterion
from pellucid.models.linear import KINDS
from pellucid.models.model_file import load_model
from pellucid.optimizers.named import OPTIMIZERS
from pellucid.storage.errors import InputError
from pellucid.training.checkpoint import restored
from pellucid.training.penalties import strengths
from pellucid.training.recipe import Recipe
from pellucid.training.run import new_run
from pellucid.training.session import prepared
from pellucid.training.trainer import fit, resume

SMALL = {"epochs": 12, "batch_size": 32}


@pytest.fixture(scope="module")
def pair(digits):
    """Threes and eights alone."""
    from dataclasses import replace

    rows = np.flatnonzero(np.isin(digits.labels, (3, 8)))
    return replace(
        digits,
        classes=("3", "8"),
        images=digits.images[rows],
        labels=(digits.labels[rows] == 8).astype(digits.labels.dtype),
        origins=[digits.origins[row] for row in rows],
        split=digits.split[rows],
        groups=None,
    )


@pytest.mark.parametrize("loss", [name for name in TRAINABLE if not Criterion(name).binary])
def test_every_loss_of_many_classes_learns_digits(digits, loss):
    outcome = fit(digits, Recipe(loss=loss, **SMALL))
    assert outcome.evaluations["test"].accuracy > 0.87
    first, last = outcome.events[0], outcome.events[-1]
    assert last["objective"] < first["objective"]
    assert [check["passed"] for check in outcome.run["checks"]] == [True] * 3


@pytest.mark.parametrize("loss", TRAINABLE)
def test_every_loss_tells_two_classes_apart(pair, loss, tmp_path):
    run = new_run(tmp_path / "run", "pair", "softmax")
    outcome = fit(pair, Recipe(loss=loss, **SMALL), run)
    assert outcome.evaluations["test"].accuracy > 0.95
    single = Criterion(loss).binary
    assert outcome.classifier.params["weight"].shape == (1 if single else 2, 64)
    opened = load_model(run)
    np.testing.assert_array_equal(opened.scores(pair.images[:5]), outcome.classifier.scores(pair.images[:5]))
    weight, bias = opened.templates
    x = opened.preprocessing.apply(pair.images[:5])
    np.testing.assert_allclose(x @ weight.T + bias, opened.scores(pair.images[:5]), atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_learns_and_resumes_to_the_same_bits(digits, kind, tmp_path, monkeypatch):
    from pellucid.training import loop

    recipe = Recipe(model=kind, epochs=4)
    whole, part = (new_run(tmp_path / name, "digits", kind) for name in ("whole", "part"))
    outcome = fit(digits, recipe, whole, engine="numpy")
    assert outcome.evaluations["test"].accuracy > 0.85
    made = loop._epoch

    def interrupted(session, state, epoch):
        if epoch == 3:
            raise KeyboardInterrupt
        return made(session, state, epoch)

    monkeypatch.setattr(loop, "_epoch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fit(digits, recipe, part, engine="numpy")
    monkeypatch.setattr(loop, "_epoch", made)
    resume(part, digits)
    for name, array in load_model(whole).params.items():
        np.testing.assert_array_equal(load_model(part).params[name], array)


def test_logistic_regression_has_one_score_for_two_classes(pair, digits):
    two = fit(pair, Recipe(model="logistic", **SMALL))
    assert two.run["recipe"]["loss"] == "logistic-loss"
    assert two.classifier.params["weight"].shape == (1, 64)
    p = two.classifier.probabilities(two.classifier.scores(pair.images[:9]))
    s = np.diff(two.classifier.scores(pair.images[:9]), axis=1)[:, 0] / two.classifier.temperature
    np.testing.assert_allclose(p[:, 1], 1 / (1 + np.exp(-s)), rtol=1e-5)
    ten = fit(digits, Recipe(model="logistic", **SMALL))
    assert ten.run["recipe"]["loss"] == "one-versus-rest-logistic"
    with pytest.raises(InputError, match="--loss hinge-loss is for a single score and 2 classes, got 10"):
        fit(digits, Recipe(loss="hinge-loss"))


@pytest.mark.parametrize("optimizer", [*OPTIMIZERS, "adam:first_decay=0.8", "nesterov:momentum=0.5"])
def test_every_optimizer_trains_by_its_default_rate(digits, optimizer):
    outcome = fit(digits, Recipe(optimizer=optimizer, **SMALL))
    assert outcome.evaluations["test"].accuracy > 0.9
    assert outcome.run["recipe"]["optimizer"] == optimizer


def test_lbfgs_comes_to_the_optimum(quick, tmp_path):
    run = new_run(tmp_path / "run", "digits", "softmax")
    recipe = Recipe(optimizer="lbfgs", l2=0.1, epochs=200, gradient_norm=1e-4)
    outcome = fit(quick, recipe, run)
    assert outcome.run["result"]["stopped"].startswith("‖∇‖ = ")
    objectives = [event["objective"] for event in outcome.events]
    assert objectives[-1] == min(objectives)
    slow = fit(quick, Recipe(l2=0.1, epochs=200, schedule="cosine"))
    assert objectives[-1] <= slow.events[-1]["objective"] + 1e-3
    with pytest.raises(InputError, match="--optimizer lbfgs takes no --l1 and no --clip"):
        fit(quick, Recipe(optimizer="lbfgs", l1=0.1))


def test_preconditioned_lbfgs_comes_to_the_same_optimum(quick):
    plain, round_ = (
        fit(quick, Recipe(optimizer=name, l2=1e-3, epochs=400, gradient_norm=1e-4))
        for name in ("lbfgs", "preconditioned-lbfgs")
    )
    assert round_.events[-1]["objective"] == pytest.approx(plain.events[-1]["objective"], abs=1e-4)
    assert round_.events[-1]["validation_accuracy"] == plain.events[-1]["validation_accuracy"]
    assert all(event["gradient_norm"] > 0 for event in round_.events)


def test_lbfgs_goes_on_where_it_was_stopped(quick, tmp_path):
    run = new_run(tmp_path / "run", "digits", "softmax")
    heard = []

    def listener(event):
        heard.append(event)
        if event.get("epoch") == 3:
            raise KeyboardInterrupt

    recipe = Recipe(optimizer="lbfgs", l2=0.1, epochs=8)
    with pytest.raises(KeyboardInterrupt):
        fit(quick, recipe, run, listener=listener)
    ready = []
    outcome = resume(run, quick, listener=ready.append)
    assert [event["epoch"] for event in outcome.events] == list(range(1, 9))
    assert any("learns them anew" in remark for remark in ready[0]["remarks"])


def test_l1_makes_exact_zeros_and_says_how_many(digits):
    outcome = fit(digits, Recipe(l1=0.01, **SMALL))
    result, last = outcome.run["result"], outcome.events[-1]
    weight = outcome.classifier.params["weight"]
    assert result["zero"] == int((weight == 0).sum()) > 100
    assert result["weights"] == weight.size
    assert outcome.run["recipe"]["l2"] == 0.0
    assert set(last["penalties"]) == {"l1"}
    assert last["objective"] == pytest.approx(last["loss"] + last["penalty"])
    both = fit(digits, Recipe(l1=0.01, l2=0.01, **SMALL))
    assert set(both.events[-1]["penalties"]) == {"l1", "l2"}


def test_penalties_of_biases_and_of_named_parameters(quick):
    names = ["hidden.weight", "hidden.bias", "output.weight", "output.bias"]
    assert strengths("--l2", 0.5, names) == {"hidden.weight": 0.5, "output.weight": 0.5}
    assert strengths("--l2", 0.5, names, True) == dict.fromkeys(names, 0.5)
    assert strengths("--l2", 0.0, names) == {}
    assert strengths("--l2", {"hidden": 2.0, "output.bias": 1.0}, names) == {
        "hidden.weight": 2.0,
        "output.bias": 1.0,
    }
    with pytest.raises(
        InputError, match=r"--l2 names hiden, but the parameters are hidden.weight, hidden.bias"
    ):
        strengths("--l2", {"hiden": 1.0}, names)
    session = prepared(quick, Recipe(l2=0.1, l1=0.2, penalize_biases=True))
    assert session.task.l2 == {"weight": 0.1, "bias": 0.1}
    assert session.l1 == {"weight": 0.2, "bias": 0.2}


def test_clipping_bounds_the_first_step(quick):
    session = prepared(quick, Recipe(clip=1e-3, optimizer="sgd", learning_rate=1.0, epochs=1))
    state, _, _ = session.engine.steps(
        session.start_state(), quick.train.rows[:32].astype(np.int32), 32, np.ones(1, np.float32)
    )
    moved = np.sqrt(sum(float((array**2).sum()) for array in state["params"].values()))
    assert moved == pytest.approx(1e-3, rel=1e-3)


def test_sample_weights_count_and_have_to_come_again(quick, tmp_path):
    weights = np.ones(len(quick))
    weights[quick.labels == 3] = 0.0
    run = new_run(tmp_path / "run", "digits", "softmax")
    outcome = fit(quick, Recipe(**SMALL), run, sample_weight=weights)
    said = outcome.evaluations["train"]
    assert (said.scores.argmax(axis=1) == 3).sum() == 0, "nobody asked for a three"
    with pytest.raises(InputError, match=r"began with other sample_weight. Hand in the same as then"):
        resume(run, quick)
    for wrong, words in ((np.nan, "finite and 0 or more"), (-1.0, "finite and 0 or more"), (0.0, "are 0")):
        with pytest.raises(InputError, match=words):
            prepared(quick, Recipe(), sample_weight=np.full(len(quick), wrong))
    with pytest.raises(InputError, match="one a picture"):
        prepared(quick, Recipe(), sample_weight=np.ones(3))


@pytest.mark.parametrize("batch_size", [1, 7, 400, 10_000])
def test_batches_from_one_to_all(quick, batch_size):
    outcome = fit(quick, Recipe(batch_size=batch_size, epochs=2))
    assert outcome.run["recipe"]["batch_size"] == min(batch_size, 400)
    assert np.isfinite(outcome.events[-1]["loss"])


def test_an_optax_transformation_is_handed_in_and_needed_again(quick, tmp_path):
    optax = pytest.importorskip("optax")
    from pellucid.optimizers.optax_adapter import Optax

    run = new_run(tmp_path / "run", "digits", "softmax")
    recipe = Recipe(epochs=6, schedule="constant")

    def interrupt(event):
        if event.get("epoch") == 3:
            raise KeyboardInterrupt

    lion = Optax(optax.lion(3e-3))
    whole = fit(quick, recipe, optimizer=lion)
    with pytest.raises(KeyboardInterrupt):
        fit(quick, recipe, run, optimizer=lion, listener=interrupt)
    with pytest.raises(InputError, match=r"handed in from Python and stands in no file. Hand it in again"):
        resume(run, quick)
    with pytest.raises(InputError, match="was handed in, and the recipe names another, 'adam': leave one"):
        fit(quick, Recipe(optimizer="adam"), optimizer=lion)
    again = resume(run, quick, optimizer=Optax(optax.lion(3e-3)))
    for name, array in whole.classifier.params.items():
        np.testing.assert_array_equal(again.classifier.params[name], array)


def test_a_checkpoint_of_another_training_is_told_apart():
    from pellucid.storage.errors import FileError

    like = {"params": {"weight": np.zeros((2, 3))}, "optimizer": {"weight": {}}, "t": np.int32(0)}
    found = {"params": {"weight": np.ones((2, 3))}, "t": np.int32(4)}
    filled = restored(like, found)
    assert filled["optimizer"] == {"weight": {}}
    assert filled["t"] == 4
    with pytest.raises(FileError, match="its params/weight is missing or of another shape"):
        restored(like, {"params": {"weight": np.ones((2, 4))}, "t": np.int32(4)})
    with pytest.raises(FileError, match="it also holds params/bias"):
        restored(like, {"params": {"weight": np.ones((2, 3)), "bias": np.ones(2)}, "t": np.int32(4)})


def test_the_share_of_the_penalties_is_recorded(digits):
    result = fit(digits, Recipe(l1=0.01, l2=0.01, **SMALL)).run["result"]
    objective = result["loss"]["train"] + sum(result["penalties"].values())
    assert set(result["penalty_shares"]) == {"l1", "l2"}
    for name, share in result["penalty_shares"].items():
        assert share == pytest.approx(result["penalties"][name] / objective)
    assert "penalties" not in fit(digits, Recipe(l2=0.0, **SMALL)).run["result"]
