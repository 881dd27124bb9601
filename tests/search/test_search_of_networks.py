"""A search of networks: each trial is what training alone would make of its settings, on both engines."""

import numpy as np
import pytest

from pellucid.data.dataset import Dataset
from pellucid.data.frame import Frame
from pellucid.data.load import load
from pellucid.search.findings import command, conclusion, widened
from pellucid.search.space import Choice, Range, space
from pellucid.search.trials import Plan, Trial, best, searched
from pellucid.storage.errors import InputError
from pellucid.training.recipe import Recipe
from pellucid.training.trainer import fit

MLP = Recipe(model="mlp", epochs=3, batch_size=128)


@pytest.fixture(scope="module")
def digits():
    return load("digits")


@pytest.mark.parametrize("engine", ["numpy", "xla"])
def test_each_trial_ends_as_it_would_alone(digits, tmp_path, engine):
    given = {"hidden": "12,8-6", "dropout": "0,0.2", "learning_rate": "3e-3:3e-2"}
    kept = {}
    plan = Plan(MLP, space(MLP, given), 4 if engine == "numpy" else 2, reduction=1, engine=engine)
    trials = searched(digits, plan, tmp_path, lambda event: kept.setdefault(event["event"], event))
    assert kept["ready"]["lots"] == [1] * plan.trials
    assert kept["ready"]["side_by_side"] == []
    assert {trial.recipe.network["hidden"] for trial in trials} <= {(12,), (8, 6)}
    for trial in trials:
        alone = fit(digits, trial.recipe, engine=engine).events[-1]["validation_accuracy"]
        assert trial.value == pytest.approx(alone, abs=1.01 / len(digits.validation)), trial.number


def test_a_stopped_search_of_networks_goes_on_to_the_same_values(digits, tmp_path):
    plan = Plan(MLP, space(MLP, {"hidden": "8", "dropout": "0,0.3"}), 3, engine="numpy")
    for name in ("whole", "parts"):
        (tmp_path / name).mkdir()
    whole = searched(digits, plan, tmp_path / "whole")

    def stop(event):
        if event["event"] == "epoch":
            raise KeyboardInterrupt

    trials, stops = None, 0
    while trials is None:
        try:
            trials = searched(digits, plan, tmp_path / "parts", stop)
        except KeyboardInterrupt:
            stops += 1
        assert stops < 20
    assert stops >= 3
    assert [dict(t.values) for t in trials] == [dict(t.values) for t in whole]


def test_several_models_all_see_pixels(tmp_path):
    rng = np.random.Generator(np.random.Philox(key=4))
    labels = np.arange(60, dtype=np.int32) % 2
    images = (rng.integers(0, 150, (60, 12, 12, 3)) + 100 * labels[:, None, None, None]).astype(np.uint8)
    split = (np.arange(60) // 2 % 3).astype(np.int8)
    origins = [str(row) for row in range(60)]
    photos = Dataset("photos", ("a", "b"), images, labels, origins, split, frame=Frame(12, 12))
    base = Recipe(model="mlp", epochs=1, seed=3)
    tried = space(base, {"model": "mlp,convnet,softmax"})
    trials = searched(photos, Plan(base, tried, 3, reduction=1, engine="numpy"), tmp_path)
    assert {trial.recipe.model for trial in trials} == {"mlp", "convnet", "softmax"}
    assert {trial.recipe.features for trial in trials} == {"pixels"}


def test_what_is_searched_by_default_is_what_the_network_has():
    assert set(space(MLP, {}).dimensions) == {"learning_rate", "dropout"}
    assert set(space(Recipe(model="resnet20"), {}).dimensions) == {"learning_rate"}
    assert set(space(Recipe(), {}).dimensions) == {"learning_rate", "l2"}
    assert isinstance(space(MLP, {"l2": "1e-5:1e-2"}).dimensions["l2"], Range)


def test_the_commands_name_the_network():
    tried = space(MLP, {"hidden": "16,8-6", "learning_rate": "1e-4:1e-2", "dropout": "0.2"})
    assert tried.dimensions["hidden"] == Choice(("16", "8-6"))
    plan = Plan(MLP, tried, 2)
    recipe = Recipe(model="mlp", network={"hidden": (8, 6), "dropout": 0.2}, learning_rate=9.9e-3, epochs=3)
    trial = Trial(0, recipe, {"learning_rate": (1e-4, 1e-2)}, {3: 0.5}, "finished")
    assert "hidden 8-6" in conclusion(plan, [trial])[0]
    assert command(plan, best([trial]), "digits") == (
        "pellucid train digits --model mlp --learning-rate 0.0099 --dropout 0.2 --hidden 8,6 --epochs 3 --seed 0"
    )
    assert widened(plan, trial, "digits").startswith(
        "pellucid search digits --model mlp --learning-rate 0.0001:0.1 "
    )
    assert "--hidden 16,8-6" in widened(plan, trial, "digits")


@pytest.mark.parametrize(
    ("base", "given", "sentence"),
    [
        (MLP, {"hidden": "8-0"}, "--hidden must be whole numbers, 1 or more: dashes between the layers"),
        (MLP, {"hidden": "8+6"}, r"as 512-256,1024; got '8\+6'"),
        (MLP, {"dropout": "0,1"}, "mlp: dropout must be from 0 to below 1, got 1"),
        (MLP, {"dropout": "0:0.5"}, "--dropout takes values with commas between, got 0:0.5"),
        (MLP, {"activation": "relu,rely"}, "Did you mean relu"),
        (MLP, {"filters": "8"}, "--model mlp has no --filters: leave it out. It is for convnet."),
        (Recipe(), {"hidden": "8"}, "--model softmax has no --hidden: leave it out. It is for mlp, maxout."),
        (MLP, {"model": "mlp,softmax", "hidden": "8"}, "--model softmax has no --hidden: leave it out."),
    ],
)
def test_what_cannot_be_searched_is_said_before_a_picture_is_read(base, given, sentence):
    with pytest.raises(InputError, match=sentence):
        space(base, given)
