"""What every test needs: a cache folder of its own, and the real pictures where they are."""

import os
import signal
from pathlib import Path

import pytest

# A job in the background of a shell ignores Ctrl-C, and so would every command that the tests start and interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    """No test reads or writes the user's cache."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("PELLUCID_CACHE", str(folder))
    return folder


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder that holds `cifar10/`; tests that use it are skipped where it is not."""
    folder = Path(os.environ.get("PELLUCID_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not (folder / "cifar10").is_dir():
        pytest.skip(
            f"the real pictures are not at {folder}/cifar10: set PELLUCID_DATA to the folder that holds cifar10/"
        )
    return folder
