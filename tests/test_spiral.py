"""The spiral of the course: the losses that its notes print, eagerly and compiled."""

import runpy
from pathlib import Path

import numpy as np
import pytest

EXAMPLE = Path(__file__).parents[1] / "examples" / "spiral.py"


@pytest.fixture(scope="module")
def program():
    return runpy.run_path(str(EXAMPLE))


@pytest.fixture(scope="module")
def drawn(program):
    return program["drawn"]()


def share_right(model, params, x, labels):
    return (model(params, x).argmax(axis=1) == labels).mean()


def test_g22_a_line_gets_half_of_it(program, drawn):
    x, labels, line, _ = drawn
    params, losses = program["trained"](program["LINEAR"], line, x, labels, 191)
    assert losses[0] == pytest.approx(np.log(3), abs=3e-3)
    assert losses[190] == pytest.approx(0.786302, rel=0, abs=5.1e-7)
    assert share_right(program["LINEAR"], params, x, labels) == pytest.approx(0.49, abs=0.005)


def test_g22_two_layers_get_nearly_all_of_it(program, drawn):
    """With rate 1 and 100 kinks the last digits depend on the order of additions: the notes print 0.245292."""
    x, labels, _, network = drawn
    params, losses = program["trained"](program["NETWORK"], network, x, labels, 9001)
    assert losses[9000] == pytest.approx(0.2452, rel=0, abs=5e-4)
    assert share_right(program["NETWORK"], params, x, labels) == pytest.approx(0.98, abs=0.005)


def test_both_engines_go_the_same_way(program, drawn):
    x, labels, _, params = drawn
    _, compiled = program["trained"](program["NETWORK"], params, x, labels, 60)
    for t in range(60):
        params, loss = program["step"](program["NETWORK"], params, x, labels)
        assert loss == pytest.approx(compiled[t], rel=1e-12), t
