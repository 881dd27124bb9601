"""`pellucid compare`: what a person and a program get from it, and how it ends."""

import io
import json
import os
import re
import signal
import subprocess
import sys

import numpy as np
import pytest
from rich.console import Console

from pellucid.cli.compare import compare as command
from pellucid.cli.comparison_screen import show_table
from pellucid.cli.main import _status
from pellucid.inspection.metrics import Evaluation
from pellucid.search.compare import Measured
from pellucid.search.ladder import RUNGS, Rung


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    """Runs are written to the working folder; the compiler's settings are those of the whole process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("pellucid.arrays.compile.keep_programs", lambda: None)
    return tmp_path


def compare(*words):
    return _status(["compare", *map(str, words)], debug=False)


def digits_table(path, rows=120, classes=3):
    """Rows of numbers that a linear model tells apart nearly always."""
    rng = np.random.Generator(np.random.Philox(key=2))
    labels = np.arange(rows) % classes
    features = np.eye(classes)[labels] * 3 + rng.standard_normal((rows, classes))
    path.write_text(
        "a,b,c,label\n"
        + "".join(
            f"{','.join(f'{x:.4f}' for x in row)},{'xyz'[k]}\n"
            for row, k in zip(features, labels, strict=True)
        )
    )
    return path


def test_digits_are_compared_in_a_table_a_report_and_a_file(own_folder, capsys):
    assert compare("digits", "--epochs", 8, "--engine", "numpy") == 0
    text = capsys.readouterr().out
    lines = [line.split() for line in text.splitlines() if len(line.split()) > 2]
    for model in ("majority", "softmax", "svm"):
        assert sum(words[:1] == [model] and words[2] == "%" for words in lines) == 1, "a row of the table"
        assert sum(words[:1] == [f"{model}:"] for words in lines) == 1, "a line when it was ready"
    assert "majority: 10.0 % of 359 pictures right" in text
    assert "the test accuracy is reported and chooses nothing" in text
    folder = own_folder / "runs" / "digits-compare-1"
    assert sorted(os.listdir(folder)) == ["comparison.html", "comparison.json"]
    content = json.loads((folder / "comparison.json").read_text())
    assert content["finished"] is True
    assert content["folds"] is None
    assert content["data"]["counts"] == [{"train": 1258, "validation": 180, "test": 359}]
    low, softmax, svm = content["rungs"]
    assert low["test_accuracy"] < 0.2
    assert softmax["test_accuracy"] > 0.9 < svm["test_accuracy"]
    assert softmax["recipe"]["epochs"] == svm["recipe"]["epochs"] == 8
    assert softmax["engine"]["name"] == "numpy"
    assert softmax["against_below"]["p"] < 1e-6
    page = (folder / "comparison.html").read_text("utf-8")
    assert "3\u00a0models compared" in page
    assert all(sentence.split(":")[0] in page for sentence in content["conclusion"])
    assert not re.search(r'(src|href)="https?:', page)


def test_folds_judge_every_picture_once_and_json_is_the_only_line(own_folder, capsys):
    data = digits_table(own_folder / "numbers.csv")
    assert compare(data, "--folds", 3, "--models", "svm", "--epochs", 5, "--json", "--output", "here") == 0
    out, text = capsys.readouterr()
    (line,) = out.splitlines()
    content = json.loads(line)
    assert content["run"] == "here"
    assert [rung["name"] for rung in content["rungs"]] == ["majority", "svm"]
    svm = content["rungs"][1]
    assert svm["pictures"] == 120
    assert len(svm["folds"]) == 3
    assert svm["deviation"] == pytest.approx(np.std(svm["folds"], ddof=1))
    assert svm["test_accuracy"] > 0.8
    assert "in 3 folds, each judged once by a model that never saw it" in text
    assert "± folds" in text
    assert "over folds" in (own_folder / "here" / "comparison.html").read_text("utf-8")


def test_the_same_seed_gives_the_same_accuracies_and_another_one_another_split(own_folder, capsys):
    data = digits_table(own_folder / "numbers.csv")
    found = []
    for seed in (1, 1, 2):
        assert compare(data, "--seed", seed, "--epochs", 3, "--json") == 0
        rungs = json.loads(capsys.readouterr().out)["rungs"]
        found.append([(rung["validation_accuracy"], rung["against_below"]) for rung in rungs])
    assert found[0] == found[1] != found[2]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ["--models", "softmax,forest"],
            "--models must be names out of majority, nearest-mean, knn, softmax, svm",
        ),
        (["--models", ","], "got none"),
        (["--folds", "1"], "--folds must be 2 or more, got 1"),
        (["--folds", "9999"], "the number of folds must be 2 or more, and at most 120"),
        (["--epochs", "0"], "--epochs must be 1 or more, got 0"),
        (["--engine", "magic"], "--engine must be auto, numpy or xla"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_leaves_no_empty_folder(own_folder, capsys, words, sentence):
    data = digits_table(own_folder / "numbers.csv")
    assert compare(data, *words) == 1
    error = capsys.readouterr().err
    assert error.startswith("pellucid: ")
    assert len(error.splitlines()) == 1
    assert sentence in error
    runs = own_folder / "runs"
    kept = [name for name in os.listdir(runs) if not os.listdir(runs / name)] if runs.exists() else []
    assert kept == []


def test_one_class_is_refused_before_anything_is_written(own_folder, capsys):
    data = own_folder / "numbers.csv"
    data.write_text("a,b,label\n" + "".join(f"{i},{i * i % 7},x\n" for i in range(30)))
    assert compare(data) == 1
    assert "classes" in capsys.readouterr().err
    assert not list(own_folder.glob("runs/*/*"))


def test_a_folder_that_holds_something_is_never_written_to(own_folder, capsys):
    data = digits_table(own_folder / "numbers.csv")
    (own_folder / "full").mkdir()
    (own_folder / "full" / "letter.txt").write_text("mine")
    assert compare(data, "--output", "full") == 1
    assert "--output full is not empty" in capsys.readouterr().err
    assert os.listdir(own_folder / "full") == ["letter.txt"]


def test_ctrl_c_ends_with_130_and_keeps_what_was_measured(own_folder):
    data = digits_table(own_folder / "numbers.csv")
    command = [sys.executable, "-u", "-m", "pellucid.cli.main", "compare", str(data)]
    with subprocess.Popen(
        [*command, "--epochs", "1000000", "--engine", "numpy"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=own_folder,
    ) as process:
        folder = own_folder / "runs" / "numbers-compare-1"
        for line in process.stdout:
            if line.startswith("softmax: "):  # the plain progress after five seconds: training goes on
                break
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in error
    content = json.loads((folder / "comparison.json").read_text())
    assert content["finished"] is False
    assert [rung["name"] for rung in content["rungs"]] == ["majority"]
    assert "majority" in (folder / "comparison.html").read_text("utf-8")


def test_whoever_stops_it_is_told_where_the_rest_is(own_folder, monkeypatch):
    def stopped(dataset, recipe, engine, epochs):
        raise KeyboardInterrupt

    data = str(digits_table(own_folder / "numbers.csv"))
    monkeypatch.setitem(RUNGS, "svm", Rung("svm", "", stopped))
    told = "stopped after 2 of 3 models. What was measured is kept: runs/numbers-compare-1/comparison.html"
    with pytest.raises(KeyboardInterrupt, match=f"^{re.escape(told)}$"):
        command(data, epochs=2)
    monkeypatch.setitem(RUNGS, "majority", Rung("majority", "", stopped))
    with pytest.raises(KeyboardInterrupt, match=r"^stopped after 0 of 2 models\.$"):
        command(data, models="softmax")
    assert os.listdir(own_folder / "runs") == ["numbers-compare-1"]


def test_help_imports_nothing_heavy():
    heavy = ("numpy", "jax", "sklearn", "scipy", "PIL", "matplotlib")
    program = (
        "import sys\nfrom pellucid.cli.main import _status\n_status(['compare', '--help'], False)\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "--folds" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(("width", "tables"), [(80, 2), (200, 1)])
def test_the_table_is_whole_on_a_narrow_terminal(width, tables):
    test = Evaluation(
        "test",
        ("a", "b"),
        np.arange(4),
        np.array([0, 1, 0, 1]),
        np.eye(2)[[0, 1, 0, 0]],
        np.eye(2)[[0, 1, 0, 0]],
    )
    rungs = [
        Measured(name, "", test, 0.75, (0.7, 0.8), 123.4, 1234.5, 321.0, 12_345_678, {})
        for name in ("majority", "softmax", "svm")
    ]
    screen = Console(file=io.StringIO(), force_terminal=True, width=width, soft_wrap=True, color_system=None)
    show_table(screen, rungs)
    text = screen.file.getvalue()
    assert "…" not in text
    assert max(len(line) for line in text.splitlines() if not line.startswith("p:")) <= width
    assert sum(line.split()[:1] == ["model"] for line in text.splitlines()) == tables
    for cell in ("75.00 %", "30.1 – 95.4", "75.0 % ←", "7.07", "123.4 s", "1.2 ms", "321 µs", "12,345.7 kB"):
        assert cell in text
