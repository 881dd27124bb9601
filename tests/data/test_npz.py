""".npz: names, shapes, ranges of pixels, and files that lie."""

import io
import zipfile

import numpy as np
import pytest

from pellucid.data.array_pictures import FrameRequest
from pellucid.data.npz import load_npz
from pellucid.storage.errors import FileError, InputError

RNG = np.random.Generator(np.random.Philox(key=1))
PIXELS = RNG.integers(0, 256, (6, 5, 4), np.uint8)
LABELS = np.array([0, 1, 2, 0, 1, 2])


def save(tmp_path, **arrays):
    path = tmp_path / "arrays.npz"
    np.savez_compressed(path, **arrays)
    return path


@pytest.mark.parametrize("images", ["images", "x", "X", "data"])
@pytest.mark.parametrize("labels", ["labels", "y", "targets", "Y"])
def test_pictures_and_labels_by_their_usual_names(tmp_path, images, labels):
    data = load_npz(save(tmp_path, **{images: PIXELS, labels: LABELS, "other": np.zeros(3)}))
    np.testing.assert_array_equal(data.images, PIXELS[..., None])
    np.testing.assert_array_equal(data.labels, LABELS)
    assert set(data.split) == {-1}
    assert data.frame.shape == (5, 4, 1)
    assert data.origins[5] == f"arrays.npz: {images}[5]"
    assert data.notes == ()


@pytest.mark.parametrize("form", ["x_{}", "{}_images", "X_{}"])
def test_parts(tmp_path, form):
    labels = "y_{}" if "_{}" in form else "{}_labels"
    arrays = {form.format("test"): PIXELS[:1], labels.format("test"): LABELS[:1]}
    arrays |= {form.format("val"): PIXELS[1:3], labels.format("val"): LABELS[1:3]}
    arrays |= {
        form.format("train"): PIXELS[3:],
        labels.format("train"): LABELS[3:, None],
    }  # as MedMNIST has them
    arrays = {
        name: array.reshape(-1, 1) if "y_" in name or "labels" in name else array
        for name, array in arrays.items()
    }
    data = load_npz(save(tmp_path, **arrays))
    assert list(data.split) == [0, 0, 0, 1, 1, 2]
    np.testing.assert_array_equal(data.images[..., 0], np.concatenate([PIXELS[3:], PIXELS[1:3], PIXELS[:1]]))
    np.testing.assert_array_equal(data.labels, [0, 1, 2, 1, 2, 0])


def test_keras_mnist_has_train_and_test(tmp_path):
    data = load_npz(
        save(tmp_path, x_test=PIXELS[:2], x_train=PIXELS, y_train=LABELS.astype(np.uint8), y_test=LABELS[:2])
    )
    assert list(data.split) == [0] * 6 + [2] * 2


@pytest.mark.parametrize("channels", [1, 3])
def test_channels_last(tmp_path, channels):
    pictures = np.repeat(PIXELS[..., None], channels, 3)
    data = load_npz(save(tmp_path, x=pictures, y=LABELS))
    assert data.images.shape == (6, 5, 4, channels)
    assert data.frame.color == ("rgb" if channels == 3 else "gray")


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, ">f4"])
def test_floats_of_0_to_1_become_bytes(tmp_path, kind):
    values = np.array([0, 0.25, 0.5, 1], kind).reshape(4, 1, 1).repeat(2, 1)
    data = load_npz(save(tmp_path, x=values, y=[0, 1, 0, 1]))
    assert list(data.images[:, 0, 0, 0]) == [0, 64, 128, 255]
    assert data.images.dtype == np.uint8
    assert data.notes == ("pixels of 0..1 were multiplied by 255 and rounded to bytes",)


@pytest.mark.parametrize("kind", [np.float32, np.int64, np.uint16])
def test_numbers_of_0_to_255_become_bytes(tmp_path, kind):
    data = load_npz(save(tmp_path, x=PIXELS.astype(kind), y=LABELS))
    np.testing.assert_array_equal(data.images[..., 0], PIXELS)
    assert "were taken as 0..255" in data.notes[0]


def test_the_range_is_decided_for_all_parts_together(tmp_path):
    dark = np.zeros((2, 5, 4), np.float32) + 1
    data = load_npz(
        save(tmp_path, x_train=PIXELS.astype(np.float32), y_train=LABELS, x_test=dark, y_test=[0, 1])
    )
    assert (data.images[6:] == 1).all()


def test_black_and_white(tmp_path):
    data = load_npz(save(tmp_path, x=PIXELS > 100, y=LABELS))
    assert set(np.unique(data.images)) == {0, 255}


def test_rows_of_numbers(tmp_path):
    rows = RNG.random((6, 3))
    data = load_npz(save(tmp_path, data=rows, target=LABELS))
    assert data.images.dtype == np.float32
    np.testing.assert_array_equal(data.images, rows.astype(np.float32))
    assert data.frame is None
    with pytest.raises(InputError, match="rows of numbers; only pictures have a size and a color to choose"):
        load_npz(tmp_path / "arrays.npz", request=FrameRequest.of(8, "pad", None))


def test_labels_may_be_words_or_have_names(tmp_path):
    data = load_npz(save(tmp_path, x=PIXELS, y=np.array(["b", "a", "c"] * 2)))
    assert data.classes == ("a", "b", "c")
    assert list(data.labels[:3]) == [1, 0, 2]
    data = load_npz(save(tmp_path, x=PIXELS, y=LABELS, class_names=np.array(["u", "v", "w"])))
    assert data.classes == ("u", "v", "w")


def test_another_size(tmp_path):
    path = save(tmp_path, x=PIXELS, y=LABELS)
    assert load_npz(path, request=FrameRequest.of(7, "crop", "rgb")).images.shape == (6, 7, 7, 3)


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"x": PIXELS}, r"it has no labels for 'x'\. Wanted .* found x\."),
        ({"y": LABELS}, r"it has no pictures\. Wanted .* found y\."),
        ({"x_train": PIXELS, "y_train": LABELS, "x_test": PIXELS}, r"it has no labels for 'x_test'"),
        ({"x": PIXELS, "y": LABELS[:5]}, r"'x' has 6 rows but 'y' has shape \(5,\)"),
        ({"x": PIXELS, "y": np.int64(3)}, r"'x' has 6 rows but 'y' has shape \(\)"),
        (
            {"x": PIXELS, "y": np.eye(6)},
            r"one number or word for each row, got an array of shape \(6, 6\).*argmax",
        ),
        ({"x": PIXELS[:, None], "y": LABELS}, r"colors first.*x\.transpose\(0, 2, 3, 1\)"),
        ({"x": np.zeros((6, 5, 4, 4)), "y": LABELS}, r"'x' has shape \(6, 5, 4, 4\); wanted pictures"),
        ({"x": np.zeros(6), "y": LABELS}, r"'x' has shape \(6,\); wanted"),
        ({"x": np.zeros((0, 5, 4)), "y": LABELS[:0]}, r"'x' is empty"),
        ({"x": PIXELS * 1j, "y": LABELS}, r"'x' must hold numbers, got complex128"),
        ({"x": PIXELS / 255 * 2 - 1, "y": LABELS}, r"pixels go from -\S+ to \S+, so what is black"),
        ({"x": PIXELS.astype(int) * 257, "y": LABELS}, r"pixels go from \d+ to \d{5}, so"),
        ({"x": np.full((6, 5, 4), np.nan), "y": LABELS}, r"some pixels are NaN or infinite"),
        (
            {"x": np.full((6, 5), 1e300), "y": LABELS},
            r"30 numbers are NaN, infinite or too large.*\[0, 0\], .*…",
        ),
        ({"x": PIXELS, "y": LABELS + 0.5}, r"6 of 6 labels are not whole: row 0 \(0\.5\)"),
        (
            {"x": PIXELS, "y": [0, 1, np.nan, 0, 1, 2]},
            r"1 of 6 labels are missing \(NaN or infinite\): row 2",
        ),
        ({"x": PIXELS, "y": ["a", "b", "", "a", "b", "c"]}, r"1 of 6 labels are missing \(empty\): row 2"),
        ({"x": PIXELS, "y": np.full(6, 4)}, r"every label is 4; a classifier needs at least two classes"),
        ({"x": PIXELS, "y": LABELS, "classes": ["a", "b"]}, r"2 of 6 labels are not in 0\.\.1: row 2 \(2\)"),
        ({"x": PIXELS, "y": LABELS.astype("M8[s]")}, r"whole numbers or words, got datetime64"),
        (
            {"x_train": PIXELS, "y_train": LABELS, "x_test": PIXELS[:, :3], "y_test": LABELS},
            r"pictures of one shape",
        ),
        (
            {"x_train": PIXELS, "y_train": LABELS, "x_test": PIXELS, "y_test": LABELS.astype(str)},
            r"all numbers or all words",
        ),
    ],
)
def test_arrays_that_are_not_what_was_wanted(tmp_path, arrays, said):
    with pytest.raises(FileError, match=rf"(?s)arrays\.npz: .*{said}|arrays\.npz: {said}"):
        load_npz(save(tmp_path, **arrays))


def test_objects_are_never_unpickled(tmp_path):
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("it was unpickled",))

    path = tmp_path / "arrays.npz"
    np.savez(path, x=PIXELS, y=np.array([Trap()] * 6, dtype=object), allow_pickle=True)
    with pytest.raises(
        FileError, match=r"'y' is an array of Python objects, which could run a stranger's code"
    ):
        load_npz(path)


def with_member(tmp_path, name, content):
    path = save(tmp_path, y=LABELS)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return path


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not an array",
        b"\x93NUMPY\x01\x00\x10\x00{'descr': '<u1', ",
        b"\x93NUMPY\x01\x00\x04\x00((((",
        b"\x93NUMPY\x07\x00\x04\x00{}  ",
        b"\x93NUMPY\x02\x00\xff\xff\xff\xff{",
    ],
)
def test_members_that_are_no_arrays(tmp_path, content):
    with pytest.raises(FileError, match=r"'x' is damaged \(.*Save it again with numpy\.savez"):
        load_npz(with_member(tmp_path, "x.npy", content))


def test_a_header_that_announces_more_than_there_is_takes_no_memory(tmp_path):
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        buffer, {"descr": "|u1", "fortran_order": False, "shape": (10**6, 100, 100)}
    )
    with pytest.raises(FileError, match=r"'x' announces uint8 of shape \(1000000, 100, 100\), more than"):
        load_npz(with_member(tmp_path, "x.npy", buffer.getvalue()))


def test_damage_never_escapes_as_another_error(tmp_path):
    path = save(tmp_path, x=PIXELS, y=LABELS)
    whole = path.read_bytes()
    noticed = 0
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 0x41
        path.write_bytes(damaged)
        try:
            load_npz(path)
        except FileError:
            noticed += 1
    assert noticed > len(whole) / 2
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(FileError, match=r"not a whole \.npz file"):
            load_npz(path)


def test_a_missing_file(tmp_path):
    with pytest.raises(FileError, match=r"none\.npz: cannot be read: No such file"):
        load_npz(tmp_path / "none.npz")
