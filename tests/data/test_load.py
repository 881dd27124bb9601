"""`load` decides what DATA is; each form is read, and each near miss is told."""

import errno
import gzip
import os
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pellucid.data.load import load
from pellucid.storage.errors import FileError, InputError

RNG = np.random.Generator(np.random.Philox(key=7))


def idx(path: Path, array: np.ndarray) -> None:
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    path.write_bytes(gzip.compress(header + array.astype(np.uint8).tobytes()))


def photos(folder: Path, classes=("cat", "dog"), count=10) -> Path:
    for name in classes:
        (folder / name).mkdir(parents=True)
        for number in range(count):
            pixels = RNG.integers(0, 256, (40, 50, 3), np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    return folder


def test_digits_by_name_are_split():
    data = load("digits")
    assert len(data.train) + len(data.validation) + len(data.test) == 1797
    assert abs(len(data.test) - 359) < 5
    assert abs(len(data.validation) - 180) < 5
    assert data.source == "digits"
    for part in (data.train, data.validation, data.test):
        assert set(part.labels) == set(range(10))


def test_the_seed_and_the_shares_decide_the_split():
    first, same, other = load("digits"), load("digits"), load("digits", seed=1)
    np.testing.assert_array_equal(first.split, same.split)
    assert (first.split != other.split).any()
    assert first.fingerprint == other.fingerprint
    assert abs(len(load("digits", test=0.5, validation=0.25).test) - 898) < 8


def test_names_do_not_depend_on_upper_and_lower_case():
    assert load("Digits").fingerprint == load("digits").fingerprint


def test_a_folder_of_a_name_wins_only_if_written_as_a_path(tmp_path, monkeypatch):
    photos(tmp_path / "digits")
    monkeypatch.chdir(tmp_path)
    named = load("digits")
    assert len(named) == 1797
    assert "the data set named digits was taken; write ./digits for the folder" in named.notes
    for path in ("./digits", f"digits{os.sep}", Path("digits"), tmp_path / "digits"):
        assert len(load(path)) == 20


def test_a_folder_of_pictures_is_32_by_32_in_color_unless_asked(tmp_path):
    photos(tmp_path / "photos")
    assert load(tmp_path / "photos").images.shape == (20, 32, 32, 3)
    data = load(str(tmp_path / "photos"), size=(16, 24), fit="crop", color="gray")
    assert data.images.shape == (20, 16, 24, 1)
    assert (data.frame.fit, data.frame.color) == ("crop", "gray")
    assert data.source == str(tmp_path / "photos")


def test_a_table_of_files(tmp_path):
    photos(tmp_path)
    rows = [f"{name}/{number}.png,{name}" for name in ("cat", "dog") for number in range(10)]
    (tmp_path / "labels.csv").write_text("file,label\n" + "\n".join(rows) + "\n")
    data = load(tmp_path / "labels.csv")
    assert data.images.shape == (20, 32, 32, 3)
    assert data.classes == ("cat", "dog")


def test_idx_keeps_its_test_part_and_gets_a_validation_part(tmp_path):
    idx(tmp_path / "train-images-idx3-ubyte.gz", RNG.integers(0, 256, (100, 9, 9)))
    idx(tmp_path / "train-labels-idx1-ubyte.gz", np.arange(100) % 2)
    idx(tmp_path / "t10k-images-idx3-ubyte.gz", RNG.integers(0, 256, (20, 9, 9)))
    idx(tmp_path / "t10k-labels-idx1-ubyte.gz", np.arange(20) % 2)
    data = load(tmp_path)
    assert list(data.test.rows) == list(range(100, 120))
    assert len(data.validation) == 10
    assert data.images.shape == (120, 9, 9, 1)
    assert load(tmp_path, size=5).images.shape == (120, 5, 5, 1)
    one = load(tmp_path / "train-images-idx3-ubyte.gz")
    assert (len(one), len(one.test)) == (100, 20)


def test_cifar_as_a_folder_or_an_archive(tmp_path):
    for name in (*(f"data_batch_{k}.bin" for k in range(1, 6)), "test_batch.bin"):
        content = b"".join(bytes([k % 10]) + RNG.bytes(3072) for k in range(20))
        (tmp_path / name).write_bytes(content)
    data = load(tmp_path)
    assert data.images.shape == (120, 32, 32, 3)
    assert len(data.test) == 20
    assert len(data.validation) == 10


def test_npz_and_rows_of_numbers(tmp_path):
    np.savez(tmp_path / "a.npz", x=RNG.integers(0, 256, (30, 6, 6), np.uint8), y=np.arange(30) % 3)
    assert load(tmp_path / "a.npz").images.shape == (30, 6, 6, 1)
    rows = "".join(f"{number},{number**2},{'ab'[number % 2]}\n" for number in range(30))
    (tmp_path / "t.csv").write_text("width,height,label\n" + rows)
    data = load(tmp_path / "t.csv")
    assert data.images.shape == (30, 2)
    assert (len(data.train), len(data.validation), len(data.test)) == (21, 3, 6)
    with pytest.raises(InputError, match=r"t\.csv: rows of numbers; only pictures have a size"):
        load(tmp_path / "t.csv", size=8)


def test_home_is_expanded(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    photos(tmp_path / "photos")
    assert len(load("~/photos")) == 20


@pytest.mark.parametrize(
    ("typed", "meant"), [("digit", "digits"), ("fashion_mnist", "fashion-mnist"), ("cifar-10", "cifar10")]
)
def test_a_name_that_is_nearly_one(typed, meant):
    with pytest.raises(
        InputError, match=rf"^{typed}: no such file .*Did you mean {meant}.*or a name: digits, mnist, "
    ):
        load(typed)


def test_a_path_that_is_nearly_one(tmp_path):
    photos(tmp_path / "photographs")
    with pytest.raises(
        InputError, match=rf"Did you mean {tmp_path}/photographs\? Give a folder of class folders"
    ):
        load(f"{tmp_path}/photograph")


@pytest.mark.parametrize("source", ["", "no/such/thing", "a\0b", "x" * 5000])
def test_nothing_of_the_kind_is_there(source):
    with pytest.raises(InputError, match=r"no such file or folder, and no data set's name.*IDX files, \.npz"):
        load(source)


@pytest.mark.parametrize("source", [None, 3, b"digits", ["digits"]])
def test_what_is_not_even_a_path(source):
    with pytest.raises(InputError, match="The data must be a path or a name, as text, got"):
        load(source)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"size": 0}, "must be 1 to 4,096 pixels, got 0"),
        ({"size": (8, 5000)}, "must be 1 to 4,096 pixels, got 5000"),
        ({"size": "8"}, r"size must be a number of pixels or \(height, width\), got '8'"),
        ({"size": (1, 2, 3)}, r"size must be .* got \(1, 2, 3\)"),
        ({"size": True}, "size must be .* got True"),
        ({"fit": "squeeze"}, "fit must be one of pad, crop, stretch, got 'squeeze'"),
        ({"color": "sepia"}, "color must be one of rgb, gray, got 'sepia'"),
        ({"validation": 0.5, "test": 0.5}, "together must be less than 1"),
        ({"seed": -1}, "seed must be a whole number"),
    ],
)
def test_arguments_out_of_range(options, said):
    with pytest.raises(InputError, match=said):
        load("digits", **options)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a.npy", r"one array has no labels\. Save a \.npz"),
        ("a.pkl", r"pickled data is not read"),
        ("a.zip", r"a packed archive\. Unpack it"),
        ("a.JPG", r"one picture\. To train, give a folder"),
        ("a.docx", r"a file of no form that is known\. Give a folder of class folders"),
        ("data_batch_1", r"the pickled form of CIFAR-10"),
        ("cifar-10-python.tar.gz", r"cut short or damaged"),
        ("a.npz", r"not a whole \.npz file"),
        ("a.csv", r"it holds no rows"),
        ("train-images-idx3-ubyte", r"its labels are missing"),
    ],
)
def test_files_of_other_forms(tmp_path, name, said):
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(FileError, match=said):
        load(tmp_path / name)


def test_things_that_are_no_files(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileError, match="a pipe or a device, not a file or a folder"):
        load(tmp_path / "pipe")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    with pytest.raises(FileError, match="dangling: cannot be read: No such file"):
        load(tmp_path / "dangling")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(FileError, match="loop: cannot be read: Too many levels"):
        load(tmp_path / "loop")


def test_an_unreadable_folder(tmp_path, monkeypatch):
    def refuse(path):  # the tests may run as root, who may read everything
        raise PermissionError(errno.EACCES, "Permission denied", path)

    (tmp_path / "locked").mkdir()
    monkeypatch.setattr("pellucid.data.opening.os.listdir", refuse)
    with pytest.raises(FileError, match="locked: cannot be read: Permission denied"):
        load(tmp_path / "locked")


def test_an_empty_folder_and_one_class(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"empty"):
        load(tmp_path / "empty")
    with pytest.raises(InputError, match="class"):
        load(photos(tmp_path / "single", classes=("cat",)))


def test_a_name_in_bytes_that_are_no_text(tmp_path):
    odd = os.fsdecode(os.fsencode(tmp_path) + b"/\xff-photos")
    try:
        photos(Path(odd))
    except OSError:
        pytest.skip("this file system takes only text for names")
    data = load(odd)
    assert data.source.endswith("/\\udcff-photos")


def test_a_test_class_that_was_never_trained(tmp_path):
    arrays = {"x_train": RNG.integers(0, 256, (8, 4, 4), np.uint8), "y_train": [0, 1] * 4}
    arrays |= {"x_test": RNG.integers(0, 256, (2, 4, 4), np.uint8), "y_test": [1, 2]}
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(InputError, match="in test but never in train: 2"):
        load(tmp_path / "a.npz")


@pytest.mark.real_data
def test_real_pictures_by_their_folder(real_data, tmp_path):
    for part, count in (("train", 30), ("test", 10)):
        for folder in sorted((real_data / "cifar10" / part).iterdir())[:3]:
            (tmp_path / part / folder.name).mkdir(parents=True)
            for picture in sorted(folder.iterdir())[:count]:
                (tmp_path / part / folder.name / picture.name).symlink_to(picture)
    data = load(tmp_path, size=16)
    assert data.images.shape == (120, 16, 16, 3)
    assert len(data.test) == 30
    assert 6 <= len(data.validation) <= 12
    assert data.images[..., 0].std() > 20
