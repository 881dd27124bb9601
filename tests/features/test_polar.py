"""Polar coordinates: right, and what they are for."""

import numpy as np
import pytest

from pellucid.data.dataset import Dataset
from pellucid.features.polar import Polar
from pellucid.inspection.attribution import gradient_times_input
from pellucid.inspection.contributions import receipt
from pellucid.models.model_file import load_model
from pellucid.preprocessing.features import features_described
from pellucid.storage.errors import InputError
from pellucid.training.recipe import Recipe
from pellucid.training.trainer import fit


@pytest.fixture(scope="module")
def circle():
    """Points inside and outside of a circle around (2, −1)."""
    rng = np.random.Generator(np.random.Philox(key=5))
    labels = np.arange(300) % 2
    radius, angle = 1 + 2 * labels + rng.uniform(-0.8, 0.8, 300), rng.uniform(-np.pi, np.pi, 300)
    points = np.stack([2 + radius * np.cos(angle), -1 + radius * np.sin(angle)], axis=1).astype(np.float32)
    split = np.resize([0, 0, 0, 1, 2], 300).astype(np.int8)
    return Dataset("circle", ("inside", "outside"), points, labels.astype(np.int32), [""] * 300, split)


def test_radius_and_angle():
    points = np.array([[3, 4], [0, -2], [-1, 0], [0, 0]], np.float32)
    wanted = [[5, np.arctan2(4, 3)], [2, -np.pi / 2], [1, np.pi], [0, 0]]
    found = features_described("polar")(points)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wanted, rtol=1e-6)
    moved = features_described("polar:center=3|4")(points)
    np.testing.assert_allclose(moved[0], [0, 0])
    for text in ("polar:center=3|-4.5", "polar:center=52.520008|-1234567.25"):  # to the last digit
        assert str(features_described(text)) == text
    with pytest.raises(InputError, match=r"center must be two numbers, .* got \('a', 'b'\)"):
        Polar(("a", "b"))


@pytest.mark.parametrize("engine", ["numpy", "xla"])
def test_a_circle_becomes_a_line(circle, tmp_path, engine):
    plain = fit(circle, Recipe(epochs=60), engine=engine)
    assert plain.evaluations["test"].accuracy < 0.75
    outcome = fit(circle, Recipe(features="polar:center=2|-1", epochs=60), tmp_path, engine=engine)
    assert outcome.evaluations["test"].accuracy == 1
    again = load_model(tmp_path)
    np.testing.assert_array_equal(again.scores(circle.images), outcome.classifier.scores(circle.images))
    why = receipt(again, circle.images[1], 1)
    assert why.contributions.shape == (2,)
    assert why.contributions.sum() + why.bias == pytest.approx(why.score, abs=1e-5)
    assert abs(why.contributions[0]) > 5 * abs(why.contributions[1])
    straight = gradient_times_input(again, circle.images[1], 1)
    np.testing.assert_allclose(straight.contributions, why.contributions, atol=1e-5)


@pytest.mark.parametrize(
    ("text", "shape", "sentence"),
    [
        (
            "polar",
            (8, 8, 3),
            "points of the plane, rows of 2 numbers, and the data are pictures of 8 × 8 × 3",
        ),
        ("polar", (3,), "the data are rows of 3"),
        ("polar:center=1", (2,), "polar: center must be two numbers"),
        ("polar+hog", (2,), "--features polar stands alone"),
    ],
)
def test_what_cannot_be(text, shape, sentence):
    with pytest.raises(InputError, match=sentence):
        features_described(text).settled(shape, 10)
