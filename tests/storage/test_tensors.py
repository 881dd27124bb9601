"""Arrays in a file that notices damage, and that strangers may send."""

import json
import struct

import numpy as np
import pytest
from safetensors.numpy import save

from pellucid.storage.errors import Error, FileError, InputError
from pellucid.storage.tensors import _digest, load_tensors, save_tensors

KINDS = (
    "bool",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float16",
    "float32",
    "float64",
)


def arrays():
    stream = np.random.Generator(np.random.Philox(key=1))
    return {
        "weight": stream.standard_normal((3, 7)).astype(np.float32),
        "bias": stream.standard_normal(3),
        "labels": np.arange(5, dtype=np.int32),
        "t": np.int64(12),
        "none": np.zeros((0, 4), np.float32),
        "naïve": np.array([True, False]),
    }


@pytest.fixture
def path(tmp_path):
    save_tensors(tmp_path / "model.safetensors", arrays(), {"kind": "softmax", "classes": ["Zoë", "dog"]})
    return tmp_path / "model.safetensors"


def test_there_and_back(path):
    found, metadata = load_tensors(path)
    assert metadata == {"kind": "softmax", "classes": ["Zoë", "dog"]}
    assert set(found) == set(arrays())
    for name, array in arrays().items():
        assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape), name
        np.testing.assert_array_equal(found[name], array)


def test_the_order_is_that_of_the_alphabet_each_time(path):
    """Not one that changes: what is drawn or added up for one array after the other must come out the same."""
    for _ in range(20):
        assert list(load_tensors(path)[0]) == sorted(arrays())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3)])
def test_every_kind_of_number_and_order_of_bytes(tmp_path, kind, shape):
    array = np.arange(int(np.prod(shape)), dtype=np.int64).reshape(shape).astype(kind)
    for given in (
        array,
        array.astype(np.dtype(kind).newbyteorder(">")),
        array.T,
        array[..., ::-1] if shape else array,
    ):
        save_tensors(tmp_path / "file", {"x": given}, {})
        found = load_tensors(tmp_path / "file")[0]["x"]
        assert found.dtype == np.dtype(kind)
        assert found.shape == given.shape
        np.testing.assert_array_equal(found, given)


@pytest.mark.parametrize(
    "array",
    [np.array(["a"]), np.array([None]), np.ones(2, complex), np.ones(2, np.longdouble), np.zeros(2, "M8[s]")],
)
def test_what_is_no_number_is_refused(tmp_path, array):
    with pytest.raises(
        InputError, match=r"odd cannot be saved: it holds .*, wanted are integers, floats or booleans"
    ):
        save_tensors(tmp_path / "file", {"odd": array}, {})
    assert not (tmp_path / "file").exists()


def test_metadata_that_is_not_json_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        save_tensors(tmp_path / "file", {}, {"loss": float("nan")})
    assert not (tmp_path / "file").exists()


def test_the_same_content_gives_the_same_hash_in_any_order(tmp_path):
    forward = save_tensors(tmp_path / "a", arrays(), {"x": 1, "y": 2})
    backward = save_tensors(tmp_path / "b", dict(reversed(arrays().items())), {"y": 2, "x": 1})
    assert forward == backward
    assert forward != save_tensors(tmp_path / "c", arrays() | {"bias": np.zeros(3)}, {"x": 1, "y": 2})
    assert forward != save_tensors(tmp_path / "d", arrays(), {"x": 1, "y": 3})


def test_the_same_content_gives_the_same_bytes(tmp_path):
    """To any tool that compares files: in the same process (where the library's order changes from call to call)."""
    files = set()
    for _ in range(20):
        save_tensors(tmp_path / "a", arrays(), {"kind": "softmax", "classes": ["Zoë"]})
        files.add((tmp_path / "a").read_bytes())
    assert len(files) == 1
    (content,) = files
    assert int.from_bytes(content[:8], "little") % 8 == 0


def test_a_file_of_another_time_is_told(path):
    digest = save_tensors(path, arrays(), {})
    assert load_tensors(path, expected=digest)[1] == {}
    with pytest.raises(FileError, match="not the file that belongs here"):
        load_tensors(path, expected="0" * 64)


def test_a_thousand_flipped_bits_are_all_noticed(path):
    content = path.read_bytes()
    stream = np.random.Generator(np.random.Philox(key=1000))
    places = stream.choice(len(content) * 8, size=min(1000, len(content) * 8), replace=False)
    missed = []
    for place in places.tolist():
        flipped = bytearray(content)
        flipped[place // 8] ^= 1 << (place % 8)
        path.write_bytes(flipped)
        try:
            load_tensors(path)
            missed.append(place)
        except FileError:
            pass
    assert len(places) == 1000
    assert missed == []


def test_every_truncation_and_every_tail_is_noticed(path):
    content = path.read_bytes()
    for length in range(0, len(content), 7):
        path.write_bytes(content[:length])
        with pytest.raises(FileError, match="not a whole safetensors file"):
            load_tensors(path)
    path.write_bytes(content + b"\0")
    with pytest.raises(FileError, match="not a whole safetensors file"):
        load_tensors(path)


def test_two_arrays_changed_places(tmp_path):
    same = {"a": np.zeros(2), "b": np.ones(2)}
    save_tensors(tmp_path / "file", same, {})
    content = (tmp_path / "file").read_bytes()
    zeros, ones = np.zeros(2).tobytes(), np.ones(2).tobytes()
    assert content.endswith(zeros + ones)
    (tmp_path / "file").write_bytes(content[:-32] + ones + zeros)
    with pytest.raises(FileError, match="damaged: its content does not match its SHA-256"):
        load_tensors(tmp_path / "file")


def test_not_there(tmp_path):
    with pytest.raises(FileError, match="cannot be read: No such file"):
        load_tensors(tmp_path / "model.safetensors")
    with pytest.raises(FileError, match="cannot be read: Is a directory"):
        load_tensors(tmp_path)


def test_a_file_of_somebody_else(tmp_path):
    for metadata in (None, {"format": "pt"}):
        (tmp_path / "file").write_bytes(save({"w": np.ones(2)}, metadata))
        with pytest.raises(FileError, match="a safetensors file, but not one that pellucid wrote"):
            load_tensors(tmp_path / "file")


def header(content, claimed=None):
    text = json.dumps(content).encode() if not isinstance(content, bytes) else content
    return struct.pack("<Q", len(text) if claimed is None else claimed) + text


def tensor(dtype="F32", shape=(2,), offsets=(0, 8)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


BOMBS = {
    "empty": b"",
    "pickle": b"\x80\x04\x95\x10\x00\x00\x00",
    "claims 100 MB": header({}, 100_000_000),
    "claims 2^63": header({}, 2**63),
    "claims all": header({}, 2**64 - 1),
    "not JSON": header(b"hello"),
    "not an object": header(b"[1, 2]"),
    "null": header(b"null"),
    "deep": header(b'{"__metadata__":' + b"[" * 50_000 + b"]" * 50_000 + b"}"),
    "metadata of a list": header({"__metadata__": [1]}),
    "metadata of a number": header({"__metadata__": {"format": 1}}),
    "huge shape": header({"w": tensor(shape=(2**40, 2**40))}) + b"\0" * 8,
    "overflowing shape": header({"w": tensor(shape=(2**63, 2))}) + b"\0" * 8,
    "negative shape": header({"w": tensor(shape=(-2,))}) + b"\0" * 8,
    "overlapping": header({"a": tensor(), "b": tensor(offsets=(4, 12))}) + b"\0" * 12,
    "hole": header({"a": tensor(), "b": tensor(offsets=(16, 24))}) + b"\0" * 24,
    "backwards": header({"a": tensor(offsets=(8, 0))}) + b"\0" * 8,
    "beyond the end": header({"a": tensor(offsets=(1000, 1008))}) + b"\0" * 8,
    "unknown dtype": header({"a": tensor(dtype="F33")}) + b"\0" * 8,
    "bfloat16": header({"a": tensor(dtype="BF16", shape=(4,))}) + b"\0" * 8,
    "float8": header({"a": tensor(dtype="F8_E4M3", shape=(8,))}) + b"\0" * 8,
    "not UTF-8": header(b'{"\xff": 1}'),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs(tmp_path, name):
    (tmp_path / "file").write_bytes(BOMBS[name])
    with pytest.raises(FileError) as caught:
        load_tensors(tmp_path / "file")
    assert str(caught.value).startswith(str(tmp_path / "file"))


@pytest.mark.parametrize("text", ["not json", "", "[" * 100_000, '{"a": '])
def test_metadata_that_is_vouched_for_and_still_not_json(tmp_path, text):
    w = {"w": np.ones(2)}
    envelope = {"format": "pellucid", "metadata": text, "sha256": _digest(w, text)}
    (tmp_path / "file").write_bytes(save(w, envelope))
    with pytest.raises(FileError, match="its metadata are not JSON"):
        load_tensors(tmp_path / "file")
    del envelope["metadata"]
    envelope["sha256"] = _digest(w, "")
    (tmp_path / "file").write_bytes(save(w, envelope))
    with pytest.raises(FileError, match="its metadata are not JSON"):
        load_tensors(tmp_path / "file")


def test_two_thousand_mutants_give_a_result_or_an_error_of_ours(path):
    content = path.read_bytes()
    stream = np.random.Generator(np.random.Philox(key=12))
    accepted = 0
    for _ in range(2000):
        mutant = bytearray(content)
        for _ in range(int(stream.integers(1, 6))):
            place = int(stream.integers(len(mutant)))
            kind = int(stream.integers(4))
            if kind == 0:
                mutant[place] = int(stream.integers(256))
            elif kind == 1:
                del mutant[place : place + int(stream.integers(1, 30))]
            elif kind == 2:
                mutant[place:place] = stream.bytes(int(stream.integers(1, 30)))
            else:
                mutant[place : place + 1] = b"9"
            if not mutant:
                break
        path.write_bytes(mutant)
        try:
            load_tensors(path)
            accepted += 1
            assert mutant == content
        except Error:
            pass
    assert accepted < 20
