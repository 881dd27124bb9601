"""docs/graph.md does what it says: its Python runs, its commands run, and both print what stands below them."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from page_blocks import assert_same, blocks, python_as_printed

from pellucid.cli import main
from pellucid.graph import OPERATIONS
from pellucid.graph.expression import CHARACTERS, EXPONENT, expression
from pellucid.graph.expression_functions import FUNCTIONS
from pellucid.graph.expression_text import DEPTH

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "graph.md"


@pytest.fixture
def own_operations():
    """The operations of the page are forgotten again: other tests walk the list of all."""
    before = dict(OPERATIONS)
    yield
    OPERATIONS.clear()
    OPERATIONS.update(before)


@pytest.fixture
def printed(capsys):
    """What was printed since the last call, on both streams."""

    def text():
        said = capsys.readouterr()
        return said.out + said.err

    return text


def check(printed, expected):
    """The same, but for how large rounding errors were: that differs from processor to processor."""
    assert_same(
        *(re.sub(r"(relative error )\S+(, right| on NumPy)", r"\1#\2", text) for text in (printed, expected))
    )


def test_the_python_runs_and_prints_what_stands_below(own_operations, printed):
    names = python_as_printed(PAGE, printed, check)
    assert sum(kind == "python" for kind, _ in blocks(PAGE)) >= 12
    assert names["found"].error > 1e-2
    assert names["careless"] is not names["swish"]


CONSOLE = [text.partition("\n") for kind, text in blocks(PAGE) if kind == "console"]


@pytest.mark.parametrize(
    ("command", "expected"), [(c, e) for c, _, e in CONSOLE if c.startswith("$ pellucid graph ")]
)
def test_the_commands_print_what_stands_below(command, expected, printed):
    status = main._status(shlex.split(command)[2:], debug=False)
    check(printed(), expected)
    assert status == int(expected.startswith("pellucid: "))


def test_the_check_prints_what_stands_below(printed, tmp_path, monkeypatch):
    ((command, _, expected),) = [each for each in CONSOLE if not each[0].startswith("$ pellucid graph ")]
    assert command == "$ pellucid check runs/digits-softmax-1"
    monkeypatch.chdir(tmp_path)
    train = "train digits --epochs 5 --engine numpy --output runs/digits-softmax-1"
    assert main._status(train.split(), debug=False) == 0
    printed()
    assert main._status(shlex.split(command)[2:], debug=False) == 0

    def words(text):
        """Without numbers that differ in their last digits, and without the order and the places, which are where
        rounding fell."""
        lines = [re.sub(r"worst at .*", "worst at", line) for line in text.strip().splitlines()]
        return sorted(re.sub(r"\d+\.\d+(e[+-]\d+)?|\d+e[+-]\d+", "#", line) for line in lines)

    assert words(printed()) == words(expected)


def test_every_picture_and_every_place_on_the_page_is_there():
    page = PAGE.read_text("utf-8")
    pictures = re.findall(r"!\[.+?\]\((.+?)\)", page)
    assert len(pictures) >= 6
    assert all((DOCS / picture).is_file() for picture in pictures)
    heads = {
        re.sub(r"[^\w\- ]", "", head).lower().replace(" ", "-")
        for head in re.findall(r"^## (.+)$", page, re.M)
    }
    linked = set(re.findall(r"\]\(#(.+?)\)", page))
    assert linked == heads


def test_the_table_of_expressions_is_whole_and_true():
    page = PAGE.read_text("utf-8")
    table = page[page.index("## What can be written") : page.index("An expression is read")]
    assert all(re.search(rf"`{re.escape(name)}[`(]", table) for name in FUNCTIONS)
    assert f"at most {EXPONENT:,}" in table
    assert f"{CHARACTERS:,} characters long and {DEPTH} brackets deep" in page
    values = {"x": [1.0, 2.0], "y": [3.0, 4.0], "W": [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]}
    for text in (
        "[x, y]",
        "W[0]",
        "W[0, 2]",
        "W.T",
        "leaky_relu(x, .01)",
        "elu(x, 1)",
        "clip(x, 0, 1)",
        "where(x > 0, x, y)",
    ):
        assert f"`{text}`" in table
        expression(text, values)
    for name in ("sum", "mean", "logsumexp", "norm"):
        assert expression(f"{name}(W, axis=0)", values).shape == (3,)


@pytest.mark.parametrize(
    ("text", "values", "slopes"),
    [
        ("max(x, y)", {"x": 2.0, "y": 2.0}, {"x": 1.0, "y": 0.0}),
        ("max(x)", {"x": [2.0, 2.0, 1.0]}, {"x": [0.5, 0.5, 0.0]}),
        ("relu(x) + abs(x)", {"x": 0.0}, {"x": 0.0}),
        ("clip(x, -1, 1)", {"x": 1.0}, {"x": 1.0}),
        ("where(x > 0, 2, 3) * y", {"x": 1.0, "y": 1.0}, {"x": 0.0, "y": 2.0}),
    ],
)
def test_the_fine_print_is_true(text, values, slopes):
    import pellucid as pl

    named = dict(zip(values, pl.variables(**values), strict=True))
    flow = pl.gradients(expression(text, named), of=named.values())
    for name, slope in slopes.items():
        np.testing.assert_array_equal(flow[named[name]], slope)
