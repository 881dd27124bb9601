import csv
import json
import os
import subprocess
import sys

import numpy as np
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from pellucid.cli import data as command
from pellucid.storage.errors import InputError


@pytest.fixture
def photos(tmp_path, monkeypatch):
    """A folder of three classes, with an exact and a near double, a damaged file and a tiny class."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    for k, (name, count) in enumerate((("cat", 40), ("dog", 12), ("emu", 3))):
        folder = tmp_path / "photos" / name
        folder.mkdir(parents=True)
        for i in range(count):
            coarse = Image.fromarray(random.integers(0, 256, (9, 12, 3), np.uint8))
            image = coarse.resize((60 + 20 * k, 45 + 15 * k), Image.Resampling.BICUBIC)
            image.save(folder / f"{i:02}.{'png' if k else 'jpg'}", **({} if k else {"quality": 95}))
    with Image.open(tmp_path / "photos/dog/00.png") as original:
        original.save(tmp_path / "photos/cat/copy.png")
        original.resize((120, 90)).save(tmp_path / "photos/dog/large.jpg", quality=70)
    (tmp_path / "photos/cat/broken.jpg").write_bytes(b"\xff\xd8\xff no picture")
    return tmp_path / "photos"


def size_of(path):
    with Image.open(path) as image:
        return image.size


def invoke(*words):
    app = typer.Typer()
    app.command()(command.data)
    return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)


def test_all_is_told(photos):
    result = invoke(photos, "--size", 32)
    assert result.exit_code == 0
    text = result.stdout
    for words in (
        "57 pictures in 3 classes",
        "split 70/10/20 into train/validation/test by class, seed 0",
        "32 × 32, rgb, fit pad",
        "40 of 57 (70 %) 60 × 45; 4 different sizes",
        "Largest",
        "JPEG 41, PNG 16",
        "RGB 57",
        "1 pair, each within a part",
        "cat/copy.png = dog/00.png",
        "different classes",
        "cat/broken.jpg: ",
        "The classes are uneven: cat has 14 times as many as emu (41 and 3)",
        "Fewer than 10 in emu",
        "What the model will see: photos-contact-sheet.png",
    ):
        assert words in text, words
    assert size_of("photos-contact-sheet.png")[0] > 400


def test_json_is_one_object_on_the_last_line(photos):
    result = invoke(photos, "--json", "--doubles", "doubles.csv")
    assert result.exit_code == 0
    assert result.stdout.count("\n") == 1
    told = json.loads(result.stdout)
    assert told["rows"] == 57
    assert told["shape"] == [32, 32, 3]
    assert [(each["name"], sum(each[part] for part in ("train", "validation", "test"))) for each in
    told["classes"]] == [
        ("cat", 41), ("dog", 13), ("emu", 3),
    ]  # fmt: skip
    assert told["files"]["formats"] == {"JPEG": 41, "PNG": 16}
    assert told["files"]["sizes"][0] == {"width": 60, "height": 45, "files": 40}
    assert [os.path.basename(each["path"]) for each in told["unreadable"]] == ["broken.jpg"]
    assert told["doubles"]["exact"] == told["doubles"]["near"] == 1
    assert told["doubles"]["across"] == 0
    assert told["doubles"]["contradictory"] >= 1
    assert told["contact_sheet"] == "photos-contact-sheet.png"
    with open("doubles.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert sorted(row["kind"] for row in rows) == ["exact", "near"]
    assert {(row["first class"], row["second class"]) for row in rows} >= {("cat", "dog")}


def test_nothing_is_overwritten(photos):
    with open("photos-contact-sheet.png", "w") as file:
        file.write("mine")
    with open("doubles.png", "w") as file:
        file.write("mine")
    result = invoke(photos, "--doubles", "doubles.png")
    assert "photos-contact-sheet-2.png" in result.stdout
    assert "doubles-2.png" in result.stdout
    for name in ("photos-contact-sheet.png", "doubles.png"):
        with open(name) as file:
            assert file.read() == "mine"
    assert size_of("doubles-2.png")[0] > 300


def test_output_names_the_sheet(photos):
    assert "sheet.png" in invoke(photos, "--output", "sheet.png").stdout
    assert size_of("sheet.png")[0] > 400


def test_doubles_across_a_given_split_are_counted(photos):
    for part in ("train", "test"):
        for name in ("cat", "dog"):
            (photos.parent / "parts" / part / name).mkdir(parents=True)
    for i, file in enumerate(sorted(photos.glob("[cd]*/[0-9]*"))):
        file.rename(
            photos.parent / "parts" / ("test" if i % 4 == 0 else "train") / file.parent.name / file.name
        )
    copied = photos.parent / "parts/train/cat/01.jpg"
    (photos.parent / "parts/test/cat/again.jpg").write_bytes(copied.read_bytes())
    result = invoke(photos.parent / "parts")
    assert "1 pair, 1 across parts" in result.stdout
    assert "1 of the test part" in result.stdout


def test_rows_of_numbers_have_no_sheet(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    lines = ["a,b,label", *(f"{random.normal():.6f},{random.normal():.6f},{'xy'[i % 2]}" for i in range(40))]
    (tmp_path / "points.csv").write_text("\n".join([*lines, lines[-1]]) + "\n")
    result = invoke(tmp_path / "points.csv", "--json")
    told = json.loads(result.stdout)
    assert told["rows"] == 41
    assert told["contact_sheet"] is None
    assert told["files"] is None
    assert told["doubles"]["exact"] == 1
    assert "rows of numbers" in invoke(tmp_path / "points.csv").stdout


def test_named_data_needs_no_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = invoke("digits", "--output", "d.png")
    assert "1,797 pictures in 10 classes" in result.stdout
    assert "8 × 8, gray" in result.stdout
    assert "Formats" not in result.stdout
    assert "Unreadable      none" in result.stdout


def test_the_process_ends_as_promised(photos):
    environment = {**os.environ, "LANG": "C", "COLUMNS": "200"}

    def run(*words):
        words = [sys.executable, "-m", "pellucid.cli.main", "data", *map(str, words)]
        return subprocess.run(
            words, capture_output=True, text=True, env=environment, cwd=photos.parent, timeout=60, check=False
        )

    done = run(photos, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["rows"] == 57
    missing = run("nowhere")
    assert missing.returncode == 1
    assert "nowhere: no such file or folder" in missing.stderr
    assert "Traceback" not in missing.stderr
    wrong = run(photos, "--doubles", "list.txt")
    assert wrong.returncode == 1
    assert "must end in .csv (a table) or .png (pictures)" in wrong.stderr
    for file in photos.glob("*/*"):
        file.write_bytes(b"")
    nothing = run(photos)
    assert nothing.returncode == 1
    assert "none of the pictures can be read" in nothing.stderr


def test_suspect_labels_and_doubles_become_a_table_that_training_takes_back(photos, monkeypatch):
    monkeypatch.setattr("pellucid.arrays.compile.keep_programs", lambda: None)
    words = (photos, "--size", 12, "--suspects", "--folds", 2, "--features", "pixels", "--json")
    result = invoke(*words)
    assert result.exit_code == 0
    told = json.loads(result.stdout.splitlines()[-1])["suspects"]
    assert told["table"] == "photos-suspects.csv"
    assert "cat/copy.png: labelled cat, and its double dog/00.png dog" in result.stderr
    assert told["recipe"] == {"model": "softmax", "features": "pixels", "folds": 2}
    assert size_of("photos-suspects.png")[0] > 400
    with open("photos-suspects.csv", newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == len(told["found"])
    assert {line["reason"] for line in lines[:2]} == {"double"}
    assert all(line["action"] == "" for line in lines)
    invoke(*words)
    assert os.path.exists("photos-suspects-2.csv")  # nothing is overwritten


def test_suspects_are_looked_for_in_embeddings(photos, monkeypatch):
    monkeypatch.setattr("pellucid.arrays.compile.keep_programs", lambda: None)
    invoke(photos, "--list", "order.csv")
    with open("order.csv", newline="") as file:
        order = [line["class"] for line in csv.DictReader(file)]
    rng = np.random.Generator(np.random.Philox(key=1))
    rows = np.eye(3)[[("cat", "dog", "emu").index(each) for each in order]]
    rows += 0.05 * rng.normal(size=rows.shape)
    np.save("seen.npy", rows)
    result = invoke(photos, "--suspects", "--folds", 2, "--features", "seen.npy", "--json")
    assert result.exit_code == 0
    told = json.loads(result.stdout.splitlines()[-1])["suspects"]
    assert told["recipe"] == {"model": "softmax", "features": "embeddings", "folds": 2}
    assert told["accuracy"] == 1  # the pictures are noise, from which nothing can be told
    assert size_of("photos-suspects.png")[0] > 400  # the pictures, not their embeddings
    np.save("short.npy", rows[1:])
    with pytest.raises(InputError, match=r"short\.npy: .* embeddings for .* pictures"):
        invoke(photos, "--suspects", "--features", "short.npy")


def test_options_of_suspects_alone_are_refused(photos):
    for words in (("--model", "svm"), ("--features", "hog"), ("--features", "seen.npy")):
        with pytest.raises(InputError, match="--model and --features are for --suspects"):
            invoke(photos, *words)
    with pytest.raises(InputError, match=r"Did you mean svm\?"):
        invoke(photos, "--suspects", "--model", "swm")
    with pytest.raises(InputError, match="the few votes of --model knn rank none"):
        invoke(photos, "--suspects", "--model", "knn")


def test_looking_for_doubles_is_told():
    from pellucid.data.load import load
    from pellucid.inspection.census import census

    told = []
    census(load("digits"), lambda *each: told.append(each))
    assert told[-1] == (1797, 1797)
