"""Felzenszwalb's histograms of oriented gradients: against the same formulas written down pixel by pixel."""

import numpy as np
import pytest

from pellucid.arrays import compile as compiler
from pellucid.features.fhog import FelzenszwalbHoG
from pellucid.features.gradients import strongest_gradients
from pellucid.preprocessing.features import features_described
from pellucid.storage.errors import InputError


@pytest.fixture(scope="module")
def pictures():
    """Noise, waves and a flat one (4, 14, 19, 3): there are pixels below and behind the last cells."""
    stream = np.random.Generator(np.random.Philox(key=5))
    rows, columns = np.mgrid[:14, :19]
    waves = 127.5 + 127.5 * np.sin(np.stack([rows / 3, columns / 5, (rows + columns) / 4], axis=-1))
    noise = stream.integers(0, 256, (2, 14, 19, 3))
    return np.stack([*noise, waves, np.full((14, 19, 3), 90)]).astype(np.uint8)


def pixel_by_pixel(picture, orientations, cell):
    """The features of one picture, as the paper has them."""
    vertical, horizontal, length = (each[..., 0] for each in strongest_gradients(picture[None]))
    rows, columns, bins = picture.shape[0] // cell[0], picture.shape[1] // cell[1], 2 * orientations
    h = np.zeros((rows, columns, bins))
    for r, c in np.ndindex(length.shape):
        place = np.arctan2(vertical[r, c], horizontal[r, c]) / (2 * np.pi) * bins
        for i, j, k in np.ndindex(h.shape):
            away = abs(place - k) % bins
            h[i, j, k] += (
                length[r, c]
                * max(0, 1 - min(away, bins - away))
                * max(0, 1 - abs((r + 0.5) / cell[0] - (i + 0.5)))
                * max(0, 1 - abs((c + 0.5) / cell[1] - (j + 0.5)))
            )
    u = h[..., :orientations] + h[..., orientations:]
    energy, both = np.pad((u**2).sum(axis=-1), 1, mode="edge"), np.concatenate([h, u], axis=-1)
    found = np.zeros((rows, columns, 3 * orientations + 4))
    for number, (i, j) in enumerate([(0, 0), (0, 1), (1, 0), (1, 1)]):
        fours = sum(energy[i + a : i + a + rows, j + b : j + b + columns] for a in (0, 1) for b in (0, 1))
        clipped = np.minimum(0.2, both / np.sqrt(fours + 1)[..., None])
        found[..., : 3 * orientations] += clipped / 2
        found[..., 3 * orientations + number] = clipped[..., :bins].sum(axis=-1)
    return found.ravel()


@pytest.mark.parametrize(("orientations", "cell"), [(9, (4, 4)), (3, (5, 6)), (1, (14, 19))])
def test_the_formulas_pixel_by_pixel(pictures, orientations, cell):
    fhog = FelzenszwalbHoG(orientations, cell)
    found = fhog(pictures)
    assert found.dtype == np.float32
    assert found.shape == (4, np.prod(fhog.shape(14, 19))) == (4, len(fhog.boxes(14, 19, 3)))
    wanted = [pixel_by_pixel(each, orientations, cell) for each in pictures]
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)


def test_both_engines_agree(pictures):
    fhog = FelzenszwalbHoG(cell=4)
    found = np.asarray(compiler.compiled(fhog)(pictures))
    np.testing.assert_allclose(found, fhog(pictures), rtol=1e-4, atol=1e-5)


def test_a_flat_picture_has_no_edges(pictures):
    assert not FelzenszwalbHoG(cell=4)(pictures[3:]).any()


def test_each_feature_lies_in_its_cell(pictures):
    boxes = FelzenszwalbHoG(orientations=2, cell=(7, 6)).boxes(14, 19, 3).reshape(2, 3, 10, 4)
    assert (boxes[1, 2] == (7, 14, 12, 18)).all()


def test_it_is_known_by_its_name():
    assert str(features_described("fhog:cell=4")) == "fhog:cell=4|4"


def test_cells_that_do_not_fit(pictures):
    with pytest.raises(InputError, match=r"cells of 15 × 4 pixels needs .* got 14 × 19: take smaller cells"):
        FelzenszwalbHoG(cell=(15, 4))(pictures)
    with pytest.raises(InputError, match="orientations must be a whole number, 1 or more, got 0"):
        FelzenszwalbHoG(orientations=0)
