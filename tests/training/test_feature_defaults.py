"""Linear models on what is measured in pictures go down with a minimizer, unless steps of descent are asked for."""

from dataclasses import replace

import numpy as np
import pytest

from pellucid.data.dataset import Dataset
from pellucid.data.frame import Frame
from pellucid.optimizers.descent import Momentum
from pellucid.storage.errors import InputError
from pellucid.training.recipe import Recipe
from pellucid.training.session import prepared
from pellucid.training.trainer import fit


@pytest.fixture(scope="module")
def colored():
    """Three classes of pictures of 16 × 16 that differ in their color (120)."""
    stream = np.random.Generator(np.random.Philox(key=6))
    labels = (np.arange(120) % 3).astype(np.int32)
    pictures = stream.integers(0, 120, (120, 16, 16, 3))
    pictures[np.arange(120), :, :, labels] += 60
    split = np.resize([0, 0, 0, 1, 2], 24).repeat(5).astype(np.int8)
    origins = [str(row) for row in range(120)]
    return Dataset(
        "colored",
        ("red", "green", "blue"),
        pictures.astype(np.uint8),
        labels,
        origins,
        split,
        frame=Frame(16, 16),
    )


@pytest.mark.parametrize(
    ("model", "loss"),
    [
        ("softmax", "softmax-cross-entropy"),
        ("svm", "one-versus-rest-squared-hinge"),
        ("logistic", "one-versus-rest-logistic"),
    ],
)
def test_hog_and_color_learn_by_a_minimizer(colored, model, loss):
    outcome = fit(colored, Recipe(model=model, features="hog+color"))
    recipe = outcome.run["recipe"]
    assert recipe["optimizer"] == "preconditioned-lbfgs"
    assert recipe["loss"] == loss
    assert recipe["features"].startswith("fhog:cell=2|2+fhog:cell=4|4+thumbnail+color:")
    assert outcome.evaluations["test"].accuracy > 0.9


def test_two_classes_have_one_score(colored):
    rows = np.flatnonzero(colored.labels < 2)
    two = replace(
        colored,
        classes=colored.classes[:2],
        images=colored.images[rows],
        labels=colored.labels[rows],
        origins=[str(row) for row in rows],
        split=colored.split[rows],
    )
    recipe = prepared(two, Recipe(model="logistic", features="hog+color")).recipe
    assert (recipe.loss, recipe.optimizer) == ("logistic-loss", "preconditioned-lbfgs")


@pytest.mark.parametrize(
    "asked",
    [
        {"learning_rate": 0.01},
        {"batch_size": 16},
        {"momentum": 0.5},
        {"clip": 1.0},
        {"l1": 1e-4},
        {"sampling": "balanced"},
        {"loss": "multiclass-hinge"},
        {"optimizer": "nesterov"},
        {"features": "pixels"},
    ],
)
def test_what_a_minimizer_cannot_do_is_done_by_descent(colored, asked):
    recipe = prepared(colored, Recipe(model="svm", **{"features": "color", **asked})).recipe
    assert recipe.optimizer == "nesterov"
    assert recipe.loss == "multiclass-hinge"


def test_an_optimizer_that_is_handed_in_is_taken(colored):
    recipe = prepared(colored, Recipe(features="color"), optimizer=Momentum()).recipe
    assert recipe.optimizer == "handed-in"


def test_features_that_are_the_same_in_all_pictures_are_refused(colored):
    plain = replace(colored, images=np.full_like(colored.images, 90))
    with pytest.raises(
        InputError, match=r"--features hog:.*: all training pictures have the same.*take other features"
    ):
        fit(plain, Recipe(features="hog:cell=4"))
