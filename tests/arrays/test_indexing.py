"""Rows by number, on both engines."""

import numpy as np

from pellucid.arrays.compile import compiled
from pellucid.arrays.indexing import rows


def test_rows_of_pictures_on_both_engines():
    pictures = np.random.Generator(np.random.Philox(key=1)).integers(0, 256, (50, 4, 3, 3)).astype(np.uint8)
    for numbers in ([3], [49, 0, 7, 7], []):
        numbers = np.array(numbers, np.int32)
        expected = pictures[numbers]
        found = rows(pictures, numbers)
        traced = compiled(rows)(pictures, numbers)
        assert found.dtype == traced.dtype == np.uint8
        np.testing.assert_array_equal(found, expected)
        np.testing.assert_array_equal(np.asarray(traced), expected)


def test_rows_are_a_copy():
    array = np.zeros((3, 2))
    rows(array, np.array([0, 1]))[:] = 1
    assert not array.any()
