"""None of these: the promise about right verdicts holds, what is far is refused, and all of it survives in the file."""

import json
from dataclasses import replace

import numpy as np
import pytest

from pellucid.data.load import load
from pellucid.models import refusal
from pellucid.models.model_file import load_model, save_model
from pellucid.models.nearest import Examples
from pellucid.models.refusal import Refusal, Vicinity, check_share, limit
from pellucid.models.verdicts import NONE
from pellucid.preprocessing.pipeline import Preprocessing
from pellucid.storage.errors import FileError, InputError
from pellucid.storage.seal import write_sealed
from pellucid.training.recipe import Recipe
from pellucid.training.trainer import fit


@pytest.fixture(scope="module")
def outcome():
    digits = load("digits")
    return digits, fit(digits, Recipe(epochs=12, refuse=0.1), engine="numpy")


def test_at_most_the_share_of_further_values_is_below_the_limit():
    rng = np.random.Generator(np.random.Philox(key=1))
    below = []
    for _ in range(400):
        held_out, to_come = rng.random(59), rng.random(200)
        below.append((to_come < limit(0.1, held_out)).mean())
    assert 0.09 < np.mean(below) <= 0.102  # the promise is an average over what was held out
    assert (np.arange(100) < limit(0.1, np.arange(100.0))).sum() == 9


def test_too_few_values_promise_nothing():
    assert limit(0.05, np.arange(18.0)) is None
    assert limit(0.05, np.arange(19.0)) == 0.0
    assert limit(0.0, np.arange(1000.0)) is None


@pytest.mark.parametrize("share", [-0.1, 1, 1.5, True, "5", float("nan")])
def test_what_is_no_share_is_refused(share):
    with pytest.raises(InputError, match="--refuse must be"):
        check_share(share)


def test_half_of_the_share_goes_to_each_limit():
    sure, far = np.linspace(0.1, 1.0, 99), np.linspace(3.0, 0.5, 99)
    limits = Refusal.set_on(0.2, sure, far, np.ones(99, bool), vicinity=None)
    assert (sure < limits.threshold).sum() == 9
    assert limits.too_far(far).sum() == 9
    never = Refusal.set_on(0.0, sure, far, np.ones(99, bool), vicinity=None)
    assert not never.refused(sure, far).any()


def test_the_nearest_are_the_nearest():
    rng = np.random.Generator(np.random.Philox(key=2))
    points, others = (
        rng.normal(size=(600, 8)).astype(np.float32),
        rng.normal(size=(1100, 8)).astype(np.float32),
    )
    eye = np.eye(8, dtype=np.float32)
    vicinity = Vicinity(points, eye, np.zeros(600, np.int64), ("",) * 600, 2.0)
    see, everything = (lambda inputs: inputs), np.arange(1100)
    distances, places = vicinity.nearest(see, others, everything, 4)
    truth = np.linalg.norm(others[:, np.newaxis].astype(np.float64) - points, axis=2)
    order = np.argsort(truth, axis=1)[:, :4]
    np.testing.assert_array_equal(places, order)
    np.testing.assert_allclose(distances, np.take_along_axis(truth, order, axis=1) / 2.0, rtol=1e-5)
    found = vicinity.distances(see, others, np.array([5, 7]))
    np.testing.assert_allclose(found, distances[[5, 7], 0])
    assert vicinity.nearest(see, others, everything[:1], 5000)[1].shape == (1, 600)
    assert vicinity.nearest(see, others, everything[:0])[1].shape == (0, 3)


def test_pictures_are_seen_a_block_at_a_time_and_compared_all_at_once(monkeypatch):
    """Of large pictures thousands as float32 fill the memory; and sketches, which are made once, pay off for many."""
    monkeypatch.setattr(refusal, "_SAMPLE", 3_000)
    monkeypatch.setattr(refusal, "block_rows", lambda features, most: 100)
    rng = np.random.Generator(np.random.Philox(key=4))
    images = rng.integers(0, 256, (900, 2, 5, 1)).astype(np.uint8)
    seen, compared = [], []

    def see(pictures):
        seen.append(len(pictures))
        return pictures.reshape(len(pictures), -1).astype(np.float32)

    nearest = Examples.nearest

    def counted(self, x, k, own=None):
        compared.append(len(x))
        return nearest(self, x, k, own)

    monkeypatch.setattr(Examples, "nearest", counted)
    parts, names = (np.arange(700), np.arange(700, 900)), [str(row) for row in range(900)]
    vicinity = Vicinity.of(see, images, *parts, np.zeros(900, np.int32), names)
    assert len(vicinity.points) == 700
    assert sum(seen) == 1 + 234 + 700 + 200  # every third picture shows the main directions
    np.testing.assert_array_equal(vicinity.distances(see, images, parts[0]), 0)
    assert max(seen) == 100
    assert compared == [200, 700]


def test_what_is_measured_in_pictures_is_not_measured_again(monkeypatch):
    monkeypatch.setattr(Preprocessing, "apply", None)
    digits = load("digits")
    digits = digits.with_split(np.where(np.arange(len(digits)) < 300, digits.split, -1))
    found = fit(
        digits, Recipe(model="nearest-mean", features="hog:cell=2,block=1", refuse=0.2), engine="numpy"
    )
    assert found.classifier.refusal.threshold > 0


def test_noise_is_refused_and_the_nearest_are_shown(outcome):
    digits, found = outcome
    rng = np.random.Generator(np.random.Philox(key=3))
    noise = rng.integers(0, 256, (40, 8, 8, 1)).astype(np.uint8)
    verdicts = found.classifier.verdicts(noise)
    assert all(verdict.refused and verdict.said == NONE for verdict in verdicts)
    near = verdicts[0].near
    assert len(near) == 3
    assert near[0].distance <= near[1].distance
    assert near[0].distance > 1.5
    row = digits.origins.index(near[0].name)
    assert near[0].label == digits.classes[digits.labels[row]]
    assert "none of these, at best" in repr(verdicts[0])
    known = [verdict for verdict in found.classifier.verdicts(digits.test.images) if not verdict.refused]
    assert len(known) > 0.75 * len(digits.test)
    assert all(verdict.near == () and verdict.said == verdict.label for verdict in known)


def test_a_model_file_keeps_it(outcome, tmp_path):
    digits, found = outcome
    save_model(tmp_path, found.classifier)
    again = load_model(tmp_path)
    images = digits.test.images
    for one, other in zip(found.classifier.verdicts(images), again.verdicts(images), strict=True):
        assert (one.said, one.near) == (other.said, other.near)
    assert json.loads((tmp_path / "model.json").read_text())["format"] == 2
    save_model(tmp_path, replace(found.classifier, refusal=None))
    assert json.loads((tmp_path / "model.json").read_text())["format"] == 1  # which older versions read
    assert load_model(tmp_path).refusal is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("threshold", 1.5),
        ("farthest", -1.0),
        ("usual", 0.0),
        ("labels", [0]),
        ("components", 3),
        ("names", None),
    ],
)
def test_a_spoiled_file_is_refused(outcome, tmp_path, key, value):
    save_model(tmp_path, outcome[1].classifier)
    described = json.loads((tmp_path / "model.json").read_text())
    described.pop("sha256")
    described["refusal"][key] = value
    write_sealed(tmp_path / "model.json", described)
    with pytest.raises(FileError, match="edited or damaged"):
        load_model(tmp_path)


def test_pictures_that_are_all_the_same_are_at_no_distance():
    images = np.zeros((20, 2, 2, 1), np.uint8)
    see = lambda pictures: pictures.reshape(len(pictures), -1).astype(np.float32)
    vicinity = Vicinity.of(
        see, images, np.arange(15), np.arange(15, 20), np.zeros(20, np.int32), [str(i) for i in range(20)]
    )
    assert vicinity.usual == 1.0
    np.testing.assert_array_equal(vicinity.distances(see, images), 0)
