"""Predictions out of fold: no picture is judged by a model that saw it, or a double of it."""

from dataclasses import replace

import numpy as np
import pytest

from pellucid.data.dataset import TAKEN_OUT
from pellucid.data.load import load
from pellucid.inspection.suspects import suspects
from pellucid.storage.errors import InputError
from pellucid.training.out_of_fold import out_of_fold, suiting_features
from pellucid.training.recipe import Recipe

QUICK = Recipe(epochs=12)


def some_digits(count=600):
    digits = load("digits")
    return replace(
        digits, images=digits.images[:count], labels=digits.labels[:count], origins=digits.origins[:count],
        split=digits.split[:count],
    )  # fmt: skip


@pytest.mark.filterwarnings("error")
def test_flipped_digits_are_found():
    digits = some_digits()
    rng = np.random.Generator(np.random.Philox(key=5))
    wrong = rng.permutation(len(digits))[:30]
    labels = np.array(digits.labels)
    labels[wrong] = (labels[wrong] + rng.integers(1, 10, 30)) % 10
    alone = np.arange(len(digits))
    judged = out_of_fold(replace(digits, labels=labels), QUICK, count=3, groups=alone, engine="numpy")
    np.testing.assert_array_equal(judged.rows, alone)
    np.testing.assert_allclose(judged.probabilities.sum(axis=1), 1, atol=1e-5)
    found = suspects(judged.probabilities, labels, budget=30)
    assert np.isin(found.places, wrong).mean() > 0.8
    assert judged.folds == 3
    assert judged.recipe.features == "pixels"


def test_a_picture_that_is_there_twice_is_not_judged_by_itself():
    """Pictures of pure noise cannot be learned; with their doubles in the other folds they would be remembered."""
    rng = np.random.Generator(np.random.Philox(key=6))
    digits = some_digits(120)
    half = rng.integers(0, 256, (60, 8, 8, 1)).astype(np.uint8)
    labels = np.arange(60, dtype=np.int32) % 3
    noise = replace(
        digits, images=np.concatenate([half, half]), labels=np.concatenate([labels, labels]),
        classes=("a", "b", "c"), split=np.zeros(120, np.int8), groups=None,
    )  # fmt: skip
    recipe = Recipe(epochs=60, l2=0.0)
    together = out_of_fold(noise, recipe, count=3, groups=np.tile(np.arange(60), 2), engine="numpy")
    torn = out_of_fold(noise, recipe, count=3, groups=np.arange(120), engine="numpy")
    assert together.accuracy < 0.55
    assert torn.accuracy > 0.6


def test_every_epoch_is_told():
    told = []
    digits = some_digits(100)
    out_of_fold(
        digits,
        QUICK,
        count=2,
        groups=np.arange(100),
        engine="numpy",
        progress=lambda *each: told.append(each),
    )
    assert told == [("epochs", epoch, 24) for epoch in range(1, 25)]


def test_what_has_no_epochs_tells_its_models(monkeypatch):
    monkeypatch.setattr("pellucid.preprocessing.kept_features._WORTH", 0)
    told = []
    recipe = Recipe("nearest-mean", features="hog:cell=4,block=1")
    out_of_fold(
        some_digits(100), recipe, count=2, groups=np.arange(100), progress=lambda *each: told.append(each)
    )
    assert told == [("pictures", 100, 100), ("models", 1, 2), ("models", 2, 2)]


def test_what_was_taken_out_is_not_judged():
    digits = some_digits(300)
    split = np.array(digits.split)
    split[[3, 17]] = TAKEN_OUT
    judged = out_of_fold(digits.with_split(split), QUICK, count=2, groups=np.arange(300), engine="numpy")
    assert len(judged.rows) == 298
    assert not np.isin([3, 17], judged.rows).any()


def test_what_is_measured_in_pictures_is_measured_once_for_all_folds(monkeypatch):
    from pellucid.training import out_of_fold as module

    calls = []
    own = module.first_shown
    monkeypatch.setattr(
        module, "first_shown", lambda *given, **named: calls.append(1) or own(*given, **named)
    )
    recipe = Recipe(features="hog:cell=4|4,block=1|1", epochs=10)
    judged = out_of_fold(some_digits(200), recipe, count=3, groups=np.arange(200), engine="numpy")
    assert len(calls) == 1
    assert judged.accuracy > 0.5


@pytest.mark.parametrize(
    ("shape", "features"),
    [((32, 32, 3), "hog+color"), ((28, 28, 1), "hog"), ((8, 8, 1), "pixels"), ((64,), "pixels")],
)
def test_features_suit_the_pictures(shape, features):
    assert suiting_features(shape) == features


def test_one_class_and_too_many_folds_are_refused():
    digits = some_digits(100)
    with pytest.raises(InputError, match="one class only"):
        out_of_fold(replace(digits, classes=("0",), labels=np.zeros(100, np.int32)), QUICK)
    with pytest.raises(InputError, match="number of folds must be 2 or more"):
        out_of_fold(digits, QUICK, count=101, groups=np.arange(100))
