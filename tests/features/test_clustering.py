"""k-means reaches what scikit-learn's does; directions are those of the paper."""

import numpy as np
import pytest
from sklearn.cluster import KMeans

from pellucid.features import clustering
from pellucid.features.whitening import symmetric, zca
from pellucid.storage.errors import InputError


def philox(key=0):
    return np.random.Generator(np.random.Philox(key=key))


@pytest.fixture(scope="module")
def rows():
    """Rows around 30 centers, and noise (6000, 12)."""
    rng = philox(1)
    return (rng.normal(0, 3, (30, 12))[rng.integers(30, size=6000)] + rng.normal(size=(6000, 12))).astype(
        "f4"
    )


def inertia(x, centers):
    return clustering.nearest(x, centers)[1].sum()


@pytest.mark.parametrize("count", [1, 60, 200])
def test_the_squared_distances_are_as_small_as_those_of_scikit_learn(rows, count):
    peer = KMeans(count, n_init=1, random_state=0, max_iter=20).fit(rows)
    found = clustering.k_means_spread_out(rows, count, philox())
    assert found.shape == (count, 12)
    assert found.dtype == np.float32
    assert inertia(rows, found) <= 1.02 * peer.inertia_
    np.testing.assert_allclose(inertia(rows, peer.cluster_centers_.astype("f4")), peer.inertia_, rtol=1e-4)


def test_many_rows_are_sampled_first(rows, monkeypatch):
    few = clustering.k_means(rows, 30, philox())
    monkeypatch.setattr(clustering, "_MANY", 10)
    many = clustering.k_means(rows, 30, philox())
    assert inertia(rows, many) <= 1.02 * inertia(rows, few)
    sizes = np.bincount(clustering.nearest(rows, many)[0], minlength=30)
    assert sizes.min() > 0


def test_the_nearest_and_how_near_it_is(rows):
    centers = rows[:50]
    owner, squared = clustering.nearest(rows, centers)
    exact = ((rows[:, None].astype("f8") - centers) ** 2).sum(axis=2)
    np.testing.assert_array_equal(owner, exact.argmin(axis=1))
    np.testing.assert_allclose(squared, exact.min(axis=1), atol=1e-4)
    assert owner.dtype == np.int32


def test_sums_by_owner(rows):
    owner = philox().integers(7, size=len(rows)).astype(np.int32)
    weights = philox(1).random(len(rows)).astype("f4")
    sums, sizes = clustering.totals(rows, owner, 8, weights)
    for k in range(8):
        np.testing.assert_allclose(
            sums[k], (rows * weights[:, None])[owner == k].sum(axis=0), rtol=1e-3, atol=1e-2
        )
        assert sizes[k] == (owner == k).sum()


def test_a_pass_of_the_directions_is_the_one_of_the_paper(rows):
    found = clustering.spherical_k_means(rows, 9, philox(), passes=1)
    start = clustering.random_rows(rows, 9, philox()).astype("f8")
    start /= np.linalg.norm(start, axis=1, keepdims=True)
    projections = rows @ start.T
    only_largest = np.where(
        np.abs(projections) == np.abs(projections).max(axis=1, keepdims=True), projections, 0
    )
    wanted = start + only_largest.T @ rows
    np.testing.assert_allclose(found, wanted / np.linalg.norm(wanted, axis=1, keepdims=True), atol=1e-4)


@pytest.mark.parametrize("start", [clustering.random_rows, clustering.spread_out])
def test_rows_that_are_equal_are_drawn_once(start):
    x = np.repeat(np.arange(12, dtype="f4")[:, None] ** 2 + 1000, 40, axis=0)
    chosen = start(x, 12, philox())
    assert len(np.unique(chosen)) == 12
    with pytest.raises(InputError, match="only 12 different patches, and 13 words are wanted"):
        start(x, 13, philox())


def test_the_number_of_cores_does_not_change_the_centers(rows, monkeypatch):
    found = clustering.k_means(rows, 40, philox())
    monkeypatch.setattr(clustering.os, "cpu_count", lambda: 1)
    np.testing.assert_array_equal(clustering.k_means(rows, 40, philox()), found)


def test_whitened_rows_have_no_covariance_left():
    rng = philox(5)
    x = (rng.normal(size=(5000, 6)) @ rng.normal(size=(6, 6)) + 3).astype("f4")
    mean, matrix = zca(x, 1e-6)
    whitened = (x - mean) @ matrix
    np.testing.assert_allclose(np.cov(whitened.T), np.eye(6), atol=2e-3)
    turned_back = symmetric(matrix)
    np.testing.assert_allclose(turned_back, turned_back.T, atol=1e-5)
    values, vectors = np.linalg.eigh(np.cov(x.T.astype(np.float64)) + 1e-6 * np.eye(6))
    np.testing.assert_allclose(turned_back, (vectors / np.sqrt(values)) @ vectors.T, rtol=1e-3, atol=1e-4)


def test_whitened_rows_are_written_in_the_directions_that_vary_most():
    rng = philox(5)
    x = (rng.normal(size=(5000, 6)) * [1, 5, 2, 4, 0.5, 3]).astype("f4")
    _, whole = zca(x, 0.1)
    _, matrix = zca(x, 0.1, 3)
    np.testing.assert_array_equal(matrix, whole[:, :3])
    assert np.abs(whole).argmax(axis=0).tolist() == [1, 3, 5, 2, 0, 4]
    assert (whole.max(axis=0) == np.abs(whole).max(axis=0)).all()  # and not in their opposites


def test_the_floor_keeps_what_hardly_varies_small():
    x = philox(6).normal(size=(5000, 2)).astype("f4") * np.array([3, 0.01], "f4")
    whitened = x @ zca(x, 0.1)[1]
    np.testing.assert_allclose(whitened.std(axis=0), [3 / np.sqrt(9.1), 0.01 / np.sqrt(0.1001)], rtol=0.03)
