"""A file is there whole or not at all, whatever the disk does."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pellucid.storage import atomic
from pellucid.storage.atomic import make_folder, write_bytes, write_text, writing
from pellucid.storage.errors import Error, StorageError

SENTENCES = {
    errno.ENOSPC: "no room left on the disk",
    errno.EDQUOT: "no room left on the disk",
    errno.EFBIG: "no room left on the disk",
    errno.EROFS: "may not be written to",
    errno.EACCES: "may not be written to",
    errno.EIO: "writing failed",
}
STEPS = ("mkstemp", "write", "fsync", "chmod", "replace", "open", "fsync folder")


def fail_at(monkeypatch, step, number):
    """Make one step of writing fail as the operating system would."""
    error = OSError(number, os.strerror(number))

    def raising(*args, **kwargs):
        raise error

    if step == "mkstemp":
        monkeypatch.setattr(atomic.tempfile, "mkstemp", raising)
    elif step == "write":
        real = os.fdopen

        monkeypatch.setattr(atomic.os, "fdopen", lambda handle, mode: Refusing(real(handle, mode), error))
    elif step == "open":
        real_open = os.open
        monkeypatch.setattr(
            atomic.os,
            "open",
            lambda path, *a, **k: raising() if os.path.isdir(path) else real_open(path, *a, **k),
        )
    elif step == "fsync folder":
        real_flush = os.fsync
        calls = []

        def second(handle):
            calls.append(handle)
            if len(calls) == 2:
                raise error
            real_flush(handle)

        monkeypatch.setattr(atomic.os, "fsync", second)
    else:
        monkeypatch.setattr(atomic.os, step, raising)


class Refusing:
    """A file that takes half of what it is given, and then nothing."""

    def __init__(self, file, error):
        self.file, self.error = file, error

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.file.close()

    def write(self, content):
        self.file.write(content[: len(content) // 2])
        raise self.error


@pytest.mark.parametrize("number", SENTENCES)
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("before", [b"the old content", None])
def test_a_failure_at_any_step_leaves_the_old_or_the_new(tmp_path, monkeypatch, step, number, before):
    path = tmp_path / "run.json"
    if before is not None:
        path.write_bytes(before)
    new = b"the new content" * 100
    with monkeypatch.context() as patch:
        fail_at(patch, step, number)
        with pytest.raises(StorageError, match=SENTENCES[number]) as caught:
            write_bytes(path, new)
    assert str(path) in str(caught.value)
    assert "(1,500 bytes needed)" in str(caught.value)
    assert isinstance(caught.value.__cause__, OSError)
    # Once it was renamed it is the new one; the disk's word that it will stay is what is missing then.
    after_rename = step in ("open", "fsync folder")
    assert (path.read_bytes() if path.exists() else None) == (new if after_rename else before)
    assert sorted(os.listdir(tmp_path)) == ([path.name] if path.exists() else [])


def test_what_is_written_is_there(tmp_path):
    path = tmp_path / "a file"
    write_bytes(path, b"1" * 100_000)
    write_text(path, "ünï\udcff")
    assert path.read_bytes() == "ünï".encode() + b"\xff"
    assert os.listdir(tmp_path) == ["a file"]


def test_the_usual_permissions(tmp_path):
    mask = os.umask(0o027)
    try:
        write_bytes(tmp_path / "file", b"")
        assert os.umask(0o027) == 0o027
    finally:
        os.umask(mask)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("error", [RuntimeError("stop"), KeyboardInterrupt(), ValueError("no")])
def test_an_error_in_the_block_writes_nothing_and_stays_what_it_is(tmp_path, error):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def stopped():
        with writing(path) as file:
            file.write(b"half of")
            raise error

    with pytest.raises(type(error)) as caught:
        stopped()
    assert caught.value is error
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("error", [ConnectionResetError("gone"), TimeoutError("late")])
def test_a_network_that_fails_in_the_block_is_not_the_disk(tmp_path, error):
    with pytest.raises(type(error)) as caught, writing(tmp_path / "file"):
        raise error
    assert not isinstance(caught.value, Error)


def test_another_file_that_is_missing_is_not_taken_for_this_one(tmp_path):
    with pytest.raises(FileNotFoundError, match="elsewhere") as caught, writing(tmp_path / "file"):
        (tmp_path / "elsewhere").read_bytes()
    assert not isinstance(caught.value, StorageError)


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(StorageError, match=r"run\.json: the folder .*nowhere does not exist. Make it first"):
        write_bytes(tmp_path / "nowhere" / "run.json", b"")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match="does not exist"):
        write_bytes(tmp_path / "file" / "run.json", b"")
    with pytest.raises(StorageError, match="writing failed"):
        make_folder(tmp_path / "file")
    with pytest.raises(StorageError, match="does not exist"):
        make_folder(tmp_path / "file" / "below")
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()


def test_a_folder_in_the_place_of_the_file(tmp_path):
    (tmp_path / "run.json").mkdir()
    with pytest.raises(StorageError, match=r"run\.json: writing failed.*directory"):
        write_bytes(tmp_path / "run.json", b"x")
    assert os.listdir(tmp_path) == ["run.json"]


@pytest.mark.parametrize(
    "name", ["x" * 250, "line\nbreak", "ünïcödé", b"\xff\xfe".decode("utf-8", "surrogateescape")]
)
def test_names_that_are_long_or_strange(tmp_path, name):
    write_bytes(tmp_path / name, b"here")
    assert (tmp_path / name).read_bytes() == b"here"
    with pytest.raises(StorageError) as caught:
        write_bytes(tmp_path / "nowhere" / name, b"")
    str(caught.value).encode("utf-8")
    assert "\n" not in str(caught.value)


FULL = """
import resource, signal, sys
from pellucid.storage.atomic import write_bytes
from pellucid.storage.errors import StorageError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
try:
    write_bytes(sys.argv[1], b"n" * 50_000)
except StorageError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
def test_a_disk_that_is_really_full(tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"old")
    done = subprocess.run([sys.executable, "-c", FULL, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"{path}: no room left on the disk (50,000 bytes needed).")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == [path.name]


KILLED = """
import os, sys
from pellucid.storage.atomic import writing
with writing(sys.argv[1]) as file:
    file.write(b"new" * 10_000)
    file.flush()
    os.kill(os.getpid(), 9)
"""


def test_a_process_that_is_killed_while_writing_leaves_the_old(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert done.returncode != 0
    assert path.read_bytes() == b"old"
    write_bytes(path, b"newer")
    assert path.read_bytes() == b"newer"


def test_a_file_system_that_cannot_flush_a_folder_is_forgiven(tmp_path, monkeypatch):
    real = os.fsync

    def flush(handle):
        if Path(f"/proc/self/fd/{handle}").is_dir():
            raise OSError(errno.EINVAL, "Invalid argument")
        real(handle)

    monkeypatch.setattr(atomic.os, "fsync", flush)
    write_bytes(tmp_path / "file", b"here")
    assert (tmp_path / "file").read_bytes() == b"here"
