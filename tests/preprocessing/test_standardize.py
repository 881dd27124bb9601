"""Mean and deviation against NumPy in float64, also where numbers are far from 0."""

import numpy as np
import pytest

from pellucid.arrays.compile import compiled, precision
from pellucid.preprocessing.standardize import FLOOR, moments, standardize


def stream(key=1):
    return np.random.Generator(np.random.Philox(key=key))


@pytest.mark.parametrize("count", [1, 2, 255, 256, 257, 1000])
def test_moments_of_pictures(count):
    pictures = stream().integers(0, 256, (count + 50, 4, 3, 2)).astype(np.uint8)
    rows = stream(2).permutation(count + 50)[:count]
    mean, scale = moments(pictures, rows)
    flat = pictures[rows].reshape(count, -1).astype(np.float64)
    deviation = flat.std(0)
    assert mean.dtype == scale.dtype == np.float32
    assert mean.shape == scale.shape == (24,)
    np.testing.assert_allclose(mean, flat.mean(0), rtol=1e-6)
    expected = np.maximum(deviation, FLOOR * np.sqrt((deviation**2).mean())) if count > 1 else np.ones(24)
    np.testing.assert_allclose(scale, expected, rtol=1e-5)


def test_white_pictures_do_not_overflow_a_block():
    pictures = np.full((600, 2, 2, 1), 255, np.uint8)
    pictures[::2, 0, 0, 0] = 254
    mean, scale = moments(pictures, np.arange(600))
    np.testing.assert_array_equal(mean, [254.5, 255, 255, 255])
    np.testing.assert_allclose(scale, [0.5] + [FLOOR * 0.25] * 3, rtol=1e-6)


def test_the_floor_keeps_a_pixel_that_hardly_varies_from_deciding_everything():
    pictures = stream().integers(0, 256, (500, 10, 10, 1)).astype(np.uint8)
    pictures[:, 0, 0, 0] = 0
    pictures[7, 0, 0, 0] = 1  # black in all pictures but one
    mean, scale = moments(pictures, np.arange(500))
    rough = pictures.reshape(500, -1).astype(float).std(0)
    assert scale[0] == pytest.approx(FLOOR * np.sqrt((rough**2).mean()), rel=1e-6)
    np.testing.assert_allclose(scale[1:], rough[1:], rtol=1e-5)
    assert np.abs(standardize(np.full((1, 10, 10, 1), 255, np.uint8), mean, scale)[0, 0]) < 50


def test_pictures_that_are_all_the_same_are_divided_by_one():
    pictures = np.full((10, 2, 2, 3), 77, np.uint8)
    mean, scale = moments(pictures, np.arange(10))
    np.testing.assert_array_equal(scale, 1.0)
    np.testing.assert_array_equal(standardize(pictures, mean, scale), 0.0)


OFFSETS = {"none": 0.0, "a million": 1e6, "a billion": 1e9, "minus a trillion": -1e12}


@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize("count", [2, 256, 257, 1500])
def test_moments_of_tables_far_from_zero(offset, count):
    spread = np.array([1.0, 1e-2, 1e3])
    table = OFFSETS[offset] + spread * stream().standard_normal((count, 3))
    mean, scale = moments(table, np.arange(count))
    np.testing.assert_allclose(mean, table.mean(0), rtol=1e-5)
    # NumPy centers at the rounded mean; so does the witness, in more digits.
    wide = table.astype(np.longdouble)
    np.testing.assert_allclose(scale, wide.std(0).astype(float), rtol=1e-5)


def test_a_first_row_far_from_all_others_spoils_nothing():
    table = 1e9 + stream().standard_normal((2000, 2))
    table[0] = 0.0
    _, scale = moments(table, np.arange(2000))
    np.testing.assert_allclose(scale, table.std(0), rtol=1e-5)
    _, scale = moments(table, np.arange(1, 2000))
    np.testing.assert_allclose(scale, table[1:].std(0), rtol=1e-5)


@pytest.mark.parametrize("constant", [0.0, 0.1, 1e9 + 0.1, -1e-20, 1 / 3])
def test_a_feature_that_never_varies_is_divided_by_one(constant):
    table = np.full((1000, 2), constant)
    table[:, 1] += stream().standard_normal(1000)
    assert moments(table, np.arange(1000))[1][0] == 1.0


def test_small_units_are_variation_all_the_same():
    table = 1e-15 * stream().standard_normal((300, 1))
    mean, scale = moments(table, np.arange(300))
    np.testing.assert_allclose(scale, table.std(0), rtol=1e-5)
    np.testing.assert_allclose(standardize(table, mean, scale).std(), 1.0, rtol=1e-5)


def test_numbers_too_small_for_float32_give_finite_results():
    table = 1e-42 * stream().standard_normal((300, 1))
    assert np.isfinite(standardize(table, *moments(table, np.arange(300)))).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.int8, bool])
def test_tables_of_other_numbers(dtype):
    table = (
        (stream().standard_normal((700, 4)) > 0) if dtype is bool else stream().integers(-99, 99, (700, 4))
    )
    table = table.astype(dtype)
    mean, scale = moments(table, np.arange(700))
    np.testing.assert_allclose(mean, table.astype(float).mean(0), rtol=1e-5)
    np.testing.assert_allclose(scale, table.astype(float).std(0), rtol=1e-5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_standardize_on_both_engines(dtype):
    pictures = stream().integers(0, 256, (9, 3, 2, 3)).astype(np.uint8)
    mean, scale = (array.astype(dtype) for array in moments(pictures, np.arange(9)))
    expected = (pictures.reshape(9, -1) - mean.astype(float)) / scale.astype(float)
    found = standardize(pictures, mean, scale)
    with precision(dtype):
        traced = compiled(standardize)(pictures, mean, scale)
    for each in (found, np.asarray(traced)):
        assert each.dtype == dtype
        assert each.shape == (9, 18)
        np.testing.assert_allclose(each, expected, rtol=1e-5 if dtype == np.float32 else 1e-14, atol=1e-6)


def test_only_the_training_rows_are_looked_at():
    table = stream().standard_normal((100, 2))
    before = moments(table, np.arange(50))
    table[50:] = 1e30
    for old, new in zip(before, moments(table, np.arange(50)), strict=True):
        np.testing.assert_array_equal(old, new)


def test_the_order_of_pictures_does_not_change_a_bit():
    pictures = stream().integers(0, 256, (1000, 3, 3, 1)).astype(np.uint8)
    for old, new in zip(
        moments(pictures, np.arange(1000)), moments(pictures, stream(3).permutation(1000)), strict=True
    ):
        np.testing.assert_array_equal(old, new)


def test_blocks_shrink_where_rows_are_long():
    from pellucid.preprocessing.standardize import block_rows

    assert block_rows(3072, 256) == 256
    assert block_rows(4000 * 4000 * 3, 256) == 1
    assert block_rows(2**20, 256) == 16


def test_long_rows_give_the_same_moments(monkeypatch):
    """In blocks of one row as in blocks of 256."""
    from pellucid.preprocessing import standardize as module

    pictures = np.random.Generator(np.random.Philox(key=9)).integers(0, 256, (70, 4, 4, 3), dtype=np.uint8)
    whole = module.moments(pictures, np.arange(70))
    monkeypatch.setattr(module, "block_rows", lambda features, most: 1)
    for one, other in zip(module.moments(pictures, np.arange(70)), whole, strict=True):
        np.testing.assert_array_equal(one, other)
