"""The sum over rows is NumPy's sum, for any number of rows, on both engines."""

import numpy as np
import pytest

from pellucid.arrays.compile import compiled
from pellucid.arrays.sums import over_rows

SHAPES = ((0, 3), (1, 5), (37, 3), (64, 7), (2, 4, 6, 5), (33, 8, 8, 3), (128, 16, 16, 4))


@pytest.mark.parametrize("shape", SHAPES)
def test_sums_on_both_engines(shape):
    x = np.random.Generator(np.random.Philox(key=2)).standard_normal(shape).astype(np.float32)
    expected = x.astype(np.float64).sum(tuple(range(len(shape) - 1)))
    for found in (over_rows(x), np.asarray(compiled(over_rows)(x))):
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6 * x.size**0.5)
