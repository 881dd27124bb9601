"""A sealed JSON file notices every change."""

import json

import numpy as np
import pytest

from pellucid.storage.errors import FileError
from pellucid.storage.seal import read_sealed, write_sealed

CONTENT = {"name": "Zoë \udcff", "n": [1, 2.5e-7, None, True], "sides": (3, 4), "inside": {"b": 1, "a": {}}}


def test_there_and_back(tmp_path):
    write_sealed(tmp_path / "a.json", CONTENT)
    assert read_sealed(tmp_path / "a.json") == {**CONTENT, "sides": [3, 4]}
    (tmp_path / "a.json").read_bytes().decode("utf-8")  # any reader of JSON can read it


def test_writing_again_what_was_read_seals_it_again(tmp_path):
    write_sealed(tmp_path / "a.json", {**CONTENT, "sha256": "of an older content"})
    assert read_sealed(tmp_path / "a.json")["name"] == CONTENT["name"]


def test_every_flipped_bit_is_noticed(tmp_path):
    path = tmp_path / "a.json"
    write_sealed(path, CONTENT)
    whole = path.read_bytes()
    rng = np.random.Generator(np.random.Philox(key=1))
    for _ in range(300):
        damaged = bytearray(whole)
        damaged[rng.integers(len(whole))] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged)
        if _same(damaged, whole):  # a blank between two entries became another blank: nothing is lost
            continue
        with pytest.raises(FileError, match=r"a\.json: (edited or damaged|not a whole JSON file|not a JSON)"):
            read_sealed(path)


def _same(one, other):
    try:
        return json.loads(one) == json.loads(other)
    except ValueError:
        return False


def test_a_file_without_a_seal_is_refused(tmp_path):
    (tmp_path / "a.json").write_text('{"name": 1}')
    with pytest.raises(FileError, match=r"a\.json: edited or damaged: .*SHA-256\. Restore it from a copy"):
        read_sealed(tmp_path / "a.json")
    (tmp_path / "a.json").write_text("[1]")
    with pytest.raises(FileError, match="not a JSON object"):
        read_sealed(tmp_path / "a.json")
