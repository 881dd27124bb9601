"""Every kind of features draws itself: the right sizes, the right colors in known places, the numbers it holds."""

import numpy as np
import pytest
from featured import KINDS, classifier, noise

from pellucid.features.color import ColorHistogram
from pellucid.features.fhog import FelzenszwalbHoG
from pellucid.features.hog import HoG
from pellucid.features.thumbnail import Thumbnail
from pellucid.inspection.color_view import ColorView
from pellucid.inspection.edge_cells import FelzenszwalbCells, HoGCells
from pellucid.inspection.edge_view import EdgeView
from pellucid.inspection.placing import itemized
from pellucid.inspection.thumbnail_view import ThumbnailView
from pellucid.inspection.view import ICON, PlainView, boxed, cut_out, fitted, located, spread
from pellucid.inspection.views import views


@pytest.mark.parametrize("features", KINDS)
def test_every_kind_has_names_groups_drawings_icons_and_places(features):
    model = classifier(features)
    measure, picture = model.preprocessing.measure, noise(1, seed=4)[0]
    values = measure(picture[np.newaxis])[0]
    seen = views(measure, picture.shape)
    assert [each.place.start for each in seen] == [0, *(each.place.stop for each in seen[:-1])]
    assert seen[-1].place.stop == len(values)
    for each in seen:
        view, own = each.view, values[each.place]
        assert view.groups.shape == own.shape
        assert set(view.groups) == set(range(len(view.names)))
        assert len(set(view.names)) == len(view.names)
        for figure in view.kept(picture, own, 4):
            assert figure.drawn.dtype == np.uint8
            assert figure.drawn.shape[2] == 3
            assert np.ptp(figure.drawn) > 60
        strengths = view.strengths(model.templates[0][0][each.place].astype(float))
        drawn = view.weighed(strengths, float(np.abs(strengths).max()))
        assert drawn.dtype == np.uint8
        assert drawn.shape[2] == 3
        for group in (0, len(view.names) - 1):
            assert view.icon(group, picture).shape == (ICON, ICON, 3)
            where = view.where(group, picture)
            assert where.shape == picture.shape[:2]
            assert where.min() >= 0
            assert where.max() <= 1


@pytest.mark.parametrize("features", KINDS)
def test_what_is_placed_adds_up_to_the_weighted_features(features):
    measure, picture = classifier(features).preprocessing.measure, noise(1, seed=6)[0]
    values = measure(picture[np.newaxis])[0].astype(np.float64)
    weights = np.random.Generator(np.random.Philox(key=3)).normal(size=len(values))
    for each in views(measure, picture.shape):
        wanted = float(weights[each.place] @ values[each.place])
        found = each.view.placed(picture, weights[each.place]).sum()
        assert found == pytest.approx(wanted, rel=1e-4, abs=1e-4 * np.abs(values[each.place]).max())


def test_two_parts_of_one_name_are_told_apart():
    measure = classifier("hog:cell=4,block=1+hog:cell=8,block=1").preprocessing.measure
    assert [each.label for each in views(measure, (16, 13, 3))] == ["hog", "hog2"]
    items = itemized(measure, np.ones(4 * 3 * 9 + 2 * 9), (16, 13, 3))
    assert str(items[-1]) == "hog2 cell 1,0"


def test_an_edge_is_drawn_along_itself():
    picture = np.zeros((24, 24, 1), np.uint8)
    picture[:, 12:] = 255
    part = HoG(cell=(8, 8), block=(1, 1))
    view = EdgeView(part, (24, 24, 1), HoGCells(part, (24, 24, 1)))
    over, alone = view.kept(picture, part(picture[np.newaxis])[0], 4)
    assert over.drawn.shape == alone.drawn.shape == (96, 96, 3)
    bright = alone.drawn.astype(int).sum(axis=2) > 500
    rows, columns = np.nonzero(bright)
    # Upright strokes in the middle column of cells, nothing elsewhere.
    assert columns.min() >= 32
    assert columns.max() < 64
    assert len(rows) > 3 * 20
    cell = bright[32:64, 32:64]
    assert cell.any(axis=1).sum() > 2 * cell.any(axis=0).sum()


def test_weights_of_edges_are_orange_for_and_blue_against():
    part = HoG(cell=(8, 8), block=(1, 1), orientations=4)
    view = EdgeView(part, (16, 16, 1), HoGCells(part, (16, 16, 1)))
    weights = np.zeros((2, 2, 1, 1, 4))
    weights[0, 0, 0, 0, 1], weights[1, 1, 0, 0, 2] = 1.0, -1.0
    drawn = view.weighed(view.strengths(weights.ravel()), 1.0).astype(int)
    half = len(drawn) // 2
    redder = drawn[..., 0] - drawn[..., 2]
    assert redder[:half, :half].max() > 150
    assert redder[half:, half:].min() < -100
    assert np.abs(redder[:half, half:]).max() < 5


def test_a_cell_is_the_mean_of_its_blocks():
    cells = HoGCells(HoG(cell=(4, 4), block=(2, 2), orientations=3), (12, 12, 1))
    np.testing.assert_allclose(cells.edges(np.full(2 * 2 * 2 * 2 * 3, 0.7)), np.full((3, 3, 3), 0.7))
    np.testing.assert_allclose(cells.strengths(np.ones(48))[:, :, 0], [[1, 2, 1], [2, 4, 2], [1, 2, 1]])


def test_an_edge_counts_with_its_sign_and_without():
    part = FelzenszwalbHoG(orientations=2, cell=(4, 4))
    cells = FelzenszwalbCells(part, (4, 8, 1))
    weights = np.array([[1, 2, 3, 4, 10, 20, 7, 7, 7, 7], [0.0] * 10])
    np.testing.assert_array_equal(cells.strengths(weights.ravel())[0], [[11, 22, 13, 24], [0] * 4])
    np.testing.assert_array_equal(cells.edges(weights.ravel())[0, 0], [1, 2, 3, 4])
    # Bright on the right: the first direction, whose stroke goes up from the middle.
    picture = np.zeros((4, 8, 1), np.uint8)
    picture[:, 2:] = 255
    edges = cells.edges(part(picture[np.newaxis])[0])
    assert edges[0, 0].argmax() == 0
    drawn = EdgeView(part, picture.shape, cells).kept(picture, part(picture[np.newaxis])[0], 8)[1].drawn
    assert drawn[:16, :32].max() == 255
    assert drawn[20:, :32].max() < 60


def test_a_field_is_filled_with_its_colors_as_wide_as_their_shares():
    picture = np.zeros((20, 20, 3), np.uint8)
    picture[:, :, 0] = 255  # red
    picture[:10, :5] = 0, 0, 255  # half of the upper left field
    part = ColorHistogram(bins=6, grid=(2, 2))
    view = ColorView(part, (20, 20, 3))
    where = view.kept(picture, part(picture[np.newaxis])[0], 10)[0].drawn
    assert where.shape == (200, 200, 3)
    blue = (where == view.colors[4]).all(axis=2)
    assert blue[50, 1:99].mean() == pytest.approx(0.5, abs=0.02)
    assert not blue[100:].any()
    assert (where[150, 20] == view.colors[0]).all()


def test_the_wheel_shows_how_much_has_no_hue():
    picture = np.full((8, 8, 3), 90, np.uint8)
    picture[:4] = 0, 200, 0
    part = ColorHistogram(bins=12)
    view = ColorView(part, (8, 8, 3))
    wheel, bars = (figure.drawn for figure in view.kept(picture, part(picture[np.newaxis])[0], 8))
    assert (wheel == view.colors[4]).all(axis=2).mean() > 0.01
    assert (bars == view.colors[4]).all(axis=2).sum() > 100
    assert not (bars == view.colors[0]).all(axis=2).any()


def test_bars_of_weights_have_the_colors_of_their_bins():
    view = ColorView(ColorHistogram(bins=4), (8, 8, 3))
    drawn = view.weighed(view.strengths(np.array([1.0, -1.0, 0.5, 0.0])), 1.0)
    half = len(drawn) // 2
    assert (drawn[:half] == view.colors[0]).all(axis=2).any()
    assert not (drawn[half:] == view.colors[0]).all(axis=2).any()
    assert (drawn[half:] == view.colors[1]).all(axis=2).any()
    tall, short = ((drawn == view.colors[k]).all(axis=2).any(axis=1).sum() for k in (0, 2))
    assert tall == pytest.approx(2 * short, abs=1)
    assert not (drawn == view.colors[3]).all(axis=2).any()


def test_a_thumbnail_is_the_small_picture():
    picture = noise(1, (9, 12, 3))[0]
    part = Thumbnail(grid=(3, 3))
    view = ThumbnailView(part, picture.shape)
    (figure,) = view.kept(picture, part(picture[np.newaxis])[0], 5)
    assert figure.drawn.shape == (45, 60, 3)
    np.testing.assert_array_equal(figure.drawn[2, 2], np.rint(picture[:3, :4].mean(axis=(0, 1))))
    assert (figure.drawn[:15, :20] == figure.drawn[0, 0]).all()


def test_a_kind_without_a_view_of_its_own_is_still_shown():
    part = Thumbnail(grid=(2, 2))
    view = PlainView(part, (8, 8, 1))
    picture = noise(1, (8, 8, 1))[0]
    values = part(picture[np.newaxis])[0]
    assert view.names == ("0,0", "0,1", "1,0", "1,1")
    assert view.placed(picture, np.ones(4)).sum() == pytest.approx(values.sum(), rel=1e-5)
    (figure,) = view.kept(picture, values, 4)
    assert figure.caption == "4 numbers"
    assert view.where(3, picture)[4:, 4:].all()
    assert view.where(3, picture).sum() == 16


def test_boxes_overlap_and_keep_their_sum():
    heat = spread(np.array([4.0, -2.0]), np.array([[0, 2, 0, 2], [1, 2, 1, 3]]), (3, 3))
    np.testing.assert_allclose(heat, [[1, 1, 0], [1, 0, -1], [0, 0, 0]])


def test_a_place_is_bright_and_the_rest_is_dark():
    picture = np.full((4, 4, 3), (200, 100, 50), np.uint8)
    drawn = located(picture, boxed(np.array([0, 2, 0, 2]), (4, 4)))
    np.testing.assert_array_equal(drawn[0, 0], (200, 100, 50))
    assert np.ptp(drawn[3, 3]) == 0
    assert drawn[3, 3, 0] < 60


def test_icons_have_one_size():
    assert cut_out(noise(1, (100, 90, 1))[0], np.array([0, 70, 3, 80])).shape == (ICON, ICON, 3)
    assert fitted(noise(1, (3, 5, 3))[0], 20).shape == (20, 20, 3)
