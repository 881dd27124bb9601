"""Histograms of oriented gradients, equal to scikit-image's whatever the settings, on both engines."""

import itertools

import numpy as np
import pytest

from pellucid.arrays import compile as compiler
from pellucid.features.hog import NORMS, HoG
from pellucid.storage.errors import InputError


@pytest.fixture(scope="module")
def pictures():
    """Smooth ones, noise, a flat one, and one with exact diagonals (7, 32, 28, 3)."""
    rng = np.random.Generator(np.random.Philox(key=5))
    noise = rng.integers(0, 256, (2, 32, 28, 3), dtype=np.uint8)
    rows, columns = np.mgrid[:32, :28]
    waves = 127.5 + 127.5 * np.sin(np.stack([rows / 3, columns / 5, (rows + columns) / 4], axis=-1))
    flat = np.full((32, 28, 3), 200)
    diagonal = np.repeat(((rows + columns) * 4 % 256)[..., None], 3, axis=-1)
    other = np.repeat(((rows - columns + 28) * 4 % 256)[..., None], 3, axis=-1)
    few = rng.integers(0, 4, (32, 28, 3)) ** 2 * 9  # many exact ties, also between roots
    return np.stack([*noise, waves, flat, diagonal, other, few]).astype(np.uint8)


SETTINGS = [
    *itertools.product((9,), ((8, 8),), ((3, 3), (1, 1)), NORMS, (False, True)),
    *itertools.product(
        (1, 4, 8, 12), ((5, 7), (4, 4)), ((2, 2), (1, 3)), ("L1-sqrt", "L2-Hys"), (False, True)
    ),
]


@pytest.mark.parametrize(("orientations", "cell", "block", "norm", "root"), SETTINGS)
@pytest.mark.parametrize("gray", [False, True])
def test_equal_to_scikit_image(pictures, orientations, cell, block, norm, root, gray):
    hog = pytest.importorskip("skimage.feature").hog
    seen = pictures[..., :1] if gray else pictures
    words = {"block_norm": norm, "transform_sqrt": root, "channel_axis": None if gray else -1}
    wanted = [hog(each[..., 0] if gray else each, orientations, cell, block, **words) for each in seen]
    found = HoG(orientations, cell, block, norm, root)(seen)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, np.stack(wanted), rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    "hog", [HoG(), HoG(4, (5, 7), (1, 2), "L1-sqrt"), HoG(18, signed=True), HoG(transform_sqrt=True)]
)
def test_both_engines_agree(pictures, hog):
    with compiler.precision(np.dtype(hog.dtype)):
        found = np.asarray(compiler.compiled(hog)(pictures))
    np.testing.assert_allclose(found, hog(pictures), rtol=0, atol=1e-6)
    assert hog(pictures).shape == (7, np.prod(hog.shape(32, 28)))


def test_a_flat_picture_has_no_edges(pictures):
    assert not HoG()(pictures[3:4]).any()


def test_a_negative_has_the_opposite_directions_and_is_the_same_unsigned(pictures):
    negative = 255 - pictures
    np.testing.assert_allclose(HoG()(negative), HoG()(pictures), atol=1e-6)
    signed = HoG(18, signed=True)
    found, opposite = (signed.histograms(each) for each in (pictures, negative))
    np.testing.assert_allclose(np.roll(found, 9, axis=2), opposite, atol=1e-3)


def test_a_vertical_edge_falls_into_the_first_bin_alone():
    picture = np.zeros((1, 16, 16, 1), np.uint8)
    picture[:, :, 8:] = 100
    found = HoG(9, (8, 8), (1, 1)).histograms(picture)[..., 0]
    # Two columns of differences of 100 in cells of 8 × 8: half of them left of the edge, half right of it.
    np.testing.assert_allclose(found[..., 0], 100 * 8 / 64)
    assert not found[..., 1:].any()


@pytest.mark.parametrize("side", [1, 2, 3])
def test_tiny_pictures(side):
    picture = np.arange(side * side, dtype=np.uint8).reshape(1, side, side, 1)
    assert np.isfinite(HoG(9, (1, 1), (1, 1))(picture)).all()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"orientations": 0}, "hog: orientations must be a whole number, 1 or more, got 0"),
        ({"cell": (8, 0)}, r"cell must be one or two whole numbers, 1 or more, got \(8, 0\)"),
        ({"block": 2.5}, "block must be one or two whole numbers, 1 or more, got 2.5"),
        ({"signed": "no"}, "hog: signed must be true or false, got 'no'"),
        ({"transform_sqrt": 2}, "hog: transform_sqrt must be true or false, got 2"),
        ({"norm": "L3"}, "The norm of hog must be one of L1, L1-sqrt, L2, L2-Hys; got 'L3'"),
    ],
)
def test_settings_that_cannot_be(settings, sentence):
    with pytest.raises(InputError, match=sentence):
        HoG(**settings)


def test_cells_larger_than_the_picture():
    with pytest.raises(
        InputError, match=r"needs pictures of 24 × 24 or more, got 20 × 32\. Take smaller cells"
    ):
        HoG()(np.zeros((1, 20, 32, 3), np.uint8))
