"""docs/losses.md does what it says: its Python runs and prints what stands below, and its table is whole and true."""

import inspect
import re
from pathlib import Path

import pytest

from pellucid.losses import initial_loss, loss_named
from pellucid.losses.names import NAMES

PAGE = (Path(__file__).parents[2] / "docs" / "losses.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
ROWS = re.findall(r"^\| `(\w+)\((.*?)\)` \| (.+?) \| (.*?) ?\|$", PAGE, re.MULTILINE)


def test_the_python_runs_and_prints_what_stands_below(capsys):
    names: dict = {}
    ran = 0
    for (kind, text), (following, expected) in zip(BLOCKS, [*BLOCKS[1:], ("", "")], strict=True):
        if kind == "python":
            exec(compile(text, "docs/losses.md", "exec"), names)
            assert capsys.readouterr().out == (expected if following == "text" else ""), text
            ran += 1
    assert ran >= 16


def test_every_loss_is_in_the_table():
    assert [row[0] for row in ROWS] == [name.replace("-", "_") for name in NAMES]


@pytest.mark.parametrize(("name", "signature", "formula", "start"), ROWS)
def test_a_row_is_true(name, signature, formula, start):
    parameters = inspect.signature(loss_named(name)).parameters.values()
    assert signature == ", ".join(
        each.name if each.default is each.empty else f"{each.name}={each.default}" for each in parameters
    )
    if start:
        meant = {
            "ln K": 1.945910149,
            "K − 1": 6,
            "K": 7,
            "1": 1,
            "ln 2": 0.693147181,
            "0": 0,
            "K ln 2": 4.852030264,
        }
        assert initial_loss(name, 7) == pytest.approx(meant[start], abs=5e-10)


def test_every_place_on_the_page_is_there():
    heads = {
        re.sub(r"[^\w\- ]", "", head).lower().replace(" ", "-")
        for head in re.findall(r"^## (.+)$", PAGE, re.M)
    }
    assert set(re.findall(r"\]\(#(.+?)\)", PAGE)) == heads
