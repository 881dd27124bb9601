"""Charts put numbers where they belong."""

import re
import xml.etree.ElementTree as xml

import numpy as np
import pytest

from pellucid.inspection.calibration import reliability
from pellucid.report.charts import Line, Whisker, dot_chart, line_chart, reliability_chart, short
from pellucid.report.markup import count, duration, escape, number, percent, size
from pellucid.report.sheets import Sheets

WORDS = lambda v: f"{v:g}"


def points(svg):
    return [
        [tuple(map(float, pair.split())) for pair in path.split("L")]
        for path in re.findall(r'd="M([\d. L]+)"', svg)
    ]


def test_on_a_log_axis_equal_factors_are_equal_steps():
    svg = line_chart([Line("loss", [0, 1, 2], [100, 10, 1], "one")], "loss", WORDS, logarithmic=True)
    (line,) = points(svg)
    (x0, y0), (x1, y1), (x2, y2) = line
    assert y1 - y0 == pytest.approx(y2 - y1, abs=0.11)
    assert x1 - x0 == pytest.approx(x2 - x1, abs=0.11)
    assert y0 < y1 < y2
    xml.fromstring(svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" '))


def test_what_cannot_be_drawn_is_left_out():
    svg = line_chart(
        [Line("loss", [0, 1, 2, 3], [1.0, float("nan"), 0.0, 0.1], "one")], "loss", WORDS, logarithmic=True
    )
    assert len(points(svg)[0]) == 2
    assert line_chart([Line("loss", [0], [float("inf")], "one")], "loss", WORDS) == ""
    assert "nan" not in svg


@pytest.mark.parametrize("y", [[0.5], [0.3, 0.3], [1e-9, 1e9], [-1, 2], [0, 0]])
def test_few_equal_or_wild_values_are_drawn(y):
    svg = line_chart([Line("a", list(range(len(y))), y, "one")], "a", WORDS)
    for line in points(svg):
        assert all(0 <= x <= 460 and 0 <= v <= 250 for x, v in line)


def test_names_at_the_ends_do_not_cover_each_other():
    lines = [Line("a", [0, 1], [1, 0.5], "one"), Line("b", [0, 1], [1, 0.501], "two")]
    svg = line_chart(lines, "two", WORDS)
    ends = [float(y) for y in re.findall(r'class="(?:one|two)" x="[\d.]+" y="([\d.]+)"', svg)]
    assert abs(ends[0] - ends[1]) >= 14.9


def test_dots_stand_within_their_whiskers_and_unknown_values_have_none():
    rows = [Whisker("<a>", 0.5, 0.25, 0.75, "50 %"), Whisker("b", float("nan"), 0.0, 1.0, "–")]
    svg = dot_chart(rows, "share")
    assert "&lt;a&gt;" in svg
    dots = [float(x) for x in re.findall(r'class="dot one" cx="([\d.]+)"', svg)]
    spans = [(float(a), float(b)) for a, b in re.findall(r'd="M([\d.]+) [^"]*H([\d.]+)m', svg)]
    assert len(dots) == 1
    assert len(spans) == 2
    assert dots[0] == pytest.approx(sum(spans[0]) / 2, abs=0.1)


def test_long_names_keep_what_tells_them_apart():
    assert short("cat") == "cat"
    names = [short(f"species number {i} of the list") for i in range(20)]
    assert all(len(name) <= 16 for name in names)
    assert short("species number 17", 16) != short("species number 18", 16)


def test_the_reliability_chart_has_a_dot_for_each_filled_bin():
    p = np.array([[0.9, 0.1], [0.61, 0.39], [0.62, 0.38]])
    svg = reliability_chart(reliability(p, np.array([0, 0, 1])), "reliability")
    assert svg.count("<circle") == 2


def test_numbers_in_words():
    assert percent(0.39444) == "39.4\u202f%"
    assert percent(float("nan")) == percent(None) == number(None) == duration(None) == size(None) == "–"
    assert count(1, "picture") == "1\u00a0picture"
    assert count(12345, "class", "classes") == "12,345\u00a0classes"
    assert [duration(s) for s in (3.4e-6, 0.0123, 4.21, 185.2)] == [
        "3.4\u00a0µs",
        "12.3\u00a0ms",
        "4.2\u00a0s",
        "3\u00a0min 05\u00a0s",
    ]
    assert [size(n) for n in (812, 123_456, 1_400_000)] == ["812\u00a0B", "123\u00a0kB", "1.4\u00a0MB"]
    assert number(-0.5) == "−0.500"
    assert escape('<a href="x">\'&\udcff') == "&lt;a href=&quot;x&quot;&gt;&#x27;&amp;\\udcff"


def test_a_tile_shows_its_own_picture_of_the_sheet():
    import base64
    import io

    from PIL import Image

    sheets = Sheets("t", 5, 7)  # sides that are no multiple of JPEG's 8
    colors = np.arange(300) * 7 % 256
    pictures = np.broadcast_to(colors[:, None, None, None], (300, 5, 7, 1)).astype(np.uint8)
    html = sheets.tiles(pictures, [f"picture {i}" for i in range(300)], keys=list(range(300)))
    again = sheets.tiles(pictures[:1], ["the first again"], keys=[0])
    assert re.search(r"position:[^\"]*", again[0]).group() == re.search(r"position:[^\"]*", html[0]).group()
    style = sheets.style()
    uris = re.findall(r'url\("data:image/(?:png|jpeg);base64,([^"]+)"', style)
    assert len(uris) == 2
    opened = [np.asarray(Image.open(io.BytesIO(base64.b64decode(uri)))) for uri in uris]
    for i in (0, 17, 255, 256, 299):
        sheet, left, top = map(int, re.search(r't(\d)" .*position:-(\d+)px -(\d+)px', html[i]).groups())
        x, y = left // sheets.factor, top // sheets.factor
        np.testing.assert_array_equal(opened[sheet][y : y + 5, x : x + 7], np.full((5, 7, 3), colors[i]))
