"""Nearest neighbors from the command line: trained, evaluated, explained, compared, searched."""

import json

import pytest
from PIL import Image


@pytest.fixture
def remembered(pellucid, photos):
    """A run of nearest neighbors on `photos`."""
    status, _, err = pellucid(
        "train", "photos", "--model", "knn", "--size", 12, "--neighbors", 3, "--output", "run"
    )
    assert status == 0, err
    return "run"


def test_neighbors_are_named_and_drawn(pellucid, remembered, here):
    status, out, err = pellucid("predict", "run", "photos/red/3.png", "--explain", "--json")
    assert status == 0, err
    near = json.loads(out)["verdicts"][0]["neighbors"]
    assert near["metric"] == "l2"
    assert [each["class"] for each in near["nearest"]] == ["red"] * 3
    assert near["nearest"][0]["origin"].startswith("photos/red/")
    assert near["votes"] == {"red": pytest.approx(1.0)}
    assert "    1. red at " in err
    assert "    votes: red 100 %" in err
    with Image.open(here / near["picture"]) as sheet:
        assert sheet.width > 500
        colors = {color for _, color in sheet.convert("RGB").getcolors(2**24)}
    assert (0xC8, 0x62, 0x0B) in colors  # the frame of those that voted for it


def test_evaluate_and_what_is_refused(pellucid, remembered):
    status, out, _ = pellucid("evaluate", "run", "photos", "--json")
    assert status == 0
    assert json.loads(out)["accuracy"] > 0.9
    for words, sentence in (
        (("resume", "run"), "is made in one go, and there is nothing to go on with"),
        (("check", "run"), "a knn minimizes nothing, so it has no gradients to check"),
        (("train", "photos", "--from", "run"), "leave out --from"),
        (("train", "photos", "--model", "knn", "--epochs", 3), "leave out --epochs"),
        (("train", "photos", "--model", "knn", "--neighbors", 99), "the number of training examples, got 99"),
        (("summary", "--model", "knn"), "--model knn has no layers"),
    ):
        status, _, err = pellucid(*words)
        assert status == 1, words
        assert sentence in err


def test_they_stand_on_the_ladder(pellucid, photos):
    status, out, err = pellucid(
        "compare", "photos", "--models", "nearest-mean,knn,softmax", "--epochs", 2, "--size", 12, "--json"
    )
    assert status == 0, err
    rungs = {rung["name"]: rung for rung in json.loads(out)["rungs"]}
    assert list(rungs) == ["majority", "nearest-mean", "knn", "softmax"]
    assert rungs["knn"]["recipe"]["neighbors"]
    assert rungs["knn"]["bytes"] > rungs["nearest-mean"]["bytes"]
    assert rungs["nearest-mean"]["test_accuracy"] > 0.9


def test_a_search_trains_the_best(pellucid, photos, here):
    status, out, err = pellucid(
        "search", "photos", "--model", "knn", "--trials", 6, "--metric", "l1,l2", "--size", 12, "--json"
    )
    assert status == 0, err
    found = json.loads(out)
    assert len(found["trials"]) == 6
    assert {"neighbors", "metric", "weights"} <= set(found["best"])
    assert "--epochs" not in found["command"]
    assert f"--neighbors {found['best']['neighbors']}" in found["command"]
    recipe = json.loads((here / found["run"] / "run.json").read_text("utf-8"))["recipe"]
    assert recipe["neighbors"] == found["best"]["neighbors"]
