"""Features between runs: measured once, checked, repaired, bounded, and done without where the disk refuses."""

import errno
import os
from collections import namedtuple

import numpy as np
import pytest

from pellucid.data.frame import Frame
from pellucid.features.thumbnail import Thumbnail
from pellucid.preprocessing import kept_features
from pellucid.preprocessing.features import features_described
from pellucid.preprocessing.measuring import Measured
from pellucid.preprocessing.shown import first_shown, shown_as_before
from pellucid.storage import atomic, kept_files

FEATURES = "thumbnail:grid=2+hog:cell=4,block=1"


@pytest.fixture(autouse=True)
def keeps_all(monkeypatch):
    monkeypatch.setattr(kept_features, "_WORTH", 0)


@pytest.fixture
def pictures():
    return np.random.Generator(np.random.Philox(key=1)).integers(0, 256, (60, 8, 8, 3), np.uint8)


@pytest.fixture
def measured(monkeypatch):
    """How many pictures were measured since."""
    counts, measure = [], Thumbnail.__call__

    def counting(self, pictures):
        counts.append(len(pictures))
        return measure(self, pictures)

    monkeypatch.setattr(Thumbnail, "__call__", counting)
    return counts


def shown(pictures, features=FEATURES, **options):
    return first_shown(pictures, np.arange(40), Frame(*pictures.shape[1:3]), features, **options)


def kept(own_cache):
    return sorted((own_cache / "features").iterdir())


def test_it_is_told_how_many_are_measured_and_nothing_where_none_are(pictures, monkeypatch):
    monkeypatch.setattr("pellucid.preprocessing.measuring._BLOCK", 25)
    told = []
    shown(pictures, progress=lambda done, total: told.append((done, total)))
    assert told == [(25, 60), (50, 60), (60, 60)]
    shown(pictures, progress=lambda done, total: told.append((done, total)))
    assert len(told) == 3


def test_the_second_time_nothing_is_measured(pictures, measured, own_cache):
    wanted = features_described(FEATURES).of_many(pictures)
    measured.clear()
    first = shown(pictures)
    assert sum(measured) == 60
    again = shown(pictures.copy())
    before = shown_as_before(first.preprocessing, pictures)
    assert sum(measured) == 60
    for found in (first, again, before):
        np.testing.assert_array_equal(found.numbers, wanted)
        assert found.notes == ()
        assert not found.numbers.flags.writeable
        assert found.numbers.ctypes.data % 64 == 0
    np.testing.assert_array_equal(first.preprocessing.mean, again.preprocessing.mean)
    (path,) = kept(own_cache)
    assert path.stat().st_mode & 0o777 == 0o600


def test_small_ones_are_not_kept(pictures, own_cache, monkeypatch):
    monkeypatch.setattr(kept_features, "_WORTH", 2**24)
    shown(pictures)
    assert not (own_cache / "features").exists()


def test_other_pictures_settings_and_code_are_measured_anew(pictures, measured, own_cache, monkeypatch):
    shown(pictures)
    other = pictures.copy()
    other[7, 3, 3, 1] ^= 1
    np.testing.assert_array_equal(shown(other).numbers, features_described(FEATURES).of_many(other))
    shown(pictures.reshape(60, 4, 16, 3))
    shown(pictures, "thumbnail:grid=4")
    monkeypatch.setattr(kept_features, "_code", lambda: "other code")
    shown(pictures)
    assert len(kept(own_cache)) == 5


@pytest.mark.parametrize("place", [3, 20, 100, 5000, -1])
def test_a_flipped_bit_is_noticed_and_mended(pictures, measured, own_cache, place):
    wanted = np.array(shown(pictures).numbers)
    (path,) = kept(own_cache)
    content = bytearray(path.read_bytes())
    content[place] ^= 4
    path.write_bytes(content)
    measured.clear()
    np.testing.assert_array_equal(shown(pictures).numbers, wanted)
    assert sum(measured) == 60
    np.testing.assert_array_equal(shown(pictures).numbers, wanted)
    assert sum(measured) == 60


@pytest.mark.parametrize("length", [0, 10, 63, 64, 2000, -1])
def test_a_file_cut_short_is_mended(pictures, own_cache, length):
    wanted = np.array(shown(pictures).numbers)
    (path,) = kept(own_cache)
    path.write_bytes(path.read_bytes()[:length])
    np.testing.assert_array_equal(shown(pictures).numbers, wanted)


def test_a_full_disk_is_told_and_done_without(pictures, own_cache, monkeypatch):
    usage = namedtuple("usage", "total used free")(10**9, 10**9, 1000)
    monkeypatch.setattr(kept_files.shutil, "disk_usage", lambda _: usage)
    found = shown(pictures)
    assert "no room left on the disk" in found.notes[0]
    assert "is not kept for the next time" in found.notes[0]
    np.testing.assert_array_equal(found.numbers, features_described(FEATURES).of_many(pictures))
    assert kept(own_cache) == []


@pytest.mark.parametrize("failing", ["write", "rename", "fsync"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EROFS])
def test_a_disk_that_fails_while_writing(pictures, own_cache, monkeypatch, failing, number):
    def refuse(*_, **__):
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as faults:
        if failing == "write":
            faults.setattr(kept_features.RowsWriter, "finish", refuse)
        elif failing == "rename":
            faults.setattr(atomic.os, "replace", refuse)
        else:
            faults.setattr(kept_features, "VERIFIED_BYTES", 0)
            faults.setattr(atomic.os, "fsync", refuse)
        found = shown(pictures)
    assert len(found.notes) == 1
    np.testing.assert_array_equal(found.numbers, features_described(FEATURES).of_many(pictures))
    assert kept(own_cache) == []
    assert shown(pictures).notes == ()
    assert len(kept(own_cache)) == 1


def test_a_cache_that_cannot_be_made(pictures, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PELLUCID_CACHE", str(tmp_path / "file"))
    found = shown(pictures)
    assert "Set PELLUCID_CACHE" in found.notes[0]
    np.testing.assert_array_equal(found.numbers, features_described(FEATURES).of_many(pictures))


def test_the_least_recently_used_go_first(pictures, own_cache, monkeypatch):
    shown(pictures)
    (first,) = kept(own_cache)
    monkeypatch.setattr(kept_files, "KEPT_BYTES", 2 * first.stat().st_size + 200)
    os.utime(first, (1, 1))
    shown(pictures, "thumbnail:grid=2+hog:cell=4,block=1,norm=L1")
    shown(pictures, "thumbnail:grid=2+hog:cell=4,block=1,norm=L2")
    assert len(kept(own_cache)) == 2
    assert first not in kept(own_cache)


class Learning(Thumbnail):
    """A kind that learns one number, and counts how often it did."""

    times = 0

    def learn(self, pictures, rows, seed):
        type(self).times += 1
        return {"bias": np.full(1, pictures[rows].mean() + seed, np.float32)}

    def arrays(self, shape):
        return {"bias": (1,)}

    def __call__(self, pictures, bias):
        return Thumbnail(self.grid)(pictures) + bias


def test_what_was_learned_is_kept_by_what_it_was_learned_from(pictures, own_cache, monkeypatch):
    def fitted(rows, seed):
        kept = kept_features.KeptFeatures(pictures)
        kind = kept.fitted(Measured((Learning((2, 2)),)), rows, seed)
        return kind.learned["thumbnail.bias"][0], kept.numbers(kind)

    monkeypatch.setattr(Learning, "times", 0)
    one = fitted(np.arange(40), 0)
    again = fitted(np.arange(40), 0)
    assert Learning.times == 1
    assert one[0] == again[0]
    np.testing.assert_array_equal(one[1], again[1])
    others = [fitted(np.arange(30), 0), fitted(np.arange(40), 1)]
    assert Learning.times == 3
    assert len({one[0], *(other[0] for other in others)}) == 3
    assert len([path for path in kept(own_cache) if path.suffix == ".features"]) == 3
    (damaged, *_) = (path for path in kept(own_cache) if path.suffix == ".learned")
    damaged.write_bytes(damaged.read_bytes()[:50])
    assert [fitted(np.arange(40), 0)[0], fitted(np.arange(30), 0)[0], fitted(np.arange(40), 1)[0]] == [
        one[0], others[0][0], others[1][0],
    ]  # fmt: skip
    assert Learning.times == 4


def test_a_training_measures_once(measured):
    from pellucid.data.dataset import Dataset
    from pellucid.training.recipe import Recipe
    from pellucid.training.trainer import fit

    rng = np.random.Generator(np.random.Philox(key=2))
    labels = np.arange(80) % 2
    images = (
        rng.integers(0, 100, (80, 8, 8, 3), np.uint8) + (100 * labels).astype(np.uint8)[:, None, None, None]
    )
    split = np.repeat([0, 1, 2], [48, 16, 16]).astype(np.int8)
    data = Dataset("shades", ("a", "b"), images, labels, [""] * 80, split, frame=Frame(8, 8))
    for model in ("softmax", "svm"):
        outcome = fit(data, Recipe(model=model, features="thumbnail:grid=2", epochs=2))
        assert outcome.evaluations["test"].accuracy == 1
    assert sum(measured) == 80
