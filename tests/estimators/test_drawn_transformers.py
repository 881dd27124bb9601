"""A transformer draws what it keeps of a picture, as the model on the same features does."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

import pellucid as pl
from pellucid.inspection.feature_drawing import draw_features
from pellucid.preprocessing.features import features_described


def test_the_drawing_is_that_of_the_features():
    pictures = np.random.Generator(np.random.Philox(key=1)).integers(0, 256, (20, 12, 12, 3), np.uint8)
    edges = pl.HoGFeatures(cell=4, block=2)
    with pytest.raises(NotFittedError):
        edges.draw(pictures[0])
    drawn = edges.fit(pictures).draw(pictures[0])
    assert drawn.tobytes() == draw_features(features_described("hog:cell=4,block=2"), pictures[0]).tobytes()
    words = pl.VisualWordsFeatures(words=5, patch=4, patches=500).fit(pictures)
    assert words.draw(pictures[1]).width > 500


def test_a_gray_picture_without_a_channel_axis_is_drawn():
    pictures = np.random.Generator(np.random.Philox(key=2)).integers(0, 256, (5, 8, 8), np.uint8)
    assert pl.ThumbnailFeatures(grid=2).fit(pictures).draw(pictures[0]).height > 200
