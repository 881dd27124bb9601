"""Arrays as small pictures: what is seen is what is there."""

import base64
import io
import warnings

import numpy as np
import pytest
from PIL import Image

from pellucid.graph.thumbnail import HIGHEST, WIDEST, thumbnail


def pixels(found) -> np.ndarray:
    encoded = found.uri.removeprefix("data:image/png;base64,")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded))).convert("RGB"))


def test_blue_below_zero_orange_above_and_nearly_white_at_zero():
    red, _, blue = pixels(thumbnail(np.array([[-1.0, 0.0, 1.0]])))[0].astype(int).T
    assert blue[0] > red[0]
    assert abs(blue[1] - red[1]) <= 2
    assert red[2] > blue[2]


def test_equal_strength_has_equal_darkness_on_both_sides():
    found = pixels(thumbnail(np.array([[-1.0, -0.25, 0.25, 1.0]])))[0].astype(float).mean(axis=1)
    assert found[0] < found[1]
    assert found[3] < found[2]
    assert abs(found[1] - found[2]) < 25


@pytest.mark.parametrize(
    "shape", [(2,), (500,), (3, 4), (400, 7), (1, 3000), (97, 97), (2, 3, 4, 5), (1, 1, 2)]
)
def test_every_shape_fits(shape):
    found = thumbnail(np.random.default_rng(0).normal(0, 1, shape))
    assert 4 <= found.width <= WIDEST
    assert 4 <= found.height <= HIGHEST
    assert max(pixels(found).shape) <= 192


def test_nothing_to_see():
    assert thumbnail(None) is None
    assert thumbnail(np.array(3.0)) is None
    assert thumbnail(np.zeros((0, 4))) is None


def test_colors_of_pictures_are_kept():
    pictures = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 3), dtype=np.uint8)
    pictures[0, 0, 0] = 255
    shown = pixels(thumbnail(pictures))
    np.testing.assert_array_equal(shown[:, :8], pictures[0])
    np.testing.assert_array_equal(shown[:, 9:], pictures[1])
    np.testing.assert_array_equal(pixels(thumbnail(pictures.reshape(2, -1), (8, 8, 3))), shown)


def test_of_a_whole_data_set_a_few_pictures_are_shown():
    found = thumbnail(np.zeros((1000, 28, 28, 1), np.uint8))
    assert pixels(found).shape[:2] == (2 * 29 - 1, 3 * 29 - 1)


def test_numbers_that_are_not_finite_have_a_color_of_their_own_and_warn_of_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        shown = pixels(thumbnail(np.array([[np.nan, np.inf, -np.inf, 1.0]])))[0]
        thumbnail(np.full((3, 3, 3), 1e308))
        thumbnail(np.full((2, 8, 8, 3), np.inf))
        thumbnail(np.full((2, 8, 8, 3), np.nan), signed=True)
    assert len({tuple(color) for color in shown[:3]}) == 1
    assert tuple(shown[3]) != tuple(shown[0])
