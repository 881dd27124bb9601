"""A model on visual words, from the recipe to the model file."""

import numpy as np

import pellucid as pl
from pellucid.models.model_file import load_model, save_model
from pellucid.training.recipe import Recipe
from pellucid.training.trainer import fit


def test_words_go_into_the_model_file_and_come_back(tmp_path):
    outcome = fit(pl.load("digits"), Recipe(model="softmax", features="words:words=64+thumbnail", epochs=8))
    assert outcome.run["result"]["accuracy"]["test"] >= 0.95
    images = pl.load("digits").images[:50]
    save_model(tmp_path, outcome.classifier)
    loaded = load_model(tmp_path)
    assert loaded.preprocessing.described.startswith("words:words=64,patch=4,stride=1")
    assert loaded.preprocessing.learned["words.codebook"].shape == (64, 16)
    np.testing.assert_array_equal(loaded.scores(images), outcome.classifier.scores(images))
