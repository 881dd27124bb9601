"""What each feature is called, against what it measures."""

import numpy as np
import pytest

from pellucid.features.color import ColorHistogram
from pellucid.features.fhog import FelzenszwalbHoG
from pellucid.features.hog import HoG
from pellucid.features.thumbnail import Thumbnail

PARTS = [
    HoG(cell=4, block=2),
    HoG(cell=(4, 3), block=1, signed=True, orientations=5),
    FelzenszwalbHoG(orientations=4, cell=(4, 3)),
    ColorHistogram(),
    ColorHistogram(grid=(2, 3), bins=4),
    ColorHistogram(space="rgb", bins=3),
    ColorHistogram(space="hsv", bins=3, soft=True),
    ColorHistogram(space="opponent", bins=4, grid=2),
    Thumbnail(grid=(3, 2)),
]


@pytest.mark.parametrize("part", PARTS, ids=str)
def test_each_feature_has_a_name_of_its_own(part):
    names = part.names(16, 12, 3)
    assert len(names) == len(set(names)) == len(part.boxes(16, 12, 3))
    assert all(name.startswith(part.name + " ") for name in names)


@pytest.mark.parametrize("angle", [10, 75, 130, 200, 260, 340])
def test_the_direction_in_which_a_picture_grows_lighter(angle):
    rows, columns = np.mgrid[:12, :12]
    slope = 6 * (columns * np.cos(np.deg2rad(angle)) + rows * np.sin(np.deg2rad(angle)))
    picture = np.clip(128 + slope - slope.mean(), 0, 255).astype(np.uint8)[None, ..., None]
    hog = HoG(cell=4, block=1, signed=True, orientations=8)
    strongest = hog.names(12, 12, 1)[int(hog.histograms(picture)[1, 1, :, 0].argmax()) + 4 * 8]
    assert strongest.startswith("hog 1,1 ")
    assert abs(float(strongest.split()[-1].rstrip("°")) - angle) <= 22.5


@pytest.mark.parametrize(
    ("part", "color", "names"),
    [
        (ColorHistogram(), (200, 10, 10), {"color hue 0–36°"}),
        (
            ColorHistogram(bins=6, grid=(1, 2)),
            (10, 200, 180),
            {"color 0,0 hue 120–180°", "color 0,1 hue 120–180°"},
        ),
        (ColorHistogram(space="rgb", bins=4), (200, 10, 100), {"color red 192–256, green 0–64, blue 64–128"}),
        (
            ColorHistogram(space="hsv", bins=4),
            (90, 100, 210),
            {"color hue 180–270°, saturation 50–75 %, value 192–256"},
        ),
        (
            ColorHistogram(space="opponent", bins=2),
            (200, 10, 250),
            {"color red − green 0–256, yellow − blue -512–0, brightness 128–256"},
        ),
        (Thumbnail(grid=(1, 2)), (0, 9, 0), {"thumbnail 0,0 green", "thumbnail 0,1 green"}),
    ],
)
def test_colors_are_named_as_they_are_counted(part, color, names):
    picture = np.broadcast_to(np.array(color, np.uint8), (1, 4, 4, 3))
    found = np.array(part.names(4, 4, 3))[part(picture)[0] > 0]
    assert set(found) == names
