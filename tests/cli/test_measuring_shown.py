"""While features are measured it is told how far that is, before all else."""

import io
from dataclasses import replace

import numpy as np
from rich.console import Console

import pellucid as pl
from pellucid.cli.console import counting_each
from pellucid.cli.training_screen import TrainingScreen

READY = {
    "event": "ready", "classes": 2, "pictures": {"train": 60}, "features": 12, "engine": "numpy", "why": "small",
    "recipe": {"model": "nearest-mean", "neighbors": None, "metric": None, "weights": None, "features": "hog",
        "seed": 0,
    },
}  # fmt: skip


def test_a_bar_moves_and_is_gone_when_training_is_ready():
    out = io.StringIO()
    with TrainingScreen(Console(file=out, force_terminal=True, width=100)) as screen:
        screen({"event": "measuring", "done": 25, "pictures": 60})
        screen({"event": "measuring", "done": 60, "pictures": 60})
        screen._measured.close()
        assert "Measuring" in out.getvalue()
        assert "60/60" in out.getvalue()
        screen(READY)
    assert out.getvalue().rstrip().endswith("small")


def test_without_a_terminal_there_is_a_line_every_few_seconds(monkeypatch):
    clock = iter([0.0, 3.0, 6.0, 6.0])
    monkeypatch.setattr("pellucid.cli.console.time.monotonic", lambda: next(clock))
    out = io.StringIO()
    with TrainingScreen(Console(file=out, width=100)) as screen:
        for done in (25, 50):
            screen({"event": "measuring", "done": done, "pictures": 60})
    assert out.getvalue() == "Measuring: 50 of 60 pictures\n"


def test_a_training_tells_it(tmp_path, monkeypatch):
    monkeypatch.setattr("pellucid.preprocessing.kept_features._WORTH", 0)
    digits, told = pl.load("digits"), []
    pl.fit(digits, pl.Recipe(features="hog:cell=4,block=1", epochs=1), listener=told.append, engine="numpy")
    names = [event["event"] for event in told]
    assert names[names.count("measuring")] == "ready"
    assert told[names.count("measuring") - 1] == {"event": "measuring", "done": 1797, "pictures": 1797}


def test_a_search_and_a_comparison_tell_it(tmp_path, monkeypatch):
    from pellucid.search.compare import compared
    from pellucid.search.ladder import ladder
    from pellucid.search.space import Choice, Space
    from pellucid.search.trials import Plan, searched

    monkeypatch.setattr("pellucid.preprocessing.kept_features._WORTH", 0)
    digits, softmax = pl.load("digits"), pl.Recipe(features="hog:cell=4,block=1", epochs=1)
    neighbors = pl.Recipe("knn", features="hog:cell=4,block=2")
    for recipe, name, values in ((softmax, "l2", (0.1, 0.2)), (neighbors, "neighbors", (1, 3))):
        told = []
        (tmp_path / name).mkdir()
        plan = Plan(recipe, Space({name: Choice(values)}), 2, engine="numpy")
        searched(digits, plan, tmp_path / name, told.append)
        assert {"event": "measuring", "done": 1797, "pictures": 1797} in told
    told = []
    list(
        compared(
            [digits],
            ladder(["softmax@hog:cell=2,block=1"])[1:],
            softmax,
            progress=lambda *step: told.append(step),
        )
    )
    assert told[0][0] == "pictures"
    assert told[-2:] == [("pictures", 1797, 1797), ("epochs", 1, 1)]


def test_one_bar_after_the_other():
    out = io.StringIO()
    with counting_each(Console(file=out, force_terminal=True, width=100)) as tell:
        tell("hog", "pictures", 5, 9)
        tell("hog", "epochs", 1, 4)
        tell("hog", "epochs", 4, 4)
    shown = [out.getvalue().index(text) for text in ("5/9", "4/4")]
    assert shown == sorted(shown)


def test_pictures_that_are_judged_are_counted_with_their_mirror_images():
    digits, told = pl.load("digits"), []
    classifier = pl.fit(digits, pl.Recipe(epochs=1), engine="numpy").classifier
    plain = classifier.scores(digits.images, progress=lambda *step: told.append(step))
    assert told == [(1797, 1797)]
    twice = replace(classifier, test_time_flips=True)
    twice.scores(digits.images, np.arange(900), lambda *step: told.append(step))
    assert told[1:] == [(900, 1800), (1800, 1800)]
    np.testing.assert_array_equal(classifier.scores(digits.images), plain)
