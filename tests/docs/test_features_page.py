"""docs/features.md does what it says: its Python prints what stands below, its pictures are what is drawn today."""

import json
import re
import runpy
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from page_blocks import assert_alike, python_as_printed
from PIL import Image

from pellucid.features.hog import HoG

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "features.md"
TEXT = PAGE.read_text("utf-8")
PICTURES = sorted((ROOT / "docs" / "pictures" / "features").iterdir())


def test_the_python_prints_what_stands_below(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    python_as_printed(PAGE, lambda: capsys.readouterr().out, assert_alike)


@pytest.fixture(scope="module")
def drawings():
    return runpy.run_path(str(ROOT / "examples" / "draw_features.py"))["drawings"]()


def test_every_drawing_is_on_the_page(drawings):
    assert {path.name for path in PICTURES} == set(drawings)
    for name in drawings:
        assert f"](pictures/features/{name})" in TEXT


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.stem)
def test_no_drawing_is_out_of_date(path, drawings):
    """Last digits differ from machine to machine: of charts what can be read in them, of pictures the gray levels."""
    drawn, advice = drawings[path.name](), f"{path.name} is out of date: run python examples/draw_features.py"
    if path.suffix == ".svg":
        words = re.findall(r"<text[^>]*>(.*?)</text>", drawn)
        assert words == re.findall(r"<text[^>]*>(.*?)</text>", path.read_text("utf-8")), advice
        assert drawn.count("<circle ") == path.read_text("utf-8").count("<circle "), advice
        return
    with Image.open(path) as stored:
        assert stored.size == drawn.size, advice
        there = np.asarray(stored.convert("RGB"), np.int16)
    # The order of words in a codebook can change with the last digits of their frequencies.
    assert np.abs(there - np.asarray(drawn, np.int16)).mean() < 6, advice


def test_every_link_leads_somewhere():
    heads = {
        re.sub(r"[^\w\- ]", "", head).lower().replace(" ", "-")
        for head in re.findall(r"^## (.+)$", TEXT, re.MULTILINE)
    }
    prose = re.sub(r"^```\w*\n.*?^```$", "", TEXT, flags=re.DOTALL | re.MULTILINE)
    links = re.findall(r"\]\(([^)]+)\)", prose)
    assert {link[1:] for link in links if link.startswith("#")} == heads
    lost = [link for link in links if link[0] != "#" and not (PAGE.parent / link.partition("#")[0]).is_file()]
    assert not lost


def test_the_table_of_settings_is_whole():
    table = TEXT[TEXT.index("| setting |") : TEXT.index("For the same settings")]
    assert set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)) == {each.name for each in fields(HoG)}


def test_the_accuracies_are_those_that_were_measured():
    """Means over seeds, as the results of the benchmarks have them."""

    def measured(name, row):
        found = json.loads((ROOT / "benchmarks" / "results" / f"{name}.json").read_text("utf-8"))
        if "rows" in found:
            return 100 * float(np.mean([each["test"] for each in found["rows"][row]]))
        return float(re.search(rf"^\| {row} \| ([\d.]+) ", found["table"], re.MULTILINE)[1])

    for words, name, row in (
        ("linear, pixels", "accuracy", "CIFAR-10, softmax"),
        ("two layers, pixels", "network_accuracy", "two-layers"),
        ("three layers, pixels", "network_accuracy", "three-layers"),
        ("linear, edges and colors", "feature_accuracy", "hog-color-svm"),
        ("linear, 1,600 visual words in 3 × 3 fields", "feature_accuracy", "words-1600-thirds"),
        ("small convnet, mirror images and shifts", "network_accuracy", "convnet"),
    ):
        assert f"| {words} | {measured(name, row):.2f} % |" in TEXT
