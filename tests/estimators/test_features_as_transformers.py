"""Features as scikit-learn's transformers: its contract, and the same numbers as everywhere else."""

import inspect
import pickle
from dataclasses import fields

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.utils import estimator_checks as checks
from sklearn.utils.estimator_checks import parametrize_with_checks

import pellucid as pl
from pellucid.data.frame import Frame
from pellucid.preprocessing.features import features_described
from pellucid.preprocessing.shown import first_shown
from pellucid.preprocessing.standardize import standardize
from pellucid.storage.errors import InputError

OF_PICTURES = [
    (pl.HoGFeatures(cell=4, block=2), "hog:cell=4,block=2"),
    (pl.FelzenszwalbHoGFeatures(cell=4), "fhog:cell=4"),
    (pl.ColorFeatures(space="rgb", bins=3, grid=2), "color:space=rgb,bins=3,grid=2"),
    (pl.ThumbnailFeatures(grid=(2, 3)), "thumbnail:grid=2|3"),
    (pl.VisualWordsFeatures(words=20, patch=4, patches=3000), "words:words=20,patch=4,patches=3000"),
    (
        pl.VisualWordsFeatures(words=20, patch=4, patches=3000, clustering="spherical"),
        "words:words=20,patch=4,patches=3000,clustering=spherical",
    ),
]
every = pytest.mark.parametrize(("transformer", "text"), OF_PICTURES, ids=[text for _, text in OF_PICTURES])


@pytest.fixture(scope="module")
def pictures():
    return np.random.Generator(np.random.Philox(key=1)).integers(0, 256, (60, 12, 12, 3), np.uint8)


@every
def test_the_same_numbers_as_in_training(pictures, transformer, text):
    found = clone(transformer).fit(pictures).transform(pictures)
    kind = features_described(text).settled((12, 12, 3), 60)
    seed = int(np.random.RandomState(0).randint(2**31))
    wanted = kind.fitted(pictures, np.arange(60), seed).of_many(pictures)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, wanted)


@every
def test_cloned_pickled_named_and_in_batches(pictures, transformer, text):
    fitted = clone(transformer).fit(pictures)
    assert repr(clone(fitted)) == repr(transformer)
    found = fitted.transform(pictures)
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.transform(pictures), found)
    batches = [fitted.transform(pictures[first : first + 17]) for first in range(0, 60, 17)]
    np.testing.assert_allclose(np.concatenate(batches), found, rtol=1e-5, atol=1e-5)
    names = fitted.get_feature_names_out()
    assert names.dtype == object
    assert len(names) == len(set(names)) == found.shape[1]
    assert fitted.transform(pictures[:0]).shape == (0, found.shape[1])
    rows = clone(transformer).set_params(shape=(12, 12, 3)).fit(pictures.reshape(60, -1).astype(float))
    np.testing.assert_array_equal(rows.transform(pictures.reshape(60, -1)), found)


@every
def test_settings_are_those_of_the_kind(transformer, text):
    given = inspect.signature(type(transformer)).parameters
    wanted = {each.name: each.default for each in fields(transformer._kind)}
    assert {name: given[name].default for name in wanted} == wanted
    assert set(given) - set(wanted) <= {"shape", "random_state"}


@every
@pytest.mark.parametrize(
    "check",
    [
        checks.check_estimator_cloneable,
        checks.check_estimator_repr,
        checks.check_estimator_tags_renamed,
        checks.check_get_params_invariance,
        checks.check_mixin_order,
        checks.check_no_attributes_set_in_init,
        checks.check_parameters_default_constructible,
        checks.check_set_params,
        checks.check_valid_tag_types,
    ],
    ids=lambda check: check.__name__,
)
def test_what_scikit_learn_checks_of_estimators_that_take_no_rows(transformer, text, check):
    # The checks that make up data (rows of real numbers, of both signs) are not for pictures of 8 bits:
    # `check_estimator` itself leaves them out by the tag `two_d_array=False`.
    check(type(transformer).__name__, clone(transformer))


@parametrize_with_checks([pl.PCAFeatures(n_components=2), pl.PCAFeatures(), pl.ZCAFeatures(floor=0.5)])
def test_what_scikit_learn_checks_of_transformers_of_rows(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (np.zeros((3, 12, 12, 3)), r"takes pictures \(N, H, W, C\) or \(N, H, W\) of uint8, .* got float64"),
        (np.zeros((3, 432), np.uint8), r"Rows of pixels are pictures with shape=\(H, W, C\)"),
        (np.zeros((0, 12, 12, 3), np.uint8), "needs pictures to be fitted to, got none"),
        ([np.zeros((12, 12, 3)), np.zeros((9, 12, 3))], "HoGFeatures takes pictures of one size"),
        (np.zeros((3, 4, 4, 3), np.uint8), r"needs pictures of 8 × 8 or more, got 4 × 4"),
    ],
)
def test_what_is_no_picture(given, sentence):
    with pytest.raises(InputError, match=sentence):
        pl.HoGFeatures(cell=4, block=2).fit(given)


def test_bad_rows_other_shapes_and_no_fit(pictures):
    with pytest.raises(
        InputError, match=r"with shape=\(2, 2, 3\) takes rows of 12 numbers, got float64 of shape \(3, 5\)"
    ):
        pl.ThumbnailFeatures(grid=1, shape=(2, 2, 3)).fit(np.zeros((3, 5)))
    with pytest.raises(InputError, match=r"shape must be \(H, W, C\) or \(H, W\), got 12"):
        pl.ThumbnailFeatures(grid=1, shape=12).fit(np.zeros((3, 12)))
    with pytest.raises(InputError, match="whole numbers from 0 to 255"):
        pl.ThumbnailFeatures(grid=1, shape=(2, 2, 3)).fit(np.full((3, 12), 0.5))
    fitted = pl.ThumbnailFeatures(grid=1).fit(pictures)
    with pytest.raises(InputError, match=r"was fitted to pictures of shape \(12, 12, 3\), got \(6, 12, 3\)"):
        fitted.transform(pictures[:, :6])
    with pytest.raises(NotFittedError):
        pl.ThumbnailFeatures().transform(pictures)
    with pytest.raises(InputError, match="bins must be a whole number"):
        pl.ColorFeatures(bins=1).fit(pictures)


def test_in_a_pipeline_side_by_side_and_searched():
    rng = np.random.Generator(np.random.Philox(key=2))
    labels = np.arange(80) % 2
    noise = rng.integers(0, 60, (80, 8, 8, 3))
    pictures = (noise + 60 * labels[:, None, None, None]).astype(np.uint8)
    both = FeatureUnion(
        [("hog", pl.HoGFeatures(cell=4, block=1)), ("thumbnail", pl.ThumbnailFeatures(grid=2))]
    )
    pipeline = Pipeline([("features", both), ("model", LogisticRegression(max_iter=1000))])
    assert pipeline.fit(pictures[:60], labels[:60]).score(pictures[60:], labels[60:]) == 1
    names = pipeline[:-1].get_feature_names_out()
    assert names[0] == "hog__hog 0,0 10°"
    assert names[-1] == "thumbnail__thumbnail 1,1 blue"
    search = GridSearchCV(pipeline, {"features__thumbnail__grid": [1, (2, 2)]}, cv=2).fit(pictures, labels)
    assert search.best_score_ == 1


@pytest.mark.parametrize("clustering", ["k-means", "spherical"])
def test_words_learn_from_batch_after_batch(clustering):
    from sklearn.datasets import load_sample_image

    photo = load_sample_image("flower.jpg")
    tiles = photo[:416, :640].reshape(26, 16, 40, 16, 3).swapaxes(1, 2).reshape(-1, 16, 16, 3)
    tiles = tiles[np.random.Generator(np.random.Philox(key=3)).permutation(len(tiles))]

    def new():
        return pl.VisualWordsFeatures(words=30, patch=4, patches=4000, clustering=clustering)

    def inertia(words):
        from pellucid.features.assignment import normalized
        from pellucid.features.clustering import nearest
        from pellucid.features.patches import sampled

        rng = np.random.Generator(np.random.Philox(key=9))
        seen = sampled(tiles, np.arange(len(tiles)), 4, 20_000, rng)
        learned = words.learned_
        x = (normalized(seen, words.contrast) - learned["mean"]) @ learned["whitening"]
        found = nearest(x, learned["codebook"], along=clustering == "spherical")[1]
        return -np.abs(found).mean() if clustering == "spherical" else found.mean()

    first = new().partial_fit(tiles[:100])
    np.testing.assert_array_equal(first.learned_["codebook"], new().fit(tiles[:100]).learned_["codebook"])
    before, counted = inertia(first), first.counts_.sum()
    for start in range(100, 1000, 100):
        first.partial_fit(tiles[start : start + 100])
    assert first.counts_.sum() == counted + 9 * 4000
    assert first.learned_["frequencies"].sum() == pytest.approx(1, abs=1e-5)
    assert inertia(first) < before
    assert first.batches_ == 10
    with pytest.raises(InputError, match="was fitted to pictures"):
        first.partial_fit(tiles[:5, :8])
    with pytest.raises(InputError, match="needs pictures to be fitted to, got none"):
        first.partial_fit(tiles[:0])


@pytest.mark.parametrize("text", ["pca:components=9", "zca:floor=0.5"])
def test_projections_of_pictures_are_those_of_training(pictures, text):
    made = pl.PCAFeatures(n_components=9) if text.startswith("pca") else pl.ZCAFeatures(floor=0.5)
    small = np.ascontiguousarray(pictures[:, :4, :4])  # fewer numbers than pictures
    wanted = first_shown(small, np.arange(60), Frame(4, 4), text).preprocessing
    np.testing.assert_allclose(made.fit(small).transform(small), wanted.seen(small), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("make", [lambda: pl.PCAFeatures(n_components=5), lambda: pl.ZCAFeatures(floor=0.1)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float64])
def test_projections_in_batches_are_those_of_all(pictures, make, dtype):
    rows = pictures[:, :4, :4].reshape(60, 48).astype(dtype)
    whole, parts = make().fit(rows), make()
    for start in (0, 7, 31):
        parts.partial_fit(rows[start : {0: 7, 7: 31, 31: 60}[start]])
    np.testing.assert_allclose(parts.mean_, whole.mean_, rtol=1e-5)
    np.testing.assert_allclose(parts.scale_, whole.scale_, rtol=1e-5)
    np.testing.assert_allclose(parts.transform(rows), whole.transform(rows), atol=1e-3)
    assert parts.samples_ == 60


def test_points():
    points = np.array([[3, 4], [1, 1]], float)
    polar = pl.PolarFeatures(center=(1, 1)).fit(points)
    np.testing.assert_allclose(polar.transform(points), [[13**0.5, np.arctan2(3, 2)], [0, 0]], rtol=1e-6)
    assert polar.get_feature_names_out().tolist() == ["r", "θ"]
    assert polar.transform(points).dtype == np.float32
    with pytest.raises(InputError, match="rows of 2 numbers, and the data are rows of 3"):
        pl.PolarFeatures().fit(np.zeros((4, 3)))


def test_a_batch_that_is_refused_does_not_count(pictures):
    rows, made = pictures.reshape(60, -1), pl.PCAFeatures(n_components=20)
    with pytest.raises(InputError, match="10 training pictures of 432 numbers have at most 9 components"):
        made.partial_fit(rows[:10])
    assert made.partial_fit(rows).samples_ == 60
    np.testing.assert_allclose(made.mean_, rows.mean(axis=0), rtol=1e-5)


def test_many_pictures_are_projected_a_few_at_a_time(pictures, monkeypatch):
    fitted = pl.PCAFeatures(n_components=9).fit(pictures)
    whole, seen = fitted.transform(pictures), []

    def standardized(block, mean, scale):
        seen.append(len(block))
        return standardize(block, mean, scale)

    monkeypatch.setattr("pellucid.estimators.projections.standardize", standardized)
    monkeypatch.setattr("pellucid.estimators.projections.block_rows", lambda *_: 25)
    np.testing.assert_allclose(fitted.transform(pictures), whole, atol=1e-5)
    assert seen == [25, 25, 10]


def test_whitened_rows_can_be_turned_back(pictures):
    with pytest.raises(InputError, match=r"PCAFeatures turns rows of 5 numbers back, got .* shape \(3, 4\)"):
        pl.PCAFeatures(n_components=5).fit(pictures).inverse_transform(np.zeros((3, 4)))
    rows = pictures[:, :4, :4].reshape(60, 48)
    whitened = pl.ZCAFeatures(floor=0.1).fit(rows)
    np.testing.assert_allclose(whitened.inverse_transform(whitened.transform(rows)), rows, atol=0.1)
