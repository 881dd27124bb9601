"""Both forms of the products give the same numbers, on wide and on narrow features."""

import numpy as np
import pytest

from pellucid.arrays.compile import compiled, precision
from pellucid.arrays.products import summed_products, weighted_sums


@pytest.mark.parametrize("features", [7, 1023, 1024, 1025, 3072])
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-5), (np.float64, 1e-13)])
@pytest.mark.parametrize("pictures", [1, 9])
@pytest.mark.parametrize("units", [4, 64])
def test_products_agree_with_numpy(features, dtype, tolerance, pictures, units):
    stream = np.random.Generator(np.random.Philox(key=features))
    x, w, g = (
        stream.standard_normal(shape).astype(dtype)
        for shape in [(pictures, features), (units, features), (pictures, units)]
    )
    with precision(dtype):
        s, p = compiled(lambda x, w, g: (weighted_sums(x, w), summed_products(g, x)))(x, w, g)
    assert s.dtype == p.dtype == dtype
    scale = np.sqrt(features)
    np.testing.assert_allclose(s, x @ w.T, atol=tolerance * scale, rtol=0)
    np.testing.assert_allclose(p, g.T @ x, atol=tolerance * scale, rtol=0)
    np.testing.assert_array_equal(weighted_sums(x, w), x @ w.T)
    np.testing.assert_array_equal(summed_products(g, x), g.T @ x)
