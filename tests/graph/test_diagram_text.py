"""The table for the terminal."""

import numpy as np
import pytest
from test_blocks import chain, tangle

from pellucid.graph import OPERATIONS, Tensor, variables
from pellucid.graph.algebra import affine
from pellucid.graph.diagram import diagram
from pellucid.graph.elementwise import exp, maximum
from pellucid.graph.reductions import mean


def test_sum_and_product():
    x, y, z = variables(x=-2.0, y=5.0, z=-4.0)
    assert diagram((x + y) * z).text().splitlines() == [
        "    made from  value  gradient",
        "    x             −2        −4",
        "    y              5        −4",
        "#1  x + y          3        −4",
        "    z             −4         3",
        "#2  #1 × z       −12         1",
    ]


def formula(loss):
    return diagram(loss).text().splitlines()[-1].split("  ")[1].strip()


def test_operations_are_written_as_formulas():
    x, y = variables(x=2.0, y=3.0)
    assert formula(x / y) == "x ÷ y"
    assert formula(-x) == "−x"
    assert formula(1.0 / x) == "1/x"
    assert formula(x**2) == "x²"
    assert formula((x + y) ** 2) == "(#1)²"
    assert formula(maximum(x, 0.0)) == "max(x, 0)"
    assert formula(x - (-3.0)) == "x − (−3)"
    assert formula(-3.0 - x) == "−3 − x"
    assert formula(exp(x)) == "exp(x)"
    (v,) = variables(v=np.arange(6.0))
    assert formula(OPERATIONS["index"](v, key=slice(1, 4))) == "v[1:4]"


def test_arrays_have_a_shape_and_a_range():
    rng = np.random.default_rng(0)
    w, b = variables(W=rng.normal(0, 1, (10, 30)), b=np.zeros(10))
    lines = diagram(mean(affine(rng.normal(0, 1, (4, 30)), w, b))).text().splitlines()
    assert lines[0].split() == ["made", "from", "shape", "value", "gradient"]
    assert lines[1].split()[:3] == ["W", "(10,", "30)"]
    assert "…" in lines[1]
    assert "|∇| ≤ " in lines[1]
    assert lines[3].split()[:2] == ["x", "(constant)"]


@pytest.mark.parametrize(
    "loss", [chain(30, decay=0.1), tangle(500), chain(3, "a{0}" + "x" * 90 + " b{0}" + "y" * 90)]
)
def test_no_line_is_longer_than_80(loss):
    text = diagram(loss).text()
    assert max(map(len, text.splitlines())) <= 80
    assert all(line == line.rstrip() for line in text.splitlines())


def test_a_name_cannot_move_the_cursor():
    text = diagram(exp(Tensor(np.float64(1.0), name="\x1b[2J\nx"))).text()
    assert "\x1b" not in text
    assert len(text.splitlines()) == 3


def test_two_variables_of_one_name_are_told_apart():
    a, b = Tensor(np.float64(1.0), name="w"), Tensor(np.float64(2.0), name="w")
    lines = diagram(a * b).text().splitlines()
    assert "#1 variable w" in lines[1]
    assert "#2 variable w" in lines[2]
    assert "#1 × #2" in lines[3]
