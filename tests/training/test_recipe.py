"""What the user says is checked; what is left open is chosen from the data."""

import numpy as np
import pytest

from pellucid.data.frame import Frame
from pellucid.preprocessing.pipeline import Preprocessing
from pellucid.preprocessing.shown import Shown, first_shown
from pellucid.preprocessing.standardize import moments, standardize
from pellucid.storage.errors import InputError
from pellucid.training.defaults import LINEAR_LOSSES
from pellucid.training.recipe import Recipe
from pellucid.training.settling import largest_curvature, settled


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"model": "magic"}, "--model must be one of nearest-mean, knn, softmax, svm, .* got 'magic'"),
        ({"l2": -1.0}, "--l2 must be 0 or more, got -1.0"),
        ({"l2": float("nan")}, "--l2 must be 0 or more, got nan"),
        ({"learning_rate": 0.0}, "--learning-rate must be above 0"),
        ({"momentum": 1.0}, "--momentum must be 0 to below 1"),
        ({"epochs": 0}, "--epochs must be 1 or more"),
        ({"batch_size": 0}, "--batch-size must be 1 or more"),
        ({"patience": -3}, "--patience must be 1 or more"),
        ({"watch": "luck"}, "--watch must be one of accuracy, balanced-accuracy, f1, loss"),
        ({"class_weight": "heavy"}, "--class-weight must be balanced, or a weight for each class"),
        ({"class_weight": {"cat": -1}}, "--class-weight of cat must be 0 or more, got -1"),
        ({"schedule": "fast"}, "The schedule must be one of .*; got 'fast'"),
        ({"schedule": "cosines"}, "Did you mean cosine?"),
        ({"optimizer": "adm"}, "--optimizer must be one of sgd, .*lbfgs; got 'adm'. Did you mean adam?"),
        ({"optimizer": "adam:first_decay"}, "'first_decay' in 'adam:first_decay' is no SETTING=NUMBER"),
        ({"optimizer": "adam:first_decay=much"}, "is no SETTING=NUMBER"),
        ({"optimizer": "adam:beta3=0.5"}, "'beta3' is not a setting of the optimizer adam"),
        ({"optimizer": "adam", "momentum": 0.5}, "--optimizer adam has no --momentum"),
        ({"loss": "softmx-cross-entropy"}, "Did you mean softmax-cross-entropy?"),
        ({"loss": "zero-one-loss"}, "--loss zero-one-loss is flat and jumps.* Descend a surrogate"),
        ({"loss": "soft-cross-entropy"}, "needs a probability of each class"),
        ({"margin": 2.0}, "--loss softmax-cross-entropy knows no --margin"),
        ({"model": "svm", "margin": -2.0}, "--margin must be 0 or more"),
        ({"model": "svm", "label_smoothing": 0.1}, "--loss multiclass-hinge knows no --label-smoothing"),
        ({"label_smoothing": 1.0}, "--label-smoothing must be 0 to below 1"),
        ({"l1": -1}, "--l1 must be 0 or more, got -1"),
        ({"l2": {"weight": float("inf")}}, "--l2 of weight must be 0 or more, got inf"),
        ({"clip": 0}, "--clip must be above 0"),
        ({"tolerance": 0.0}, "--tolerance must be above 0"),
        ({"gradient_norm": -1.0}, "--gradient-norm must be above 0"),
        ({"time_limit": float("nan")}, "--time-limit must be above 0"),
        ({"sampling": "lucky"}, "--sampling must be one of shuffled, balanced"),
        ({"learning_rate": "fnd"}, "--learning-rate must be a number, or find, got 'fnd'"),
        ({"seed": -1}, "--seed must be 0 to"),
        ({"model": []}, "--model must be one of"),
        ({"l2": "much"}, "--l2 must be a number, got 'much'"),
        ({"epochs": 2.5}, r"--epochs must be a whole number, got 2\.5"),
        ({"batch_size": True}, "--batch-size must be a whole number, got True"),
    ],
)
def test_wrong_settings_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        Recipe(**settings)


def test_numbers_of_numpy_are_taken_as_plain_ones():
    recipe = Recipe(l2=np.float32(0.5), epochs=np.int64(3), learning_rate=1)
    assert recipe == Recipe(l2=0.5, epochs=3, learning_rate=1.0)
    assert [type(each) for each in (recipe.l2, recipe.epochs, recipe.learning_rate)] == [float, int, float]


def test_json_there_and_back():
    recipe = Recipe(model="svm", l2=0.5, epochs=3)
    assert Recipe.from_json(recipe.to_json()) == recipe
    with pytest.raises(InputError, match="names warp, which this version of pellucid does not know"):
        Recipe.from_json({"warp": 1})


@pytest.mark.parametrize("count", [20, 700, 3000])
def test_largest_curvature_is_the_largest_eigenvalue(count):
    stream = np.random.Generator(np.random.Philox(key=count))
    pictures = (
        (stream.normal(0, 1, (count, 12)) @ stream.normal(0, 1, (12, 12)) * 20 + 128)
        .clip(0, 255)
        .astype(np.uint8)
    )
    rows = np.arange(count)
    mean, scale = moments(pictures, rows)
    x = standardize(pictures[:2048], mean, scale).astype(np.float64)
    x = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    exact = np.linalg.eigvalsh(x.T @ x / len(x))[-1]
    assert largest_curvature(Shown(Preprocessing(None, mean, scale), pictures), rows) == pytest.approx(
        exact, rel=0.02
    )


def test_labels_are_smoothed_by_default_for_networks_with_their_own_loss():
    assert Recipe(model="mlp").criterion.smoothing == 0.1
    assert Recipe(model="mlp", label_smoothing=0.0).criterion.smoothing == 0
    assert Recipe(model="mlp", loss="squared-error").criterion.smoothing == 0
    assert Recipe(model="resnet20").criterion.smoothing == Recipe().criterion.smoothing == 0
    pictures = np.zeros((40, 4, 4, 1), np.uint8)
    seen = first_shown(pictures, np.arange(40), Frame(4, 4, "pad", "gray"))
    assert settled(Recipe(model="convnet"), seen, np.arange(40), 3).label_smoothing == 0.1
    assert settled(Recipe(), seen, np.arange(40), 3).label_smoothing == 0


def test_what_is_open_is_settled_and_what_is_said_stays():
    stream = np.random.Generator(np.random.Philox(key=1))
    pictures = stream.integers(0, 256, (50_000, 4, 4, 1), dtype=np.uint8)
    rows = np.arange(50_000)
    seen = first_shown(pictures, rows, Frame(4, 4, "pad", "gray"))
    found = settled(Recipe(), seen, rows, 3)
    assert (found.batch_size, found.epochs) == (256, 40)
    curvature = largest_curvature(seen, rows)
    step = LINEAR_LOSSES["softmax-cross-entropy"][1]
    assert found.learning_rate == pytest.approx(step / curvature, rel=5e-3)
    few = settled(Recipe(), seen, rows[:100], 3)
    assert (few.batch_size, few.epochs) == (16, 286)
    said = Recipe(batch_size=7, epochs=2, learning_rate=0.5, l2=0.0)
    said = settled(said, seen, rows, 3)
    assert (said.batch_size, said.epochs, said.learning_rate, said.l2) == (7, 2, 0.5, 0.0)
