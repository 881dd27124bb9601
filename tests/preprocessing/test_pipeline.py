"""One object for training and prediction; what does not fit is said in one sentence."""

import json

import numpy as np
import pytest

from pellucid.data.frame import Frame
from pellucid.preprocessing.pipeline import Preprocessing
from pellucid.preprocessing.shown import first_shown
from pellucid.storage.errors import InputError, UnreadableError


@pytest.fixture
def pictures():
    return np.random.Generator(np.random.Philox(key=1)).integers(0, 256, (20, 4, 5, 3)).astype(np.uint8)


@pytest.fixture
def preprocessing(pictures):
    return first_shown(pictures, np.arange(20), Frame(4, 5)).preprocessing


@pytest.fixture
def of_rows():
    return Preprocessing(None, np.zeros(3, np.float32), np.ones(3, np.float32))


def test_pictures_become_standardized_rows(preprocessing, pictures):
    x = preprocessing.apply(pictures)
    assert x.shape == (20, preprocessing.features) == (20, 60)
    assert x.dtype == np.float32
    np.testing.assert_allclose(x.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(x.std(0), 1, rtol=1e-4)
    assert preprocessing.apply(pictures[:0]).shape == (0, 60)


def test_pictures_of_another_size_are_refused(preprocessing):
    for shape in ((20, 5, 4, 3), (4, 5, 3), (20, 60), (20, 4, 5, 1), ()):
        with pytest.raises(InputError, match=r"The model sees inputs of shape \(N, 4, 5, 3\), got"):
            preprocessing.apply(np.zeros(shape, np.uint8))


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, bool])
def test_pictures_that_are_not_8_bits_are_refused(preprocessing, dtype):
    with pytest.raises(
        InputError, match=r"Pictures are uint8, 0 to 255, got .*: scale and convert them first"
    ):
        preprocessing.apply(np.zeros((1, 4, 5, 3), dtype))


def test_rows_of_numbers(of_rows):
    np.testing.assert_array_equal(of_rows.apply([[1, 2, 3]]), [[1, 2, 3]])
    assert of_rows.apply(np.ones((2, 3))).dtype == np.float32
    with pytest.raises(InputError, match=r"The model sees inputs of shape \(N, 3\), got \(2, 4\)"):
        of_rows.apply(np.ones((2, 4)))


@pytest.mark.parametrize("rows", [[["a", "b", "c"]], [[1, None, 2]], [[1j, 2, 3]], [[1, 2, 3], [1, 2]], None])
def test_rows_that_are_no_numbers_are_refused(of_rows, rows):
    with pytest.raises(InputError, match=r"The model sees (numbers|inputs of shape \(N, 3\))"):
        of_rows.apply(rows)


def test_a_model_of_rows_cannot_look_at_pictures(of_rows):
    with pytest.raises(InputError, match="trained on rows of numbers: it cannot look at pictures"):
        of_rows.prepare("a.jpg")


def test_its_state_goes_through_json_and_back(preprocessing, pictures, of_rows):
    for each, inputs in ((preprocessing, pictures), (of_rows, np.ones((2, 3)))):
        settings, arrays = each.state()
        again = Preprocessing.from_state(json.loads(json.dumps(settings)), arrays)
        assert again.frame == each.frame
        np.testing.assert_array_equal(again.apply(inputs), each.apply(inputs))


def test_arrays_of_any_size_are_brought_to_the_frame(preprocessing):
    picture = np.full((10, 30, 3), 200, np.uint8)
    prepared = preprocessing.prepare(picture)
    assert prepared.shape == (4, 5, 3)
    assert prepared.dtype == np.uint8


def test_files_that_cannot_be_read_are_all_named(preprocessing, tmp_path):
    from PIL import Image

    Image.new("RGB", (8, 8), (1, 2, 3)).save(tmp_path / "good.png")
    (tmp_path / "text.jpg").write_text("hello")
    paths = [tmp_path / "good.png", tmp_path / "text.jpg", tmp_path / "nowhere.png"]
    with pytest.raises(
        UnreadableError, match=r"(?s)2 pictures cannot be read:.*text\.jpg.*nowhere\.png"
    ) as caught:
        preprocessing.read(paths)
    assert [path for path, _ in caught.value.unreadable] == [str(path) for path in paths[1:]]
    found, read, unreadable = preprocessing.read(paths, skip_unreadable=True)
    assert found.shape == (1, 4, 5, 3)
    assert read == [0]
    assert len(unreadable) == 2
    assert preprocessing.read([])[0].shape == (0, 4, 5, 3)


def test_many_files_are_read_by_several_processes_and_come_in_order(preprocessing, tmp_path, monkeypatch):
    from PIL import Image

    from pellucid.data import decoder

    monkeypatch.setattr(decoder, "_FEW_FILES", 0)
    monkeypatch.setattr(decoder, "_CHUNK_FILES", 2)
    paths = [tmp_path / f"{number}.png" for number in range(7)]
    for number, path in enumerate(paths):
        Image.new("RGB", (9, 7), (10 * number, 0, 99)).save(path)
    paths[3].write_bytes(b"")
    told = []
    found, read, unreadable = preprocessing.read(paths, True, lambda *counts: told.append(counts))
    assert read == [0, 1, 2, 4, 5, 6]
    assert unreadable == [(str(paths[3]), "the file is empty (0 bytes)")]
    for row, number in enumerate(read):
        np.testing.assert_array_equal(found[row], preprocessing.prepare(paths[number]))
    assert told[-1] == (7, 7)
