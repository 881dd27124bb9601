"""Models on what is measured in pictures: from the recipe to the receipt."""

import json

import numpy as np
import pytest

from pellucid.data.dataset import Dataset
from pellucid.data.frame import Frame
from pellucid.features.thumbnail import Thumbnail
from pellucid.inspection.attribution import explanation, occlusion
from pellucid.models.model_file import load_model
from pellucid.preprocessing.features import features_described
from pellucid.preprocessing.measuring import Measured
from pellucid.preprocessing.shown import first_shown
from pellucid.storage.errors import FileError, InputError
from pellucid.training.recipe import Recipe
from pellucid.training.trainer import fit, resume

FEATURES = "hog:cell=4,block=2+color:space=rgb,bins=3+thumbnail:grid=4"


def dataset(images, labels):
    split = np.resize([0, 0, 0, 1, 2], len(labels) // 2).repeat(2).astype(np.int8)
    origins = [str(row) for row in range(len(labels))]
    frame = Frame(*images.shape[1:3]) if images.ndim == 4 else None
    return Dataset("striped", ("a", "b"), images, labels, origins, split, frame=frame)


@pytest.fixture(scope="module")
def striped():
    """Two classes of color pictures that differ in the direction of their stripes alone (160, 16, 12, 3)."""
    rng = np.random.Generator(np.random.Philox(key=3))
    rows, columns = np.mgrid[:16, :12]
    labels = np.arange(160) % 2
    phase = rng.random((160, 1, 1)) * 6
    waves = np.where(labels[:, None, None], rows, columns) * 1.3 + phase
    pictures = 120 + 60 * np.sin(waves)[..., None] + rng.normal(0, 12, (160, 16, 12, 3))
    return dataset(np.clip(pictures, 0, 255).astype(np.uint8), labels)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("hog", "hog"),
        ("hog:cell=4|8,norm=L1-sqrt", "hog:cell=4|8,norm=L1-sqrt"),
        ("HOG:signed=true,orientations=18 + color", "hog:orientations=18,signed=true+color"),
        ("hog:cell=8+color:bins=10", "hog+color"),
        ("hog:signed=1,cell=4", "hog:cell=4|4,signed=true"),
        (FEATURES, "hog:cell=4|4,block=2|2+color:space=rgb,bins=3+thumbnail:grid=4|4"),
    ],
)
def test_features_are_written_as_they_are_read(text, written):
    features = features_described(text)
    assert isinstance(features, Measured)
    assert str(features) == written
    assert features_described(written) == features


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "hug",
            r"The kind of features must be one of pixels, pca, .*; got 'hug'\. Did you mean hog",
        ),
        ("hog+pca", "--features pca stands alone"),
        ("hog,color", r"stand side by side have \+ between them, as hog\+color, got 'hog,color'"),
        ("hog:cells=4", "'cells' is not a setting of the kind of features hog"),
        ("hog:cell=big", "'cell=big' in 'hog:cell=big' is no SETTING=NUMBER"),
        ("color:space=lab", "The space of color must be one of"),
        ("hog:norm=", "'norm=' in 'hog:norm=' is no SETTING=NUMBER"),
    ],
)
def test_features_that_cannot_be(text, sentence):
    with pytest.raises(InputError, match=sentence):
        Recipe(features=text)


def test_many_pictures_are_measured_as_one_is(striped, monkeypatch):
    features = features_described(FEATURES)
    wanted = np.concatenate([features(striped.images[row : row + 1]) for row in range(160)])
    np.testing.assert_allclose(features.of_many(striped.images), wanted, rtol=1e-6)
    rows = np.array([5, 3, 77])
    np.testing.assert_allclose(features.of_many(striped.images, rows), wanted[rows], rtol=1e-6)
    monkeypatch.setattr("pellucid.features.part.Part.compiled_from", lambda *_: 100)
    np.testing.assert_allclose(features.of_many(striped.images), wanted, atol=1e-4)
    assert len(features.boxes((16, 12, 3))) == len(features.names((16, 12, 3))) == wanted.shape[1]


def test_of_large_pictures_fewer_are_measured_at_once(monkeypatch):
    sizes = []
    monkeypatch.setattr(Thumbnail, "__call__", lambda part, x: sizes.append(len(x)) or np.zeros((len(x), 3)))
    features = features_described("thumbnail:grid=1")
    for side in (32, 256, 4096):
        pictures = np.broadcast_to(np.uint8(7), (300, side, side, 3))
        assert features.of_many(pictures).shape == (300, 3)
        assert sum(sizes) == 300
        assert max(sizes) == max(1, min(250, 2**22 // (3 * side**2)))
        sizes.clear()


@pytest.mark.parametrize("model", ["softmax", "mlp"])
@pytest.mark.parametrize("engine", ["numpy", "xla"])
def test_trained_saved_and_explained(striped, tmp_path, model, engine):
    network = {"hidden": (8,)} if model == "mlp" else {}
    folder = tmp_path / "run"
    folder.mkdir()
    outcome = fit(
        striped, Recipe(model=model, features=FEATURES, epochs=20, network=network), folder, engine=engine
    )
    assert outcome.evaluations["test"].accuracy > 0.9
    assert json.loads((folder / "run.json").read_text())["recipe"]["features"] == str(
        features_described(FEATURES)
    )
    again = load_model(folder)
    np.testing.assert_array_equal(again.scores(striped.images), outcome.classifier.scores(striped.images))
    why = explanation(again, striped.images[0], 0, 1)
    assert why.contributions.shape == (16, 12, 1)
    assert np.isclose(sum(why.kinds.values()), why.contributions.sum())
    assert list(why.kinds) == ["hog", "color", "thumbnail"]
    assert max(why.kinds, key=lambda kind: abs(why.kinds[kind])) == "hog"
    if model == "softmax":
        assert why.exact
        assert "hog +" in why.sentence()
    else:
        assert occlusion(again, striped.images[0], 0).contributions.shape == (16, 12, 1)


def test_a_contribution_is_drawn_where_it_was_measured(striped):
    from pellucid.inspection.contributions import laid_out

    seen = first_shown(striped.images, np.arange(100), striped.frame, "thumbnail:grid=2").preprocessing
    slopes = np.r_[np.zeros(9), 4.8, 0.0, 0.0]
    x = seen.standardized(striped.images[:1])[0].astype(np.float64)
    heat, items = laid_out(seen, slopes, slopes * x, striped.images[0])
    red = striped.images[0, 8:, 6:, 0].astype(np.float64)
    own = slopes[9] / seen.scale[9] * (red - seen.mean[9]) / red.size
    np.testing.assert_allclose(heat[8:, 6:, 0], own, atol=1e-6)
    np.testing.assert_allclose(heat[:8], 0, atol=1e-6)
    assert {str(item): item.amount for item in items if item.amount} == {
        "thumbnail field 1,1": pytest.approx(4.8 * x[9])
    }


def test_a_run_goes_on_to_the_same_bits(striped, tmp_path):
    recipe = Recipe(features="hog:cell=4,block=1", optimizer="nesterov", epochs=6)
    whole = fit(striped, recipe)

    def stop(event):
        if event["event"] == "epoch" and event["epoch"] == 3:
            raise KeyboardInterrupt

    folder = tmp_path / "cut"
    folder.mkdir()
    with pytest.raises(KeyboardInterrupt):
        fit(striped, recipe, folder, listener=stop)
    again = resume(folder, striped)
    for name, array in whole.classifier.params.items():
        np.testing.assert_array_equal(again.classifier.params[name], array)


def test_what_does_not_go_together_is_refused(striped):
    with pytest.raises(InputError, match=r"--features hog:cell=4\|4 are measured in them once"):
        Recipe(features="hog:cell=4", augment="flip")
    with pytest.raises(InputError, match="--features hog are measured in them once"):
        Recipe(features="hog", test_time_flips=True)
    start = fit(striped, Recipe(features="thumbnail", epochs=1)).classifier
    with pytest.raises(InputError, match=r"--features thumbnail are measured in them once"):
        fit(striped, Recipe(augment="flip"), start_from=start)
    with pytest.raises(InputError, match="needs pictures of 24 × 24 or more, got 16 × 12"):
        fit(striped, Recipe(features="hog"))
    with pytest.raises(InputError, match="is measured in pictures, and the data are rows of 4 numbers"):
        fit(
            dataset(np.zeros((40, 4), np.float32), np.arange(40) % 2),
            Recipe(features="color"),
        )
    with pytest.raises(InputError, match="looks for patterns among neighboring pixels"):
        Recipe(model="convnet", features="hog")


def test_a_model_file_whose_features_are_others_is_refused(striped, tmp_path):
    from pellucid.storage.seal import write_sealed

    folder = tmp_path / "run"
    folder.mkdir()
    fit(striped, Recipe(features="hog:cell=4", epochs=2), folder)
    described = json.loads((folder / "model.json").read_text())
    described["preprocessing"]["features"] = "thumbnail"
    described.pop("seal", None)
    write_sealed(folder / "model.json", described)
    with pytest.raises(FileError, match="numbers are standardized where a picture has 192"):
        load_model(folder)
