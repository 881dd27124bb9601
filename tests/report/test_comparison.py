"""The comparison names the best, and says when that may be luck."""

from dataclasses import replace

import pytest

from pellucid.inspection.metrics import paired_test
from pellucid.report.comparison import write_comparison


def rung(name, evaluations, **more):
    return {
        "name": name,
        "evaluations": evaluations,
        "seconds": 1.5,
        "microseconds": 20,
        "bytes": 123_000,
    } | more


def worse(evaluation):
    scores = evaluation.scores.copy()
    scores[:, 0] += 100
    return replace(evaluation, scores=scores)


@pytest.fixture
def arguments(make_run):
    run = make_run(n=360, noise=90)
    good = run["evaluations"]
    bad = {part: worse(evaluation) for part, evaluation in good.items()}
    rungs = [rung("always <the first>", bad), rung("softmax", good, note="one template a class")]
    return {"dataset": run["dataset"], "rungs": rungs, "run": {"command": "pellucid compare photos/"}}


def text_of(path):
    return path.read_text("utf-8").replace("\u202f", " ").replace("\u00a0", " ")


def test_the_best_is_named_with_the_paired_test(tmp_path, arguments):
    write_comparison(tmp_path / "c.html", **arguments)
    text = text_of(tmp_path / "c.html")
    bad, good = (rung["evaluations"]["test"] for rung in arguments["rungs"])
    test = paired_test(good.correct, bad.correct)
    assert "softmax is best" in text
    assert f"{test.only_a} pictures only the first got right, {test.only_b} only the second" in text
    assert "comes by chance in less than 0.1 % of cases" in text
    assert "softmax was chosen because it is best on validation pictures" in text
    assert "&lt; 0.001" in text
    assert "always &lt;the first&gt;" in text
    assert "<the first>" not in text
    assert f"{100 * good.accuracy:.2f} %" in text
    assert "pellucid compare photos/" in text
    assert "123 kB" in text
    assert "20 µs" in text


def test_equal_models_cannot_be_told_apart(tmp_path, arguments):
    same = arguments["rungs"][1]
    write_comparison(tmp_path / "c.html", **(arguments | {"rungs": [same, rung("svm", same["evaluations"])]}))
    text = text_of(tmp_path / "c.html")
    assert "softmax and svm cannot be told apart." in text
    assert "comes by chance in 100.0 % of cases" in text


def test_the_validation_part_chooses_and_not_the_test_part(tmp_path, arguments):
    bad, good = (rung["evaluations"] for rung in arguments["rungs"])
    lucky = rung("lucky", {"validation": bad["validation"], "test": good["test"]})
    solid = rung("solid", {"validation": good["validation"], "test": bad["test"]})
    write_comparison(tmp_path / "c.html", **(arguments | {"rungs": [lucky, solid]}))
    text = text_of(tmp_path / "c.html")
    assert "solid was chosen, but lucky did better." in text
    assert "solid <b>(chosen)</b>" in text


def test_a_conclusion_that_is_given_stands_under_the_headline(tmp_path, arguments):
    run = arguments["run"] | {"conclusion": ["Take <softmax>.", "It is enough."]}
    write_comparison(tmp_path / "c.html", **(arguments | {"run": run}))
    text = text_of(tmp_path / "c.html")
    assert "<p>Take &lt;softmax&gt;. It is enough.</p>" in text
    assert "was chosen because" not in text


def test_other_pictures_are_not_paired(tmp_path, arguments):
    other = {part: replace(e, rows=e.rows + 1) for part, e in arguments["rungs"][1]["evaluations"].items()}
    rungs = [arguments["rungs"][0], rung("other", other)]
    write_comparison(tmp_path / "c.html", **(arguments | {"rungs": rungs}))
    assert "only the first got right" not in text_of(tmp_path / "c.html")


def test_folds_and_bare_numbers_are_enough(tmp_path, arguments):
    rungs = [
        {"name": "a", "accuracy": {"test": 0.5}, "pictures": {"test": 100}, "folds": [0.4, 0.5, 0.6]},
        {"name": "b", "folds": [0.7, 0.8]},
        {"name": "c"},
        {},
    ]
    write_comparison(tmp_path / "c.html", dataset=arguments["dataset"], rungs=rungs, run={})
    text = text_of(tmp_path / "c.html")
    assert "50.0 % ± 10.0 % (3 folds)" in text
    assert "40.4 % to 59.6 %" in text  # Wilson, 50 of 100
    assert "b is best" in text


def test_without_models_it_is_still_a_page(tmp_path, arguments):
    write_comparison(tmp_path / "c.html", **(arguments | {"rungs": []}))
    assert "Nothing has been measured yet" in text_of(tmp_path / "c.html")
