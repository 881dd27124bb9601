"""The fenced blocks of a page, and whether its Python prints what stands below it."""

import re

import pytest

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
DECIMAL = re.compile(r"\d+\.\d+")


def blocks(page):
    """(kind, text) of each fenced block of the page, in order."""
    return FENCE.findall(page.read_text("utf-8"))


def comparable(text):
    """Without space at the ends of lines, and blank lines around."""
    return "\n".join(line.rstrip() for line in text.splitlines()).strip("\n")


def assert_same(printed, expected):
    """The same text, apart from space where nobody sees it."""
    assert comparable(printed) == comparable(expected)


def assert_alike(printed, expected):
    """The same text, and in it numbers with a point that differ by no more than two in a hundred, or 0.02: their last
    digits differ from machine to machine."""
    assert DECIMAL.sub("#", comparable(printed)) == DECIMAL.sub("#", comparable(expected))
    wanted = [float(number) for number in DECIMAL.findall(expected)]
    assert [float(number) for number in DECIMAL.findall(printed)] == pytest.approx(wanted, rel=0.02, abs=0.02)


def python_as_printed(page, printed, check=assert_same):
    """Run the page's Python from top to bottom; what each block prints is checked against the text block that follows
    it, or against nothing. The names that it leaves.

    `printed` gives what was printed since it was last called.
    """
    names, found = {}, blocks(page)
    for (kind, text), (following, expected) in zip(found, [*found[1:], ("", "")], strict=True):
        if kind == "python":
            exec(compile(text, str(page), "exec"), names)
            check(printed(), expected if following == "text" else "")
    return names
