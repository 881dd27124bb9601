"""`pellucid features`: what they keep of a picture, and what those of a run learned, as a drawing."""

import json

import pytest
from photographs import class_folders, picture
from PIL import Image


@pytest.fixture
def photos(here):
    return class_folders(here / "photos", {"red": 6, "green": 6, "blue": 6})


@pytest.fixture
def trained(pellucid, photos):
    """A run on edges, colors and words."""
    features = "hog:cell=4,block=2+color+words:words=8,patch=4,patches=500"
    words = (
        "train",
        "photos",
        "--features",
        features,
        "--size",
        12,
        "--epochs",
        3,
        "--output",
        "on-features",
    )
    assert pellucid(*words)[0] == 0
    return "on-features"


def test_what_features_keep_of_a_picture(pellucid, photos, here):
    status, out, err = pellucid(
        "features", "photos/red/1.png", "--features", "hog:cell=4+color:bins=6", "--size", 24
    )
    assert (status, err) == (0, "")
    assert "photos/red/1.png as 24 × 24 × 3: hog:cell=4" in out
    assert "keeps 1,302 numbers" in out  # 4 × 4 blocks of 3 × 3 cells of 9 directions, and 6 hues
    assert "drawn: 1-features.png" in out
    with Image.open(here / "1-features.png") as drawn:
        assert drawn.width > 900
    again = pellucid("features", "photos/red/1.png", "--json")
    told = json.loads(again[1])
    assert told["drawn"] == "1-features-2.png"
    assert told["features"].startswith("fhog:cell=4|4+fhog+thumbnail+color:")  # what stands for hog+color
    assert told["numbers"] == 3104


def test_a_run_shows_what_it_learned_and_what_it_sees(pellucid, trained, here):
    status, out, err = pellucid("features", trained, "--output", "learned.png")
    assert (status, err) == (0, "")
    assert "drawn: learned.png" in out
    with Image.open(here / "learned.png") as drawn:
        assert drawn.height > 500
    status, out, _ = pellucid("features", trained, "photos/blue/0.png", "--json")
    assert json.loads(out)["numbers"] == 4 * 36 + 10 + 4 * 8


def test_a_verdict_names_what_counted(pellucid, trained, here):
    status, out, err = pellucid("predict", trained, "photos/green/2.png", "--explain", "--json")
    assert status == 0
    (answer,) = json.loads(out)["verdicts"]
    for why in (answer["receipt"], answer["receipt"]["lead"]):
        assert why["exact"]
        assert why["bias"] + sum(why["items"].values()) == pytest.approx(why["total"], abs=1e-9)
        assert why["total"] == pytest.approx(why["score"], abs=1e-5 * max(1, abs(why["score"])))
        assert len(why["items"]) == 9 + 10 + 8
        assert {"hog cell 0,0", "color hue 72–108°", "word 7"} <= set(why["items"])
    strongest = max(answer["receipt"]["items"].items(), key=lambda item: item[1])
    assert f"for     {strongest[1]:+.4f} {strongest[0]}" in err
    with Image.open(here / answer["receipt"]["picture"]) as drawn:
        assert drawn.height > 600


def test_what_cannot_be_drawn_is_said(pellucid, photos, run, here):
    picture(0, 0).convert("L").save(here / "gray.png")
    for words, sentence in (
        (("photos/red/0.png", "--features", "words"), "words must be learned from many pictures first"),
        (("photos/red/0.png", "--features", "pixels"), "there is nothing to draw of one picture"),
        (("photos/red/0.png", "--features", "hug"), "Did you mean hog?"),
        (("photos/red/0.png", "--size", 8), "needs pictures of 24 × 24 or more, got 8 × 8"),
        (("photos/red/0.png", "--color", "grey"), "color must be one of rgb, gray"),
        (("gray.png", "--color", "gray"), "A color histogram needs color pictures"),
        (("photos/red/0.png", "photos/red/1.png"), "One picture at a time, got 2"),
        (("photos/red/0.png", "--size", 0), "must be 1 to 4,096 pixels, got 0"),
        (("run", "--fit", "crop"), "--fit: the run run has its own"),
        (("run", "--features", "hog"), "--features: the run run has its own"),
        (("run", "photos/red/0.png"), "This model sees pixels"),
        (("run",), "nothing to draw"),
        (("nowhere.png",), "nowhere.png"),
    ):
        status, out, err = pellucid("features", *words)
        assert (status, out) == (1, ""), words
        assert sentence in err, err
        assert err.count("\n") == 1
