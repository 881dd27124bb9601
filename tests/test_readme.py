"""The README shows what really happens."""

import re
from pathlib import Path

import pytest

from pellucid.cli.main import COMMANDS, _status

README = Path(__file__).parents[1] / "README.md"


@pytest.fixture(scope="module")
def text():
    return README.read_text("utf-8")


def blocks(text, language):
    # All of them from the first on: the fence that closes one block looks like one that opens another.
    found = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [content for its, content in found if its == language]


def test_the_output_shown_is_what_training_prints(text, tmp_path, monkeypatch, capsys):
    """But for what depends on the machine: times, and the order of a few last digits."""
    monkeypatch.chdir(tmp_path)
    assert _status(["train", "digits"], False) == 0
    printed = [_timeless(line) for line in capsys.readouterr().out.splitlines()]
    shown = next(block for block in blocks(text, "") if "digits: 1,797 pictures read" in block)
    for line in shown.splitlines():
        assert line == "…" or _timeless(line) in printed, line
    assert (tmp_path / "runs/digits-softmax-1/report.html").exists()

    command, *shown = next(block for block in blocks(text, "") if block.startswith("$ ")).splitlines()
    words = command.split()
    words[words.index("docs/pictures/digit.png")] = str(README.parent / "docs/pictures/digit.png")
    assert words[:2] == ["$", ".venv/bin/pellucid"]
    assert _status(words[2:], False) == 0
    printed = capsys.readouterr().out.replace(f"{README.parent}/", "").splitlines()
    assert [_rounded(line) for line in printed] == [_rounded(line) for line in shown]


def _rounded(line):
    return re.sub(r"off by \S+\)", "off by …)", line)


def _timeless(line):
    line = re.sub(r"[\d,]+ pictures/s", "pictures/s", line)
    line = re.sub(r"agree to \S+ of", "agree to … of", line)
    return re.sub(r"read in [\d.]+ s|seconds: .*", "", line).rstrip()


def test_the_python_shown_runs(text, capsys):
    for code in blocks(text, "python"):
        exec(compile(code, str(README), "exec"), {})
    assert 0.9 < float(capsys.readouterr().out.splitlines()[0]) < 1


def test_the_commands_shown_exist(text):
    named = set(re.findall(r"pellucid (\w+)", "\n".join(blocks(text, "sh"))))
    assert {"train", "predict", "compare", "data"} <= named <= set(COMMANDS)


def test_the_pictures_and_pages_shown_exist(text):
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert target.startswith("http") or (README.parent / target).exists(), target
