"""Color histograms count what NumPy and colorsys count, on both engines."""

import colorsys

import numpy as np
import pytest

from pellucid.arrays import compile as compiler
from pellucid.features.color import SPACES, ColorHistogram
from pellucid.storage.errors import InputError


@pytest.fixture(scope="module")
def pictures():
    rng = np.random.Generator(np.random.Philox(key=9))
    noise = rng.integers(0, 256, (4, 9, 8, 3), dtype=np.uint8)
    noise[3, :, :4] = noise[3, :, :4, :1]  # half of it gray
    noise[2, 0] = 255
    return noise


def hsv(picture):
    return np.array([colorsys.rgb_to_hsv(*(pixel / 256)) for pixel in picture.reshape(-1, 3)])


@pytest.mark.parametrize("bins", [2, 5, 8])
def test_red_green_and_blue_together(pictures, bins):
    found = ColorHistogram("rgb", bins)(pictures)
    assert found.dtype == np.float32
    for row, picture in zip(found, pictures, strict=True):
        counts, _ = np.histogramdd(picture.reshape(-1, 3), bins=bins, range=[(0, 256)] * 3)
        np.testing.assert_allclose(row, counts.ravel() / 72, atol=1e-6)


def test_hues_as_colorsys_has_them(pictures):
    found = ColorHistogram("hue", 10)(pictures)
    for row, picture in zip(found, pictures, strict=True):
        hue, saturation, _ = hsv(picture).T
        counts, _ = np.histogram(hue[saturation > 0], bins=10, range=(0, 1))
        # A hue on the edge of a bin may be rounded to either side.
        assert np.abs(row * 72 - counts).sum() <= 2.01


def test_hue_saturation_and_value_together(pictures):
    found = ColorHistogram("hsv", 4)(pictures)
    for row, picture in zip(found, pictures, strict=True):
        seen = hsv(picture)
        counts, _ = np.histogramdd(seen[seen[:, 1] > 0], bins=4, range=[(0, 1)] * 3)
        assert np.abs(row * 72 - counts.ravel()).sum() <= 4.01


def test_gray_pixels_have_no_hue(pictures):
    shares = ColorHistogram("hue")(pictures).sum(axis=1)
    np.testing.assert_allclose(shares[:2], 1, atol=1e-6)
    assert shares[3] <= 0.5 + 1e-6
    assert not ColorHistogram("hue", soft=True)(np.repeat(pictures[..., :1], 3, axis=-1)).any()


@pytest.mark.parametrize("space", ["rgb", "opponent"])
@pytest.mark.parametrize("soft", [False, True])
def test_every_pixel_counts_once(pictures, space, soft):
    found = ColorHistogram(space, 3, (2, 3), soft)(pictures)
    np.testing.assert_allclose(found.reshape(4, 6, 27).sum(axis=2), 1, atol=1e-5)


def test_soft_bins_share_a_pixel_by_its_distance_to_their_middles():
    def red(level):
        return ColorHistogram("rgb", 4, soft=True)(np.full((1, 1, 1, 3), level, np.uint8)).reshape(4, 4, 4)

    assert red(32)[0, 0, 0] == 1  # the middle of the first of four bins
    np.testing.assert_allclose(red(64)[:2, 0, 0], [0.125, 0.125])  # half and half in each of three channels
    assert red(0)[0, 0, 0] == 1


def test_hues_run_in_a_circle():
    almost_red = np.array([[[[255, 0, 4]]]], np.uint8)
    found = ColorHistogram("hue", 6, soft=True)(almost_red)[0]
    assert found[0] > 0.45
    assert found[5] > 0.45
    assert np.isclose(found.sum(), 1)


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("soft", [False, True])
def test_both_engines_agree(pictures, space, soft):
    histogram = ColorHistogram(space, 4, (2, 2), soft)
    found = np.asarray(compiler.compiled(histogram)(pictures))
    wanted = histogram(pictures)
    if soft:
        np.testing.assert_allclose(found, wanted, atol=1e-5)
    else:  # what lies on the edge of two bins may be rounded to either
        assert np.abs(found - wanted).sum() <= 0.5
    assert wanted.shape == (4, np.prod(histogram.shape))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"space": "lab"}, "The space of color must be one of hue, rgb, hsv, opponent; got 'lab'"),
        ({"bins": 1}, "color: bins must be a whole number, 2 or more, got 1"),
        ({"soft": "false"}, "color: soft must be true or false, got 'false'"),
        ({"power": "half"}, "color: power must be a number above 0, got 'half'"),
        ({"grid": (0, 2)}, r"grid must be one or two whole numbers, 1 or more, got \(0, 2\)"),
    ],
)
def test_settings_that_cannot_be(settings, sentence):
    with pytest.raises(InputError, match=sentence):
        ColorHistogram(**settings)


def test_pictures_that_cannot_be():
    with pytest.raises(InputError, match="needs color pictures, and these are gray"):
        ColorHistogram()(np.zeros((1, 4, 4, 1), np.uint8))
    with pytest.raises(
        InputError, match=r"color:space=rgb,bins=1000 are 1,000,000,000 numbers a picture.*less bins"
    ):
        ColorHistogram(space="rgb", bins=1000).check(4, 4, 3)
    with pytest.raises(InputError, match=r"in a grid of 5 × 1 need pictures of that many pixels, got 4 × 4"):
        ColorHistogram(grid=(5, 1))(np.zeros((1, 4, 4, 3), np.uint8))


def test_the_power_of_each_share(pictures):
    plain, rooted = (ColorHistogram("opponent", 3, (2, 2), True, power) for power in (1, 0.5))
    np.testing.assert_allclose(rooted(pictures), np.sqrt(plain(pictures)), rtol=1e-6)
    assert ColorHistogram(power=np.float32(0.5)).power == 0.5
    with pytest.raises(InputError, match="color: power must be a number above 0, got 0"):
        ColorHistogram(power=0)
