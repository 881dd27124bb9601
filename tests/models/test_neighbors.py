"""Nearest neighbors vote, and class means are templates: against scikit-learn, and by hand."""

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid

from pellucid.models.class_means import nearest_mean
from pellucid.models.nearest import Examples
from pellucid.models.neighbors import Neighbors, ballots, vote
from pellucid.storage.errors import InputError


def softmax(scores):
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True)


@pytest.fixture
def points():
    """Rows of numbers (200, 6) around three middles, their labels, and others (50, 6)."""
    rng = np.random.Generator(np.random.Philox(key=1))
    labels = np.arange(200, dtype=np.int32) % 3
    x = rng.normal(0, 1.3, (250, 6)) + 1.5 * np.eye(6)[np.arange(250) % 3]
    return x[:200].astype(np.float32), labels, x[200:].astype(np.float32)


@pytest.mark.parametrize("weights", ["uniform", "distance"])
@pytest.mark.parametrize("k", [1, 4, 15])
def test_shares_of_votes_are_those_of_scikit_learn(points, weights, k):
    x, labels, others = points
    own = Neighbors(Examples(x), labels, 3, k, weights)
    theirs = KNeighborsClassifier(k, weights=weights).fit(x.astype(np.float64), labels)
    scores = own({}, others)
    p = softmax(scores.astype(np.float64))
    np.testing.assert_allclose(
        p * (k + 3) - 1, k * theirs.predict_proba(others.astype(np.float64)), atol=1e-4
    )
    assert scores.dtype == np.float32
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-12)


def test_a_tie_goes_to_the_nearest():
    labels = np.array([[2, 0, 0, 2], [1, 2, 2, 1], [0, 1, 2, 0], [2, 1, 0, 1]])
    far = np.ones((4, 4))
    scores = vote(labels, far, 4)
    assert scores.argmax(axis=1).tolist() == [2, 1, 0, 1]
    # Of as many votes the nearer comes first among the others too; those without votes are equal.
    assert np.argsort(-scores[0], kind="stable").tolist() == [2, 0, 1, 3]
    assert np.argsort(-scores[3], kind="stable").tolist() == [1, 2, 0, 3]
    assert scores[0, 1] == scores[0, 3]
    np.testing.assert_allclose(scores[0], np.log(np.array([3, 1, 3, 1]) / 8), atol=1e-6)


def test_an_equal_example_decides_alone():
    assert ballots(np.array([[0.0, 0.0, 2.0], [1.0, 2.0, 4.0]]), "distance").tolist() == [
        [1.5, 1.5, 0.0],
        pytest.approx([12 / 7, 6 / 7, 3 / 7]),
    ]
    scores = vote(np.array([[1, 0, 0]]), np.array([[0.0, 1e-9, 1e-9]]), 2, "distance")
    assert scores[0].argmax() == 1


def test_what_is_remembered_comes_back(points):
    x, labels, others = points
    origins = [f"numbers/\udcff{row}" for row in range(200)]
    model = Neighbors(Examples(x, "l1"), labels, 3, 5, "distance", None, origins)
    again = Neighbors.remembered(model.arrays(), 3, model.record())
    assert np.array_equal(again({}, others), model({}, others))
    assert list(again.origins) == origins
    assert again.record() == {"neighbors": 5, "metric": "l1", "weights": "distance"}


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"labels": np.zeros(3, np.int32)}, "as many labels"),
        ({"labels": np.full(200, 3, np.int32)}, "number of no class"),
        ({"origins": np.frombuffer(b"a\0b", np.uint8)}, "as many labels, origins"),
    ],
)
def test_what_does_not_fit_is_refused(points, changed, sentence):
    x, labels, _ = points
    model = Neighbors(Examples(x), labels, 3, 5, "uniform", None, ["a"] * 200)
    with pytest.raises(ValueError, match=sentence):
        Neighbors.remembered({**model.arrays(), **changed}, 3, model.record())


def test_wrong_settings(points):
    x, labels, _ = points
    with pytest.raises(InputError, match=r"--neighbors must be 1 to 200.*got 201"):
        Neighbors(Examples(x), labels, 3, 201)
    with pytest.raises(InputError, match="--weights must be one of uniform, distance; got 'nearest'"):
        Neighbors(Examples(x), labels, 3, 2, "nearest")


def test_nearest_mean_is_linear_and_right(points):
    x, labels, others = points
    params = nearest_mean(lambda rows: x[rows], np.arange(200), labels, ("a", "b", "c"))
    scores = others @ params["weight"].T + params["bias"]
    means = np.stack([x[labels == k].astype(np.float64).mean(axis=0) for k in range(3)])
    far = ((others[:, None].astype(np.float64) - means) ** 2).sum(axis=2)
    np.testing.assert_allclose(
        scores, ((others.astype(np.float64) ** 2).sum(axis=1)[:, None] - far) / 6, atol=1e-5
    )
    theirs = NearestCentroid().fit(x.astype(np.float64), labels)
    assert np.array_equal(scores.argmax(axis=1), theirs.predict(others.astype(np.float64)))


def test_a_class_without_pictures_has_no_mean(points):
    x, labels, _ = points
    with pytest.raises(InputError, match="training pictures of every class, and d has none"):
        nearest_mean(lambda rows: x[rows], np.arange(200), labels, ("a", "b", "c", "d"))
