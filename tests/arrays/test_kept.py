"""Masks of units that stay: the same on both engines, and random enough in every way that dropout could notice."""

import numpy as np
import pytest
from scipy import stats

from pellucid.arrays import random
from pellucid.arrays.compile import compiled


@pytest.mark.parametrize("shape", [(), (1,), (5,), (3, 7), (64, 100), (2, 3, 3, 5), (0, 4)])
@pytest.mark.parametrize("rate", [0.0, 0.2, 0.5])
def test_numpy_and_the_compiled_program_draw_the_same(shape, rate):
    key = random.key(12)
    mask = random.kept(key, shape, rate)
    assert mask.dtype == bool
    assert mask.shape == shape
    np.testing.assert_array_equal(mask, np.asarray(compiled(lambda key: random.kept(key, shape, rate))(key)))


@pytest.mark.parametrize("rate", [0.01, 0.1, 0.2, 0.5, 0.9])
def test_the_share_that_is_dropped(rate):
    units = 4_000_000
    dropped = units - int(random.kept(random.key(3), (units,), rate).sum())
    assert stats.binomtest(dropped, units, round(rate * 2**16) / 2**16).pvalue > 1e-4


def test_rows_columns_and_steps_have_nothing_to_do_with_each_other():
    rows, columns, steps, rate = 128, 96, 40, 0.3
    keys = random.split(random.key(6), steps)
    masks = np.stack([random.kept(key, (rows, columns), rate) for key in keys])
    dropped = 1.0 - masks
    # How many are dropped in each row, column, and place over the steps: as binomial as they should be.
    for axis, count in ((2, columns), (1, rows), (0, steps)):
        found = dropped.sum(axis).ravel()
        expected = stats.binom.pmf(np.arange(count + 1), count, rate) * found.size
        common = expected > 5
        chi, number = (
            (
                ((np.bincount(found.astype(int), minlength=count + 1) - expected) ** 2 / expected)[common]
            ).sum(),
            common.sum(),
        )
        assert stats.chi2.sf(chi, number) > 1e-4
    # Neighbors along every axis, and units that share a word: half the stream apart.
    centered = dropped - dropped.mean()
    flat = centered.reshape(steps, -1)
    pairs = [
        (centered[:-1], centered[1:]),
        (centered[:, :-1], centered[:, 1:]),
        (centered[..., :-1], centered[..., 1:]),
        (flat[:, : flat.shape[1] // 2], flat[:, flat.shape[1] // 2 :]),
        (flat[:, : flat.shape[1] // 4], flat[:, flat.shape[1] // 4 : flat.shape[1] // 2]),
    ]
    for one, other in pairs:
        correlation = (one * other).mean() / centered.var()
        assert abs(correlation) < 4.5 / np.sqrt(one.size)
