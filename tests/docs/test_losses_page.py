"""docs/losses.md does what it says: its Python runs and prints what stands below, and its table is whole and true."""

import inspect
import re
from pathlib import Path

import pytest
from page_blocks import blocks, python_as_printed

from pellucid.losses import initial_loss, loss_named
from pellucid.losses.names import NAMES

PAGE = Path(__file__).parents[2] / "docs" / "losses.md"
TEXT = PAGE.read_text("utf-8")
ROWS = re.findall(r"^\| `(\w+)\((.*?)\)` \| (.+?) \| (.*?) ?\|$", TEXT, re.MULTILINE)


def test_the_python_runs_and_prints_what_stands_below(capsys):
    python_as_printed(PAGE, lambda: capsys.readouterr().out)
    assert sum(kind == "python" for kind, _ in blocks(PAGE)) >= 16


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
        for head in re.findall(r"^## (.+)$", TEXT, re.M)
    }
    assert set(re.findall(r"\]\(#(.+?)\)", TEXT)) == heads
