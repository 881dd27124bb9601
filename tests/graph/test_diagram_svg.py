"""The SVG: well-formed, honest to the last digit, the same every time, readable in light and dark, fast."""

import base64
import io
import math
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest

from pellucid.graph import Tensor, variables
from pellucid.graph.algebra import affine
from pellucid.graph.diagram import diagram
from pellucid.graph.diagram_style import DARK, LIGHT
from pellucid.graph.elementwise import exp, maximum
from pellucid.graph.reductions import mean
from pellucid.graph.reductions import sum as total

SVG = "{http://www.w3.org/2000/svg}"


def parsed(loss, **options):
    return ElementTree.fromstring(diagram(loss, **options).svg())


def neuron():
    w0, x0, w1, x1, w2 = variables(w0=2.0, x0=-1.0, w1=-3.0, x1=-2.0, w2=-3.0)
    return 1.0 / (1.0 + exp(-(w0 * x0 + w1 * x1 + w2)))


def test_every_number_is_there_at_full_precision():
    root = parsed(neuron())
    last = root.findall(f".//{SVG}g[@data-node]")[-1]
    value, gradient = last.findall(f"{SVG}text[@data-v]")
    assert float(value.get("data-v")) == 1 / (1 + math.exp(-1))
    assert (value.text, value.get("class")) == ("0.731", "number value")
    assert (gradient.text, gradient.get("class")) == ("1", "number gradient")
    title = root.find(f".//{SVG}title").text
    assert title == "variable w0: value 2.0; gradient -0.19661193324148188"


def test_values_stand_above_gradients():
    for node in parsed(neuron()).findall(f".//{SVG}g[@data-node]"):
        value, gradient = node.findall(f"{SVG}text[@data-v]")
        assert float(value.get("y")) < 0 < float(gradient.get("y"))


def test_a_small_matrix_is_written_out_in_its_rows():
    (w,) = variables(W=[[0.1, 0.5], [-0.3, 0.8]])
    root = parsed(total(w * w))
    cells = root.find(f".//{SVG}g[@data-node]").findall(f"{SVG}text[@class='cell value']")
    assert [cell.text for cell in cells] == ["0.1", "0.5", "−0.3", "0.8"]
    assert cells[0].get("y") == cells[1].get("y")
    assert float(cells[0].get("x")) < float(cells[1].get("x"))
    assert cells[0].get("x") == cells[2].get("x")


def test_pictures_are_shown_as_pictures_and_weights_as_heat():
    from PIL import Image

    rng = np.random.default_rng(0)
    pictures = np.zeros((4, 48))
    pictures[0, ::3] = 1.0  # the first picture is all red
    w, b = variables(W=rng.normal(0, 1, (3, 48)), b=np.zeros(3))
    root = parsed(mean(affine(pictures, w, b)), picture_shape=(4, 4, 3))
    images = {}
    for node in root.findall(f".//{SVG}g[@data-node]"):
        found = node.find(f"{SVG}image")
        if found is not None:
            encoded = found.get("href").removeprefix("data:image/png;base64,")
            images[node.get("aria-label").split(":")[0]] = Image.open(io.BytesIO(base64.b64decode(encoded)))
    assert images["constant x"].getpixel((0, 0)) == (255, 0, 0)
    assert images["constant x"].size == (3 * 5 - 1, 2 * 5 - 1), "four pictures of 4 × 4, with lines between"
    assert images["variable W"].size == (14, 4)


def test_numbers_that_are_not_finite_are_said_and_drawn():
    (v,) = variables(v=np.array([1.0, np.nan, np.inf, -2.0, 5.0]))
    with np.errstate(all="ignore"):
        text = diagram(total(v * 2.0)).svg()
    assert "2 not finite" in text
    assert 'data-v="nan">NaN<' in text


def test_hostile_names_stay_text():
    hostile = Tensor(np.float64(2.0), name='</text><script>alert("x")</script>\x00\x1b[31m\ud800')
    text = diagram(exp(hostile)).svg()
    ElementTree.fromstring(text)
    text.encode("utf-8")
    assert "<script" not in text


def test_nodes_are_reachable_by_keyboard_and_named():
    root = parsed(neuron())
    assert root.get("role") == "group"
    assert root.get("aria-label") == "Computational graph of 13 nodes, result 0.7310585786300049"
    nodes = root.findall(f".//{SVG}g[@data-node]")
    assert len(nodes) == 13
    for node in nodes:
        assert node.get("tabindex") == "0"
        assert node.get("role") == "img"
        assert node.get("aria-label") == node.find(f"{SVG}title").text


def luminance(color: str) -> float:
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    bright, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
def test_contrast_is_at_least_aa(tokens):
    for text in ("ink", "muted", "value", "gradient"):
        assert contrast(tokens[text], tokens["paper"]) >= 4.5
    for ground in ("fill", "leaf"):
        assert contrast(tokens["ink"], tokens[ground]) >= 4.5
        assert contrast(tokens["muted"], tokens[ground]) >= 4.5
    for mark in ("edge", "line", "focus"):
        assert contrast(tokens[mark], tokens["paper"]) >= 3.0


def test_light_and_dark_and_a_pages_own_colors():
    text = diagram(neuron()).svg()
    style = re.search("<style>(.*)</style>", text)[1]
    assert "@media (prefers-color-scheme:dark)" in style
    assert f"--value:var(--graph-value,{LIGHT['value']})" in style
    assert f"--value:var(--graph-value,{DARK['value']})" in style
    assert f"fill:{LIGHT['value']};fill:var(--value)" in style, "without variables the first color holds"
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")


def test_the_same_graph_gives_the_same_bytes_in_every_process():
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); from test_blocks import chain; "
        "from pellucid.graph.diagram import diagram; "
        "import hashlib; print(hashlib.sha256(diagram(chain(40, decay=0.1)).svg().encode()).hexdigest())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", program, str(Path(__file__).parent)],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("0", "1")
    }
    assert len(found) == 1


def test_texts_have_room():
    """No text of a node is wider than the room the layout keeps for it, by the widths of DejaVu Sans, a wide font."""
    from PIL import ImageFont

    from pellucid.graph.exhibit import text_width

    try:
        font = ImageFont.truetype("DejaVuSans.ttf", 100)
    except OSError:
        pytest.skip("DejaVu Sans is not on this machine")
    for text in (
        "softmax cross-entropy",
        "−0.00534",
        "1.24×10⁻⁵",
        "max(·, 0)",
        "|∇| ≤ 0.029",
        "(8, 3072)",
        "W10",
        "Σ axis 0",
        "QDOG",
        "‖·‖",
        "½‖·‖²",
    ):
        assert font.getlength(text) <= text_width(text, 100)


def test_a_hundred_nodes_are_drawn():
    rng = np.random.default_rng(0)
    x = variables(**{f"x{i}": float(i) for i in range(1, 6)})
    hidden = []
    for _ in range(3):
        weights = [Tensor(np.float64(each), name=f"w{i}") for i, each in enumerate(rng.normal(0, 1, 5))]
        products = [w * v for w, v in zip(weights, x, strict=True)]
        hidden.append(maximum(products[0] + products[1] + products[2] + products[3] + products[4], 0.0))
    loss = exp(-(hidden[0] * hidden[1] * hidden[2])) + 1.0
    for _ in range(46):
        loss = loss * 1.01
    drawn = diagram(loss)
    assert 95 <= len(drawn.content) <= 105
    assert drawn.svg().count("<title>") >= len(drawn.nodes)
