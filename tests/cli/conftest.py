"""A stranger's folder: a few small photographs in class folders, and a run that was trained on them."""

import shutil
import signal
from pathlib import Path

import pytest
from photographs import class_folders

from pellucid.cli.main import _status


@pytest.fixture(autouse=True)
def own_signals():
    """A command that was interrupted in this process leaves it deaf to signals: it is made to hear again."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The working folder of the command; the compiler's settings are those of the whole process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("pellucid.arrays.compile.keep_programs", lambda: None)
    monkeypatch.setattr("pellucid.cli.running.keep_programs", lambda: None)
    return tmp_path


@pytest.fixture
def photos(here):
    """36 pictures, 12 by 12, of three classes."""
    return class_folders(here / "photos", {"red": 12, "green": 12, "blue": 12})


@pytest.fixture
def pellucid(here, capfd):
    """Runs a command in this process → its exit status, standard output and standard error."""

    def run(*words):
        capfd.readouterr()
        status = _status([str(word) for word in words], debug=False)
        return status, *capfd.readouterr()

    return run


@pytest.fixture(scope="session")
def trained_once(tmp_path_factory):
    """A finished run on pictures like `photos`."""
    folder = tmp_path_factory.mktemp("trained")
    data = class_folders(folder / "photos", {"red": 12, "green": 12, "blue": 12})
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("PELLUCID_CACHE", str(folder / "cache"))
        patch.setattr("pellucid.cli.running.keep_programs", lambda: None)
        words = ["train", data.name, "--engine", "numpy", "--epochs", "6", "--size", "12", "--output", "run"]
        assert _status(words, debug=False) == 0
    return folder / "run"


@pytest.fixture
def run(trained_once, here):
    """A copy of the finished run, to be looked at or spoiled."""
    return Path(shutil.copytree(trained_once, here / "run"))
