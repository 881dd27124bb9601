"""While features are measured it is told how far that is, before all else."""

import io

from rich.console import Console

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
    import pellucid as pl

    monkeypatch.setattr("pellucid.preprocessing.kept_features._WORTH", 0)
    digits, told = pl.load("digits"), []
    pl.fit(digits, pl.Recipe(features="hog:cell=4,block=1", epochs=1), listener=told.append, engine="numpy")
    names = [event["event"] for event in told]
    assert names[names.count("measuring")] == "ready"
    assert told[names.count("measuring") - 1] == {"event": "measuring", "done": 1797, "pictures": 1797}
