"""docs/networks.md does what it says: its Python and its command print what stands below, its pictures are right."""

import json
import re
import runpy
import shlex
from pathlib import Path

import pytest
from page_blocks import assert_same, blocks, python_as_printed

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "networks.md"
TEXT = PAGE.read_text("utf-8")
PICTURES = sorted((ROOT / "docs" / "pictures" / "networks").glob("*.svg"))


def test_the_python_prints_what_stands_below(capsys):
    python_as_printed(PAGE, lambda: capsys.readouterr().out)


def test_the_command_prints_what_stands_below(capsys):
    ((command, _, expected),) = [text.partition("\n") for kind, text in blocks(PAGE) if kind == "console"]
    _, python, program = shlex.split(command)
    assert python == "python"
    runpy.run_path(str(ROOT / program), run_name="__main__")
    assert_same(capsys.readouterr().out, expected)


@pytest.fixture(scope="module")
def drawings():
    return runpy.run_path(str(ROOT / "examples" / "draw_networks.py"))["drawings"]()


def test_every_drawing_is_on_the_page(drawings):
    assert {path.stem for path in PICTURES} == set(drawings)
    for name in drawings:
        assert f"](pictures/networks/{name}.svg)" in TEXT


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.stem)
def test_no_drawing_is_out_of_date(path, drawings):
    """All that can be read in it, and what is drawn how often; last digits differ from machine to machine."""

    def skeleton(svg):
        words = re.findall(r"<text[^>]*>(.*?)</text>", svg)
        return words, {tag: svg.count(f"<{tag} ") for tag in ("circle", "svg", "rect")}

    assert skeleton(drawings[path.stem]()) == skeleton(path.read_text("utf-8")), (
        f"docs/pictures/networks/{path.name} is out of date: run python examples/draw_networks.py"
    )


def test_every_link_leads_somewhere():
    heads = {
        re.sub(r"[^\w\- ]", "", head).lower().replace(" ", "-")
        for head in re.findall(r"^## (.+)$", TEXT, re.MULTILINE)
    }
    links = re.findall(r"\]\(([^)]+)\)", TEXT)
    assert {link[1:] for link in links if link.startswith("#")} == heads
    lost = [link for link in links if link[0] != "#" and not (PAGE.parent / link.partition("#")[0]).is_file()]
    assert not lost


def test_the_numbers_of_depth_are_those_that_were_measured():
    found = json.loads((ROOT / "benchmarks" / "results" / "depth.json").read_text("utf-8"))
    for name, one in found["trained"].items():
        best = 100 * max(one["validation_accuracy"])
        assert f"| {name} | {one['loss'][0]:.2f} | {one['loss'][-1]:.2f} | {best:.1f} % |" in TEXT
        assert f"{one['parameters']:,} numbers to learn" in TEXT
    settings = found["settings"]
    assert f"{settings['pictures']:,} training pictures of CIFAR-10" in TEXT
    assert (settings["epochs"], settings["width"]) == (8, 8)
