"""The report of a network: its first layer, what excites its units."""

import re

import pellucid as pl
from pellucid.report.document import report
from pellucid.report.material import Material


def test_the_units_of_a_network_have_a_section_with_their_pictures():
    digits = pl.load("digits")
    recipe = pl.Recipe(model="mlp", epochs=2, network={"hidden": (5,)})
    outcome = pl.fit(digits, recipe, engine="numpy")
    page = report(Material(digits, outcome.classifier, outcome.evaluations, outcome.events, outcome.run))
    assert '<a href="#units">Units</a>' in page
    section = page.partition('<section id="units"')[2].partition("</section>")[0]
    assert "Of its first hidden layer all 5\u00a0units" in section
    assert len(re.findall(r"<h3><b>unit \d</b>", section)) == 5
    assert section.count('role="img"') == 5 * 8
    for told in re.findall(r"<small>(.*?)</small>", section):
        assert re.fullmatch(r"speaks for \d; pictures of \d\u00a0\([1-8]\)(, \d\u00a0\([1-8]\))?", told), told


def test_a_linear_classifier_has_no_units():
    digits = pl.load("digits")
    outcome = pl.fit(digits, pl.Recipe(epochs=1), engine="numpy")
    page = report(Material(digits, outcome.classifier, outcome.evaluations, outcome.events, outcome.run))
    assert 'id="units"' not in page
