"""Training, judging and predicting with a classifier that may say "none of these"."""

import csv
import json

import numpy as np
import pytest
from PIL import Image

from pellucid.cli.main import _status


@pytest.fixture(scope="module")
def abstaining(tmp_path_factory):
    """A run on the digits that may abstain, with a folder of pictures of nothing."""
    folder = tmp_path_factory.mktemp("abstaining")
    rng = np.random.Generator(np.random.Philox(key=4))
    (folder / "others").mkdir()
    for number in range(12):
        noise = rng.integers(0, 256, (8, 8)).astype(np.uint8)
        Image.fromarray(noise).save(folder / "others" / f"{number}.png")
    (folder / "others" / "broken.png").write_bytes(b"no picture")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr("pellucid.cli.running.keep_programs", lambda: None)
        words = [
            "train",
            "digits",
            "--engine",
            "numpy",
            "--epochs",
            "10",
            "--refuse",
            "0.1",
            "--others",
            "others",
            "--output",
            "run",
        ]
        assert _status(words, debug=True) == 0
    return folder


def test_the_run_tells_how_often_it_refuses_wrongly(abstaining):
    told = json.loads((abstaining / "run/run.json").read_text())["result"]["refusal"]
    assert set(told) == {"train", "validation", "test", "others"}
    assert told["validation"]["wrong_refusals"] <= 0.1
    assert told["test"]["wrong_refusals"] < 0.2
    assert told["test"]["accuracy"] > 0.95
    assert told["others"]["pictures"] == 12
    assert told["others"]["unreadable"] == 1
    assert told["others"]["accepted"] <= 0.1
    with open(abstaining / "run/verdicts.csv", newline="") as file:
        lines = list(csv.DictReader(file))
    refused = [line for line in lines if line["part"] == "test" and line["refused"] == "yes"]
    assert len(refused) == round(told["test"]["refused"] * told["test"]["pictures"])
    page = (abstaining / "run/report.html").read_text()
    assert "When it says “none of these”" in page
    assert "others, kept" in page
    assert "What it refused" in page


def test_predict_says_none_of_these_with_the_best_guess_beside_it(abstaining, pellucid):
    status, out, _ = pellucid("predict", abstaining / "run", abstaining / "others/0.png")
    assert status == 0
    assert "none of these (at best " in out
    assert "times as far as usual" in out
    status, out, _ = pellucid(
        "predict", abstaining / "run", abstaining / "others/0.png", "--json", "--csv", "verdicts.csv"
    )
    answer = json.loads(out)["verdicts"][0]
    assert (answer["said"], answer["refused"], len(answer["near"])) == ("none of these", True, 3)
    assert answer["top"][0]["class"] in "0123456789"
    with open("verdicts.csv", newline="") as file:
        line = next(csv.DictReader(file))
    assert (line["said"], line["best"]) == ("none of these", answer["top"][0]["class"])


def test_evaluate_tells_it_of_other_pictures(abstaining, pellucid):
    status, out, _ = pellucid(
        "evaluate", abstaining / "run", "digits", "--others", abstaining / "others", "--json"
    )
    assert status == 0
    told = json.loads(out)["refusal"]
    assert told["part"] == "all"
    assert told["others"]["accepted"] <= 0.1
    status, out, _ = pellucid("evaluate", abstaining / "run", "digits")
    assert "of its right verdicts are refused" in out


def test_others_that_cannot_be_judged_cost_no_report(pellucid, photos):
    strangers = photos.parent / "strangers"
    strangers.mkdir()
    (strangers / "broken.png").write_bytes(b"no picture")
    words = ("--engine", "numpy", "--epochs", 2, "--refuse", 0.02, "--others", strangers, "--output", "run")
    status, out, _ = pellucid("train", photos, "--size", 12, *words)
    assert status == 0
    assert "none of its pictures can be read" in out
    assert (photos.parent / "run/report.html").exists()


def test_rows_of_numbers_have_no_others(pellucid, photos):
    rows = photos.parent / "rows.csv"
    rows.write_text("label,a,b\n" + "".join(f"{i % 2},{i},{i * i}\n" for i in range(40)))
    status, _, error = pellucid("train", rows, "--refuse", 0.1, "--others", photos)
    assert status == 1
    assert "the model sees rows of numbers, so it cannot judge pictures" in error
    assert not (photos.parent / "runs").exists()


def test_too_few_held_out_pictures_promise_nothing(pellucid, photos):
    status, out, _ = pellucid(
        "train", photos, "--size", 12, "--engine", "numpy", "--epochs", 4, "--refuse", 0.02, "--output", "run"
    )
    assert status == 0
    assert "none of these: never said: there are too few right verdicts" in out


@pytest.mark.parametrize(
    ("words", "match"),
    [
        (["--refuse", "1.5"], "--refuse must be a share of right verdicts, 0 to below 1, got 1.5"),
        (["--others", "photos"], "--others shows how many are refused, and nothing is"),
        (["--refuse", "0.1", "--others", "nowhere"], "--others nowhere: no such file or folder"),
        (["--refuse", "0.1", "--others", "empty"], "empty: no pictures in this folder"),
    ],
)
def test_bad_input_is_told_before_anything_is_trained(pellucid, photos, words, match):
    (photos.parent / "empty").mkdir()
    status, _, error = pellucid("train", photos, *words)
    assert status == 1
    assert match in error
    assert not (photos.parent / "runs").exists()


def test_one_that_always_names_a_class_takes_no_others(pellucid, run, photos):
    status, _, error = pellucid("evaluate", run, photos, "--others", photos)
    assert status == 1
    assert "train with --refuse SHARE" in error


def test_without_held_out_pictures_there_are_no_limits():
    from pellucid.data.load import load
    from pellucid.storage.errors import InputError
    from pellucid.training.recipe import Recipe
    from pellucid.training.trainer import fit

    digits = load("digits")
    with pytest.raises(
        InputError, match="--refuse sets its limits on validation pictures, and there are none"
    ):
        fit(
            digits.with_split(np.where(digits.split == 1, 0, digits.split)),
            Recipe(refuse=0.1),
            engine="numpy",
        )
