"""Strokes lie along edges, the stronger the brighter."""

import numpy as np
import pytest

from pellucid.inspection.glyphs import blended, glyphs, strokes


def test_a_stroke_lies_at_a_right_angle_to_its_gradient():
    masks = strokes(2, 24, 24)  # gradients of 45° and 135° from the horizontal, counted downwards
    assert masks.shape == (2, 24, 24)
    assert masks.min() == 0
    assert masks.max() == 1
    diagonal = np.eye(24, dtype=bool)
    # A gradient that points down and right crosses an edge from the lower left to the upper right.
    assert masks[0][diagonal[::-1]].mean() > 0.6
    assert masks[1][diagonal].mean() > 0.6
    assert masks[0][diagonal].mean() < 0.2


def test_all_strokes_of_a_square_cell_cover_about_the_same():
    covered = strokes(9, 30, 30).sum(axis=(1, 2))
    assert covered.max() / covered.min() < 1.05


def test_a_signed_stroke_is_half_a_one_with_the_bright_side_on_its_right():
    rows, columns = np.indices((24, 24)) - 11.5
    for k, mask in enumerate(strokes(8, 24, 24, signed=True)):
        angle = (k + 0.5) * np.pi / 4
        down, across = (np.average(place, weights=mask) for place in (rows, columns))
        # Right of where the ray goes is where the gradient points to.
        assert down == pytest.approx(-np.cos(angle) * 0.235 * 24, abs=0.3)
        assert across == pytest.approx(np.sin(angle) * 0.235 * 24, abs=0.3)
    both = strokes(8, 24, 24, signed=True)
    np.testing.assert_allclose(np.maximum(both[1], both[5]), strokes(4, 24, 24)[1], atol=0.35)


def test_each_cell_is_drawn_in_its_place_and_the_strongest_stroke_is_seen():
    strengths = np.zeros((2, 3, 2))
    strengths[1, 2] = 0.25, 1.0
    drawn = glyphs(strengths, 12, 16)
    assert drawn.shape == (24, 48)
    assert drawn[:12].max() == 0
    assert drawn[:, :32].max() == 0
    own = strokes(2, 12, 16)
    np.testing.assert_allclose(drawn[12:, 32:], np.maximum(0.25 * own[0], own[1]))


def test_blending_goes_from_the_ground_to_the_color():
    ground = np.zeros((1, 3, 3))
    drawn = blended(ground, (200, 100, 50), np.array([[0.0, 0.5, 1.0]]))
    np.testing.assert_array_equal(drawn[0], [(0, 0, 0), (100, 50, 25), (200, 100, 50)])
