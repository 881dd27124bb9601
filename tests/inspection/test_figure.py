"""A chart puts numbers where they belong, and leaves out what an axis cannot show."""

import re
import xml.etree.ElementTree as xml

import numpy as np
import pytest

from pellucid.inspection.axes import Axis, apart, log_ticks, tick_text, ticks
from pellucid.inspection.cells import Cells
from pellucid.inspection.charts import Panel, figure
from pellucid.inspection.contours import Contours, rings
from pellucid.inspection.marks import Arrow, Band, Bars, Curve, Dots, Note, Rule
from pellucid.storage.errors import InputError

NAN = float("nan")


def drawn(*marks, **settings):
    svg = figure([Panel(marks, **settings)], label="a <test>")
    xml.fromstring(svg)
    return svg


def dots(svg):
    return [
        tuple(map(float, place)) for place in re.findall(r'class="dot blue" cx="([\d.]+)" cy="([\d.]+)"', svg)
    ]


def test_equal_factors_are_equal_steps_on_a_logarithmic_axis():
    axes = {"x": Axis(logarithmic=True), "y": Axis(logarithmic=True)}
    (x0, y0), (x1, y1), (x2, y2) = dots(drawn(Dots([1, 10, 100], [5, 0.5, 0.05]), **axes))
    assert x1 - x0 == pytest.approx(x2 - x1, abs=0.11)
    assert y1 - y0 == pytest.approx(y2 - y1, abs=0.11)
    assert x0 < x1
    assert y0 < y1


def test_what_an_axis_cannot_show_breaks_the_line_and_has_no_dot():
    svg = drawn(Curve([0, 1, 2, 3, 4], [1, 2, NAN, 0.5, 1], dotted=True), y=Axis(logarithmic=True))
    assert svg.count("<circle") == 4
    assert re.search(r'class="line blue"[^>]*d="(.*?)"', svg).group(1).count("M") == 2
    assert "nan" not in svg
    lost = drawn(
        Dots([0], [-1]), Arrow(0, -1, 1, -1), Note(0, -1, "no"), Rule(y=-1), y=Axis(logarithmic=True)
    )
    assert "nan" not in lost
    assert "circle" not in lost


@pytest.mark.parametrize("y", [[0.5], [0.3, 0.3], [1e-9, 1e9], [-1, 2], [0, 0], [NAN], []])
def test_few_equal_wild_or_no_values_are_drawn(y):
    svg = drawn(Dots(list(range(len(y))), y, name="a"))
    assert all(0 <= a <= 640 and 0 <= b <= 340 for a, b in dots(svg))
    assert "nan" not in svg


def test_an_axis_that_goes_nowhere_is_refused():
    with pytest.raises(InputError, match=r"The axis 'rate' cannot go from 0 to 1"):
        drawn(Dots([1], [1]), x=Axis("rate", logarithmic=True, low=0))


def test_every_mark_is_there_and_its_words_are_safe():
    svg = drawn(
        Band([0, 1], [0, 0], [1, 2]),
        Bars([0, 1], [2, -1], texts=["<two>", "−1"]),
        Arrow(0, 0, 1, 1),
        Rule(x=0.5, name="here"),
        Rule(y=1.5, name="there"),
        Note(0, 0, "a & b"),
        Contours([0, 1], [0, 1], np.eye(2), [0.5]),
        Cells(np.array([[1.0, 0.0, -2.0]])),
        title="T",
        names="top",
    )
    assert all(word in svg for word in ("&lt;two&gt;", "here", "there", "a &amp; b", ">T<", "a &lt;test&gt;"))


def test_a_ring_is_where_the_height_is_the_level():
    y, x = np.mgrid[-2:2:41j, -2:2:41j]
    (ring,) = rings(-np.hypot(x, y), -1.5)
    radii = [np.hypot(a * 0.1 - 2, b * 0.1 - 2) for a, b in ring]
    np.testing.assert_allclose(radii, 1.5, atol=2e-3)
    hole = rings(np.hypot(x, y), 1.5)
    assert len(hole) == 2  # the circle, and the end of the grid
    reach = sorted(max(abs(a - 20) for a, _ in each) for each in hole)
    assert reach == [pytest.approx(15, abs=0.02), 20]
    assert rings(x, 3.0) == []
    (whole,) = rings(x, -3.0)
    assert {(min(a, 40 - a) == 0 or min(b, 40 - b) == 0) for a, b in whole} == {True}


def test_a_saddle_of_four_corners_does_not_tie_two_hills_together():
    assert len(rings(np.array([[1.0, 0.0], [0.0, 1.0]]), 0.5)) == 2


def test_exact_zeros_have_no_color_and_small_weights_have():
    svg = drawn(Cells(np.array([[0.0, 1e-9, -1.0, 1.0]])))
    squares = re.findall(r'class="area (\w+)" fill-opacity="([\d.]+)"', svg)
    assert squares == [("blue", "1.0"), ("orange", "0.1"), ("orange", "1.0")]


def test_ticks_are_round_and_few():
    assert ticks(0, 1) == [0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert log_ticks(0.9, 11) == [1, 2, 5, 10]
    powers = log_ticks(1e-16, 1)
    assert len(powers) <= 6
    assert [tick_text(v) for v in (1e-7, 0.01, 0, -20, 1e6)] == ["10⁻⁷", "0.01", "0", "−20", "10⁶"]
    assert apart([], 5) == []
    assert apart([0, 1], 5) == [-2, 3]


def test_panels_stand_in_rows():
    svg = figure([Panel([Dots([0], [0])])] * 3, label="three", width=200, height=100, columns=2)
    assert 'viewBox="0 0 400 200"' in svg
    assert "translate(0 100)" in svg
