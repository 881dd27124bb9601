"""What hog+color stands for without any settings."""

import numpy as np
import pytest

from pellucid.preprocessing.features import features_described, usual
from pellucid.preprocessing.measuring import Measured


def test_gradients_by_two_sizes_of_cells_a_thumbnail_and_colors():
    found = usual(features_described("HOG:cell=8 + color"), (32, 48, 3))
    assert isinstance(found, Measured)
    assert [part.name for part in found.parts] == ["fhog", "fhog", "thumbnail", "color"]
    assert [part.cell for part in found.parts[:2]] == [(4, 6), (8, 12)]
    assert found(np.zeros((1, 32, 48, 3), np.uint8)).shape == (1, 3104)


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("hog+color:bins=4", (32, 32, 3)),
        ("hog", (32, 32, 3)),
        ("pixels", (32, 32, 3)),
        ("hog+color", (15, 40, 3)),
        ("hog+color", (32, 32, 1)),
        ("hog+color", (3072,)),
    ],
)
def test_all_else_stays_as_it_was_named(text, shape):
    assert usual(features_described(text), shape) == features_described(text)
