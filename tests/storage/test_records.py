"""JSON files, and logs of which a crash can take the last line at most."""

import errno
import json
import os
import subprocess
import sys

import pytest

from pellucid.storage import records
from pellucid.storage.errors import FileError, StorageError
from pellucid.storage.records import Log, read_json, read_log, write_json


def test_json_there_and_back(tmp_path):
    content = {
        "name": "Zoë",
        "path": b"\xff.jpg".decode("utf-8", "surrogateescape"),
        "n": [1, 2.5, None, True],
    }
    write_json(tmp_path / "a.json", content)
    assert read_json(tmp_path / "a.json") == content
    assert (tmp_path / "a.json").read_bytes().endswith(b"}\n")


@pytest.mark.parametrize("content", [b"", b"{", b'{"a": 1', b"\x00\x01", b"{'a': 1}", b"[" * 100_000])
def test_json_that_is_damaged(tmp_path, content):
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(FileError, match=r"a\.json: not a whole JSON file .*Restore it from a copy"):
        read_json(tmp_path / "a.json")


def test_json_that_is_not_there(tmp_path):
    with pytest.raises(FileError, match=r"a\.json: cannot be read: No such file"):
        read_json(tmp_path / "a.json")
    with pytest.raises(FileError, match="cannot be read: Is a directory"):
        read_json(tmp_path)


def test_no_number_that_json_has_no_word_for(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "a.json", {"loss": float("nan")})
    assert os.listdir(tmp_path) == []


def test_a_log_there_and_back_and_on(tmp_path):
    path = tmp_path / "events.jsonl"
    log = Log(path)
    log.add(event="start", name="Zoë\n\u2028")
    assert read_log(path) == [{"event": "start", "name": "Zoë\n\u2028"}]  # flushed, not yet closed
    log.add(event="epoch", loss=0.5)
    log.close()
    log.close()
    log = Log(path)
    log.add(event="end")
    log.close()
    assert [record["event"] for record in read_log(path)] == ["start", "epoch", "end"]
    assert path.read_bytes().count(b"\n") == 3


def test_a_log_cut_at_any_byte_loses_the_last_record_at_most(tmp_path):
    whole = tmp_path / "whole.jsonl"
    log = Log(whole)
    for number in range(3):
        log.add(number=number, text="ö" * 3)
    log.close()
    content = whole.read_bytes()
    path = tmp_path / "cut.jsonl"
    for length in range(len(content) + 1):
        path.write_bytes(content[:length])
        complete = content[:length].count(b"\n")
        # A record whose line feed alone was cut off is whole.
        kept = complete + (content[length : length + 1] == b"\n")
        assert [record["number"] for record in read_log(path)] == list(range(kept))
        log = Log(path)
        log.add(number=99)
        log.close()
        assert [record["number"] for record in read_log(path)] == [*range(kept), 99], length


def test_lines_that_are_no_records_are_left_out(tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_bytes(b'{"a": 1}\n\n[1]\nnull\n{"b"\n\xff\xfe\n' + b"[" * 100_000 + b'\n{"c": 3}\n')
    assert read_log(path) == [{"a": 1}, {"c": 3}]


def test_a_log_that_is_not_there(tmp_path):
    with pytest.raises(FileError, match=r"events\.jsonl: cannot be read: No such file"):
        read_log(tmp_path / "events.jsonl")
    with pytest.raises(StorageError, match=r"the folder .*nowhere does not exist"):
        Log(tmp_path / "nowhere" / "events.jsonl")
    with pytest.raises(StorageError, match="Is a directory"):
        Log(tmp_path)


class Refusing:
    """A raw file that takes a few bytes of each line and then fails, as a full disk does."""

    def __init__(self, file, takes):
        self.file, self.takes = file, takes

    def write(self, content):
        if not self.takes:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        taken = self.file.write(bytes(content[: self.takes[0]]))
        self.takes.pop(0)
        return taken

    def close(self):
        self.file.close()


def test_a_full_disk_tears_one_line_and_the_log_goes_on_when_there_is_room(tmp_path):
    path = tmp_path / "events.jsonl"
    log = Log(path)
    log.add(number=0)
    real = log._file
    log._file = Refusing(real, [4, 3])
    with pytest.raises(StorageError, match=r"events\.jsonl: no room left on the disk \(14 bytes needed\)"):
        log.add(number=1)
    log._file = real
    log.add(number=2)
    log.close()
    assert [record["number"] for record in read_log(path)] == [0, 2]


def test_short_writes_are_continued(tmp_path):
    log = Log(tmp_path / "events.jsonl")
    real = log._file
    log._file = Refusing(real, [1, 2, 3, 100])
    log.add(number=7)
    real.close()
    assert read_log(tmp_path / "events.jsonl") == [{"number": 7}]


FULL = """
import resource, signal, sys
from pellucid.storage.errors import StorageError
from pellucid.storage.records import Log
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
log = Log(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
refused = 0
for number in range(100):
    try:
        log.add(number=number, text="x" * 20)
    except StorageError as error:
        refused += 1
log.close()
print(refused)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
def test_a_disk_that_is_really_full(tmp_path):
    path = tmp_path / "events.jsonl"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", FULL, str(path)], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    found = read_log(path)
    assert [record["number"] for record in found] == list(range(len(found)))
    assert int(done.stdout) == 100 - len(found) > 0


def test_json_is_written_atomically(tmp_path, monkeypatch):
    write_json(tmp_path / "a.json", {"a": 1})
    monkeypatch.setattr(
        records, "write_text", lambda path, text: (_ for _ in ()).throw(StorageError("no room left"))
    )
    with pytest.raises(StorageError, match="no room left"):
        write_json(tmp_path / "a.json", {"a": 2})
    assert json.loads((tmp_path / "a.json").read_text()) == {"a": 1}
