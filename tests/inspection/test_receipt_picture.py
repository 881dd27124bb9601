"""The sheet that explains a verdict: the input, and each receipt drawn over it."""

import numpy as np
import pytest

from pellucid.data.frame import Frame
from pellucid.inspection.contributions import difference_receipt, receipt
from pellucid.inspection.receipt_picture import _arithmetic, _lines, _shortened, receipt_picture
from pellucid.models.classifier import Classifier
from pellucid.models.linear import linear
from pellucid.preprocessing.pipeline import Preprocessing

RNG = np.random.Generator(np.random.Philox(key=8))


def classifier(height, width, channels, classes=("cat", "dog")):
    features = height * width * channels
    frame = Frame(height, width, "pad", "rgb" if channels == 3 else "gray")
    params = {
        "weight": RNG.standard_normal((len(classes), features)).astype("f4"),
        "bias": RNG.standard_normal(len(classes)).astype("f4"),
    }
    preprocessing = Preprocessing(frame, np.full(features, 128, "f4"), np.full(features, 60, "f4"))
    model = linear(features, len(classes))
    return Classifier("softmax", classes, preprocessing, model, params)


def explained(height, width, channels, names=("cat", "dog")):
    model = classifier(height, width, channels, names)
    picture = RNG.integers(0, 256, (height, width, channels)).astype(np.uint8)
    receipts = (receipt(model, picture, 0), difference_receipt(model, picture, 0, 1))
    return picture, receipts, receipt_picture(picture, "cat, 62.0%", receipts)


@pytest.mark.parametrize(
    ("height", "width", "channels"),
    [(8, 8, 1), (32, 32, 3), (20, 60, 3), (60, 20, 3), (1, 1, 3), (300, 300, 3)],
)
def test_a_panel_for_the_picture_and_one_for_each_receipt(height, width, channels):
    picture, _, sheet = explained(height, width, channels)
    factor = max(1, 256 // max(height, width))
    panel = max(width * factor, 256)
    assert sheet.mode == "RGB"
    assert sheet.width == 3 * (panel + 20) + 20
    assert sheet.height > height * factor
    pixels = np.asarray(sheet)
    shown = pixels[48 : 48 + height * factor : factor, 20 : 20 + width * factor : factor]
    np.testing.assert_array_equal(shown, np.broadcast_to(picture, (height, width, 3)))
    for column in (1, 2):
        left = 20 + column * (panel + 20)
        drawn = pixels[48 : 48 + height * factor, left : left + width * factor]
        assert (drawn != 255).any()
        # Below it something is written.
        assert (pixels[48 + height * factor :, left : left + panel] < 128).any()


def test_the_words_below_add_up():
    _, receipts, _ = explained(8, 8, 1)
    for each in receipts:
        words = _arithmetic(each)
        assert words.startswith(each.title)
        total, bias, up, down = (each.total, each.bias, each.pushed_up, each.pushed_down)
        assert f"{total:+.3f} = bias {bias:+.3f}" in words
        assert f"for {up:+.3f}  against {down:+.3f}" in words
        assert bias + up + down == pytest.approx(total, abs=1e-4)


def test_the_same_input_gives_the_same_picture():
    picture, receipts, sheet = explained(8, 8, 3)
    assert receipt_picture(picture, "cat, 62.0%", receipts).tobytes() == sheet.tobytes()


@pytest.mark.parametrize(
    "names", [("猫", "собака"), ("w" * 200, "two\nlines"), ("b\udcff", "x\x00"), ("", " ")]
)
def test_names_of_all_kinds(names):
    _, _, sheet = explained(8, 8, 3, names)
    assert sheet.width > 0


def test_long_names_stay_in_their_panel():
    long = ("a very long class name of a bird in the woods", "another name that is just as long as the first")
    _, _, sheet = explained(8, 8, 3, long)
    pixels = np.asarray(sheet)
    for column in (1, 2, 3):  # between two panels, and at the right edge
        left = column * (256 + 20)
        assert (pixels[:, left : left + 20] == 255).all()


def test_a_long_title_of_a_difference_names_both_classes():
    lines = _lines(f"{'w' * 60} rather than {'v' * 60}\n+1 = bias +1\n  for +0  against -0", 256)
    assert [line[:13] for line in lines[:2]] == ["w" * 13, "rather than v"]
    assert len(lines) == 4
    assert _lines("cat rather than dog\nb\nc", 256) == ["cat rather than dog", "b", "c"]
    assert _shortened("w" * 60, 14, 256)[0].endswith("w...")
