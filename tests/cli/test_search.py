"""`pellucid search`: what a person and a program get from it, and how it ends, whatever stops it."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

WORDS = ("search", "digits", "--trials", "9", "--epochs", "6", "--batch-size", "64", "--engine", "numpy")


def trials_of(folder):
    return (folder / "trials.csv").read_text("utf-8")


def test_a_search_ends_with_a_run_a_table_a_page_and_a_picture(pellucid, here):
    status, out, error = pellucid(*WORDS)
    assert (status, error) == (0, "")
    folder = here / "searches" / "digits-softmax-1"
    assert sorted(os.listdir(folder)) == [
        "best",
        "search.html",
        "search.json",
        "search.svg",
        "study.db",
        "trials.csv",
    ]
    assert (folder / "best" / "model.json").exists()
    assert re.search(r"after 2 epochs: the best is trial \d, [\d.]+ % right; 3 of 9 go on", out)
    assert "learning rate: 0.0316 to 31.6 × the default" in out
    assert re.search(r"^Best: trial \d with learning rate [\d.e-]+, λ of L2 [\d.e-]+: 9\d", out, re.M)
    assert re.search(r"test: 9\d\.\d % right", out)
    rows = trials_of(folder).splitlines()
    assert rows[0] == "number,learning_rate,l2,batch_size,validation,epochs,ended"
    assert len(rows) == 10
    page = (folder / "search.html").read_text("utf-8")
    assert page.count("<circle") == 27
    assert "pellucid train digits --learning-rate" in page
    assert not re.search(r'(src|href)="https?:', page)


def test_json_is_the_only_line_and_no_train_trains_nothing(pellucid, here):
    status, out, text = pellucid(*WORDS, "--no-train", "--json", "--output", "here")
    (line,) = out.splitlines()
    content = json.loads(line)
    assert status == 0
    assert content["search"] == "here"
    assert content["run"] is content["accuracy"] is None
    assert len(content["trials"]) == 9
    finished = [each for each in content["trials"] if each["ended"] == "finished"]
    assert content["best"] in finished
    assert content["best"]["validation"] == max(each["validation"] for each in finished) > 0.9
    assert not (here / "here" / "best").exists()
    command = content["command"].split()
    assert command[:3] == ["pellucid", "train", "digits"]
    assert f"train:  {content['command']}" in text
    status, out, _ = pellucid(*command[1:], "--engine", "numpy", "--json")
    # The run keeps the latest epoch that cannot be told from the best.
    assert abs(json.loads(out)["accuracy"]["validation"] - content["best"]["validation"]) < 0.02


def test_the_same_seed_tries_the_same_and_another_one_other_trials(pellucid, here):
    found = []
    for seed in (1, 1, 2):
        folder = here / f"folder-{len(found)}"
        assert pellucid(*WORDS, "--no-train", "--seed", seed, "--output", folder)[0] == 0
        found.append(trials_of(folder))
    assert found[0] == found[1] != found[2]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ["--trials", "1"],
            "--trials must be 2 to 10,000, got 1. To train with one setting: pellucid train.",
        ),
        (["--learning-rate", "1:0.1"], "runs from high to low. Write --learning-rate 0.1:1"),
        (["--l2", "-1e-3:1"], "both ends must be above 0"),
        (["--model", "softmx"], "Did you mean softmax?"),
        (["--model", "softmax,swm"], "Did you mean svm?"),
        (["--optimizer", "lbfgs"], "chooses the length of its steps itself"),
        (["--learning-rate", "1", "--l2", "0"], "There is nothing to search"),
        (["--engine", "magic"], "--engine must be auto, numpy or xla"),
        (["--watch", "luck"], "--watch must be one of"),
    ],
)
def test_what_cannot_be_is_one_sentence_before_the_data_are_read(pellucid, here, words, sentence):
    status, _, error = pellucid("search", "no-such-data", *words)
    assert status == 1
    assert sentence in error
    assert len(error.splitlines()) == 1
    assert os.listdir(here) == []


def test_two_pictures_or_one_class_are_refused_and_nothing_is_left(pellucid, here):
    for name, text in (
        ("two", "1,2,x\n3,4,y\n"),
        ("one", "".join(f"{i},{i * i % 7},x\n" for i in range(30))),
    ):
        (here / f"{name}.csv").write_text(f"a,b,label\n{text}")
        status, _, error = pellucid("search", f"{name}.csv")
        assert status == 1
        assert re.search("validation part has no pictures|at least two classes|2 pictures", error)
        assert not list(here.glob("searches/*"))


def test_a_missing_optuna_is_said_before_the_data_are_read(pellucid, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    status, _, error = pellucid("search", "no-such-data")
    assert (status, error) == (
        1,
        "pellucid: A search needs Optuna, which is not installed: pip install 'pellucid[search]'.\n",
    )


def test_changed_data_are_not_searched_further(pellucid, here):
    rng = np.random.Generator(np.random.Philox(key=1))
    rows = [",".join(f"{v:.3f}" for v in rng.standard_normal(3)) + f",{'xy'[i % 2]}" for i in range(60)]
    (here / "numbers.csv").write_text("\n".join(["a,b,c,label", *rows]) + "\n")
    words = ("--epochs", 2, "--trials", 4, "--engine", "numpy", "--no-train", "--output", "s")
    assert pellucid("search", "numbers.csv", *words)[0] == 0
    (here / "numbers.csv").write_text("\n".join(["a,b,c,label", *rows[::-1]]) + "\n")
    status, _, error = pellucid("resume", "s")
    assert status == 1
    assert "have changed since this search began" in error


def test_killed_at_any_moment_it_goes_on_to_the_same_trials(pellucid, here):
    words = ["search", "digits", "--trials", "9", "--epochs", "30", "--batch-size", "64", "--engine", "numpy"]
    assert pellucid(*words, "--output", "whole")[0] == 0
    run = [sys.executable, "-m", "pellucid.cli.main"]
    kills = np.random.Generator(np.random.Philox(key=4)).uniform(0.2, 1.6, 5)
    for wait in kills.tolist():
        began = (here / "parts" / "search.json").exists()
        again = ["resume", "parts"] if began else [*words, "--output", "parts"]
        if not began:
            subprocess.run(["rm", "-rf", "parts"], cwd=here, check=True)
        with subprocess.Popen(
            [*run, *again], cwd=here, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            deadline = time.monotonic() + 20
            while not (here / "parts" / "search.json").exists() and time.monotonic() < deadline:
                time.sleep(0.02)
            time.sleep(wait)
            process.kill()
    status, _, error = pellucid("resume", "parts")
    assert (status, error) == (0, "")
    assert trials_of(here / "parts") == trials_of(here / "whole")
    model = "best/model.safetensors"
    assert (here / "parts" / model).read_bytes() == (here / "whole" / model).read_bytes()


def test_ctrl_c_says_how_to_go_on(here):
    command = [
        sys.executable,
        "-u",
        "-m",
        "pellucid.cli.main",
        "search",
        "digits",
        "--trials",
        "9",
        "--output",
        "s",
    ]
    with subprocess.Popen(
        [*command, "--epochs", "9000", "--engine", "numpy"],
        cwd=here,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        for line in process.stdout:
            if " trials, seed 0" in line:
                break
        time.sleep(1.5)
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=20)
    assert process.returncode == 130
    assert error.strip() == "pellucid: stopped. Go on with: pellucid resume s"


def test_help_imports_nothing_heavy():
    heavy = ("numpy", "jax", "sklearn", "scipy", "PIL", "matplotlib", "optuna", "sqlalchemy")
    program = (
        "import sys\nfrom pellucid.cli.main import _status\n_status(['search', '--help'], False)\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "--trials" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"
