"""Pictures, templates, heat and waterfalls hold the numbers they show."""

import io
import re
import xml.etree.ElementTree as xml

import numpy as np
import pytest
from PIL import Image

from pellucid.inspection.contributions import Receipt, receipt
from pellucid.inspection.drawings import overlay, waterfall
from pellucid.inspection.pictures import color_picture, data_uri, diverging, gray, jpeg, png, shrunk
from pellucid.inspection.templates import as_pictures, centered, difference, signed_pictures, templates
from pellucid.storage.errors import InputError


@pytest.mark.parametrize("shape", [(5, 7, 3), (5, 7, 1), (5, 7), (1, 1, 3), (40, 3, 3)])
def test_png_is_exact(random, shape):
    picture = random.integers(0, 256, shape, dtype=np.uint8)
    opened = np.asarray(Image.open(io.BytesIO(png(picture))))
    np.testing.assert_array_equal(opened, picture[..., 0] if shape[-1] == 1 else picture)


def test_jpeg_is_near_and_a_data_uri_says_what_it_is():
    picture = np.full((16, 16, 3), (200, 100, 50), np.uint8)
    opened = np.asarray(Image.open(io.BytesIO(jpeg(picture)))).astype(int)
    assert np.abs(opened - picture).max() <= 4
    assert data_uri(picture).startswith("data:image/png;base64,iVBOR")
    assert data_uri(picture, exact=False).startswith("data:image/jpeg;base64,/9j/")


def test_pure_noise_can_be_saved(random):
    picture = random.integers(0, 256, (512, 512, 3), dtype=np.uint8)  # Pillow's optimizer fails on this
    assert len(jpeg(picture)) > 200_000


def test_the_diverging_scale_is_symmetrical_and_neutral_at_zero():
    colors = diverging(np.array([-2.0, -1.0, 0.0, 1.0, 2.0, 9.0]), limit=2.0).astype(int)
    assert np.ptp(colors[2]) <= 2
    assert colors[0, 2] > colors[0, 0]  # blue
    assert colors[4, 0] > colors[4, 2]  # orange
    np.testing.assert_array_equal(colors[4], colors[5])
    light = colors @ [0.299, 0.587, 0.114]
    assert light[2] > light[1] > light[0]
    assert light[2] > light[3] > light[4]
    np.testing.assert_array_equal(diverging(np.zeros(3)), np.repeat(colors[2:3], 3, axis=0))


def test_gray_has_zero_in_the_middle():
    np.testing.assert_array_equal(gray(np.array([-1.0, 0.0, 1.0])), [0, 128, 255])
    np.testing.assert_array_equal(gray(np.zeros(2)), [128, 128])


def test_shrinking_averages_whole_blocks():
    picture = np.arange(64, dtype=np.uint8).reshape(1, 8, 8, 1)
    small = shrunk(picture, 4)
    assert small.shape == (1, 4, 4, 1)
    assert small[0, 0, 0, 0] == np.rint(np.mean([0, 1, 8, 9]))
    assert shrunk(picture, 8) is picture
    assert shrunk(np.zeros((2, 300, 1, 3), np.uint8), 64).shape == (2, 60, 1, 3)


def test_gray_pictures_get_three_channels():
    assert color_picture(np.zeros((4, 5), np.uint8)).shape == (4, 5, 3)
    assert color_picture(np.zeros((4, 5, 1), np.uint8)).shape == (4, 5, 3)


def test_a_template_says_how_the_score_changes_with_a_pixel(make_classifier, random):
    classifier = make_classifier()
    t = templates(classifier)
    assert t.shape == (3, 6, 9, 3)
    picture = random.integers(0, 200, (6, 9, 3), dtype=np.uint8)
    brighter = picture.copy()
    brighter[2, 4, 1] += 50
    rise = classifier.scores(brighter[None]) - classifier.scores(picture[None])
    np.testing.assert_allclose(rise[0], 50 * t[:, 2, 4, 1], atol=1e-4)


def test_centered_templates_give_the_same_differences(make_classifier):
    t = templates(make_classifier())
    np.testing.assert_allclose(centered(t).sum(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(difference(centered(t), 0, 2), difference(t, 0, 2), atol=1e-12)


def test_all_classes_share_one_scale(make_classifier):
    t = templates(make_classifier())
    t[0] *= 0.01
    drawn = as_pictures(t).astype(int)
    assert np.abs(drawn[0] - 128).max() <= 4
    assert np.abs(drawn[1:] - 128).max() > 100
    assert signed_pictures(t).shape == (3, 6, 9, 3)


def test_weights_that_are_no_picture_are_refused(make_classifier):
    with pytest.raises(InputError, match="162 numbers, which are not the 48 pixels"):
        templates(make_classifier(), (4, 4, 3))
    assert templates(make_classifier((5,))).shape == (3, 5)


def test_heat_is_orange_where_it_speaks_for_and_blue_against():
    contributions = np.zeros((3, 3, 3))
    contributions[0, 0], contributions[2, 2] = 1.0, -1.0
    drawn = overlay(np.full((3, 3, 3), 128, np.uint8), Receipt("a", 0, 0.0, 0.0, contributions)).astype(int)
    assert drawn[0, 0, 0] > drawn[0, 0, 2] + 80
    assert drawn[2, 2, 2] > drawn[2, 2, 0] + 80
    assert np.ptp(drawn[1, 1]) == 0


def test_heat_of_nothing_is_the_gray_picture():
    drawn = overlay(np.full((4, 4, 1), 50, np.uint8), Receipt("a", 0, 0.0, 0.0, np.zeros((4, 4, 1))))
    assert drawn.shape == (4, 4, 3)
    assert np.ptp(drawn) == 0


def test_the_waterfall_shows_the_numbers_of_the_receipt(make_classifier, random):
    bill = receipt(
        make_classifier(classes=("<b>", "x&y", 'q"')), random.integers(0, 256, (6, 9, 3), dtype=np.uint8), 0
    )
    svg = waterfall(bill)
    root = xml.fromstring(svg)  # well-formed, with the class name escaped
    assert "<b>" in root.attrib["aria-label"]
    shown = re.findall(r'class="w-amount">([^<]+)<', svg)
    values = [float(text.replace("−", "-").replace(",", "")) for text in shown]
    assert values == pytest.approx([bill.bias, bill.pushed_down, bill.pushed_up, bill.total], abs=0.006)
    bars = root.findall("{http://www.w3.org/2000/svg}rect")
    assert len(bars) == 4
    width = float(root.attrib["width"])
    assert all(
        0 <= float(bar.attrib["x"]) <= float(bar.attrib["x"]) + float(bar.attrib["width"]) <= width
        for bar in bars
    )


def test_a_waterfall_of_nothing_is_still_drawn():
    svg = waterfall(Receipt("a", 0, 0.0, 0.0, np.zeros(3)))
    assert len(re.findall(r">0\.00<", svg)) == 4


def test_of_a_close_call_more_digits_are_shown():
    svg = waterfall(Receipt("a", 0, 0.0004, 0.0, np.array([2.0004, -2.0]), other_name="b", other_index=1))
    assert ">+0.0004<" in svg
    assert ">lead<" in svg
