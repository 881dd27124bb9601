"""Training on principal components: both engines, files, receipts and everything that takes a model up again."""

import dataclasses

import numpy as np
import pytest

from pellucid.data.dataset import Dataset
from pellucid.inspection.attribution import gradient_times_input
from pellucid.inspection.contributions import difference_receipt, receipt
from pellucid.inspection.first_layer import first_layer
from pellucid.inspection.templates import templates
from pellucid.models.model_file import load_model, save_model
from pellucid.storage.errors import FileError, InputError
from pellucid.storage.seal import write_sealed
from pellucid.training.checkpoint import load_checkpoint
from pellucid.training.recipe import Recipe
from pellucid.training.run import new_run
from pellucid.training.session import prepared
from pellucid.training.trainer import fit, resume

PCA = "pca:components=20,floor=1"
LINEAR = Recipe(model="softmax", features=PCA, epochs=3, batch_size=64)
NETWORK = Recipe(
    model="mlp", features=PCA, network={"hidden": (12,), "dropout": 0.2}, epochs=2, batch_size=64
)


@pytest.fixture(scope="module")
def linear(module_digits):
    return fit(module_digits, LINEAR, engine="numpy").classifier


@pytest.fixture(scope="module")
def network(module_digits):
    return fit(module_digits, NETWORK, engine="numpy").classifier


@pytest.fixture(scope="module")
def module_digits(digits):
    split = digits.split.copy()
    split[np.flatnonzero(split == 0)[400:]] = -1
    return digits.with_split(split)


@pytest.mark.parametrize("recipe", [LINEAR, NETWORK], ids=["softmax", "mlp"])
def test_both_engines_see_the_same(quick, recipe):
    eager, compiled = (prepared(quick, recipe, engine=engine) for engine in ("numpy", "xla"))
    rows = quick.train.rows.astype(np.int32)
    params, statistics = eager.start_params, eager.statistics(eager.start_params)
    np.testing.assert_allclose(
        compiled.engine.scores(params, rows, statistics),
        eager.engine.scores(params, rows, statistics),
        rtol=1e-4,
        atol=1e-5,
    )
    rates = np.full(4, 1e-2, np.float32)
    ends = [each.engine.steps(each.start_state(), rows[:256], 64, rates) for each in (eager, compiled)]
    np.testing.assert_allclose(ends[1][1], ends[0][1], rtol=1e-4)
    for name, array in ends[0][0]["params"].items():
        moved = np.linalg.norm(array - params[name])
        assert np.linalg.norm(ends[1][0]["params"][name] - array) <= 1e-3 * moved


def test_the_classifier_sees_what_training_saw(quick, linear):
    session = prepared(quick, LINEAR, engine="numpy")
    rows = quick.train.rows[:50]
    seen = session.supply.batch(rows)[0]
    assert seen.shape == (50, 20)
    np.testing.assert_allclose(seen, linear.preprocessing.apply(quick.images[rows]), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("engine", ["numpy", "xla"])
def test_components_are_computed_in_the_step_where_pictures_change_or_are_too_many(
    quick, engine, monkeypatch
):
    from pellucid.training import supplying

    once = prepared(quick, NETWORK, engine=engine)
    assert once.supply.inputs.shape == (len(quick), 20)
    flipped = prepared(quick, dataclasses.replace(NETWORK, augment="flip"), engine=engine)
    assert flipped.supply.inputs is quick.images
    monkeypatch.setattr(supplying, "_MEMORY", 1000)
    inside = prepared(quick, NETWORK, engine=engine)
    assert inside.supply.inputs is quick.images
    order, rates = quick.train.rows[:256].astype(np.int32), np.full(4, 1e-2, np.float32)
    losses = [each.engine.steps(each.start_state(), order, 64, rates)[1] for each in (once, inside)]
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-4)
    assert not np.allclose(
        flipped.engine.steps(flipped.start_state(), order, 64, rates)[1], losses[0], rtol=1e-3
    )


def test_receipts_of_a_linear_classifier_are_exact_pixel_by_pixel(quick, linear):
    for row in range(20):
        picture = quick.images[row]
        for found in (receipt(linear, picture, row % 10), difference_receipt(linear, picture, row % 10, 3)):
            assert found.contributions.shape == picture.shape
            assert found.exact


def test_templates_of_a_linear_classifier_are_pictures(linear):
    assert linear.templates[0].shape == (10, 64)
    assert templates(linear).shape == (10, 8, 8, 1)


def test_gradient_times_input_is_in_pixels(quick, network, linear):
    found = gradient_times_input(network, quick.images[0], 4)
    assert found.contributions.shape == (8, 8, 1)
    # Along the gradient, the score moves as the contributions say.
    exact, approximate = receipt(linear, quick.images[0], 4), gradient_times_input(linear, quick.images[0], 4)
    np.testing.assert_allclose(approximate.contributions, exact.contributions, atol=1e-5)


def test_the_first_layer_is_drawn_in_pixels(network):
    layer = first_layer(network)
    assert layer.pictures.shape == (12, 8, 8, 1)
    weight = network.params["hidden1.weight"].astype(np.float64) @ network.preprocessing.projection
    np.testing.assert_allclose(layer.pictures.reshape(12, 64), weight[layer.numbers], rtol=1e-6)


@pytest.mark.parametrize("kind", ["linear", "network"])
def test_a_model_file_gives_the_same_scores(quick, kind, tmp_path, request):
    classifier = request.getfixturevalue(kind)
    save_model(tmp_path, classifier)
    again = load_model(tmp_path)
    np.testing.assert_array_equal(again.scores(quick.images[:30]), classifier.scores(quick.images[:30]))
    assert again.preprocessing.described == PCA


@pytest.mark.parametrize("projected", [True, False])
def test_a_file_whose_features_do_not_fit_its_arrays_is_refused(linear, tmp_path, projected):
    preprocessing = linear.preprocessing
    wrong = "pixels" if projected else PCA
    changes = {"described": wrong} | ({} if projected else {"projection": None})
    save_model(
        tmp_path, dataclasses.replace(linear, preprocessing=dataclasses.replace(preprocessing, **changes))
    )
    with pytest.raises(FileError, match=r"edited or damaged \(ValueError: the features are"):
        load_model(tmp_path)


def test_a_file_from_before_there_were_features_sees_pixels(quick, tmp_path):
    import json

    classifier = fit(quick, Recipe(epochs=1), engine="numpy").classifier
    save_model(tmp_path, classifier)
    described = json.loads((tmp_path / "model.json").read_text())
    del described["preprocessing"]["features"]
    write_sealed(tmp_path / "model.json", described)
    again = load_model(tmp_path)
    np.testing.assert_array_equal(again.scores(quick.images[:9]), classifier.scores(quick.images[:9]))


def test_a_stopped_training_goes_on_to_the_same_bits(quick, tmp_path):
    whole = fit(quick, NETWORK, new_run(tmp_path / "whole", "digits", "mlp"), engine="numpy")

    def stop(event):
        if event["event"] == "epoch":
            raise KeyboardInterrupt

    folder = new_run(tmp_path / "stopped", "digits", "mlp")
    with pytest.raises(KeyboardInterrupt):
        fit(quick, NETWORK, folder, engine="numpy", listener=stop)
    np.testing.assert_array_equal(
        load_checkpoint(folder)[1].projection, whole.classifier.preprocessing.projection
    )
    again = resume(folder, quick)
    for name, array in whole.classifier.params.items():
        np.testing.assert_array_equal(again.classifier.params[name], array)


def test_training_from_a_run_takes_its_features(quick, network):
    recipe = dataclasses.replace(NETWORK, features=None, epochs=1)
    again = fit(quick, recipe, engine="numpy", start_from=network)
    assert again.run["recipe"]["features"] == PCA
    assert again.classifier.preprocessing.projection is network.preprocessing.projection
    with pytest.raises(InputError, match=r"sees pca:components=20,floor=1, --features asks for pixels"):
        fit(quick, dataclasses.replace(recipe, features="pixels"), start_from=network)


def test_a_run_on_features_is_taken_up_by_their_name(quick):
    first = fit(quick, Recipe(features="words:words=20", epochs=2), engine="numpy")
    recipe = Recipe(features="words:words=20", optimizer="sgd", epochs=1)
    again = fit(quick, recipe, engine="numpy", start_from=first.classifier)
    assert again.run["recipe"]["features"] == first.run["recipe"]["features"] != recipe.features
    for other in ("words:words=20,contrast=10", "words:words=21", "words:words=20+thumbnail", "pixels"):
        with pytest.raises(InputError, match=r"sees words:words=20,.*, --features asks for .*Leave it out"):
            fit(quick, dataclasses.replace(recipe, features=other), start_from=first.classifier)


def test_convolutions_need_pixels():
    for kind in ("convnet", "googlenet", "resnet20"):
        with pytest.raises(InputError, match=f"--model {kind} looks for patterns among neighboring pixels"):
            Recipe(model=kind, features="pca")
        assert Recipe(model=kind, features="pixels").features == "pixels"


def test_fully_connected_networks_see_components_of_large_pictures_alone(digits):
    stream = np.random.Generator(np.random.Philox(key=4))
    images = stream.integers(0, 256, (40, 11, 10, 3)).astype(np.uint8)
    found = {
        (kind, data.name): prepared(data, Recipe(model=kind), engine="numpy").recipe.features
        for kind in ("mlp", "maxout", "softmax", "convnet")
        for data in (digits, _pictures(images))
    }
    large = "pca:components=29,floor=10"
    assert found == {
        **{(kind, digits.name): "pixels" for kind in ("mlp", "maxout", "softmax", "convnet")},
        ("mlp", "noise"): large,
        ("maxout", "noise"): large,
        ("softmax", "noise"): "pixels",
        ("convnet", "noise"): "pixels",
    }


def _pictures(images) -> Dataset:
    """Two classes of pictures, three quarters of them to train on."""
    from pellucid.data.frame import Frame

    labels = np.arange(len(images)) % 2
    split = np.where(np.arange(len(images)) < 30, 0, 1).astype(np.int8)
    origins = [f"{number}.png" for number in range(len(images))]
    return Dataset("noise", ("a", "b"), images, labels, origins, split, frame=Frame(11, 10))
