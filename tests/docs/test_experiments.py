"""The pages of docs/experiments do what they say: their Python prints what stands below it, the example of the same
name prints all of that too, and the pictures are the ones that it draws.

A page `learning-rates.md` has an example `learning_rates.py` with a function `picture()` that returns the SVG file
docs/pictures/experiments/learning-rates.svg. To draw one anew: python examples/learning_rates.py FILE.
"""

import re
import runpy
from pathlib import Path

import pytest
from page_blocks import blocks

ROOT = Path(__file__).parents[2]
INDEX = ROOT / "docs" / "experiments" / "README.md"
PAGES = sorted(path for path in INDEX.parent.glob("*.md") if path != INDEX)
LINK = re.compile(r"\]\(([^)#]+?)(?:#[^)]*)?\)")


def printed_below(page):
    """All output that stands on the page."""
    return "".join(text for kind, text in blocks(page) if kind == "text")


def skeleton(svg):
    """What does not depend on the last digits of a machine: all that can be read, and what is drawn how often."""
    words = re.findall(r"<text[^>]*>(.*?)</text>", svg)
    return words, {tag: svg.count(f"<{tag} ") for tag in ("circle", "rect", "svg")}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_python_prints_what_stands_below(page, capsys):
    names: dict = {}
    found = blocks(page)
    for (kind, text), (following, expected) in zip(found, [*found[1:], ("", "")], strict=True):
        if kind == "python":
            exec(compile(text, str(page), "exec"), names)
            assert capsys.readouterr().out == (expected if following == "text" else ""), text
    assert printed_below(page)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_example_prints_the_same_and_draws_the_picture(page, capsys, monkeypatch):
    example = ROOT / "examples" / f"{page.stem.replace('-', '_')}.py"
    monkeypatch.setattr("sys.argv", [str(example)])
    program = runpy.run_path(str(example))
    assert capsys.readouterr().out == printed_below(page)
    committed = ROOT / "docs" / "pictures" / "experiments" / f"{page.stem}.svg"
    assert skeleton(program["picture"]()) == skeleton(committed.read_text("utf-8")), (
        f"out of date: run python examples/{example.name} docs/pictures/experiments/{committed.name}"
    )


@pytest.mark.parametrize("page", [INDEX, *PAGES], ids=lambda page: page.stem)
def test_every_link_leads_somewhere(page):
    links = LINK.findall(page.read_text("utf-8"))
    assert links
    lost = [link for link in links if "://" not in link and not (page.parent / link).is_file()]
    assert not lost


def test_the_index_shows_every_page_with_its_picture():
    text = INDEX.read_text("utf-8")
    for page in PAGES:
        assert f"({page.name})" in text
        assert f"(../pictures/experiments/{page.stem}.svg)" in text
