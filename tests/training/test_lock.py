"""One process a folder."""

import os
import subprocess
import sys

import pytest

from pellucid.storage.errors import InputError
from pellucid.training.lock import Lock

HOLDER = """
import sys, time
from pathlib import Path
from pellucid.training.lock import Lock
with Lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_process_is_refused_and_a_dead_one_is_not_waited_for(tmp_path):
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE)
    try:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(InputError, match=f"process {holder.pid} is training here.*kill {holder.pid}"):
            Lock(tmp_path)
    finally:
        holder.kill()
        holder.communicate()
    assert (tmp_path / ".lock").exists()
    with Lock(tmp_path):
        assert (tmp_path / ".lock").read_text() == str(os.getpid())
    assert not (tmp_path / ".lock").exists()


def test_a_living_process_that_has_the_number_of_a_dead_owner_is_no_owner(tmp_path):
    (tmp_path / ".lock").write_text(str(os.getppid()) + "0000")
    with Lock(tmp_path):
        assert (tmp_path / ".lock").read_text() == str(os.getpid())
    (tmp_path / ".lock").write_text(str(os.getppid()))
    with Lock(tmp_path):
        pass


def test_a_file_that_its_owner_takes_away_meanwhile_is_not_held(tmp_path, monkeypatch):
    """Two would hold a lock each: one on the file, and one on a file that nobody can see."""
    from pellucid.training import lock

    first = lock._taken

    def taken_too_late(handle):
        monkeypatch.setattr(lock, "_taken", first)
        (tmp_path / ".lock").unlink()
        return first(handle)

    monkeypatch.setattr(lock, "_taken", taken_too_late)
    with Lock(tmp_path), pytest.raises(InputError, match=f"process {os.getpid()} is training here"):
        Lock(tmp_path)
