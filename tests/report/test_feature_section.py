"""The report of a model on features: what it sees, what the features learned, what it looks for, what counted."""

import re
from dataclasses import replace

import numpy as np
import pytest

import pellucid as pl
from pellucid.report.document import report
from pellucid.report.material import Material

FEATURES = "hog:cell=2,block=2+thumbnail:grid=2+words:words=6,patch=3,patches=600"


@pytest.fixture(scope="module")
def digits():
    whole = pl.load("digits")
    return replace(whole, images=whole.images[:300], labels=whole.labels[:300], origins=whole.origins[:300],
                   split=np.repeat(np.array([0, 1, 2], np.int8), 100))  # fmt: skip


def page_of(dataset, **settings):
    outcome = pl.fit(dataset, pl.Recipe(epochs=3, **settings), engine="numpy")
    return report(Material(dataset, outcome.classifier, outcome.evaluations, outcome.events, outcome.run))


@pytest.fixture(scope="module")
def page(digits):
    return page_of(digits, features=FEATURES)


def section_of(page, name):
    return page.partition(f'<section id="{name}"')[2].partition("</section>")[0]


def test_it_shows_what_the_model_sees_what_was_learned_and_the_classes(page):
    assert '<a href="#features">Features</a>' in page
    section = section_of(page, "features")
    assert "What the model sees" in section
    for heading in ("the picture", "edges over the picture", "what hog keeps", "what the words keep"):
        assert section.count(f"<figcaption>{heading}</figcaption>") == 4
    assert "words: the codebook" in section
    for name in range(10):
        assert f'alt="Weights of hog for {name}"' in section
        assert f'alt="Weights of words for {name}"' in section
    # Each class has three words, each with its pattern and eight patches.
    assert len(re.findall(r'<span class="small">word \d</span>', section)) == 30
    assert len(re.findall(r'class="t q3x3x q3x3x\d"', section)) == 30 * 9
    assert ".q3x3x0{background-image" in page


def test_the_cards_name_what_counted_where(page):
    section = section_of(page, "close")
    cards = section.count("<li><h3>")
    assert cards == 6
    lines = re.findall(
        r"<li><span class=\"t i i\d\".*?</span><span class=\"t l l\d\".*?</span><span>(.*?)<br>", section
    )
    assert len(lines) == cards * 6
    assert all(re.fullmatch(r"hog cell \d,\d|thumbnail field \d,\d|word \d", line) for line in lines)
    assert "+ features</th>" in section
    assert "rounded in float32" not in section


def test_a_network_on_features_shows_them_without_weights(digits):
    section = section_of(
        page_of(digits, features="hog:cell=2,block=2", model="mlp", network={"hidden": (8,)}), "features"
    )
    assert "what hog keeps" in section
    assert "What it looks for" not in section


def test_components_are_shown_and_pixels_have_no_section(digits):
    assert "principal components" in section_of(page_of(digits, features="pca:components=9"), "features")
    assert 'id="features"' not in page_of(digits)
