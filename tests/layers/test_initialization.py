"""Where weights begin: the deviations of the papers, and what comes of them after ten layers."""

import math

import numpy as np
import pytest

from pellucid.arrays import random
from pellucid.layers.activations import Activation
from pellucid.layers.initialization import (
    INITIALIZATIONS,
    Gaussian,
    Glorot,
    He,
    fans,
    initialization_named,
)
from pellucid.layers.layer import Array, chain
from pellucid.layers.linear import Linear
from pellucid.storage.errors import InputError

KEY = random.key(0)


@pytest.mark.parametrize(
    ("start", "deviation"),
    [(Gaussian(), 0.01), (Glorot(), math.sqrt(2 / 500)), (He(), math.sqrt(2 / 300))],
)
def test_deviations(start, deviation):
    drawn = start(KEY, (200, 300))
    assert (drawn.shape, drawn.dtype) == ((200, 300), np.float32)
    assert drawn.std() == pytest.approx(deviation, rel=0.02)
    assert abs(drawn.mean()) < 0.02 * deviation
    np.testing.assert_array_equal(drawn, start(KEY, (200, 300)))


def test_glorot_is_even_between_its_bounds():
    drawn = Glorot()(KEY, (200, 300))
    limit = math.sqrt(6 / 500)
    assert drawn.min() < -0.999 * limit
    assert drawn.max() > 0.999 * limit
    assert abs(drawn).max() <= limit * 1.000001


def test_zeros():
    assert not INITIALIZATIONS["zeros"](KEY, (3, 4)).any()


def test_what_flows_into_a_unit_and_out_of_it():
    assert fans((10, 3072)) == (3072, 10)
    assert fans((96, 3, 5, 48)) == (3 * 5 * 48, 3 * 5 * 96)
    filters = He()(KEY, (64, 3, 3, 32))
    assert filters.std() == pytest.approx(math.sqrt(2 / 288), rel=0.02)


def test_he_keeps_the_signal_through_many_layers_and_a_small_gaussian_does_not():
    """CS231n's figure: with deviation 0.01 ten layers let nothing through."""
    x = random.normal(random.key(1), (50, 200))

    def left(start):
        parts = {f"hidden{n}": Linear(200, 200, start) for n in range(10)}
        parts = {name: chain(sums=layer, activation=Activation("relu")) for name, layer in parts.items()}
        model = chain(**parts)
        return model(model.init(KEY)[0], x).std()

    assert 0.3 < left("he") < 3
    assert left("gaussian") < 1e-6
    assert left("zeros") == 0


def test_names():
    assert initialization_named("He") == He()
    with pytest.raises(InputError, match=r"one of zeros, gaussian, glorot, he; got 'xavier'"):
        initialization_named("xavier")
    with pytest.raises(InputError, match=r"got 'gausian'. Did you mean gaussian\?"):
        Array((2, 3), "gausian").drawn(KEY)
    with pytest.raises(InputError, match=r"Gaussian: deviation must be finite, 0 or more, got -1"):
        Gaussian(-1)
