"""`pellucid train`: what it leaves behind, and what it says before it begins."""

import csv
import json
import os
import re

import numpy as np
import pytest
from photographs import class_folders, left_over, picture

import pellucid as pl

FAST = ("--engine", "numpy", "--epochs", 3)


def test_a_folder_of_photographs_becomes_a_run(pellucid, photos, here):
    status, out, err = pellucid("train", "photos", *FAST)
    assert (status, err) == (0, "")
    run = here / "runs" / "photos-softmax-1"
    assert f"report: {run.relative_to(here)}/report.html" in out
    assert re.search(r"test: 100\.0 % right \(95 % interval 64\.6 % to 100\.0 %, 7 pictures\)", out)
    names = set(os.listdir(run))
    assert {
        "run.json",
        "events.jsonl",
        "model.json",
        "model.safetensors",
        "verdicts.csv",
        "report.html",
    } <= names
    assert left_over(here) == []
    with open(run / "verdicts.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 36
    assert all(row["said"] == row["label"] for row in rows if row["part"] == "train")
    page = (run / "report.html").read_text("utf-8")
    assert not re.search(r'(src|href)="https?:', page)
    assert pl.open(run).classes == ("blue", "green", "red")


def test_json_is_one_object_on_the_last_line_and_all_words_go_to_stderr(pellucid, photos):
    picture(0, 99).save(photos / "red" / "cut.png")
    (photos / "red" / "cut.png").write_bytes((photos / "red" / "cut.png").read_bytes()[:200])
    status, out, err = pellucid("train", "photos", "--json", "--skip-unreadable", *FAST)
    assert status == 0
    assert out.count("\n") == 1
    content = json.loads(out)
    assert content["run"] == "runs/photos-softmax-1"
    assert content["accuracy"]["test"] == 1.0
    assert content["engine"] == "numpy"
    assert "1 unreadable picture left out" in err


def test_what_was_skipped_is_listed_in_the_run_and_in_the_report(pellucid, photos, here):
    (photos / "red" / "text.jpg").write_text("no picture")
    (photos / "blue" / "zero.png").write_bytes(b"")
    status, out, _ = pellucid("train", "photos", "--skip-unreadable", *FAST)
    assert status == 0
    assert "2 unreadable pictures left out; they are listed in run.json and in the report" in out
    run = here / "runs" / "photos-softmax-1"
    listed = dict(json.loads((run / "run.json").read_text())["data"]["unreadable"])
    assert listed["photos/blue/zero.png"] == "the file is empty (0 bytes)"
    assert "text" in listed["photos/red/text.jpg"]
    assert "zero.png" in (run / "report.html").read_text()


def test_options_reach_the_recipe(pellucid, photos, here):
    words = ("--model", "svm", "--class-weight", "balanced", "--watch", "f1", "--patience", 5, "--l2", 0.1)
    more = (
        "--batch-size",
        8,
        "--momentum",
        0.5,
        "--schedule",
        "constant",
        "--learning-rate",
        0.001,
        "--seed",
        7,
    )
    assert pellucid("train", "photos", *words, *more, *FAST)[0] == 0
    run = json.loads((here / "runs" / "photos-svm-1" / "run.json").read_text())
    wanted = {
        "model": "svm", "class_weight": "balanced", "watch": "f1", "patience": 5, "l2": 0.1, "batch_size": 8,
        "momentum": 0.5, "schedule": "constant", "learning_rate": 0.001, "seed": 7, "epochs": 3,
    }  # fmt: skip
    assert {name: run["recipe"][name] for name in wanted} == wanted


def test_patience_ends_a_training_that_learns_nothing_more(pellucid, photos):
    words = ("--model", "svm", "--class-weight", "balanced", "--watch", "f1", "--patience", 5)
    status, out, _ = pellucid("train", "photos", *words, "--engine", "numpy")
    assert status == 0
    assert "no better f1 on validation for 5 epochs" in out


@pytest.mark.parametrize(("counts", "parts"), [((1, 1), 1), ((3, 3), 3), ((12, 12, 1), 3), ((2,) * 40, 2)])
def test_hardly_any_pictures(pellucid, here, counts, parts):
    class_folders(here / "few", {f"class {k}": count for k, count in enumerate(counts)}, side=4)
    status, out, err = pellucid("train", "few", "--size", 4, *FAST)
    assert (status, err) == (0, "")
    found = json.loads((here / "runs" / "few-softmax-1" / "run.json").read_text())["result"]["accuracy"]
    assert len(found) == parts
    assert len(re.findall(r"right \(95 % interval", out)) == parts


def test_pictures_of_one_pixel(pellucid, here):
    class_folders(here / "dots", {"a": 8, "b": 8}, side=1)
    assert pellucid("train", "dots", "--size", 1, "--color", "gray", *FAST)[0] == 0


def test_rows_of_numbers(pellucid, here):
    rng = np.random.Generator(np.random.Philox(key=1))
    rows = [
        f"{rng.normal() + 3 * k:.3f},{rng.normal():.3f},{'xyz'[k]}\n" for _ in range(20) for k in range(3)
    ]
    (here / "rows.csv").write_text("a,b,label\n" + "".join(rows))
    status, out, _ = pellucid("train", "rows.csv", *FAST)
    assert status == 0
    assert "2 features" in out


def test_starting_from_a_run_takes_its_model_and_its_frame(pellucid, photos, here):
    words = ("--model", "svm", "--size", 6, "--color", "gray", "--fit", "crop", "--output", "first")
    assert pellucid("train", "photos", *words, *FAST)[0] == 0
    status, out, err = pellucid("train", "photos", "--from", "first", *FAST)
    assert (status, err) == (0, "")
    assert "starts from given weights" in out
    assert pl.open(here / "runs" / "photos-svm-1").preprocessing.frame == pl.open("first").preprocessing.frame
    status, _, err = pellucid("train", "photos", "--from", "first", "--size", 12, *FAST)
    assert status == 1
    assert "it sees gray pictures of 6 by 6 pixels, fit crop, the data are rgb pictures of 12 by 12" in err
    status, _, err = pellucid("train", "photos", "--from", "first", "--model", "softmax", *FAST)
    assert status == 1
    assert "--from has a svm model, --model asks for softmax" in err
    assert os.listdir("runs") == ["photos-svm-1"], "nothing was trained, so nothing is left"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--seed", -1), "--seed must be 0 to 2⁶³ − 1, got -1"),
        (("--seed", 10**20), "--seed must be 0 to"),
        (("--epochs", 0), "--epochs must be 1 or more, got 0"),
        (("--size", 0), "size of a picture must be 1 to 4,096 pixels, got 0"),
        (("--size", 100_000), "size of a picture must be 1 to 4,096 pixels, got 100000"),
        (("--l2", "nan"), "--l2 must be 0 or more, got nan"),
        (("--l2", "inf"), "--l2 must be 0 or more, got inf"),
        (("--learning-rate", 0), "--learning-rate must be above 0"),
        (("--learning-rate", "nan"), "--learning-rate must be above 0, got nan"),
        (("--momentum", 1), "--momentum must be 0 to below 1"),
        (("--batch-size", 0), "--batch-size must be 1 or more"),
        (("--patience", 0), "--patience must be 1 or more"),
        (("--watch", "recall"), "--watch must be one of accuracy, balanced-accuracy, f1, loss"),
        (
            ("--class-weight", "equal"),
            "--class-weight must be balanced, or a weight for each class, got 'equal'",
        ),
        (("--schedule", "fast"), "; got 'fast'"),
        (
            ("--model", "forest"),
            "--model must be one of nearest-mean, knn, softmax, svm, logistic",
        ),
        (("--engine", "gpu"), "--engine must be auto, numpy or xla, got 'gpu'"),
        (("--fit", "tile"), "fit must be one of pad, crop, stretch, got 'tile'"),
        (("--color", "blue"), "color must be one of rgb, gray, got 'blue'"),
        (("--from", "nowhere"), "nowhere: there is no such run"),
        (("--from", "photos"), r"photos: not a run: it has no model.json"),
        (("--output", "photos"), "--output photos is not empty, and a run is never overwritten"),
        (("--output", "run"), "--output run holds another run, and a run is never overwritten"),
        (("--output", "run/run.json"), "is a file, and a run is a folder"),
        (("--output", "run/run.json/x"), "--output|the folder"),
    ],
)
def test_what_cannot_be_is_refused_before_a_picture_is_read(pellucid, photos, run, here, words, said):
    before = sorted(here.rglob("*"))
    status, out, err = pellucid("train", "photos", *words)
    assert status == 1
    assert re.search(re.escape(said) if "|" not in said else said, err)
    assert err.count("\n") == 1, "one sentence"
    if said[:4] != "--output|"[:4]:
        assert out == "", "said before the pictures are read"
    assert sorted(here.rglob("*")) == before


def test_a_training_that_breaks_in_its_first_epoch_leaves_nothing_behind(pellucid, photos, here):
    status, _, err = pellucid("train", "photos", "--learning-rate", "1e30", "--engine", "numpy")
    assert status == 1
    assert err.startswith("pellucid: Training stopped at epoch 1, step 2: ")
    assert "divide --learning-rate by 10" in err
    assert err.count("\n") == 1, "no warnings of NumPy around it"
    assert sorted(os.listdir(here)) == ["photos"]


def test_an_empty_folder_that_was_there_before_stays(pellucid, photos, here):
    (here / "mine").mkdir()
    words = ("--learning-rate", "1e30", "--engine", "numpy", "--output", "mine")
    assert pellucid("train", "photos", *words)[0] == 1
    assert list((here / "mine").iterdir()) == []


def test_names_that_are_hard_to_print(pellucid, here):
    name = "two\nlines and [bold]" + "w" * 200
    class_folders(here / name, {"[red]": 6, "bl\x1bue": 6})
    status, out, _ = pellucid("train", name, *FAST)
    assert status == 0
    assert "two\\nlines and [bold]www" in out
    assert len(os.listdir("runs")) == 1
