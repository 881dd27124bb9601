"""Words are drawn as the patches they were, pictures as their nearest words, and a word's patches are found again."""

import numpy as np
import pytest
from featured import classifier, noise

from pellucid.inspection.learned_drawing import draw_learned, learned_figures
from pellucid.inspection.pictures import BLUE, ORANGE
from pellucid.inspection.views import views
from pellucid.inspection.words_view import codebook, mosaic, nearest_patches
from pellucid.storage.errors import InputError


@pytest.fixture(scope="module")
def model():
    return classifier("words:words=10,patch=4,patches=900,grid=1")


@pytest.fixture(scope="module")
def view(model):
    return views(model.preprocessing.measure, (16, 13, 3))[0].view


def test_a_whitened_word_is_drawn_as_what_it_was_before(view):
    whitened = (view.patterns.reshape(10, -1) - view.learned["mean"]) @ view.learned["whitening"]
    np.testing.assert_allclose(whitened, view.learned["codebook"], atol=1e-4)
    drawn = view.pictures(np.arange(10))
    assert drawn.shape == (10, 4, 4, 3)
    # Each on a scale of its own: all use the whole range.
    assert (np.ptp(drawn.reshape(10, -1).astype(int), axis=1) > 150).all()


def test_the_codebook_begins_with_the_most_frequent_word(view):
    drawn = codebook(view, columns=5)
    first = int(view.learned["frequencies"].argmax())
    factor = max(2, 30 // 4)
    tile = drawn[1 : 1 + 4 * factor : factor, 1 : 1 + 4 * factor : factor]
    np.testing.assert_array_equal(tile, view.pictures(np.array([first]))[0])
    assert drawn.shape == (2 * (4 * factor + 4), 5 * (4 * factor + 4), 3)


def test_a_mosaic_has_its_words_in_rows_with_a_frame():
    words = np.zeros((3, 2, 2, 3), np.uint8)
    drawn = mosaic(words, 2, 3, (200, 0, 0))
    assert drawn.shape == (20, 20, 3)
    assert (drawn[1:7, 1:7] == 0).all()
    assert (drawn[0, :8] == (200, 0, 0)).all()
    assert (drawn[11:, 11:] == 251).all()


def test_a_picture_is_put_together_of_its_nearest_words(view):
    picture = noise(1, seed=4)[0]
    values = view.part(picture[np.newaxis], **view.learned)[0]
    rebuilt, words = (figure.drawn for figure in view.kept(picture, values, 3))
    assert rebuilt.shape == (48, 39, 3)
    # Brightness is lost, shapes are not: it is alike in what it has of light and dark.
    light = rebuilt[::3, ::3].mean(axis=2)
    assert np.corrcoef(light.ravel(), picture.mean(axis=2).ravel())[0, 1] > 0.35
    strongest = int(values.argmax())
    factor = max(2, 30 // 4)
    np.testing.assert_array_equal(
        words[1 : 4 * factor : factor, 1 : 4 * factor : factor], view.pictures(np.array([strongest]))[0]
    )


def test_a_word_is_where_it_is_the_nearest(view):
    picture = noise(1, seed=4)[0]
    nearest = view.activations(picture).argmax(axis=2)
    for word in range(10):
        lit = view.where(word, picture)
        assert set(np.unique(lit)) <= {0.0, 1.0}
        expected = np.zeros((16, 13))
        for top, left in zip(*np.nonzero(nearest == word), strict=True):
            expected[top : top + 4, left : left + 4] = 1
        if expected.any():
            np.testing.assert_array_equal(lit, expected)
        else:
            assert lit.sum() == 16


def test_the_patches_of_a_word_are_those_that_count_most_for_it(view):
    pictures = noise()
    found = nearest_patches(view, pictures, [2, 7], count=5)
    assert found.shape == (2, 5, 4, 4, 3)
    counts = np.stack([view.activations(picture) for picture in pictures])
    row, top, left = np.unravel_index(counts[..., 7].argmax(), counts.shape[:3])
    np.testing.assert_array_equal(found[1, 0], pictures[row, top : top + 4, left : left + 4])


def test_the_words_for_a_class_are_framed_orange_and_those_against_blue(view):
    drawn = view.weighed(view.strengths(np.arange(10.0)), 9.0)
    half = len(drawn) // 2
    assert (drawn[0, :5] == ORANGE[2]).all()
    assert (drawn[half, :5] == BLUE[2]).all()
    factor = max(2, 24 // 4)
    np.testing.assert_array_equal(
        drawn[1 : 4 * factor : factor, 1 : 4 * factor : factor], view.pictures(np.array([9]))[0]
    )


def test_what_was_learned_is_drawn(model):
    book, filters = learned_figures(model.preprocessing)
    assert book.heading == "words: the codebook"
    assert book.caption == "all 10, the most frequent first"
    # Three pixels, each in three channels: strongest where the pixel itself lies, in its own color.
    tile = 60 + 4
    assert filters.drawn.shape == (3 * tile, 3 * tile, 3)
    for row, (down, across) in enumerate(((0, 0), (0, 2), (2, 2))):
        for channel in range(3):
            inside = filters.drawn[row * tile + 8 + 15 * down, channel * tile + 8 + 15 * across]
            assert inside[channel] == 255
    assert draw_learned(model).width > 500


def test_whitening_filters_are_drawn_from_all_over_the_picture():
    (figure,) = learned_figures(classifier("zca", noise(shape=(16, 16, 1))).preprocessing)
    assert figure.heading == "what whitens a pixel"
    assert figure.caption.startswith("86 of 256")
    # The first pixel is that of the corner.
    assert (figure.drawn[1:5, 1:5] == 255).all()


def test_principal_components_are_drawn():
    (figure,) = learned_figures(classifier("pca:components=6", noise(shape=(8, 8, 1))).preprocessing)
    assert figure.heading == "principal components"
    assert figure.drawn.shape[1] == 12 * (64 + 4)


def test_a_network_on_features_that_learn_nothing_has_nothing_to_draw():
    with pytest.raises(InputError, match=r"mlp on hog.* has nothing to draw: the features learned nothing"):
        draw_learned(classifier("hog:cell=4,block=1", hidden=4))
