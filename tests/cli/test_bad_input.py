"""Whatever a stranger hands over: one sentence, status 1, nothing half-written."""

import json
import os
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from photographs import bomb, class_folders, left_over, picture


def _idx(magic, sides, body):
    return struct.pack(f">I{len(sides)}I", magic, *sides) + body


def make_all(here):
    """Everything that the list below names."""
    (here / "empty").mkdir()
    class_folders(here / "one class", {"only": 4})
    (here / "words" / "a").mkdir(parents=True)
    (here / "words" / "a" / "x.txt").write_text("no picture")
    class_folders(here / "unseen" / "train", {"a": 3, "b": 3})
    class_folders(here / "unseen" / "test", {"a": 3, "new": 1})
    (here / "ragged.csv").write_text("a,b,label\n1,2,x\n1,2\n3,4,y\n")
    (here / "nan.csv").write_text("a,b,label\n1,2,x\n3,nan,y\n3,4,y\n")
    (here / "missing.csv").write_text("a,b,label\n1,2,x\n3,4,\n3,4,y\n")
    (here / "features.csv").write_text("a,b\n1,2.5\n3,4.5\n")
    (here / "nothing.csv").write_bytes(b"")
    (here / "binary.csv").write_bytes(bytes(range(256)))
    (here / "labels.csv").write_text("file,label\nunseen/train/a/0.png,x\nunseen/train/b/0.png,\n")
    (here / "gone.csv").write_text("file,label\nunseen/train/a/0.png,x\nno/1.png,y\nno/2.png,y\n")
    (here / "cifar").mkdir()
    for number in range(1, 6):
        (here / "cifar" / f"data_batch_{number}.bin").write_bytes(bytes(3073 * 2 + (number == 3)))
    (here / "cifar" / "test_batch.bin").write_bytes(bytes(3073))
    for name, magic, body in (("magic", 2052, 160), ("short", 2051, 100)):
        (here / name).mkdir()
        (here / name / "train-images-idx3-ubyte").write_bytes(_idx(magic, (10, 4, 4), bytes(body)))
        (here / name / "train-labels-idx1-ubyte").write_bytes(_idx(2049, (10,), bytes(10)))
    np.savez(here / "unlabeled.npz", images=np.zeros((4, 5, 5), np.uint8))
    np.savez(here / "short.npz", images=np.zeros((4, 5, 5), np.uint8), labels=np.arange(3))
    np.savez(here / "nan.npz", x=np.full((4, 5), np.nan, "f4"), y=np.array([0, 1, 0, 1]))
    whole = (here / "short.npz").read_bytes()
    (here / "cut.npz").write_bytes(whole[: len(whole) // 2])
    (here / "model.pkl").write_bytes(b"\x80\x04N.")
    picture(0, 0).save(here / "one.png")
    os.mkfifo(here / "pipe")
    os.symlink("circle", here / "circle")


BAD = {
    "nowhere": "no such file or folder",
    "empt": "Did you mean empty?",
    "": "An empty path",
    "empty": "the folder is empty; folders of pictures were wanted",
    "one class": "there is only one class, 'only'; two or more were wanted",
    "words": "no picture .* in the class folder words/a",
    "unseen": "the class 'new' is in test but not in train",
    "ragged.csv": "line 3: 2 cells, 3 wanted",
    "nan.csv": "line 3: .*'nan', not a finite number",
    "missing.csv": "line 3: no label",
    "features.csv": "labels are not whole",
    "nothing.csv": "nothing.csv: ",
    "binary.csv": "binary.csv: ",
    "labels.csv": "line 3: the label of unseen/train/b/0.png is missing",
    "gone.csv": "no/2.png: the file does not exist",
    "cifar": "data_batch_3.bin: 6,147 bytes are not a whole number of records",
    "magic": "train-images-idx3-ubyte: its header",
    "short": r"announces 10 × 4 × 4 numbers \(160 bytes\), but the file can hold 116",
    "unlabeled.npz": "it has no labels for 'images'",
    "short.npz": "short.npz: .*4.*3",
    "nan.npz": "nan.npz|NaN",
    "cut.npz": "cut.npz: ",
    "model.pkl": "pickled data is not read",
    "one.png": "one picture. To train, give a folder",
    "pipe": "a pipe or a device",
    "circle": "circle: cannot be read",
    "/dev/zero": "a pipe or a device",
}


@pytest.mark.parametrize("command", ["train", "data", "compare"])
def test_data_that_is_no_data(pellucid, here, command):
    make_all(here)
    before = sorted(here.rglob("*"))
    for data, said in BAD.items():
        if command == "data" and data == "gone.csv":
            continue  # unreadable pictures are what this command is there to show
        status, out, err = pellucid(command, data, "--json")
        assert status == 1, data
        assert out == "", data
        assert re.search(said, err), f"{data}: {err}"
        assert err.splitlines()[-1].strip(), data
        assert "should not happen" not in err, err
        assert "Traceback" not in err
        assert "Warning" not in err
        assert sorted(here.rglob("*")) == before, f"{data} left something behind"


@pytest.fixture
def bad_photos(photos, here):
    """Good pictures and, among them, one of every kind that cannot be read → the bad ones."""
    whole = (photos / "red" / "0.png").read_bytes()
    (photos / "red" / "cut.png").write_bytes(whole[: len(whole) // 2])
    (photos / "red" / "zero.jpg").write_bytes(b"")
    (photos / "green" / "text.jpg").write_text("this is no picture")
    bomb(photos / "green" / "bomb.png")
    os.mkfifo(photos / "blue" / "pipe.png")
    os.symlink("/nowhere", photos / "blue" / "dangling.png")
    return {
        "red/cut.png",
        "red/zero.jpg",
        "green/text.jpg",
        "green/bomb.png",
        "blue/pipe.png",
        "blue/dangling.png",
    }


def test_all_the_bad_pictures_are_named_at_once_and_skipped_on_request(pellucid, photos, bad_photos, here):
    status, out, err = pellucid("train", "photos", "--engine", "numpy", "--epochs", 2)
    assert (status, out) == (1, "")
    assert err.startswith("pellucid: 6 pictures cannot be read:\n")
    assert err.endswith("Repair or remove them, or go on without them: --skip-unreadable.\n")
    assert {line.split(": ")[0].strip() for line in err.splitlines()[1:-1]} == {
        f"photos/{name}" for name in bad_photos
    }
    assert os.listdir(here) == ["photos"]
    for words in (
        ("train", "photos", "--engine", "numpy", "--epochs", 2, "--output", "run"),
        ("compare", "photos", "--engine", "numpy", "--epochs", 2, "--output", "table"),
        ("data", "photos"),
        ("evaluate", "run", "photos"),
    ):
        status, out, err = pellucid(*words, "--skip-unreadable", "--json")
        assert status == 0, err
        assert out.count("\n") == 1
        json.loads(out)
    for file in ("run/run.json", "table/comparison.json"):
        listed = json.loads((here / file).read_text())["data"]["unreadable"]
        assert {path for path, _ in listed} == {f"photos/{name}" for name in bad_photos}
    assert "photos/red/zero.jpg" in (here / "run" / "report.html").read_text()


def test_odd_pictures_are_pictures(pellucid, photos):
    frames = [picture(k, 0) for k in range(3)]
    frames[0].save(photos / "red" / "animated.gif", save_all=True, append_images=frames[1:])
    frames[0].convert("RGBA").save(photos / "red" / "alpha.png")
    picture(1, 0, side=1).save(photos / "green" / "dot.png")
    frames[2].convert("1").save(photos / "blue" / "bits.png")
    shutil.copy(photos / "blue" / "1.png", photos / "blue" / "really png.jpg")
    status, _, err = pellucid("train", "photos", "--engine", "numpy", "--epochs", 2)
    assert (status, err) == (0, "")


def test_names_that_are_no_text(pellucid, photos, here):
    try:
        shutil.copy(photos / "red" / "0.png", os.fsdecode(os.fsencode(photos) + b"/red/caf\xe9.png"))
        os.rename(photos / "blue", os.fsdecode(os.fsencode(photos) + b"/bl\xffue"))
    except OSError:
        pytest.skip("this file system takes only names that are text")
    for words in (
        ("data", "photos", "--json"),
        ("train", "photos", "--engine", "numpy", "--epochs", 2, "--json", "--output", "run"),
        ("evaluate", "run", "photos", "--json"),
        ("predict", "run", "photos", "--json", "--csv", "v.csv"),
    ):
        status, out, err = pellucid(*words)
        assert status == 0, err
        json.loads(out)
    assert "caf\\udce9" in (here / "run" / "report.html").read_bytes().decode("utf-8", "replace")


def test_an_output_folder_that_may_not_be_made(pellucid, photos):
    for output in ("/proc/run", "/dev/null/run"):
        status, _, err = pellucid("train", "photos", "--engine", "numpy", "--epochs", 2, "--output", output)
        assert status == 1
        assert err.startswith(f"pellucid: {output}") or "--output" in err
        assert "should not happen" not in err


def _without_rights():
    """What to put before a command, so that the rights of files hold for it: they do not for root."""
    if not hasattr(os, "geteuid"):
        pytest.skip("rights as POSIX has them")
    if os.geteuid() != 0:
        return []
    if not shutil.which("setpriv"):
        pytest.skip("root may do everything, and setpriv, which could take that away, is not installed")
    return ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]


def test_folders_and_files_that_may_not_be_read_or_written(photos, here):
    words = [*_without_rights(), sys.executable, "-m", "pellucid.cli.main"]
    words += ["train", "photos", "--engine", "numpy", "--epochs", "2"]

    def refused(said):
        done = subprocess.run(words, cwd=here, capture_output=True, text=True)
        assert done.returncode == 1
        assert re.search(said, done.stderr), done.stderr
        assert "Traceback" not in done.stderr
        assert not (here / "runs").exists()

    try:
        (photos / "red").chmod(0)
        refused("photos/red: the folder cannot be read: you have no permission")
        (photos / "red").chmod(0o755)
        (photos / "red" / "1.png").chmod(0)
        refused(r"1 picture cannot be read:\n +photos/red/1\.png: .*ermission")
        (photos / "red" / "1.png").chmod(0o644)
        here.chmod(0o555)
        refused("runs: this folder may not be written to. Choose another folder")
    finally:
        here.chmod(0o755)
        (photos / "red").chmod(0o755)


LIMITED = """
import resource, sys
limit = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
from pellucid.cli.main import main
main()
"""


@pytest.mark.skipif(os.name == "nt", reason="no limits on the size of files")
def test_a_disk_that_is_full_at_any_point_of_a_run(photos, here, own_cache):
    """No file may grow beyond a limit: what fails is the cache, then the checkpoint, the model, the report."""
    failed = set()
    for limit in (2_000, 30_000, 5_000, 20_000, 60_000):
        words = ["train", "photos", "--engine", "numpy", "--epochs", "3", "--size", "12", "--output", "run"]
        done = subprocess.run(
            [sys.executable, "-c", LIMITED, str(limit), *words], capture_output=True, text=True, cwd=here
        )
        assert left_over(here) + left_over(Path(own_cache)) == []
        if done.returncode:
            assert done.returncode == 1
            assert "no room left on the disk" in done.stderr, done.stderr
            assert done.stderr.count("\n") == 1
            failed.add(Path(done.stderr.split(":")[1].strip()).suffix)
            kept = (here / "run").exists()
            assert kept == ("Then: pellucid resume run" in done.stderr)
            if kept:  # with room again it comes to its end
                again = [sys.executable, "-m", "pellucid.cli.main", "resume", "run"]
                assert subprocess.run(again, cwd=here, capture_output=True).returncode == 0
        shutil.rmtree(here / "run", ignore_errors=True)
    assert {".pictures", ".safetensors", ".html"} <= failed
    assert not list(here.glob("runs"))
