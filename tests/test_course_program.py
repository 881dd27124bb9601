"""The course's own program gives the course's own losses, walked eagerly and compiled."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from pellucid.arrays.compile import compiled, precision, to_host, undisturbed

EXAMPLE = Path(__file__).parents[1] / "examples" / "course_program.py"
LOSSES = {0: 24635.893498629, 1: 17744.752141463, 2: 14607.620034030, 10: 8926.010223693, 999: 41.156507386}


@pytest.fixture(scope="module")
def program():
    return runpy.run_path(str(EXAMPLE))


@pytest.mark.parametrize("engine", ["walked", "compiled"])
def test_the_losses_are_those_of_the_course(program, engine):
    """To the printed digits; the order in which a product is added up may move the last one."""
    x, y, weights = program["drawn"]()
    with undisturbed(), precision(np.float64):
        losses = (
            program["walked"](weights, x, y)
            if engine == "walked"
            else to_host(compiled(program["descent"])(weights, x, y))
        )
    assert losses.dtype == np.float64
    assert len(losses) == 1000
    for t, loss in LOSSES.items():
        assert losses[t] == pytest.approx(loss, rel=0, abs=2e-9), t


def test_a_step_has_the_gradients_that_the_course_derives(program):
    x, y, weights = program["drawn"]()
    h = 1 / (1 + np.exp(-x.dot(weights["W1"])))
    difference = 2.0 * (h.dot(weights["W2"]) - y)
    by_hand = {"W1": x.T.dot(difference.dot(weights["W2"].T) * h * (1 - h)), "W2": h.T.dot(difference)}
    after, _ = program["step"](weights, x, y)
    for name, slope in by_hand.items():
        np.testing.assert_allclose(after[name], weights[name] - 1e-4 * slope, rtol=0, atol=1e-12)
