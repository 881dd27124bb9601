"""The sheets of features: of one picture, and of what a classifier learned; the bill of a verdict."""

import numpy as np
import pytest
from featured import KINDS, classifier, noise

from pellucid.inspection.bill import bill, drawn_bill
from pellucid.inspection.contributions import receipt
from pellucid.inspection.feature_drawing import draw_features, feature_figures
from pellucid.inspection.learned_drawing import class_pictures, draw_learned
from pellucid.inspection.paper import Figure, arranged
from pellucid.inspection.receipt_picture import receipt_picture
from pellucid.inspection.views import views
from pellucid.preprocessing.features import features_described
from pellucid.storage.errors import InputError


@pytest.mark.parametrize("features", KINDS)
def test_a_picture_and_its_features_stand_on_one_sheet(features):
    model = classifier(features)
    picture = noise(1, seed=2)[0]
    sheet = draw_features(model, picture)
    assert sheet.mode == "RGB"
    first = feature_figures(model.preprocessing.measure, picture, 288)[0].drawn
    factor = len(first) // 16
    np.testing.assert_array_equal(first[::factor, ::factor], picture)
    assert draw_features(model.preprocessing, picture).tobytes() == sheet.tobytes()


@pytest.mark.parametrize("shape", [(8, 8, 1), (32, 32, 3), (128, 96, 3), (1, 9, 1)])
def test_pictures_of_all_sizes(shape):
    measure = features_described(f"hog:cell={min(8, *shape[:2])},block=1+thumbnail:grid=1")
    assert draw_features(measure, noise(1, shape)[0]).width > 250


def test_the_same_picture_gives_the_same_sheet():
    measure, picture = features_described("hog:cell=4,block=2+color"), noise(1)[0]
    assert draw_features(measure, picture).tobytes() == draw_features(measure, picture).tobytes()


def test_what_sees_pixels_has_no_features_to_draw():
    model = classifier("pixels")
    with pytest.raises(InputError, match="This model sees pixels"):
        draw_features(model, noise(1)[0])
    with pytest.raises(InputError, match=r"a picture \(H, W, C\) uint8, got float64"):
        draw_features(features_described("color"), np.zeros((8, 8, 3)))


@pytest.mark.parametrize(
    "features", ["hog:cell=4,block=2+color+thumbnail:grid=2", "color:space=opponent,bins=4"]
)
def test_what_a_linear_classifier_looks_for_is_drawn_for_each_class(features):
    model = classifier(features)
    weights = model.templates[0].astype(float)
    for seen in views(model.preprocessing.measure, (16, 13, 3)):
        drawn = class_pictures(seen, weights)
        assert len(drawn) == 3
        assert len({each.shape for each in drawn}) == 1
        # One scale for all: a class of no weight is blank.
        weights[1] = 0
        blank = class_pictures(seen, weights)[1]
        assert blank.std() < 0.3 * drawn[1].std()
        weights = model.templates[0].astype(float)
    assert draw_learned(model).height > 200


def test_a_bill_names_the_strongest_items_of_each_side():
    model = classifier("hog:cell=4,block=1+color")
    picture = noise(1, seed=3)[0]
    why = receipt(model, picture, 0)
    lines = bill(model.preprocessing.measure, why, picture, count=2)
    amounts = [line.item.amount for line in lines]
    assert amounts[0] == max(why.amounts)
    assert amounts[2] == min(why.amounts)
    assert amounts[0] >= amounts[1] > 0 > amounts[3] >= amounts[2]
    assert all(line.where.shape == (16, 13, 3) for line in lines)
    drawn = drawn_bill(lines, 256)
    assert drawn.shape[1] == 256
    assert len(drawn) == len(drawn_bill(lines[:2], 256)) * 2


def test_the_sheet_of_a_verdict_shows_the_bill():
    model = classifier("hog:cell=4,block=1+color")
    picture = noise(1, seed=3)[0]
    why = receipt(model, picture, 0)
    with_bill = receipt_picture(picture, "ant", [why], model.preprocessing.measure)
    without = receipt_picture(picture, "ant", [why])
    assert with_bill.height > without.height + 200
    assert with_bill.width == without.width


def test_figures_go_on_in_a_new_row_and_none_is_cut_off():
    figures = [Figure(np.full((50, 400, 3), k, np.uint8), f"figure {k}", "one\ntwo") for k in range(5)]
    sheet = np.asarray(arranged(figures, title="five", notes=["a note"], width=900))
    assert sheet.shape[1] >= 824
    for k in range(5):
        assert (sheet == k).all(axis=2).sum() >= 50 * 400
    assert sheet.shape[0] > 3 * (50 + 24 + 42)
