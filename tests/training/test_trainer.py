"""From a dataset to a run, and on from where it stopped."""

import json
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from pellucid.data.dataset import Dataset
from pellucid.models.model_file import load_model
from pellucid.storage.errors import FileError, InputError, TrainingError
from pellucid.storage.records import read_log
from pellucid.training import judging, loop
from pellucid.training.checkpoint import Standing, load_checkpoint
from pellucid.training.loop import trained
from pellucid.training.recipe import Recipe
from pellucid.training.run import new_run, read_run
from pellucid.training.session import prepared
from pellucid.training.trainer import fit, resume

RECIPE = Recipe(epochs=6, batch_size=32)


def weights(folder):
    return load_model(folder).params


def test_digits_are_learned(digits):
    outcome = fit(digits, Recipe())
    assert outcome.evaluations["test"].accuracy > 0.93
    assert outcome.run["engine"]["name"] == "numpy"
    assert outcome.run["result"]["stopped"].startswith("all ")


@pytest.mark.parametrize("kind", ["softmax", "svm"])
@pytest.mark.parametrize("engine", ["numpy", "xla"])
def test_same_seed_same_bits(quick, kind, engine):
    recipe = replace(RECIPE, model=kind)
    first, second = (fit(quick, recipe, engine=engine).classifier.params for _ in range(2))
    for name in first:
        np.testing.assert_array_equal(first[name], second[name])
    other = fit(quick, replace(recipe, seed=1), engine=engine).classifier.params
    assert not np.array_equal(first["weight"], other["weight"])


def test_a_run_holds_everything(quick, tmp_path):
    outcome = fit(quick, RECIPE, tmp_path, facts={"command": "pellucid train digits"})
    files = {path.name for path in tmp_path.iterdir()}
    assert {"run.json", "events.jsonl", "model.json", "model.safetensors", "verdicts.csv"} <= files
    assert not [name for name in files if name.endswith(".part") or name == ".lock"]
    run = read_run(tmp_path)
    assert run["command"] == "pellucid train digits"
    assert run["recipe"]["learning_rate"] > 0
    assert [check["passed"] for check in run["checks"]] == [True, True, True]
    epochs = [event["epoch"] for event in read_log(tmp_path / "events.jsonl") if event["event"] == "epoch"]
    assert epochs == [1, 2, 3, 4, 5, 6]
    lines = (tmp_path / "verdicts.csv").read_text().splitlines()
    assert lines[0] == "picture,part,label,said,right,probability,margin"
    assert len(lines) == 1 + sum(len(each) for each in outcome.evaluations.values())
    loaded = load_model(tmp_path)
    pictures = quick.test.images
    np.testing.assert_array_equal(loaded.scores(pictures), outcome.classifier.scores(pictures))
    right = (loaded.scores(pictures).argmax(1) == quick.test.labels).mean()
    assert right == pytest.approx(run["result"]["accuracy"]["test"])


def test_the_test_part_is_never_looked_at_while_training(quick):
    """Other test labels, and other test pictures, change nothing in the classifier."""
    labels, images = quick.labels.copy(), quick.images.copy()
    labels[quick.test.rows] = (labels[quick.test.rows] + 1) % 10
    images[quick.test.rows] = 255 - images[quick.test.rows]
    first = fit(quick, RECIPE).classifier
    second = fit(replace(quick, labels=labels, images=images), RECIPE).classifier
    assert first.temperature == second.temperature
    for name in first.params:
        np.testing.assert_array_equal(first.params[name], second.params[name])


def test_the_latest_weights_that_cannot_be_told_from_the_best_are_kept(quick):
    outcome = fit(quick, replace(RECIPE, epochs=12))
    result = outcome.run["result"]
    curve = np.array([event["validation_accuracy"] for event in outcome.events])
    count = len(quick.validation)
    close = [
        epoch
        for epoch, share in enumerate(curve, 1)
        if share >= curve.max() - np.sqrt(share * (1 - share) / count)
    ]
    assert result["peak_epoch"] == curve.argmax() + 1
    assert result["best_epoch"] == close[-1]
    assert result["accuracy"]["validation"] == pytest.approx(curve[close[-1] - 1])


def test_weights_that_got_worse_are_not_kept(quick):
    session = prepared(quick, replace(RECIPE, epochs=2))
    start = Standing(0, session.start_state(), session.start_params)
    good = trained(session, start, None, lambda event: None).standing
    forgotten = {name: 0 * array for name, array in good.state["params"].items()}
    worse = replace(good, epoch=3, state={**good.state, "params": forgotten})
    judged, _ = judging.judged(session, worse, {})
    assert judged.best_epoch == good.best_epoch
    assert judged.peak == good.peak
    np.testing.assert_array_equal(judged.best_params["weight"], good.best_params["weight"])


def test_patience_stops_early(quick):
    outcome = fit(quick, replace(RECIPE, epochs=400, patience=3))
    assert outcome.run["result"]["stopped"] == "no better accuracy on validation for 3 epochs"
    assert outcome.run["result"]["epochs"] == outcome.run["result"]["peak_epoch"] + 3


def test_without_validation_pictures_there_is_nothing_to_be_patient_with(quick):
    split = np.where(quick.split == 1, -1, quick.split)
    outcome = fit(quick.with_split(split), replace(RECIPE, epochs=5, patience=2))
    assert outcome.run["result"]["stopped"] == "all 5 epochs done"


@pytest.mark.parametrize("watch", ["balanced-accuracy", "f1", "loss"])
def test_any_measure_can_be_watched(quick, watch):
    outcome = fit(quick, replace(RECIPE, watch=watch))
    peak = outcome.run["result"]["peak_epoch"]
    if watch == "loss":
        losses = [event["validation_loss"] for event in outcome.events]
        assert losses[peak - 1] == min(losses)
    assert 1 <= peak <= 6


def test_balanced_weights_count_every_class_of_the_training_part_the_same(digits):
    split = digits.split.copy()
    split[np.flatnonzero((split == 0) & (digits.labels == 3))[10:]] = -1
    supply = prepared(digits.with_split(split), Recipe(class_weight="balanced")).supply
    rows = np.flatnonzero(split == 0)
    totals = np.bincount(supply.labels[rows], weights=supply.weights[rows], minlength=10)
    np.testing.assert_allclose(totals, len(rows) / 10, rtol=1e-6)


def test_a_class_counts_as_much_as_it_is_said_to(digits):
    weights = prepared(digits, Recipe(class_weight={"3": 5.0})).supply.weights[digits.train.rows]
    np.testing.assert_array_equal(weights, np.where(digits.train.labels == 3, 5.0, 1.0))
    with pytest.raises(InputError, match="--class-weight names cat, but the classes are 0, 1"):
        prepared(digits, Recipe(class_weight={"cat": 2.0}))


def test_training_goes_on_to_the_same_bits(quick, tmp_path):
    whole, part = tmp_path / "whole", tmp_path / "part"
    whole.mkdir()
    part.mkdir()
    fit(quick, RECIPE, whole)

    def stop(event):
        if event.get("event") == "epoch" and event["epoch"] == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(quick, RECIPE, part, listener=stop)
    assert load_checkpoint(part)[0].epoch in (2, 3)
    assert not (part / "model.json").exists()
    with pytest.raises(FileError, match=r"no finished model yet\. Finish it: pellucid resume"):
        load_model(part)
    outcome = resume(part, quick)
    for name, array in weights(whole).items():
        np.testing.assert_array_equal(weights(part)[name], array)
    assert load_model(whole).temperature == load_model(part).temperature
    assert [event["epoch"] for event in outcome.events] == [1, 2, 3, 4, 5, 6]


def test_a_damaged_checkpoint_falls_back_to_the_one_before(quick, tmp_path):
    def stop(event):
        if event.get("event") == "epoch" and event["epoch"] == 4:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "_PAUSE", 0.0)
        with pytest.raises(KeyboardInterrupt):
            fit(quick, RECIPE, tmp_path, listener=stop)
    newest = max(tmp_path.glob("checkpoint-*"))
    content = bytearray(newest.read_bytes())
    content[-5] ^= 1
    newest.write_bytes(bytes(content))
    standing, _, remarks = load_checkpoint(tmp_path)
    assert standing.epoch < int(newest.stem.split("-")[1])
    assert "damaged" in remarks[0]
    resume(tmp_path, quick)
    reference = tmp_path.parent / "reference"
    reference.mkdir()
    fit(quick, RECIPE, reference)
    np.testing.assert_array_equal(weights(tmp_path)["weight"], weights(reference)["weight"])


def test_resume_refuses_other_data(quick, digits, tmp_path):
    fit(quick, RECIPE, tmp_path)
    with pytest.raises(InputError, match="have changed since this run began"):
        resume(tmp_path, replace(quick, fingerprint="another"))
    with pytest.raises(InputError, match="are split otherwise than when this run began"):
        resume(tmp_path, quick.with_split(np.where(quick.split == 2, 0, 2)))


def test_resume_without_a_checkpoint_says_so(quick, tmp_path):
    fit(quick, RECIPE, tmp_path)
    for path in tmp_path.glob("checkpoint-*"):
        path.unlink()
    with pytest.raises(FileError, match="stopped before its first checkpoint"):
        resume(tmp_path, quick)


@pytest.mark.parametrize("engine", ["numpy", "xla"])
def test_a_nan_stops_the_run_and_is_explained(quick, tmp_path, engine):
    with (
        pytest.raises(TrainingError, match=r"Training stopped at epoch \d+, step \d+: .*--learning-rate"),
        np.errstate(all="ignore"),
    ):
        fit(quick, replace(RECIPE, learning_rate=1e38), tmp_path, engine=engine)
    standing, _, _ = load_checkpoint(tmp_path)
    assert all(np.isfinite(array).all() for array in standing.state["params"].values())


def test_features_that_are_not_finite_are_named(quick):
    features = quick.images.reshape(len(quick), -1).astype(np.float32)
    features[[7, 9], 3] = np.inf, np.nan
    origins = [f"row {number}" for number in range(len(quick))]
    table = Dataset("table", quick.classes, features, quick.labels, origins, quick.split)
    with pytest.raises(InputError, match="2 rows hold NaN or infinite numbers, first row 7, row 9"):
        fit(table, RECIPE)


def test_rows_of_numbers_are_learned_too(quick):
    features = quick.images.reshape(len(quick), -1).astype(np.float32) * 1e3 - 7e4
    table = Dataset("table", quick.classes, features, quick.labels, quick.origins, quick.split)
    assert fit(table, RECIPE).evaluations["test"].accuracy > 0.85


def test_starting_from_a_run(quick, tmp_path):
    first = fit(quick, RECIPE, tmp_path).classifier
    outcome = fit(quick, replace(RECIPE, epochs=1), start_from=load_model(tmp_path))
    assert "starts from given weights" in outcome.run["checks"][0]["sentence"]
    assert outcome.events[0]["loss"] < 0.5 * np.log(10)
    with pytest.raises(InputError, match="--from has a softmax model, --model asks for svm"):
        fit(quick, replace(RECIPE, model="svm"), start_from=first)
    with pytest.raises(InputError, match="--from needs a run with the same classes"):
        fit(replace(quick, classes=tuple("abcdefghij")), RECIPE, start_from=first)


def test_a_start_that_may_have_seen_the_test_pictures_is_told(quick, tmp_path):
    first = fit(quick, RECIPE).classifier
    short = replace(RECIPE, epochs=1)

    def told(dataset):
        heard = []
        outcome = fit(dataset, short, start_from=first, listener=heard.append)
        assert outcome.run["data"]["notes"] == [*dataset.notes, *heard[0]["remarks"]]
        return heard[0]["remarks"]

    assert told(quick) == []
    (remark,) = told(
        quick.with_split(np.where(quick.split == 2, 0, np.where(quick.split == 0, 2, quick.split)))
    )
    assert remark.endswith("the test accuracy comes out too high")


def test_a_run_is_never_overwritten(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert [str(new_run(None, "my photos/", "svm")) for _ in range(2)] == [
        "runs/my-photos-svm-1",
        "runs/my-photos-svm-2",
    ]
    (tmp_path / "runs/my-photos-svm-1/run.json").write_text("{}")
    with pytest.raises(InputError, match="holds another run, and a run is never overwritten"):
        new_run("runs/my-photos-svm-1", "x", "svm")
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="is a file, and a run is a folder"):
        new_run("file", "x", "svm")


TRAINING = """
import sys
from pathlib import Path
from pellucid.data.load import load
from pellucid.training import loop
from pellucid.training.recipe import Recipe
from pellucid.training.trainer import fit, resume
loop._PAUSE = 0.0
folder, data = Path(sys.argv[1]), load("digits")
try:
    resume(folder, data) if list(folder.glob("checkpoint-*")) else fit(data, Recipe(epochs=30, batch_size=16), folder)
except Exception as error:
    sys.exit(f"{type(error).__name__}: {error}")
print("done")
"""


def test_killed_at_random_moments_it_ends_with_the_same_bits(tmp_path):
    reference, killed = tmp_path / "reference", tmp_path / "killed"
    reference.mkdir()
    killed.mkdir()
    subprocess.run([sys.executable, "-c", TRAINING, str(reference)], check=True, capture_output=True)
    stream = np.random.Generator(np.random.Philox(key=11))
    kills = 0
    for _ in range(60):
        process = subprocess.Popen(
            [sys.executable, "-c", TRAINING, str(killed)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        time.sleep(stream.uniform(0.25, 0.8))
        process.send_signal(signal.SIGKILL)
        out, err = process.communicate()
        assert not err, err.decode()
        kills += b"done" not in out
        if (killed / "model.json").exists() and b"done" in out:
            break
    else:
        out = subprocess.run(
            [sys.executable, "-c", TRAINING, str(killed)], check=True, capture_output=True
        ).stdout
    assert kills >= 1
    first, second = (json.loads((folder / "model.json").read_text()) for folder in (reference, killed))
    assert first["tensors"] == second["tensors"]
