"""The drawings in docs/pictures are the ones that examples/draw_graphs.py draws."""

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def _drawings():
    spec = importlib.util.spec_from_file_location("draw_graphs", ROOT / "examples" / "draw_graphs.py")
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    return program.drawings()


@pytest.fixture(scope="module")
def drawings():
    return _drawings()


def texts(svg: str) -> list[str]:
    """All that can be read in a drawing. Full-precision numbers are left out: they depend on the machine's BLAS."""
    return re.findall(r"<text[^>]*>(.*?)</text>", svg)


def test_no_drawing_in_the_docs_is_out_of_date(drawings):
    files = {path.stem: path for path in (ROOT / "docs" / "pictures").glob("graph-*.svg")}
    assert set(files) == set(drawings)
    for name, drawn in drawings.items():
        assert texts(files[name].read_text(encoding="utf-8")) == texts(drawn.svg()), (
            f"docs/pictures/{name}.svg is out of date: run python examples/draw_graphs.py"
        )


def test_they_have_no_crossings_that_are_not_needed(drawings):
    crossings = {name: drawn.to_json()["crossings"] for name, drawn in drawings.items()}
    assert set(crossings.values()) == {0}, crossings
