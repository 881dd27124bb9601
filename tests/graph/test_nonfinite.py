"""The first tensor that is not finite, though all that it was made from is."""

import numpy as np
import pytest

from pellucid.graph import variables
from pellucid.graph.elementwise import exp, log
from pellucid.graph.nonfinite import find_nonfinite
from pellucid.graph.reductions import sum

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def test_the_operation_that_made_it_is_named():
    (x,) = variables(x=np.array([1.0, -1.0]))
    bad = log(x)
    assert find_nonfinite(sum(exp(bad * 2.0) + x)) is bad


def test_an_input_that_was_not_finite_is_named():
    x, y = variables(x=np.array([1.0, np.inf]), y=np.array([1.0, 2.0]))
    assert find_nonfinite(sum(exp(y) * x)) is x


def test_of_two_the_earlier_is_named():
    (x,) = variables(x=np.float64(1000.0))
    first = exp(x)
    second = exp(exp(x - 990.0))
    assert find_nonfinite(first + second) is first


def test_where_all_is_finite_there_is_none():
    (x,) = variables(x=np.array([1.0, 2.0]))
    assert find_nonfinite(sum(exp(x))) is None
