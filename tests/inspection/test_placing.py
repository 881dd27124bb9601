"""Receipts of features: the items add up to the score, and so does what lies on the pixels, whatever is measured."""

import numpy as np
import pytest
from featured import KINDS, classifier, noise

from pellucid.inspection.attribution import explanation
from pellucid.inspection.contributions import difference_receipt, receipt
from pellucid.inspection.placing import itemized


@pytest.mark.parametrize("features", KINDS)
def test_the_items_and_the_pixels_add_up_to_the_score(features):
    model = classifier(features)
    for picture in noise(3, seed=5):
        scores = model.scores(picture[np.newaxis])[0]
        for why, score in (
            (receipt(model, picture, 1), scores[1]),
            (difference_receipt(model, picture, 2, 0), scores[2] - scores[0]),
        ):
            assert why.exact
            assert abs(why.total - score) <= 1e-5 * max(1, abs(score))
            items = sum(item.amount for item in why.items)
            assert why.bias + items == pytest.approx(why.total, abs=1e-9)
            assert why.contributions.sum() == pytest.approx(items, abs=1e-9)
            assert why.contributions.shape == (16, 13, 1)
            assert why.pushed_up + why.pushed_down == pytest.approx(items, abs=1e-9)
            assert sum(why.kinds.values()) == pytest.approx(items, abs=1e-9)


@pytest.mark.parametrize(
    "features", ["hog:cell=4,block=2", "thumbnail:grid=2", "words:words=5,patch=3,patches=400"]
)
def test_gray_pictures_have_items_too(features):
    model = classifier(features, noise(shape=(12, 12, 1)))
    assert receipt(model, noise(1, (12, 12, 1), seed=3)[0], 0).exact


def test_a_network_has_the_same_items_and_says_that_they_are_approximate():
    features = "hog:cell=4,block=1+color"
    model = classifier(features, hidden=6)
    picture = noise(1, seed=8)[0]
    why = explanation(model, picture, 0, 2)
    assert why.method == "gradient × input"
    assert "approximate" in why.reliability
    linear = explanation(classifier(features), picture, 0, 2)
    assert [str(item) for item in why.items] == [str(item) for item in linear.items]
    assert sum(item.amount for item in why.items) == pytest.approx(why.contributions.sum(), abs=1e-9)


def test_a_color_lies_on_the_pixels_that_have_it():
    model = classifier("color:bins=6")
    model.params["weight"][:] = 0
    model.params["weight"][0, 4] = model.preprocessing.scale[4]  # blue, 240° to 300°
    picture = np.zeros((16, 13, 3), np.uint8)
    picture[:, :] = 255, 40, 0
    picture[3:6, 2:9] = 60, 0, 255
    heat = receipt(model, picture, 0).contributions[..., 0]
    inside = np.zeros((16, 13), bool)
    inside[3:6, 2:9] = True
    expected = -model.preprocessing.mean[4] / heat.size
    np.testing.assert_allclose(heat[~inside], expected, atol=1e-8)
    np.testing.assert_allclose(heat[inside], expected + 1 / heat.size, atol=1e-8)


def test_a_word_lies_on_the_patches_in_which_it_was_found():
    pictures = noise()
    model = classifier("words:words=8,patch=4,patches=900,assignment=hard,grid=1,power=1", pictures)
    model.params["weight"][:] = 0
    model.params["weight"][0, 3] = model.preprocessing.scale[3]
    seen = model.preprocessing.measure
    part = seen.parts[0]
    learned = {name.partition(".")[2]: array for name, array in seen.learned.items()}
    picture = max(pictures, key=lambda each: part(each[np.newaxis], **learned)[0, 3])
    counts = part.activations(picture[np.newaxis], *(learned[n] for n in ("codebook", "mean", "whitening")))
    # What is expected of any picture is shared out among all 13 × 10 patches.
    expected = np.zeros((16, 13))
    for top, left in np.ndindex(13, 10):
        own = counts[0, top, left, 3] - model.preprocessing.mean[3] / 130
        expected[top : top + 4, left : left + 4] += own / 16
    heat = receipt(model, picture, 0).contributions[..., 0]
    assert counts[0, :, :, 3].sum() >= 5
    np.testing.assert_allclose(heat, expected, atol=1e-6)


def test_a_cell_that_is_in_several_blocks_is_one_item():
    model = classifier("hog:cell=4,block=2", noise(shape=(12, 12, 3)))
    measure = model.preprocessing.measure
    found = itemized(measure, np.ones(2 * 2 * 2 * 2 * 9), (12, 12, 3))
    assert [item.name for item in found[:4]] == ["cell 0,0", "cell 0,1", "cell 0,2", "cell 1,0"]
    # The corner is in one block, an edge in two, the middle in all four.
    assert [item.amount / 9 for item in found] == [1, 2, 1, 2, 4, 2, 1, 2, 1]


def test_the_sentence_names_what_counted_most():
    model = classifier("color:bins=6")
    model.params["weight"][:] = 0
    model.params["weight"][0, :2] = 5, -3
    picture = np.zeros((16, 13, 3), np.uint8)
    picture[:, :] = 255, 40, 0  # red: 0° to 60°
    why = receipt(model, picture, 0)
    for_it, _ = why.reasons()
    assert for_it[0].where == "color hue 0–60°"
    assert "for it most: color hue 0–60° (+" in why.sentence()
