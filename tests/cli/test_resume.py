"""`pellucid resume`: stopped at any moment, from anywhere, it comes to the same bits."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from photographs import class_folders, left_over

from pellucid.training import loop

WORDS = ("--engine", "numpy", "--epochs", 9, "--size", 12)


@pytest.fixture
def stopped(pellucid, photos, monkeypatch, here):
    """A run that was interrupted in its fifth epoch."""
    made = loop._epoch

    def interrupted(session, state, epoch):
        if epoch == 5:
            raise KeyboardInterrupt
        return made(session, state, epoch)

    monkeypatch.setattr(loop, "_epoch", interrupted)
    status, _, err = pellucid("train", "photos", *WORDS, "--output", "stopped")
    assert status == 130
    assert err.strip() == "pellucid: stopped. Go on with: pellucid resume stopped"
    monkeypatch.setattr(loop, "_epoch", made)
    return here / "stopped"


def weights(run):
    """The SHA-256 of the weights; that of the file would differ, for safetensors orders its header at random."""
    return json.loads((run / "model.json").read_text())["tensors"]


def test_it_comes_to_the_same_bits(pellucid, stopped, here):
    status, out, err = pellucid("resume", "stopped")
    assert (status, err) == (0, "")
    assert "going on after epoch 4" in out
    assert pellucid("train", "photos", *WORDS, "--output", "whole")[0] == 0
    assert weights(stopped) == weights(here / "whole")
    one, other = ((run / "verdicts.csv").read_text() for run in (stopped, here / "whole"))
    assert one == other
    assert (stopped / "report.html").exists()
    assert left_over(here) == []


def test_json_is_the_last_line(pellucid, stopped):
    status, out, _ = pellucid("resume", stopped, "--json")
    assert status == 0
    assert json.loads(out)["run"] == str(stopped)


def test_from_another_working_folder(pellucid, stopped, tmp_path_factory, monkeypatch):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert pellucid("resume", stopped)[0] == 0


def test_data_in_a_folder_whose_name_is_no_text(pellucid, here):
    name = os.fsdecode(b"ph\xfftos")
    try:
        class_folders(here / name, {"a": 6, "b": 6})
    except OSError:
        pytest.skip("this file system takes only names that are text")
    assert pellucid("train", name, *WORDS, "--output", "run")[0] == 0
    (here / "run" / "run.json").read_bytes().decode("utf-8")
    assert pellucid("resume", "run")[0] == 0


def test_a_finished_run_stays_as_it_is(pellucid, photos, here):
    assert pellucid("train", "photos", *WORDS, "--output", "run")[0] == 0
    before = weights(here / "run")
    assert pellucid("resume", "run")[0] == 0
    assert weights(here / "run") == before


def test_a_run_that_was_killed_in_its_first_epoch(pellucid, photos, here, monkeypatch):
    def killed(session, standing):
        raise MemoryError  # as sudden as a kill, but for the files it leaves

    with monkeypatch.context() as patch:
        patch.setattr(loop, "_epoch", killed)
        patch.setattr("pellucid.cli.running.discard_untrained", lambda *_: False)
        assert pellucid("train", "photos", *WORDS, "--output", "run")[0] == 1
    assert (here / "run" / "checkpoint-000000.safetensors").exists()
    assert pellucid("resume", "run")[0] == 0
    assert pellucid("train", "photos", *WORDS, "--output", "whole")[0] == 0
    assert weights(here / "run") == weights(here / "whole")


def test_changed_pictures_are_refused(pellucid, stopped, photos):
    shutil.copy(photos / "red" / "0.png", photos / "red" / "new.png")
    status, _, err = pellucid("resume", stopped)
    assert status == 1
    assert "have changed since this run began" in err


def test_pictures_that_are_gone(pellucid, stopped, photos):
    shutil.rmtree(photos)
    status, _, err = pellucid("resume", stopped)
    assert status == 1
    assert "photos: no such file or folder" in err


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda run: shutil.rmtree(run), "not a run: there is no run.json in it"),
        (lambda run: (run / "run.json").unlink(), "not a run: there is no run.json in it"),
        (lambda run: (run / "run.json").write_text('{"recipe": {'), "run.json: not a whole JSON file"),
        (lambda run: (run / "run.json").write_text("[]"), "not the description of a run"),
        (
            lambda run: (run / "run.json").write_text((run / "run.json").read_text().replace('"seed": 0', '"seed": 1')),
            "run.json: edited or damaged",
        ),
        (lambda run: [path.unlink() for path in run.glob("checkpoint*")], "no checkpoint to go on from"),
        (lambda run: [path.write_bytes(b"") for path in run.glob("checkpoint*")], "no checkpoint to go on from"),
    ],
)  # fmt: skip
def test_a_spoiled_run_is_refused_in_one_sentence(pellucid, stopped, spoil, said):
    spoil(stopped)
    status, _, err = pellucid("resume", "stopped")
    assert status == 1
    assert said in err
    assert "should not happen" not in err


def test_a_damaged_checkpoint_is_passed_over_and_named(pellucid, stopped, here):
    newest = max(stopped.glob("checkpoint-*"))
    content = bytearray(newest.read_bytes())
    content[len(content) // 2] ^= 4
    newest.write_bytes(content)
    status, out, _ = pellucid("resume", "stopped")
    assert status == 0
    assert re.search(rf"{newest.name}: damaged.*The checkpoint before it is used", out)
    assert pellucid("train", "photos", *WORDS, "--output", "whole")[0] == 0
    assert weights(stopped) == weights(here / "whole")


def test_a_run_made_in_python_says_how_to_go_on(pellucid, stopped):
    from pellucid.training.run import read_run, write_run

    write_run(stopped, {name: value for name, value in read_run(stopped).items() if name != "load"})
    status, _, err = pellucid("resume", "stopped")
    assert status == 1
    assert "stopped: this run was made in Python" in err


def test_two_at_once_the_second_is_refused_with_the_number_of_the_first(pellucid, stopped):
    hold = "import sys, time; from pathlib import Path; from pellucid.training.lock import Lock; "
    hold += "held = Lock(Path(sys.argv[1])); print(flush=True); time.sleep(60)"
    sleeper = subprocess.Popen([sys.executable, "-c", hold, str(stopped)], stdout=subprocess.PIPE)
    try:
        assert sleeper.stdout.readline()
        status, _, err = pellucid("resume", "stopped")
        assert status == 1
        assert f"process {sleeper.pid} is training here" in err
    finally:
        sleeper.kill()
        sleeper.communicate()
    # The owner is gone: its lock is taken over.
    assert pellucid("resume", "stopped")[0] == 0
    assert not (stopped / ".lock").exists()


LONG = ("train", "photos", "--engine", "numpy", "--epochs", "400000", "--size", "12", "--output", "run")


@pytest.mark.parametrize(("sign", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_that_are_repeated(photos, here, sign, status):
    """As by an impatient person: whatever moment the second one meets, it changes nothing."""
    for pause in (0.0, 0.01, 0.05, 0.1):
        process = subprocess.Popen(
            [sys.executable, "-m", "pellucid.cli.main", *LONG],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=here,
        )
        time.sleep(1.0)
        for _ in range(3):
            process.send_signal(sign)
            time.sleep(pause)
        _, err = process.communicate(timeout=20)
        assert process.returncode == status, err
        assert "Traceback" not in err
        shutil.rmtree(here / "run", ignore_errors=True)


@pytest.mark.parametrize(
    ("sign", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)]
)
def test_signals_at_random_moments(photos, here, own_cache, sign, status):
    rng = np.random.Generator(np.random.Philox(key=int(sign)))
    for moment in (0.1, 0.4, *rng.uniform(0.6, 1.6, 2)):
        process = subprocess.Popen(
            [sys.executable, "-m", "pellucid.cli.main", *LONG],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=here,
        )
        time.sleep(moment)
        process.send_signal(sign)
        began = time.monotonic()
        _, err = process.communicate(timeout=20)
        assert time.monotonic() - began < 15, "it hung"
        if moment > 0.3:  # before that Python itself may still be starting
            assert process.returncode == status, err
            assert "Traceback" not in err
        kept = here / "run"
        if sign != signal.SIGKILL:
            assert left_over(here) + left_over(Path(own_cache)) == []
            assert kept.exists() == ("pellucid resume run" in err)
        if kept.exists():
            shutil.rmtree(kept)
