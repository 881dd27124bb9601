"""IDX: every type, compressed or not, and everything that can be wrong with such a file."""

import contextlib
import gzip
import os
import struct

import numpy as np
import pytest

from pellucid.data import idx
from pellucid.data.array_pictures import FrameRequest
from pellucid.data.idx import load_idx, read_idx
from pellucid.storage.errors import FileError

CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}


def content(array: np.ndarray) -> bytes:
    """An IDX file, written from its description and not by the code under test."""
    kind = array.dtype.str[1:]
    header = bytes([0, 0, CODES[kind], array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(f">{kind}").tobytes()


def pictures(count=12, seed=0, height=5, width=4):
    return np.random.default_rng(seed).integers(0, 256, (count, height, width), np.uint8)


def write_set(folder, prefix, count=12, seed=0, ending="", labels=None, dash="-"):
    images = pictures(count, seed)
    labels = np.arange(count, dtype=np.uint8) % 3 if labels is None else np.asarray(labels)
    pack = gzip.compress if ending else bytes
    (folder / f"{prefix}images{dash}idx3-ubyte{ending}").write_bytes(pack(content(images)))
    (folder / f"{prefix}labels{dash}idx1-ubyte{ending}").write_bytes(pack(content(labels)))
    return images, labels


@pytest.mark.parametrize("kind", CODES)
@pytest.mark.parametrize("packed", [False, True])
def test_reads_every_type_in_this_machines_byte_order(tmp_path, kind, packed):
    array = np.array([[[-3, 0, 1], [100, 7, -128]]]).astype(np.dtype(kind))
    path = tmp_path / "any-name"
    path.write_bytes(gzip.compress(content(array)) if packed else content(array))
    read = read_idx(path)
    assert read.dtype == array.dtype
    assert read.dtype.isnative
    np.testing.assert_array_equal(read, array)


def test_reads_one_dimension_and_none_of_the_numbers(tmp_path):
    path = tmp_path / "labels"
    path.write_bytes(content(np.zeros((0, 4), np.uint8)))
    assert read_idx(path).shape == (0, 4)


@pytest.mark.parametrize(
    ("start", "said"),
    [
        (b"", "with nothing"),
        (b"\0\0", "with 0, 0"),
        (b"\0\0\x07\x03", "with 0, 0, 7, 3"),
        (b"\x89PNG", "with 137, 80, 78, 71"),
        (b"\0\0\x08\0", "with 0, 0, 8, 0"),
    ],
)
def test_a_wrong_magic_number_is_told_byte_by_byte(tmp_path, start, said):
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(start)
    with pytest.raises(
        FileError, match=rf"train-images-idx3-ubyte: an IDX file begins with 0, 0, .*{said}\. It is damaged"
    ):
        read_idx(path)


@pytest.mark.parametrize("packed", [False, True])
def test_every_cut_is_noticed(tmp_path, packed):
    whole = content(pictures(3))
    path = tmp_path / "cut"
    for length in (*range(16), len(whole) - 1):
        path.write_bytes(gzip.compress(whole[:length]) if packed else whole[:length])
        with pytest.raises(FileError, match=r"an IDX file begins|cut short"):
            read_idx(path)


def test_a_cut_gzip_is_noticed_at_every_byte(tmp_path):
    packed = gzip.compress(content(pictures(3)))
    path = tmp_path / "cut.gz"
    for length in range(2, len(packed)):
        path.write_bytes(packed[:length])
        with pytest.raises(FileError, match=r"cut\.gz: .*cut short"):
            read_idx(path)


def test_a_wrong_gzip_checksum_is_noticed(tmp_path):
    packed = bytearray(gzip.compress(content(pictures(3))))
    packed[-8] ^= 1
    path = tmp_path / "flipped.gz"
    path.write_bytes(packed)
    with pytest.raises(FileError, match=r"the compressed file is damaged \(CRC"):
        read_idx(path)


def test_no_flipped_byte_of_a_gzip_escapes_as_another_error(tmp_path):
    whole = content(pictures(3))
    packed = gzip.compress(whole)
    path = tmp_path / "flipped.gz"
    for place in range(len(packed)):
        damaged = bytearray(packed)
        damaged[place] ^= 0x55
        path.write_bytes(damaged)
        with contextlib.suppress(FileError):  # any other error fails the test
            np.testing.assert_array_equal(read_idx(path), pictures(3))  # the header's time stamp may change


@pytest.mark.parametrize("packed", [False, True])
def test_bytes_after_the_end_are_refused(tmp_path, packed):
    path = tmp_path / "long"
    whole = content(pictures(2)) + b"\0"
    path.write_bytes(gzip.compress(whole) if packed else whole)
    with pytest.raises(
        FileError, match=r"long: its header announces 2 × 5 × 4 numbers \(40 bytes\), but more follow"
    ):
        read_idx(path)


def test_a_header_that_announces_more_than_the_file_can_hold_takes_no_memory(tmp_path):
    header = bytes([0, 0, 8, 3]) + struct.pack(">3I", 100_000, 200, 200)
    (tmp_path / "plain").write_bytes(header)
    (tmp_path / "packed").write_bytes(gzip.compress(header))
    for name in ("plain", "packed"):
        with pytest.raises(FileError, match=r"announces 100,000 × 200 × 200 numbers .* can hold"):
            read_idx(tmp_path / name)


def test_a_header_beyond_the_limit_is_refused(tmp_path):
    (tmp_path / "huge").write_bytes(bytes([0, 0, 14, 3]) + b"\xff" * 12)
    with pytest.raises(FileError, match=r"at most 17,179,869,184 bytes are read"):
        read_idx(tmp_path / "huge")


def test_a_bomb_is_not_unpacked_beyond_its_header(tmp_path, monkeypatch):
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(content(pictures(2)) + bytes(50_000_000)))
    taken = []
    read = gzip.GzipFile.read
    monkeypatch.setattr(gzip.GzipFile, "read", lambda self, size=-1: taken.append(size) or read(self, size))
    with pytest.raises(FileError, match="more follow"):
        read_idx(path)
    assert -1 not in taken
    assert sum(taken) <= 16 + 40 + 1


@pytest.mark.parametrize("what", ["missing", "folder", "pipe", "zero byte"])
def test_what_is_no_file_is_refused_at_once(tmp_path, what):
    path = tmp_path / "thing"
    if what == "folder":
        path.mkdir()
    elif what == "pipe":
        os.mkfifo(path)
    elif what == "zero byte":
        path = str(tmp_path / "a\0b")
    said = {
        "missing": "cannot be read: No such",
        "folder": "a folder, where",
        "pipe": "a pipe",
        "zero byte": "zero byte",
    }
    with pytest.raises(FileError, match=said[what]):
        read_idx(path)


@pytest.mark.parametrize("ending", ["", ".gz"])
@pytest.mark.parametrize("dash", ["-", "."])
def test_a_folder_like_mnists_has_train_and_test(tmp_path, ending, dash):
    train, train_labels = write_set(tmp_path, "train-", 12, 1, ending, dash=dash)
    test, test_labels = write_set(tmp_path, "t10k-", 6, 2, ending, dash=dash)
    assert idx.is_idx(tmp_path)
    data = load_idx(tmp_path)
    np.testing.assert_array_equal(data.images, np.concatenate([train, test])[..., None])
    np.testing.assert_array_equal(data.labels, np.concatenate([train_labels, test_labels]))
    assert data.labels.dtype == np.int32
    assert list(data.split) == [0] * 12 + [2] * 6
    assert data.classes == ("0", "1", "2")
    assert (data.frame.shape, data.frame.color) == ((5, 4, 1), "gray")
    assert data.origins[12] == f"t10k-images{dash}idx3-ubyte{ending}[0]"
    assert len(data.fingerprint) == 64


def test_one_file_of_pictures_has_no_split(tmp_path):
    write_set(tmp_path, "train-")
    write_set(tmp_path, "t10k-")
    data = load_idx(tmp_path / "train-images-idx3-ubyte")
    assert len(data) == 12
    assert set(data.split) == {-1}


def test_a_file_is_preferred_to_its_compressed_twin(tmp_path):
    write_set(tmp_path, "train-", seed=1)
    plain = write_set(tmp_path, "train-", seed=1)[0]
    write_set(tmp_path, "train-", seed=2, ending=".gz")
    np.testing.assert_array_equal(load_idx(tmp_path).images[..., 0], plain)


def test_labels_that_are_not_0_to_k_become_classes(tmp_path):
    write_set(tmp_path, "train-", 4, labels=np.array([5, 2, 5, 9], np.int32))
    data = load_idx(tmp_path)
    assert data.classes == ("2", "5", "9")
    assert list(data.labels) == [1, 0, 1, 2]
    assert data.notes == ("labels that are not 0..2 became classes in ascending order: 2, 5, 9",)


def test_the_size_and_the_color_can_be_chosen(tmp_path):
    write_set(tmp_path, "train-")
    seen = []
    data = load_idx(
        tmp_path, request=FrameRequest.of((8, 6), "stretch", "rgb"), progress=lambda *step: seen.append(step)
    )
    assert data.images.shape == (12, 8, 6, 3)
    assert data.images.dtype == np.uint8
    assert (data.images[..., 0] == data.images[..., 2]).all()
    assert seen[-1] == (12, 12)


def test_all_damaged_files_are_named_at_once(tmp_path):
    write_set(tmp_path, "train-")
    write_set(tmp_path, "t10k-")
    (tmp_path / "train-images-idx3-ubyte").write_bytes(b"GIF8")
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(b"")
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(FileError) as caught:
        load_idx(tmp_path)
    first, second, third = str(caught.value).splitlines()
    assert first.startswith(f"{tmp_path}/train-images-idx3-ubyte: an IDX file begins")
    assert second.startswith(f"{tmp_path}/t10k-images-idx3-ubyte: an IDX file begins")
    assert third.startswith(f"{tmp_path}/t10k-images-idx3-ubyte: its labels are missing")


def test_labels_missing_beside_the_pictures(tmp_path):
    write_set(tmp_path, "train-")
    (tmp_path / "train-labels-idx1-ubyte").unlink()
    with pytest.raises(
        FileError, match=r"its labels are missing\. Put train-labels-idx1-ubyte \(or \.gz\) beside it"
    ):
        load_idx(tmp_path)


def test_the_file_of_labels_is_given_in_place_of_the_pictures(tmp_path):
    write_set(tmp_path, "train-")
    with pytest.raises(FileError, match="give the file of pictures, named like train-images-idx3-ubyte"):
        load_idx(tmp_path / "train-labels-idx1-ubyte")


def test_pictures_and_labels_of_different_numbers(tmp_path):
    write_set(tmp_path, "train-")
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(content(np.arange(11, dtype=np.uint8)))
    with pytest.raises(FileError, match=r"12 pictures need 12 labels, got an array of shape \(11,\)"):
        load_idx(tmp_path)


def test_pictures_that_are_not_bytes(tmp_path):
    write_set(tmp_path, "train-")
    (tmp_path / "train-images-idx3-ubyte").write_bytes(content(pictures().astype(np.float32)))
    with pytest.raises(
        FileError, match=r"pictures must be bytes of shape .* got float32 of shape \(12, 5, 4\)"
    ):
        load_idx(tmp_path)


def test_no_pictures_at_all(tmp_path):
    write_set(tmp_path, "train-", 0)
    with pytest.raises(FileError, match=r"it holds no pictures \(shape \(0, 5, 4\)\)"):
        load_idx(tmp_path)


def test_one_class_only(tmp_path):
    write_set(tmp_path, "train-", 4, labels=np.full(4, 7, np.uint8))
    with pytest.raises(FileError, match="every label is 7; a classifier needs at least two classes"):
        load_idx(tmp_path)


def test_labels_beyond_the_named_classes(tmp_path):
    write_set(tmp_path, "train-", 4, labels=np.array([0, 1, 2, 7], np.uint8))
    with pytest.raises(FileError, match=r"1 of 4 labels are not in 0\.\.2: row 3 \(7\)"):
        load_idx(tmp_path, classes=("a", "b", "c"))


def test_several_sets_in_one_folder(tmp_path):
    write_set(tmp_path, "letters-train-")
    write_set(tmp_path, "digits-train-")
    with pytest.raises(
        FileError, match=r"wanted one file of training .*got digits-train-.*letters-train-.*path of one"
    ):
        load_idx(tmp_path)


def test_parts_of_different_sizes(tmp_path):
    write_set(tmp_path, "train-")
    write_set(tmp_path, "t10k-")
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(content(pictures(12, width=6)))
    with pytest.raises(
        FileError, match=r"must be of one size, got train-images-idx3-ubyte \(5, 4, 1\), t10k"
    ):
        load_idx(tmp_path)
