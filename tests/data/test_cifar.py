"""CIFAR's binary form, as a folder and as an archive, whole and damaged."""

import contextlib
import gzip
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest

from pellucid.data import cifar
from pellucid.data.array_pictures import FrameRequest
from pellucid.data.cifar import CIFAR10, CIFAR100, is_cifar, load_cifar
from pellucid.storage.errors import FileError

TEN = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]


def records(labels, label_bytes, seed):
    """The bytes of a file, and its pictures (n, 32, 32, 3), written from the published description."""
    pictures = np.random.default_rng(seed).integers(0, 256, (len(labels), 32, 32, 3), np.uint8)
    out = b""
    for label, picture in zip(labels, pictures, strict=True):
        marks = bytes([label]) if label_bytes == 1 else bytes([label // 5, label])
        out += marks + b"".join(picture[:, :, color].tobytes() for color in range(3))
    return out, pictures


def cifar10(folder: Path, count=10):
    folder.mkdir(parents=True, exist_ok=True)
    pictures = []
    for seed, name in enumerate(CIFAR10.files):
        content, made = records([(seed + row) % 10 for row in range(count)], 1, seed)
        (folder / name).write_bytes(content)
        pictures.append(made)
    (folder / "batches.meta.txt").write_text("\n".join(TEN) + "\n\n")
    return np.concatenate(pictures)


def cifar100(folder: Path):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "train.bin").write_bytes(records(range(100), 2, 0)[0])
    (folder / "test.bin").write_bytes(records(range(50, 60), 2, 1)[0])
    (folder / "fine_label_names.txt").write_text("".join(f"fine{k}\n" for k in range(100)))
    (folder / "coarse_label_names.txt").write_text("".join(f"coarse{k}\n" for k in range(20)))


def packed(folder: Path, path: Path, mode="w:gz") -> Path:
    with tarfile.open(path, mode) as archive:
        archive.add(folder, folder.name)
    return path


@pytest.fixture
def ten(tmp_path):
    cifar10(tmp_path / "cifar-10-batches-bin")
    return tmp_path / "cifar-10-batches-bin"


@pytest.fixture
def archive(ten, tmp_path):
    return packed(ten, tmp_path / "cifar-10-binary.tar.gz")


def test_a_folder_has_planes_turned_into_pixels_and_cifars_own_parts(tmp_path):
    pictures = cifar10(tmp_path / "data")
    data = load_cifar(tmp_path / "data")
    np.testing.assert_array_equal(data.images, pictures)
    assert data.images.flags.c_contiguous
    assert list(data.labels[:12]) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2]
    assert list(data.split) == [0] * 50 + [2] * 10
    assert data.classes == tuple(TEN)
    assert data.origins[-1] == "test_batch.bin[9]"
    assert data.frame.shape == (32, 32, 3)
    assert "data_batch_3.bin holds 10 records, the published file 10,000" in data.notes


@pytest.mark.parametrize(("ending", "mode"), [(".tar.gz", "w:gz"), (".tgz", "w:gz"), (".tar", "w")])
def test_an_archive_is_read_as_its_folder(ten, tmp_path, ending, mode):
    path = packed(ten, tmp_path / f"any{ending}", mode)
    assert is_cifar(path)
    assert load_cifar(path).fingerprint == load_cifar(ten).fingerprint


def test_the_folder_around_the_files_will_do(ten):
    assert is_cifar(ten.parent)
    assert load_cifar(ten.parent).fingerprint == load_cifar(ten).fingerprint


def test_an_archive_never_touches_the_disk(ten, tmp_path):
    path = tmp_path / "evil.tar.gz"
    outside = tmp_path / "outside"
    with tarfile.open(path, "w:gz") as archive:
        for name in ("../outside", "/tmp/pellucid-outside", "../cifar-10-batches-bin/../../outside"):
            member = tarfile.TarInfo(name)
            member.size = 4
            archive.addfile(member, io.BytesIO(b"evil"))
        link = tarfile.TarInfo("train.bin")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
        archive.add(ten, "../../../cifar-10-batches-bin")
    before = sorted(tmp_path.rglob("*"))
    assert len(load_cifar(path)) == 60
    assert sorted(tmp_path.rglob("*")) == before
    assert not outside.exists()


def test_cifar_100_has_fine_and_coarse_classes(tmp_path):
    cifar100(tmp_path / "cifar-100-binary")
    fine = load_cifar(tmp_path / "cifar-100-binary")
    assert fine.classes[7] == "fine7"
    assert list(fine.labels) == [*range(100), *range(50, 60)]
    assert list(fine.split) == [0] * 100 + [2] * 10
    coarse = load_cifar(
        packed(tmp_path / "cifar-100-binary", tmp_path / "cifar-100-binary.tar.gz"), coarse=True
    )
    assert coarse.classes[19] == "coarse19"
    assert list(coarse.labels) == [k // 5 for k in (*range(100), *range(50, 60))]
    np.testing.assert_array_equal(coarse.images, fine.images)


def test_names_are_taken_from_the_publication_or_numbers_if_their_file_is_missing(tmp_path):
    cifar10(tmp_path / "ten")
    (tmp_path / "ten" / "batches.meta.txt").unlink()
    data = load_cifar(tmp_path / "ten")
    assert data.classes == tuple(TEN)
    assert "batches.meta.txt is missing; the published names were taken" in data.notes
    cifar100(tmp_path / "hundred")
    (tmp_path / "hundred" / "fine_label_names.txt").write_text("a\nb\n")
    data = load_cifar(tmp_path / "hundred")
    assert data.classes[99] == "99"
    assert (
        "fine_label_names.txt is not a list of 100 different names; the classes are called by their numbers"
        in data.notes
    )


def test_a_size_can_be_asked_for(ten):
    data = load_cifar(ten, request=FrameRequest.of(16, "pad", "gray"))
    assert data.images.shape == (60, 16, 16, 1)
    assert data.frame.color == "gray"


@pytest.mark.parametrize("form", ["folder", "archive"])
def test_all_files_of_a_wrong_length_and_all_bad_labels_are_named(ten, tmp_path, form):
    (ten / "data_batch_2.bin").write_bytes((ten / "data_batch_2.bin").read_bytes()[:-1])
    (ten / "data_batch_4.bin").write_bytes(b"")
    content = bytearray((ten / "test_batch.bin").read_bytes())
    content[3073 * 7] = 10
    content[3073 * 9] = 255
    (ten / "test_batch.bin").write_bytes(content)
    path = ten if form == "folder" else packed(ten, tmp_path / "cifar.tar.gz")
    with pytest.raises(FileError) as caught:
        load_cifar(path)
    said = str(caught.value)
    assert said.startswith(f"{path}: not whole CIFAR-10 files: ")
    assert "data_batch_2.bin: 30,729 bytes are not a whole number of records of 3,073 bytes" in said
    assert "data_batch_4.bin: 0 bytes" in said
    assert "test_batch.bin: record 7 has label 10 and 1 more; the classes are 0..9" in said
    assert "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz" in said


def test_a_bad_fine_label_of_cifar_100(tmp_path):
    cifar100(tmp_path / "c")
    content = bytearray((tmp_path / "c" / "train.bin").read_bytes())
    content[3 * 3074 + 1] = 100
    (tmp_path / "c" / "train.bin").write_bytes(content)
    with pytest.raises(FileError, match=r"train\.bin: record 3 has label 100; the classes are 0\.\.99"):
        load_cifar(tmp_path / "c")


def test_missing_files_are_all_named(ten):
    (ten / "data_batch_5.bin").unlink()
    (ten / "test_batch.bin").unlink()
    with pytest.raises(
        FileError, match=r"data_batch_5\.bin, test_batch\.bin missing\. Fetch the whole of CIFAR-10: https"
    ):
        load_cifar(ten)


def test_one_file_of_the_folder(ten):
    with pytest.raises(FileError, match=r"data_batch_1\.bin: one file of CIFAR-10\. Give the folder"):
        load_cifar(ten / "data_batch_1.bin")


@pytest.mark.parametrize(
    ("names", "title"),
    [
        (["data_batch_1", "test_batch", "batches.meta"], "CIFAR-10"),
        (["train", "test", "meta"], "CIFAR-100"),
    ],
)
@pytest.mark.parametrize("form", ["folder", "outer", "archive"])
def test_the_pickled_form_is_refused_by_name(tmp_path, names, title, form):
    inner = tmp_path / ("cifar-10-batches-py" if title == "CIFAR-10" else "cifar-100-python")
    inner.mkdir()
    for name in names:
        (inner / name).write_bytes(b"\x80\x04cos\nsystem\n")
    path = {"folder": inner, "outer": tmp_path, "archive": None}[form] or packed(
        inner, tmp_path / "python.tar.gz"
    )
    assert is_cifar(path)
    url = f"https://www.cs.toronto.edu/~kriz/cifar-{title[6:]}-binary.tar.gz"
    with pytest.raises(
        FileError, match=rf"the pickled form of {title}, its python version, is not read.*{url}"
    ):
        load_cifar(path)


def test_a_single_pickled_batch_is_refused_by_name(tmp_path):
    (tmp_path / "data_batch_1").write_bytes(b"\x80\x02}")
    assert is_cifar(tmp_path / "data_batch_1")
    with pytest.raises(FileError, match="data_batch_1: the pickled form of CIFAR-10"):
        load_cifar(tmp_path / "data_batch_1")


def test_another_archive(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(b"x")
    with pytest.raises(FileError, match=r"found cat\.jpg, photos\. Other archives must be unpacked"):
        load_cifar(packed(tmp_path / "photos", tmp_path / "photos.tar.gz"))


def test_folders_of_pictures_are_not_taken_for_cifar(tmp_path):
    for name in ("train", "test", "meta", "data_batch_1.bin"):
        (tmp_path / name / "cat").mkdir(parents=True)
    assert not is_cifar(tmp_path)


def test_a_cut_or_damaged_archive_is_always_noticed(archive):
    whole = archive.read_bytes()
    for length in (0, 1, 5, 100, len(whole) // 2, len(whole) - 9, len(whole) - 1):
        archive.write_bytes(whole[:length])
        with pytest.raises(
            FileError, match=r"cifar-10-binary\.tar\.gz: .*(cut short or damaged|wanted CIFAR's)"
        ):
            load_cifar(archive)
    for place in range(40, len(whole), len(whole) // 40):  # after the gzip header, which has only a name
        damaged = bytearray(whole)
        damaged[place] ^= 0x10
        archive.write_bytes(damaged)
        with pytest.raises(FileError, match="cut short or damaged"):
            load_cifar(archive)


def test_damage_in_a_plain_archive_is_never_another_error(ten, tmp_path):
    path = packed(ten, tmp_path / "plain.tar", "w")
    whole = path.read_bytes()
    for place in range(0, 512 * 3, 11):
        damaged = bytearray(whole)
        damaged[place] ^= 0x10
        path.write_bytes(damaged)
        with contextlib.suppress(FileError):  # any other error fails the test
            load_cifar(path)


def test_a_bomb_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(cifar, "UNPACKED_LIMIT", 5_000_000)
    path = tmp_path / "bomb.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        member = tarfile.TarInfo("whatever")
        member.size = 50_000_000
        archive.addfile(member, io.BytesIO(bytes(member.size)))
    with pytest.raises(FileError, match=r"it unpacks to more than 5,000,000 bytes"):
        load_cifar(path)
    path.write_bytes(gzip.compress(bytes(50_000_000)))
    with pytest.raises(FileError, match=r"unpacks to more|wanted CIFAR"):
        load_cifar(path)


def test_a_file_that_is_twice_in_the_archive(ten, tmp_path):
    path = tmp_path / "twice.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        archive.add(ten, "a")
        archive.add(ten, "b")
    with pytest.raises(FileError, match="is in it twice"):
        load_cifar(path)


def test_the_published_numbers_of_records():
    assert sum(CIFAR10.records.values()) == sum(CIFAR100.records.values()) == 60_000
    assert (CIFAR10.record, CIFAR100.record) == (3073, 3074)
