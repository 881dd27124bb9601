"""Principal components against NumPy in float64, from features and from pictures; and everything that sees them."""

import numpy as np
import pytest

from pellucid.data.frame import Frame
from pellucid.preprocessing.features import features_described
from pellucid.preprocessing.pipeline import Preprocessing
from pellucid.preprocessing.projection import PrincipalComponents, ZeroPhaseWhitening
from pellucid.preprocessing.shown import first_shown
from pellucid.preprocessing.standardize import moments, standardize
from pellucid.storage.errors import InputError


def smooth(count, height=6, width=5, channels=3, key=1):
    """Pictures whose neighboring pixels are alike, as of photographs: large variances and small ones."""
    stream = np.random.Generator(np.random.Philox(key=key))
    noise = stream.normal(0, 1, (count, height, width, channels)).cumsum(axis=1).cumsum(axis=2)
    return (noise * 12 + 128).clip(0, 255).astype(np.uint8)


# 90 numbers a picture: the covariance of numbers where there are more pictures, the products of pictures otherwise.
@pytest.mark.parametrize("count", [40, 91, 400])
@pytest.mark.parametrize("floor", [0.0, 3.0])
def test_each_component_has_the_variance_that_the_floor_leaves(count, floor):
    pictures = smooth(count + 10)
    rows = np.random.Generator(np.random.Philox(key=2)).permutation(count + 10)[:count]
    mean, scale = moments(pictures, rows)
    projection = PrincipalComponents(12, floor).measured(pictures, rows, mean, scale)
    assert projection.shape == (12, 90)
    assert projection.dtype == np.float32
    x = standardize(pictures[rows], mean, scale).astype(np.float64)
    variances = np.linalg.eigvalsh(x.T @ x / count)[::-1][:12]
    z = x @ projection.T
    expected = np.diag(variances / (variances + floor))
    np.testing.assert_allclose(z.T @ z / count, expected, atol=2e-4)


def test_few_pictures_and_many_have_the_same_directions(monkeypatch):
    """XXᵀ and XᵀX say the same, also where the numbers are taken a few at a time."""
    from pellucid.preprocessing import projection as projections

    pictures, rows = smooth(200), np.arange(200)
    mean, scale = moments(pictures, rows)
    by_features = projections._of_features(pictures, rows, mean, scale, 10)
    monkeypatch.setattr(projections, "block_rows", lambda features, most: 17)
    by_pictures = projections._of_pictures(pictures, rows, mean, scale, 10)
    np.testing.assert_allclose(by_features[0], by_pictures[0], rtol=1e-4)
    alike = np.abs((by_features[1] * by_pictures[1]).sum(axis=1))
    np.testing.assert_allclose(alike, 1, atol=1e-3)


def test_the_same_pictures_give_the_same_signs():
    pictures, rows = smooth(120), np.arange(120)
    mean, scale = moments(pictures, rows)
    projection = PrincipalComponents(20).measured(pictures, rows, mean, scale)
    largest = projection[np.arange(20), np.abs(projection).argmax(axis=1)]
    assert (largest > 0).all()
    np.testing.assert_array_equal(projection, PrincipalComponents(20).measured(pictures, rows, mean, scale))


def test_directions_in_which_nothing_varies_stay_zero_without_a_floor():
    pictures = smooth(50)
    pictures[:, :3] = 7
    seen = first_shown(pictures, np.arange(50), Frame(6, 5), "pca:components=49,floor=0").preprocessing
    z = seen.apply(pictures)
    assert np.isfinite(z).all()
    assert np.abs(z).max() < 10
    same = np.full((20, 6, 5, 3), 9, np.uint8)
    assert not first_shown(same, np.arange(20), Frame(6, 5), "pca").preprocessing.apply(same).any()


def test_as_many_as_there_can_be_unless_told_otherwise():
    assert str(features_described("PCA").settled((32, 32, 3), 45_000)) == "pca:components=300,floor=10"
    assert str(features_described("pca:floor=0.5").settled((32, 32, 3), 40)) == "pca:components=39,floor=0.5"
    assert str(features_described("pca").settled((64,), 40_000)) == "pca:components=64,floor=10"
    assert str(features_described("pca").settled((64,), 1)) == "pca:components=1,floor=10"
    with pytest.raises(InputError, match=r"40 training pictures of 3,072 numbers have at most 39 components"):
        features_described("pca:components=40").settled((32, 32, 3), 40)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pcs", r"The kind of features must be one of pixels, pca, .*; got 'pcs'\. Did you mean pca\?"),
        ("pca:components=0", r"pca: components must be a whole number, 1 or more, got 0"),
        ("pca:components=2.5", r"pca: components must be a whole number, 1 or more, got 2\.5"),
        ("pca:floor=-1", r"pca: floor must be 0 or more, got -1"),
        ("pca:floor=nan", r"pca: floor must be 0 or more, got nan"),
        ("pca:floor=true", r"pca: floor must be 0 or more, got True"),
        (
            "pca:component=3",
            r"'component' is not a setting of the kind of features pca\. Did you mean components\?",
        ),
        ("pixels:floor=1", r"'floor' is not a setting of the kind of features pixels\. It has none"),
    ],
)
def test_what_is_refused(text, message):
    with pytest.raises(InputError, match=message):
        features_described(text)


@pytest.mark.parametrize("count", [60, 200])
@pytest.mark.parametrize("floor", [0.1, 10])
def test_whitened_and_turned_back_against_numpy(count, floor):
    pictures, rows = smooth(count), np.arange(count)
    seen = first_shown(pictures, rows, Frame(6, 5), f"zca:floor={floor}").preprocessing
    assert (seen.inputs, seen.features, seen.shape) == (90, 90, (90,))
    x = seen.standardized(pictures).astype(np.float64)
    values, vectors = np.linalg.eigh(x.T @ x / count)
    kept = values > 1e-6 * values[-1]
    wanted = x @ (vectors[:, kept] / np.sqrt(values[kept] + floor)) @ vectors[:, kept].T
    np.testing.assert_allclose(seen.apply(pictures), wanted, atol=2e-3 * np.abs(wanted).max())
    np.testing.assert_allclose(seen.projection, seen.projection.T, atol=1e-6)
    weight = np.random.Generator(np.random.Philox(key=3)).normal(0, 1, (4, 90))
    np.testing.assert_allclose(seen.pulled_back(weight) @ x.T, weight @ seen.apply(pictures).T, atol=1e-3)


@pytest.mark.parametrize("text", ["pca:components=3,floor=0.123456789", "zca:floor=1234567.5"])
def test_a_floor_is_written_to_the_last_digit(text):
    assert str(features_described(text)) == text


def test_whitening_that_cannot_be():
    with pytest.raises(InputError, match="zca: floor must be 0 or more, got 'a'"):
        ZeroPhaseWhitening("a")
    with pytest.raises(InputError, match=r"zca keeps a square of the 12,288 numbers of a picture, .*or pca"):
        features_described("zca").settled((64, 64, 3), 1000)
    with pytest.raises(InputError, match="zca: floor must be 0 or more, got -1"):
        features_described("zca:floor=-1")
    assert features_described("zca:floor=0.5") == features_described(str(features_described("ZCA:floor=0.5")))


def test_preprocessing_knows_what_comes_in_and_what_the_model_sees():
    pictures = smooth(60)
    seen = first_shown(pictures, np.arange(60), Frame(6, 5), "pca:components=7").preprocessing
    assert (seen.inputs, seen.features, seen.shape) == (90, 7, (7,))
    z = seen.apply(pictures)
    assert z.shape == (60, 7)
    assert z.dtype == np.float32
    settings, arrays = seen.state()
    again = Preprocessing.from_state(settings, arrays)
    np.testing.assert_array_equal(again.apply(pictures), z)
    assert again.described == "pca:components=7,floor=10"
    weight = np.random.Generator(np.random.Philox(key=3)).normal(0, 1, (4, 7)).astype(np.float32)
    np.testing.assert_allclose(
        seen.standardized(pictures) @ seen.pulled_back(weight).T, z @ weight.T, rtol=1e-4, atol=1e-4
    )
