"""A model on visual words, from the recipe to the model file."""

import numpy as np

import pellucid as pl
from pellucid.models.model_file import load_model, save_model
from pellucid.preprocessing.features import features_described
from pellucid.training.recipe import Recipe
from pellucid.training.trainer import fit


def test_beside_other_features_and_compiled_as_without(monkeypatch):
    rng = np.random.Generator(np.random.Philox(key=2))
    pictures = rng.integers(256, size=(30, 12, 12, 3), dtype=np.uint8)
    kind = features_described(
        "words:words=9,patch=4+hog:cell=4,block=2+words:words=5,patch=3,assignment=hard"
    )
    measured = kind.settled((12, 12, 3), 30).fitted(pictures, np.arange(30), 0)
    assert {name: array.shape for name, array in measured.learned.items()} == measured.arrays((12, 12, 3))
    assert {"words.codebook", "words2.codebook"} < set(measured.learned)
    found = measured.of_many(pictures)
    assert found.shape == (30, 36 + 144 + 20)
    assert len(measured.names((12, 12, 3))) == len(measured.boxes((12, 12, 3))) == 200
    monkeypatch.setattr("pellucid.features.visual_words.VisualWords.compiled_from", lambda *_: 10)
    monkeypatch.setattr("pellucid.preprocessing.measuring._BLOCK", 8)
    np.testing.assert_allclose(measured.of_many(pictures), found, atol=1e-4)


def test_words_go_into_the_model_file_and_come_back(tmp_path):
    outcome = fit(pl.load("digits"), Recipe(model="softmax", features="words:words=64+thumbnail", epochs=8))
    assert outcome.run["result"]["accuracy"]["test"] >= 0.95
    images = pl.load("digits").images[:50]
    save_model(tmp_path, outcome.classifier)
    loaded = load_model(tmp_path)
    assert loaded.preprocessing.described.startswith("words:words=64,patch=4,stride=1")
    assert loaded.preprocessing.learned["words.codebook"].shape == (64, 16)
    np.testing.assert_array_equal(loaded.scores(images), outcome.classifier.scores(images))
