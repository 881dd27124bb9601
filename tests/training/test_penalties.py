"""What penalties do to the length of the gradient, and training on next to nothing."""

import numpy as np
import pytest

from pellucid.data.dataset import Dataset
from pellucid.models.linear import KINDS
from pellucid.optimizers.named import OPTIMIZERS
from pellucid.storage.errors import InputError
from pellucid.training.defaults import MINIMIZERS
from pellucid.training.penalties import slopes_with_l1
from pellucid.training.recipe import Recipe
from pellucid.training.trainer import fit


def test_at_a_kink_the_shortest_slope_counts():
    params = {"weight": np.array([2.0, -1.0, 0.0, 0.0]), "bias": np.array([0.0])}
    slopes = {"weight": np.array([-0.5, 0.5, 0.3, -0.9]), "bias": np.array([0.2])}
    found = slopes_with_l1(slopes, params, {"weight": 0.5})
    np.testing.assert_allclose(found["weight"], [0.0, 0.0, 0.0, -0.4], atol=1e-15)
    np.testing.assert_array_equal(found["bias"], [0.2])


def few(digits, classes, each=1):
    """A training part of one picture of each class, and nothing else."""
    rows = np.arange(classes * each)
    return Dataset(
        name="few",
        classes=tuple(str(label) for label in range(classes)),
        images=digits.images[rows % len(digits)],
        labels=(rows % classes).astype(digits.labels.dtype),
        origins=[str(row) for row in rows],
        split=np.zeros(len(rows), digits.split.dtype),
        source="few",
        frame=digits.frame,
    )


@pytest.mark.parametrize(
    ("model", "optimizer"),
    [*((kind, None) for kind in KINDS), *(("softmax", name) for name in (*OPTIMIZERS, *MINIMIZERS))],
)
@pytest.mark.parametrize("classes", [2, 10])
def test_one_picture_a_class_is_enough_to_begin(digits, model, optimizer, classes):
    outcome = fit(few(digits, classes), Recipe(model=model, optimizer=optimizer, epochs=30), engine="numpy")
    assert outcome.evaluations["train"].accuracy == 1.0


def test_a_thousand_classes(digits):
    data = few(digits, 1000)
    outcome = fit(data, Recipe(epochs=1), engine="numpy")
    assert np.isfinite(outcome.run["result"]["loss"]["train"])
    with pytest.raises(InputError, match=r"names cat, but the classes are 0, 1, .* and 980 more"):
        fit(data, Recipe(class_weight={"cat": 1.0}))


@pytest.mark.parametrize("optimizer", MINIMIZERS)
def test_a_minimizer_refuses_what_it_would_not_use(digits, optimizer):
    with pytest.raises(InputError, match="leave out --learning-rate and --batch-size"):
        fit(digits, Recipe(optimizer=optimizer, learning_rate=0.1, batch_size=8))
    with pytest.raises(InputError, match="weights of 0 cost nothing by --loss multiclass-perceptron"):
        fit(digits, Recipe(model="perceptron", optimizer=optimizer))
