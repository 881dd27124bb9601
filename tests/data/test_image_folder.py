"""Folders of class folders: how people keep their pictures, and how they get it wrong."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pellucid.data.dataset import Dataset
from pellucid.data.frame import Frame
from pellucid.data.image_folder import load_folder
from pellucid.storage.errors import FileError, InputError, UnreadableError

FRAME = Frame(8, 8)


def put(path: Path, shade: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8), (shade, shade, shade)).save(path, "PNG")
    return path


def load(path: object, **options) -> Dataset:
    return load_folder(path, frame=FRAME, **options)


def shades(dataset: Dataset) -> list[int]:
    return [int(picture[0, 0, 0]) for picture in dataset.images]


@pytest.fixture
def photos(tmp_path) -> Path:
    for number in range(3):
        put(tmp_path / "photos" / "cat" / f"{number}.jpg", 10 + number)
        put(tmp_path / "photos" / "ant" / f"{number}.png", 20 + number)
    return tmp_path / "photos"


def test_class_folders(photos):
    dataset = load(photos)
    assert dataset.name == "photos"
    assert dataset.classes == ("ant", "cat")
    assert dataset.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert dataset.labels.dtype == np.int32
    assert shades(dataset) == [20, 21, 22, 10, 11, 12]
    assert dataset.split.tolist() == [-1] * 6
    assert dataset.split.dtype == np.int8
    assert list(dataset.origins) == [str(photos / "ant" / f"{n}.png") for n in range(3)] + [
        str(photos / "cat" / f"{n}.jpg") for n in range(3)
    ]
    assert dataset.frame == FRAME
    assert dataset.source == str(photos)
    assert dataset.groups is None
    assert dataset.unreadable == ()
    assert dataset.notes == ()
    assert len(dataset.fingerprint) == 64


def test_files_may_lie_deeper_and_come_sorted(photos):
    put(photos / "ant" / "2020" / "june" / "a.png", 30)
    put(photos / "ant" / "10.png", 31)
    assert shades(load(photos)) == [20, 21, 31, 22, 30, 10, 11, 12]


def test_whole_numbers_are_ordered_as_numbers(tmp_path):
    for name in ("9", "10", "1"):
        put(tmp_path / "digits" / name / "a.png", int(name))
    dataset = load(tmp_path / "digits")
    assert dataset.classes == ("1", "9", "10")
    assert [dataset.classes[label] for label in dataset.labels] == [str(shade) for shade in shades(dataset)]


@pytest.mark.parametrize("validation", ["validation", "val", "valid", "Val"])
def test_train_validation_and_test_folders(tmp_path, validation):
    for number, part in enumerate((validation, "test", "train")):
        put(tmp_path / "set" / part / "cat" / "a.png", 10 + number)
        put(tmp_path / "set" / part / "ant" / "a.png", 20 + number)
    dataset = load(tmp_path / "set")
    assert dataset.split.tolist() == [0, 0, 1, 1, 2, 2]
    assert shades(dataset) == [22, 12, 20, 10, 21, 11]
    assert dataset.labels.tolist() == [0, 1] * 3


def test_train_and_test_only(tmp_path):
    for part in ("train", "test"):
        put(tmp_path / part / "cat" / "a.png")
        put(tmp_path / part / "ant" / "a.png")
    assert load(tmp_path).split.tolist() == [0, 0, 2, 2]


def test_train_only(tmp_path):
    put(tmp_path / "train" / "cat" / "a.png")
    put(tmp_path / "train" / "ant" / "a.png")
    assert load(tmp_path).split.tolist() == [0, 0]


def test_a_train_among_cars_is_a_class(tmp_path):
    for name in ("train", "car", "ship"):
        put(tmp_path / name / "a.png")
        put(tmp_path / name / "old" / "a.png")
    assert load(tmp_path).classes == ("car", "ship", "train")


def test_other_folders_beside_train_and_test_are_told(tmp_path):
    for part in ("train", "test", "unlabelled"):
        put(tmp_path / part / "cat" / "a.png")
        put(tmp_path / part / "ant" / "a.png")
    dataset = load(tmp_path)
    assert len(dataset) == 4
    assert dataset.notes == ("Not used, because it is neither train, validation nor test: unlabelled.",)


def test_litter_and_files_that_are_no_pictures(photos):
    for name in (".DS_Store", "Thumbs.db", "desktop.ini", ".hidden.png", "._cat.png"):
        (photos / "cat" / name).write_bytes(b"x")
        (photos / name).write_bytes(b"x")
    for folder in ("__MACOSX/cat", ".git/cat"):
        put(photos / folder / "a.png")
    (photos / "cat" / "notes.txt").write_text("x")
    (photos / "cat" / "meta.JSON").write_text("x")
    (photos / "ant" / "more.txt").write_text("x")
    (photos / "ant" / "README").write_text("x")
    put(photos / "loose.png")
    dataset = load(photos)
    assert len(dataset) == 6
    assert dataset.classes == ("ant", "cat")
    assert dataset.notes == (
        f"Not used: 1 picture in {photos}, outside its class folders.",
        "Not used, because the ending is not that of a picture that can be read: "
        "2 .txt, 1 .json, 1 without an ending.",
    )


def test_names_that_are_not_utf8_or_not_composed(tmp_path):
    put(tmp_path / "set" / "cafe\u0301" / "a.png", 1)  # as a Mac writes it
    put(tmp_path / "set" / "b" / "a.png", 2)
    odd = os.fsencode(tmp_path / "set" / "b") + b"/\xff\xe9.png"
    os.rename(tmp_path / "set" / "b" / "a.png", odd)
    os.rename(os.fsencode(tmp_path / "set" / "b"), os.fsencode(tmp_path / "set") + b"/b\xe9")
    dataset = load(tmp_path / "set")
    assert dataset.classes == ("b\\udce9", "caf\u00e9")
    assert shades(dataset) == [2, 1]
    for name in dataset.classes:
        name.encode("utf-8")
    assert os.path.exists(dataset.origins[0])
    assert shades(load(tmp_path / "set")) == [2, 1]  # from the cache


def test_links_are_followed_but_not_in_a_circle(photos, tmp_path):
    put(tmp_path / "elsewhere" / "b.png", 99)
    (photos / "dog").symlink_to(tmp_path / "elsewhere")
    (photos / "cat" / "more").symlink_to(tmp_path / "elsewhere")
    (photos / "ant" / "up").symlink_to(photos / "ant")
    dataset = load(photos)
    assert dataset.classes == ("ant", "cat", "dog")
    assert shades(dataset) == [20, 21, 22, 10, 11, 12, 99, 99]


def test_the_fingerprint_tells_pixels_labels_and_names_apart(photos):
    seen = {load(photos).fingerprint}
    assert load(str(photos) + "/").fingerprint in seen
    for change in (
        lambda: put(photos / "cat" / "0.jpg", 77),
        lambda: (photos / "cat").rename(photos / "dog"),
        lambda: (photos / "ant" / "0.png").rename(photos / "dog" / "-.png"),
    ):
        change()
        fingerprint = load(photos).fingerprint
        assert fingerprint not in seen
        seen.add(fingerprint)
    assert load_folder(photos, frame=Frame(9, 8)).fingerprint not in seen


# Bad folders


def refused(path: object, match: str, error: type = InputError) -> str:
    with pytest.raises(error, match=match) as caught:
        load(path)
    return str(caught.value)


def test_paths_that_are_no_folder(tmp_path):
    refused(tmp_path / "missing", "missing: there is no such folder. Check the spelling")
    refused(put(tmp_path / "a.png"), "a.png: a file, where a folder of class folders was wanted")
    refused("nul\0", "cannot be read")


def test_empty_folders(tmp_path):
    refused(tmp_path, "the folder is empty")
    (tmp_path / "train").mkdir()
    refused(tmp_path, "train: the folder is empty")
    (tmp_path / "test").mkdir()
    refused(tmp_path, "train: the folder is empty")


def test_a_folder_of_pictures_without_classes(tmp_path):
    put(tmp_path / "a.png")
    put(tmp_path / "b.png")
    refused(tmp_path, r"holds 2 pictures but no class folders. Put the pictures of each class .* \.csv")


def test_one_class(tmp_path):
    put(tmp_path / "cat" / "a.png")
    assert "hint" not in refused(tmp_path, "only one class, 'cat'; two or more were wanted.$")
    put(tmp_path / "cat" / "old" / "a.png")
    refused(tmp_path, "give .*cat.$")


def test_class_folders_without_pictures(photos):
    (photos / "dog").mkdir()
    refused(photos, r"no picture \(JPEG.*\) in the class folder .*photos/dog. Add pictures or remove it.$")
    (photos / "eel").mkdir()
    (photos / "eel" / "a.heic").write_bytes(b"x")
    refused(photos, r"class folders .*/dog, .*/eel. Add pictures or remove them. Not used.*1 .heic")


def test_a_test_class_that_training_never_saw(tmp_path):
    for part in ("train", "val", "test"):
        put(tmp_path / part / "cat" / "a.png")
        put(tmp_path / part / "ant" / "a.png")
    put(tmp_path / "test" / "dog" / "a.png")
    refused(tmp_path, "class 'dog' is in test but not in train, so it can never be learned")
    put(tmp_path / "val" / "dog" / "a.png")
    refused(tmp_path, "class 'dog' is in validation and test but not in train")


def test_parts_that_make_no_sense(tmp_path):
    put(tmp_path / "test" / "cat" / "a.png")
    put(tmp_path / "val" / "cat" / "a.png")
    refused(tmp_path, "there is test, val, but no train folder")
    put(tmp_path / "train" / "cat" / "a.png")
    put(tmp_path / "validation" / "cat" / "a.png")
    refused(tmp_path, "test, train, val, validation are the same part")


def test_all_unreadable_pictures_are_listed_at_once(photos):
    (photos / "cat" / "1.jpg").write_bytes(b"")
    (photos / "ant" / "0.png").write_text("Dear diary")
    (photos / "ant" / "9.png").symlink_to("nowhere.png")
    (photos / "ant" / "dir.png").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(photos / "cat" / "pipe.png")
    message = refused(photos, "cannot be read", UnreadableError)
    for text in (
        "1.jpg: the file is empty",
        "0.png: the file holds text",
        "9.png: a link to a file that does not exist",
    ):
        assert text in message
    assert "pipe.png: a pipe" in message or not hasattr(os, "mkfifo")
    assert message.endswith("--skip-unreadable.")
    dataset = load(photos, skip_unreadable=True)
    assert shades(dataset) == [21, 22, 10, 12]
    assert dataset.labels.tolist() == [0, 0, 1, 1]
    assert [os.path.basename(path) for path in dataset.origins] == ["1.png", "2.png", "0.jpg", "2.jpg"]
    listed = [os.path.basename(path) for path, _ in dataset.unreadable]
    assert listed == ["0.png", "9.png", "1.jpg", "pipe.png"][: 4 if hasattr(os, "mkfifo") else 3]


def test_nothing_readable_at_all(tmp_path):
    for name in ("cat", "ant"):
        put(tmp_path / name / "a.png").write_bytes(b"")
    refused(tmp_path, "2 pictures cannot be read", UnreadableError)
    with pytest.raises(InputError, match="none of the pictures can be read"):
        load(tmp_path, skip_unreadable=True)


def test_a_class_of_which_nothing_can_be_read(photos):
    put(photos / "dog" / "a.png").write_bytes(b"")
    with pytest.raises(InputError, match="no picture of the class 'dog' can be read"):
        load(photos, skip_unreadable=True)


def test_a_folder_without_permission(photos, monkeypatch):
    put(photos / "cat" / "private" / "a.png")
    locked = str(photos / "cat" / "private")
    real = os.scandir

    def scandir(path):
        if str(path) == locked:
            raise PermissionError(13, "Permission denied")
        return real(path)

    # The superuser, as whom tests often run, may read every folder.
    monkeypatch.setattr(os, "scandir", scandir)
    message = refused(photos, "cannot be read", UnreadableError)
    assert "private: the folder cannot be read: you have no permission to read it" in message
    assert len(load(photos, skip_unreadable=True)) == 6
    locked = str(photos)
    refused(photos, "the folder cannot be read: you have no permission", FileError)


def test_no_jax(photos):
    program = (
        "import sys; from pellucid.data.image_folder import load_folder; from pellucid.data.frame import Frame; "
        f"load_folder({str(photos)!r}, frame=Frame()); "
        "heavy = {'jax', 'scipy', 'sklearn', 'matplotlib'} & set(sys.modules); assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.real_data
def test_real_pictures(real_data, tmp_path):
    for part in ("train", "test"):
        (tmp_path / part).mkdir()
        for name in ("cat", "ship"):
            (tmp_path / part / name).symlink_to(real_data / "cifar10" / "test" / name)
    dataset = load_folder(tmp_path, frame=Frame())
    assert dataset.images.shape == (4000, 32, 32, 3)
    assert np.bincount(dataset.labels).tolist() == [2000] * 2
    assert np.bincount(dataset.split).tolist() == [2000, 0, 2000]
    for row in (0, 999, 1000, 2000, 3999):
        assert np.array_equal(dataset.images[row], np.asarray(Image.open(dataset.origins[row])))
        assert f"/{dataset.classes[dataset.labels[row]]}/" in dataset.origins[row]
