"""`--augment` and `--test-time-flips` in the commands that train."""

import json


def test_a_run_declares_both_and_shows_what_its_steps_saw(pellucid, photos, here):
    words = ("--epochs", 2, "--size", 12, "--engine", "numpy", "--output", "run")
    status, _, error = pellucid("train", photos, "--augment", "shift,flip", "--test-time-flips", *words)
    assert (status, error) == (0, "")
    recipe = json.loads((here / "run" / "run.json").read_text("utf-8"))["recipe"]
    assert (recipe["augment"], recipe["test_time_flips"]) == ("flip,shift", True)
    assert json.loads((here / "run" / "model.json").read_text("utf-8"))["test_time_flips"] is True
    page = (here / "run" / "report.html").read_text("utf-8")
    assert "What its steps saw" in page
    assert "exact" in page
    assert pellucid("evaluate", "run", photos)[0] == 0


def test_compare_and_search_train_with_it(pellucid, here):
    words = ("digits", "--augment", "shift:pixels=1", "--epochs", 2, "--engine", "numpy")
    assert pellucid("compare", *words, "--models", "softmax")[0] == 0
    compared = json.loads((here / "runs" / "digits-compare-1" / "comparison.json").read_text("utf-8"))
    assert compared["rungs"][1]["recipe"]["augment"] == "shift:pixels=1"
    assert pellucid("search", *words, "--trials", 2, "--batch-size", 128)[0] == 0
    best = here / "searches" / "digits-softmax-1" / "best" / "run.json"
    assert json.loads(best.read_text("utf-8"))["recipe"]["augment"] == "shift:pixels=1"


def test_what_is_wrong_is_said_before_a_picture_is_read(pellucid, here):
    status, _, error = pellucid("train", "no-such-folder", "--augment", "flip,shfit")
    assert status == 1
    assert error.startswith("pellucid: The augmentation must be one of flip, shift")
    assert "Did you mean shift?" in error
    (here / "table.csv").write_text("a,b,label\n" + "1,2,x\n3,4,y\n" * 20)
    status, _, error = pellucid("train", "table.csv", "--augment", "flip")
    assert status == 1
    assert "--augment flip is for pictures, and the data are rows of 2 numbers: leave it out." in error
