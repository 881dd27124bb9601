"""Temperature and reliability: found again where they are known, and robust where there is nothing to find."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp

from pellucid.inspection.calibration import fit_temperature, reliability
from pellucid.storage.errors import InputError


def honest(random, n, classes):
    """Scores whose softmax is the true probability of the labels."""
    scores = random.normal(size=(n, classes)) * 1.5
    p = np.exp(scores - logsumexp(scores, axis=1, keepdims=True))
    labels = (p.cumsum(axis=1) < random.random((n, 1))).sum(axis=1)
    return scores, labels


@pytest.mark.parametrize("classes", [2, 3, 10])
@pytest.mark.parametrize("sharpened", [0.01, 0.5, 1, 7, 1e6])
def test_the_temperature_is_the_factor_by_which_scores_were_sharpened(random, classes, sharpened):
    scores, labels = honest(random, 20_000, classes)
    assert fit_temperature(scores * sharpened, labels) == pytest.approx(sharpened, rel=0.05)


def test_it_minimizes_the_loss_as_a_general_optimizer_does(random):
    scores, labels = honest(random, 5_000, 4)
    scores = scores * 3 + 0.2 * random.normal(size=scores.shape)

    def loss(log_t):
        z = scores * np.exp(-log_t)
        return (logsumexp(z, axis=1) - z[np.arange(len(z)), labels]).mean()

    best = np.exp(minimize_scalar(loss, bracket=(-1, 2), tol=1e-10).x)
    # The one picture of unknown label moves it by about 1/n.
    assert fit_temperature(scores, labels) == pytest.approx(best, rel=2e-3)


def test_a_shift_of_all_scores_of_a_picture_changes_nothing(random):
    scores, labels = honest(random, 300, 3)
    shifted = scores + random.normal(size=(300, 1)) * 100
    assert fit_temperature(shifted, labels) == pytest.approx(fit_temperature(scores, labels), rel=1e-9)


def test_all_right_on_few_pictures_is_not_certainty():
    scores = np.eye(3)[[0, 1, 2] * 10] * 4
    t = fit_temperature(scores, np.array([0, 1, 2] * 10))
    p = np.exp(4 / t) / (np.exp(4 / t) + 2)
    assert p == pytest.approx((30 + 1 / 3) / 31, rel=1e-6)  # as if one of 31 were unknown


def test_all_wrong_makes_probabilities_nearly_equal():
    scores = np.eye(3)[[0, 1, 2] * 10]
    t = fit_temperature(scores, np.array([1, 2, 0] * 10))
    p = np.exp(1 / t) / (np.exp(1 / t) + 2)
    assert p == pytest.approx(1 / 3, abs=1e-3)


@pytest.mark.parametrize("shape", [(5, 2), (1, 4), (3, 1)])
def test_constant_scores_say_nothing_so_the_temperature_is_one(shape):
    assert fit_temperature(np.full(shape, 2.5), np.zeros(shape[0], int)) == 1


def test_one_picture_is_enough_to_get_a_finite_temperature():
    for label in (0, 1):
        t = fit_temperature(np.array([[1.0, 2.0]]), np.array([label]))
        assert 0 < t < 1e4


@pytest.mark.parametrize(
    ("scores", "labels", "sentence"),
    [
        (np.zeros((0, 2)), np.zeros(0, int), "at least one picture"),
        (np.zeros((3, 2)), np.zeros(2, int), "got shapes"),
        (np.array([[np.inf, 0]]), np.array([0]), "finite"),
        (np.zeros((1, 2)), np.array([2]), "0 to 1, got 2"),
        (np.zeros((1, 2)), np.array([0.0]), "integers"),
    ],
)
def test_what_cannot_be_calibrated_is_refused(scores, labels, sentence):
    with pytest.raises(InputError, match=sentence):
        fit_temperature(scores, labels)


def test_honest_probabilities_lie_on_the_diagonal(random):
    scores, labels = honest(random, 50_000, 5)
    p = np.exp(scores - logsumexp(scores, axis=1, keepdims=True))
    curve = reliability(p, labels)
    assert curve.counts.sum() == 50_000
    full = curve.counts > 500
    np.testing.assert_allclose(curve.accuracy[full], curve.confidence[full], atol=0.05)
    assert curve.error < 0.015
    assert reliability(np.exp(3 * scores) / np.exp(3 * scores).sum(axis=1, keepdims=True), labels).error > 0.1


def test_the_error_is_that_of_the_formula_and_an_upper_edge_belongs_to_its_bin():
    p = np.array([[0.5, 0.5], [0.9, 0.1], [0.9, 0.1], [0.2, 0.8], [1.0, 0.0]])
    y = np.array([0, 0, 1, 1, 0])
    curve = reliability(p, y, bins=2)
    np.testing.assert_array_equal(curve.counts, [1, 4])
    np.testing.assert_allclose(curve.confidence, [0.5, 0.9])
    np.testing.assert_allclose(curve.accuracy, [1, 0.75])
    assert curve.error == pytest.approx((0.5 + 4 * 0.15) / 5)
    with pytest.raises(InputError, match="at least 1 bin"):
        reliability(p, y, bins=0)
