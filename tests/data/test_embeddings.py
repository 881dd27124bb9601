"""Embeddings that were made elsewhere: one row for each picture, or a sentence that says what is wrong."""

import io
import pickle
from contextlib import suppress

import numpy as np
import pytest

from pellucid.data.dataset import Dataset
from pellucid.data.embeddings import read_embeddings, with_embeddings
from pellucid.data.frame import Frame
from pellucid.storage.errors import FileError, InputError
from pellucid.training.recipe import Recipe
from pellucid.training.trainer import fit


@pytest.fixture
def photos():
    images = np.random.Generator(np.random.Philox(key=1)).integers(0, 256, (20, 6, 6, 3), np.uint8)
    labels = (np.arange(20) % 2).astype(np.int32)
    split = np.resize([0, 0, 0, 1, 2], 20).astype(np.int8)
    return Dataset(
        "photos", ("a", "b"), images, labels, [str(n) for n in range(20)], split, frame=Frame(6, 6)
    )


@pytest.fixture
def saved(tmp_path):
    def save(array, **options):
        np.save(tmp_path / "e.npy", array, **options)
        return tmp_path / "e.npy"

    return save


@pytest.mark.parametrize("dtype", ["<f4", ">f4", "f8", "f2", "i8", "u1"])
def test_rows_take_the_place_of_pictures(photos, saved, dtype):
    rows = np.arange(60).reshape(20, 3).astype(dtype)
    found = with_embeddings(photos, saved(rows))
    assert found.images.dtype == np.float32
    np.testing.assert_array_equal(found.images, rows)
    assert found.frame is None
    assert found.viewable is found.pictures is photos.images
    assert found.fingerprint not in ("", photos.fingerprint)
    assert "embeddings of 3 numbers" in found.notes[-1]
    assert photos.viewable is photos.images


def test_a_model_is_trained_on_them(photos, saved):
    rng = np.random.Generator(np.random.Philox(key=2))
    rows = rng.normal(0, 0.3, (20, 5)) + photos.labels[:, None]
    outcome = fit(with_embeddings(photos, saved(rows)), Recipe(epochs=20))
    assert outcome.evaluations["test"].accuracy == 1
    assert outcome.classifier.predict(rows.astype(np.float32))[1].said == "b"
    with pytest.raises(InputError, match="trained on rows of numbers"):
        outcome.classifier.predict("a.jpg")


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (np.zeros((19, 3)), r"e\.npy: 19 embeddings for 20 pictures\. There must be one for each"),
        (
            np.zeros((20, 3, 2)),
            r"real numbers \(N, D\), a row for each picture, got float64 of shape \(20, 3, 2\)",
        ),
        (np.zeros((20, 0)), r"got float64 of shape \(20, 0\)"),
        (np.zeros((20, 3), complex), "got complex128"),
        (np.zeros((20, 3), bool), "got bool"),
        (np.full((20, 3), "x"), "got <U1"),
        (
            np.where(np.arange(60).reshape(20, 3) > 50, np.nan, 0),
            r"3 rows hold NaN .* first 17, 18, 19, counted",
        ),
        (np.full((20, 3), 1e300), "20 rows hold .* too large for float32"),
        (np.full((20, 3), None), "pickled data is not read, because opening it can run a stranger's code"),
    ],
)
def test_what_is_refused(photos, saved, rows, sentence):
    with pytest.raises(InputError, match=sentence):
        with_embeddings(photos, saved(rows, allow_pickle=True))


class Trap:
    def __reduce__(self):
        return (pytest.fail, ("a stranger's code was run",))


def test_nothing_is_unpickled_and_no_other_error_escapes(tmp_path, saved):
    path = tmp_path / "e.npy"
    path.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(FileError, match="not read"):
        read_embeddings(path)
    with pytest.raises(FileError, match="cannot be read: No such file"):
        read_embeddings(tmp_path / "none.npy")
    with pytest.raises(FileError, match="cannot be read"):
        read_embeddings(tmp_path)
    packed = io.BytesIO()
    np.savez(packed, a=np.zeros(3))
    path.write_bytes(packed.getvalue())
    with pytest.raises(FileError, match=r"a \.npz file of several arrays"):
        read_embeddings(path)
    whole = saved(np.ones((20, 3), np.float32)).read_bytes()
    rng = np.random.Generator(np.random.Philox(key=3))
    for _ in range(300):
        mutant = bytearray(whole[: rng.integers(0, len(whole))] if rng.random() < 0.3 else whole)
        for place in rng.integers(0, max(1, min(len(mutant), 128)), 3):
            if mutant:
                mutant[place] = rng.integers(256)
        path.write_bytes(mutant)
        with suppress(FileError):
            read_embeddings(path)


def test_rows_of_numbers_have_no_embeddings(photos, saved):
    rows = with_embeddings(photos, saved(np.zeros((20, 3))))
    with pytest.raises(InputError, match="the data are rows of numbers already"):
        with_embeddings(rows, saved(np.zeros((20, 3))))


def test_in_a_recipe_they_are_told_where_they_belong():
    with pytest.raises(InputError, match=r"come with the data, got 'e\.npy'.*embeddings='EMBEDDINGS\.npy'"):
        Recipe(features="e.npy")
