"""docs/search.md does what it says: its command prints what is shown, its Python runs."""

import re
from pathlib import Path

from pellucid.cli.main import _status

PAGE = Path(__file__).parents[2] / "docs" / "search.md"
TEXT = PAGE.read_text("utf-8")


def fences(language):
    found = re.findall(r"^```(\w*)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    return [content for its, content in found if its == language]


def test_the_command_prints_what_is_shown(tmp_path, monkeypatch, capsys):
    """But for the seconds."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("pellucid.arrays.compile.keep_programs", lambda: None)
    command, *shown = fences("")[0].splitlines()
    assert command.startswith("$ pellucid ")
    assert _status(command.split()[2:], False) == 0
    printed = [_timeless(line) for line in capsys.readouterr().out.splitlines()]
    for line in shown:
        assert line == "…" or _timeless(line) in printed, line


def _timeless(line):
    return re.sub(r"read in [\d.]+ s", "", line).rstrip()


def test_the_python_runs_and_prints_what_is_shown(capsys):
    (code,) = fences("python")
    exec(compile(code, str(PAGE), "exec"), {})
    printed, (shown,) = capsys.readouterr().out.splitlines(), fences("text")
    assert printed[0] == shown.splitlines()[0]
    assert re.fullmatch(
        r"Best: trial \d with learning rate .*, λ of L2 .*: 9\d.* % right on validation\.", printed[1]
    )
    assert printed[2] == shown.splitlines()[2] == "True"


def test_the_picture_and_the_options_are_there():
    for name in re.findall(r"\]\((pictures/[^)]+)\)", TEXT):
        assert (PAGE.parent / name).exists(), name
    source = (PAGE.parents[1] / "src/pellucid/cli/search.py").read_text("utf-8")
    for option in set(re.findall(r"`(--[a-z0-9-]+)", TEXT)):
        assert option.removeprefix("--").removeprefix("no-").replace("-", "_") in source, option
