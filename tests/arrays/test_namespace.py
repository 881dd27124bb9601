"""Whose arrays are these?"""

import numpy as np
import pytest

from pellucid.arrays.compile import compiled
from pellucid.arrays.namespace import namespace


@pytest.mark.parametrize("value", [np.ones(2), np.float32(1), 3, 2.5, True, None, [1.0]])
def test_numpy_arrays_and_numbers_are_numpys(value):
    assert namespace(value) is np
    assert namespace(value, np.zeros(3)) is np


def test_an_array_of_jax_is_jaxs_also_beside_others():
    import jax.numpy as jnp

    array = jnp.ones(2)
    for arrays in ((array,), (np.ones(2), array), (array, 2.0), (1, np.float32(2), array)):
        assert namespace(*arrays) is jnp


def test_a_traced_array_is_jaxs():
    import jax.numpy as jnp

    met = []
    compiled(lambda x: met.append((namespace(x), namespace(np.ones(1), x))) or x)(np.ones(3, np.float32))
    assert met == [(jnp, jnp)]
