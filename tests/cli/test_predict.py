"""`pellucid predict`: what is on a picture, why, and what is no picture."""

import csv
import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest
from photographs import bomb, class_folders, picture
from PIL import Image


def test_a_picture(pellucid, run, photos):
    status, out, err = pellucid("predict", "run", "photos/red/3.png")
    assert (status, err) == (0, "")
    assert re.fullmatch(r"photos/red/3\.png: red \d+\.\d %, \w+ \d+\.\d %, \w+ \d+\.\d %\n", out)


def test_a_folder_is_every_picture_in_it(pellucid, run, photos):
    (photos / "notes.txt").write_text("no picture")
    status, out, _ = pellucid("predict", "run", "photos/blue", "photos/red/0.png", "--top", 1)
    lines = out.splitlines()
    assert status == 0
    assert len(lines) == 13
    assert all(re.fullmatch(r"photos/blue/\d+\.png: blue [\d.]+ %", line) for line in lines[:12])
    assert lines[12].startswith("photos/red/0.png: red ")


def test_json_and_a_table(pellucid, run, photos, here):
    status, out, err = pellucid("predict", "run", "photos", "--json", "--csv", "said.csv")
    assert status == 0
    assert out.count("\n") == 1
    answers = json.loads(out)["verdicts"]
    assert len(answers) == 36
    assert "photos/red/0.png: red" in err
    with open(here / "said.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["picture"] for row in rows] == [answer["picture"] for answer in answers]
    for row, answer in zip(rows, answers, strict=True):
        assert row["said"] == answer["said"] == answer["top"][0]["class"]
        assert float(row["probability"]) == pytest.approx(answer["probability"], abs=1e-6)
        assert sum(float(row[f"p({name})"]) for name in ("blue", "green", "red")) == pytest.approx(
            1, abs=3e-6
        )


def test_the_receipt_adds_up_and_is_drawn(pellucid, run, photos, here):
    status, out, _ = pellucid("predict", "run", "photos/red/1.png", "photos/green/1.png", "--explain")
    assert status == 0
    number = r"([+-]\d+\.\d+)"
    found = re.findall(
        rf"bias {number} \+ for {number} \+ against {number} = {number}; score {number}, exact", out
    )
    assert len(found) == 4
    for bias, up, down, total, score in np.array(found, float):
        assert bias + up + down == pytest.approx(total, abs=2e-4)
        assert total == pytest.approx(score, abs=2e-4)
    assert sorted(os.listdir(here / "receipts")) == ["1-2.png", "1.png"], "nothing is overwritten"
    with Image.open(here / "receipts" / "1.png") as sheet:
        assert sheet.size[0] > 600


def test_the_receipt_in_json(pellucid, run, photos):
    status, out, _ = pellucid(
        "predict", "run", "photos/red/1.png", "--explain", "--json", "--receipts", "why"
    )
    receipt = json.loads(out)["verdicts"][0]["receipt"]
    assert status == 0
    assert receipt["exact"] is True
    assert receipt["bias"] + receipt["for"] + receipt["against"] == pytest.approx(receipt["score"], abs=1e-4)
    assert receipt["picture"] == "why/1.png"
    lead = receipt["lead"]
    assert lead["over"] != receipt["class"]
    assert lead["bias"] + lead["for"] + lead["against"] == pytest.approx(lead["score"], abs=1e-4)


def test_pictures_of_every_kind(pellucid, run, here):
    frames = [picture(k, 0) for k in range(3)]
    frames[0].save(here / "animated.gif", save_all=True, append_images=frames[1:])
    picture(0, 0).convert("RGBA").save(here / "alpha.png")
    picture(0, 0, side=1).save(here / "dot.png")
    picture(0, 0).convert("CMYK").save(here / "cmyk.jpg")
    Image.fromarray(np.arange(400, dtype=np.uint16).reshape(20, 20) * 160).save(here / "deep.png")
    picture(0, 0).resize((400, 3)).save(here / "wide.png")
    names = ("animated.gif", "alpha.png", "dot.png", "cmyk.jpg", "deep.png", "wide.png")
    status, out, err = pellucid("predict", "run", *names, "--top", 1, "--explain")
    assert (status, err) == (0, "")
    assert "alpha.png: red" in out
    assert "animated.gif: red" in out, "its first picture"
    assert len(os.listdir(here / "receipts")) == 6


def test_all_that_cannot_be_read_is_named_at_once(pellucid, run, photos, here):
    (here / "zero.jpg").write_bytes(b"")
    (here / "text.jpg").write_text("words")
    whole = (photos / "red" / "0.png").read_bytes()
    (here / "cut.png").write_bytes(whole[: len(whole) // 2])
    bomb(here / "bomb.png")
    os.mkfifo(here / "pipe.png")
    bad = ("zero.jpg", "text.jpg", "cut.png", "bomb.png", "pipe.png", "/dev/zero", "nowhere.png", "")
    status, out, err = pellucid("predict", "run", "photos/red/0.png", *bad)
    assert (status, out) == (1, "")
    assert err.startswith("pellucid: 8 pictures cannot be read:\n")
    assert err.endswith("pass --skip-unreadable to go on without them.\n")
    assert len(err.splitlines()) == 10
    assert not re.search(r"\.(png|jpg): .*\.(png|jpg): ", err), "each name once"
    status, out, _ = pellucid("predict", "run", "photos/red/0.png", *bad, "--skip-unreadable")
    assert status == 0
    assert out.count("left out ") == 8
    status, out, _ = pellucid("predict", "run", "photos/red/0.png", *bad, "--skip-unreadable", "--json")
    assert len(json.loads(out)["unreadable"]) == 8


def test_nothing_left_to_judge(pellucid, run):
    status, out, err = pellucid("predict", "run", "nowhere.png", "--skip-unreadable", "--json")
    assert (status, out) == (1, "")
    assert "nowhere.png: the file does not exist" in err
    assert "None is left to judge." in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "empty"), "empty: no pictures in this folder"),
        (("nowhere", "photos"), "nowhere: there is no such run"),
        (("photos", "photos"), "photos: not a run: it has no model.json"),
        (("run", "photos", "--csv", "no/such.csv"), "--csv no/such.csv: the folder no does not exist"),
        (("run", "photos", "--csv", "photos"), "photos: writing failed"),
        (("run", "photos/red/0.png", "--explain", "--receipts", "run/run.json"), "run/run.json: "),
    ],
)
def test_refused_in_one_sentence(pellucid, run, photos, here, words, said):
    (here / "empty").mkdir()
    status, _, err = pellucid("predict", *words)
    assert status == 1
    assert said in err
    assert err.count("\n") == 1
    assert not list(here.rglob("*.part"))


def test_a_model_of_rows_says_what_to_do_instead(pellucid, here):
    rows = "".join(f"{k + 0.01 * i},{i % 3},{'xy'[k]}\n" for i in range(20) for k in range(2))
    (here / "rows.csv").write_text("a,b,label\n" + rows)
    assert pellucid("train", "rows.csv", "--engine", "numpy", "--epochs", 2, "--output", "rows")[0] == 0
    status, _, err = pellucid("predict", "rows", "rows.csv", "--explain")
    assert status == 1
    assert "trained on rows of numbers, so it cannot look at pictures" in err
    assert "pellucid evaluate rows ROWS.csv" in err


def test_names_that_no_terminal_shows(pellucid, run, here):
    name = os.fsdecode(b"caf\xe9\n" + b"w" * 200 + b".png")
    try:
        picture(0, 0).save(name)
    except OSError:
        pytest.skip("this file system takes only names that are text")
    status, out, _ = pellucid(
        "predict", "run", name, "nowhere.png", "--explain", "--skip-unreadable", "--csv", "v.csv"
    )
    assert status == 0
    assert out.startswith("caf\\udce9\\nwww")
    drawn = os.listdir(here / "receipts")
    assert len(drawn) == 1
    assert re.fullmatch(r"caf-w+\.png", drawn[0])
    status, out, _ = pellucid("predict", "run", name, "--json")
    assert json.loads(out)["verdicts"][0]["said"] == "red"


def test_one_picture_is_predicted_without_jax_scikit_learn_or_scipy(run, photos, here):
    code = (
        "import sys; from pellucid.cli.main import _status;"
        "assert _status(['predict', 'run', 'photos/red/0.png'], False) == 0;"
        "print([m for m in ('jax', 'sklearn', 'scipy', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=here, check=True)
    assert done.stdout.endswith("[]\n")


def test_many_classes(pellucid, here):
    class_folders(here / "many", {f"k{k:03}": 2 for k in range(150)}, side=4)
    words = ("--engine", "numpy", "--epochs", 1, "--size", 4, "--output", "many-run")
    assert pellucid("train", "many", *words)[0] == 0
    status, out, _ = pellucid("predict", "many-run", "many/k007/0.png", "--top", 1000)
    assert status == 0
    assert out.count("%") == 150
    status, out, _ = pellucid("evaluate", "many-run", "many")
    assert status == 0
    assert len(out.splitlines()) == 1 + 1 + 60 + 1  # measures, a note, classes, how many more
    assert "and 90 more classes" in out
