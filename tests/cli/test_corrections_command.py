"""Corrections in every command that trains or judges; the folder of pictures stays as it is."""

import json

import pytest


@pytest.fixture
def table(photos):
    path = photos.parent / "corrections.csv"
    path.write_text(
        "picture,label,suggested,reason,action\n"
        "photos/red/0.png,red,green,label,relabel\n"
        "green/3.png,green,,double,remove\n"
        "blue/1.png,blue,red,label,\n"
    )
    return path


QUICK = ("--size", 12, "--engine", "numpy", "--epochs", 3)


def files(folder):
    return {path: path.read_bytes() for path in folder.rglob("*.png")}


def test_training_takes_them_and_the_run_says_so(pellucid, photos, table):
    before = files(photos)
    status, out, _ = pellucid("train", photos, *QUICK, "--corrections", table, "--output", "run")
    assert status == 0
    assert "1 relabelled, 1 left out" in out
    run = json.loads((photos.parent / "run/run.json").read_text())
    told = run["data"]["corrections"]
    assert (told["relabelled"], told["removed"], len(told["sha256"])) == (1, 1, 64)
    assert sum(run["data"]["counts"].values()) == 35
    verdicts = (photos.parent / "run/verdicts.csv").read_text()
    assert "green/3.png" not in verdicts
    assert files(photos) == before


def test_a_run_goes_on_with_the_same_table_only(pellucid, photos, table, monkeypatch):
    status, *_ = pellucid("train", photos, *QUICK, "--corrections", "corrections.csv", "--output", "run")
    assert status == 0
    elsewhere = photos.parent / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert pellucid("resume", "../run")[0] == 0  # the table is found where it stood
    table.write_text(table.read_text().replace("double,remove", "double,"))
    status, _, error = pellucid("resume", "../run")
    assert status == 1
    assert (
        "says other corrections than when this run began (1 relabelled and 1 left out then, 1 and 0 now)"
        in error
    )
    table.unlink()
    status, _, error = pellucid("resume", "../run")
    assert status == 1
    assert "there is no such file" in error


def test_judging_comparing_and_searching_take_them(pellucid, photos, table, run):
    status, out, _ = pellucid("evaluate", run, photos, "--corrections", table, "--json")
    assert status == 0
    assert json.loads(out)["pictures"] == 35
    words = ("--size", 12, "--engine", "numpy", "--corrections", table, "--json")
    status, out, _ = pellucid(
        "compare", photos, "--models", "softmax", "--epochs", 2, *words, "--output", "c"
    )
    assert status == 0
    assert (
        json.loads((photos.parent / "c/comparison.json").read_text())["data"]["corrections"]["removed"] == 1
    )
    status, out, _ = pellucid("search", photos, "--trials", 2, "--epochs", 2, *words, "--output", "s")
    assert status == 0
    assert json.loads((photos.parent / "s/search.json").read_text())["data"]["corrections"]["relabelled"] == 1


def test_a_bad_table_is_told_whole_and_nothing_is_trained(pellucid, photos, table):
    table.write_text(
        "picture,suggested,action\nred/0.png,gren,relabel\nred/99.png,,remove\nred/1.png,,delete\n"
    )
    status, _, error = pellucid("train", photos, *QUICK, "--corrections", table)
    assert status == 1
    for words in ("3 lines are wrong", "Did you mean green?", "red/99.png is no picture", "got 'delete'"):
        assert words in error
    assert not (photos.parent / "runs").exists()


def test_a_run_without_corrections_is_not_resumed_with_them(photos, table):
    from pellucid.data.load import load
    from pellucid.storage.errors import InputError
    from pellucid.training.facts import check_corrections

    data = load(photos, size=12, corrections=table)
    with pytest.raises(InputError, match=r"began with no corrections, and the data are loaded with those of"):
        check_corrections(photos, data, {"corrections": None})
    with pytest.raises(
        InputError, match=r"began with the corrections of a\.csv, and the data are loaded with none"
    ):
        check_corrections(photos, load(photos, size=12), {"corrections": {"file": "a.csv", "sha256": "0"}})
