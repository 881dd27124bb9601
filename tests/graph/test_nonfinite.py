"""The first tensor that is not finite, though all that it was made from is."""

import numpy as np
import pytest

from pellucid.arrays.compile import compiled
from pellucid.graph import Tensor, variables
from pellucid.graph.elementwise import exp, log
from pellucid.graph.nonfinite import find_nonfinite
from pellucid.graph.reductions import mean, sum
from pellucid.storage.errors import InputError

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def test_the_operation_that_made_it_is_named():
    (x,) = variables(x=np.array([1.0, -1.0]))
    bad = log(x)
    found = find_nonfinite(sum(exp(bad * 2.0) + x))
    assert found.node is bad
    assert (found.count, found.rows) == (1, (1,))
    assert found.sentence == (
        "The operation log gives NaN in row 1 (of 0 to 1). Its inputs: x (2,) holds −1 to 1."
    )


def test_an_input_that_was_not_finite_is_named():
    x, y = variables(x=np.array([1.0, np.inf]), y=np.array([1.0, 2.0]))
    found = find_nonfinite(sum(exp(y) * x))
    assert found.node is x
    assert found.sentence == "The variable x already holds ∞ in row 1 (of 0 to 1)."


def test_of_two_the_earlier_is_named():
    (x,) = variables(x=np.float64(1000.0))
    first = exp(x)
    second = exp(exp(x - 990.0))
    found = find_nonfinite(first + second)
    assert found.node is first
    assert found.rows == ()
    assert found.sentence == "The operation exp gives ∞. Its inputs: x is 1000."


def test_the_pictures_of_the_batch_and_a_constant_that_was_wrong_are_named():
    pixels = np.ones((40, 3))
    pixels[[3, 5, 7, 11, 13, 17, 19], 1] = np.nan
    pixels[5, 2] = -np.inf
    (w,) = variables(w=np.array([1.0, 2.0, 0.5]))
    found = find_nonfinite(mean((pixels * w) @ np.ones(3)))
    assert found.node.op == "multiply"
    assert found.count == 8
    assert found.rows == (3, 5, 7, 11, 13, 17, 19)
    assert found.sentence == (
        "The operation multiply gives −∞ and NaN in rows 3, 5, 7, 11, 13 and 2 more (of 0 to 39). "
        "Its inputs: input 1 (40, 3) holds 1 to 1, and −∞ and NaN; w (3,) holds 0.5 to 2."
    )


def test_where_all_is_finite_there_is_none():
    (x,) = variables(x=np.array([1.0, 2.0]))
    assert find_nonfinite(sum(exp(x))) is None


def test_of_a_chain_of_operations_that_went_wrong_in_its_middle():
    (x,) = variables(x=1.5)
    node = x
    for _ in range(2000):
        node = node * node
    found = find_nonfinite(node)
    assert found.node.depth == 11  # 1.5 to the power 2¹¹ is beyond float64


def test_what_is_no_tensor_and_what_is_not_known_yet_is_refused():
    with pytest.raises(InputError, match=r"find_nonfinite\(\) needs a tensor, got float"):
        find_nonfinite(1.0)
    with pytest.raises(InputError, match="is part of a program that is being compiled"):
        compiled(lambda x: find_nonfinite(exp(Tensor(x, name="x"))))(np.float32(1))
