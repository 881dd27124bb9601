"""The report's section of suspect labels shows what was changed on purpose, and only pictures that were held out."""

import re
from dataclasses import replace

import numpy as np
import pytest

from pellucid.data.load import load
from pellucid.inspection.metrics import Evaluation
from pellucid.report.document import report
from pellucid.report.material import Material
from pellucid.report.suspect_labels import held_out_doubts
from pellucid.training.recipe import Recipe
from pellucid.training.trainer import fit


@pytest.fixture
def mislabelled(make_run):
    """A run on clear pictures of which six in the test part, and six in the training part, are labelled otherwise."""
    arguments = make_run(noise=20, n=240)
    dataset = arguments["dataset"]
    wrong = np.concatenate([dataset.part(part).rows[:6] for part in ("test", "train")])
    labels = dataset.labels.copy()
    labels[wrong] = (labels[wrong] + 1) % 4
    arguments["dataset"] = replace(dataset, labels=labels)
    arguments["evaluations"] = {
        part: Evaluation(part, each.classes, each.rows, labels[each.rows], each.scores, each.probabilities)
        for part, each in arguments["evaluations"].items()
    }
    return arguments, wrong[:6], dataset.labels[wrong[:6]]


def section(page):
    return re.search(r'<section id="suspects".*?</section>', page, re.DOTALL)[0]


def test_what_was_mislabelled_is_shown_with_what_it_looks_like(mislabelled):
    arguments, wrong, truth = mislabelled
    found = section(report(Material(**arguments)))
    assert "Of 6\u00a0pictures that it was not trained on the label is doubtful" in found
    assert "pellucid data photos/ --suspects" in found
    said = re.findall(r'labelled <b class="is">(.*?)</b>,<br>looks like <b class="said">(.*?)</b>', found)
    names, labels = arguments["dataset"].classes, arguments["dataset"].labels
    assert sorted(said) == sorted(
        (names[labels[row]], names[true]) for row, true in zip(wrong, truth, strict=True)
    )
    assert set(re.findall(r'title="(\d+)\.jpg"', found)) == {f"{row:04d}" for row in wrong}


def test_votes_of_a_single_neighbor_doubt_nothing():
    """Of a class without a vote all that is known is that it has none: every mistake would be a suspect label."""
    digits = load("digits")
    digits = digits.with_split(np.where(np.arange(len(digits)) < 400, digits.split, -1))
    outcome = fit(digits, Recipe(model="knn", neighbors=1))
    assert not all(each.correct.all() for each in outcome.evaluations.values())
    assert held_out_doubts(outcome.classifier, outcome.evaluations) == []


def test_where_no_label_is_doubted_there_is_no_section(make_run):
    assert 'id="suspects"' not in report(Material(**make_run(noise=20)))
