"""A bin is shown in a color that falls into it, and is called by a name that a person would use."""

import numpy as np
import pytest

from pellucid.features.color import ColorHistogram
from pellucid.inspection.color_bins import bin_colors, bin_names, color_name


@pytest.mark.parametrize("space", ["hue", "rgb", "hsv", "opponent"])
@pytest.mark.parametrize("bins", [2, 3, 5, 10])
def test_the_color_of_a_bin_falls_into_it(space, bins):
    part = ColorHistogram(space=space, bins=bins)
    colors = bin_colors(part)
    assert len(colors) == len(bin_names(part)) == np.prod(part.shape)
    found = part(colors[:, np.newaxis, np.newaxis])
    own = np.flatnonzero(np.diag(found) == 1)
    # Not every triple of opponent colors exists, and of the darkest bins of hsv 8 bits cannot tell the hue.
    assert len(own) >= len(colors) * {"opponent": 0.2, "hsv": 0.9}.get(space, 1)


def test_hues_are_named_by_their_degrees():
    assert bin_names(ColorHistogram())[1] == "hue 36–72°"
    assert bin_names(ColorHistogram(bins=7))[-1] == "hue 309–360°"


def test_three_channels_are_named_by_their_color():
    assert bin_names(ColorHistogram(space="rgb", bins=2))[0] == "dark gray #404040"
    assert bin_names(ColorHistogram(space="rgb", bins=4))[3] == "blue #2020e0"


@pytest.mark.parametrize(
    ("color", "name"),
    [
        ((0, 0, 0), "black"),
        ((255, 255, 255), "white"),
        ((128, 128, 128), "gray"),
        ((60, 62, 60), "dark gray"),
        ((255, 0, 0), "red"),
        ((250, 0, 20), "red"),
        ((120, 60, 0), "brown"),
        ((255, 140, 0), "orange"),
        ((40, 160, 40), "green"),
        ((0, 0, 110), "dark blue"),
        ((170, 190, 255), "light blue"),
        ((255, 0, 200), "pink"),
    ],
)
def test_colors_have_names(color, name):
    assert color_name(np.array(color, np.uint8)) == name
