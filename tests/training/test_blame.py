"""Why a run stopped: the batch is replayed eagerly, and the operation and the pictures are named."""

import re

import numpy as np
import pytest

from pellucid.training.diagnosis import blame
from pellucid.training.recipe import Recipe
from pellucid.training.session import prepared


@pytest.fixture
def session(quick):
    return prepared(quick, Recipe(model="softmax", batch_size=50, epochs=1), engine="numpy")


def test_the_operation_its_inputs_and_the_pictures_are_named(session):
    state = session.start_state()
    weight = np.array(state["params"]["weight"])
    weight[3, 36] = 3e38  # times more than 1.13 is beyond float32
    state["params"]["weight"] = weight
    order, rates = session.dataset.train.rows[:100], np.full(2, 0.1, np.float32)
    x, _, _ = session.supply.batch(order[:50])
    beyond = np.flatnonzero(np.abs(x[:, 36].astype(float)) * 3e38 > np.finfo(np.float32).max)
    assert 0 < len(beyond) < 50
    told = blame(session, state, order, rates, epoch=4)
    assert told.startswith("epoch 4, step 1: a number is not finite (minibatch loss ")
    assert "The operation affine gives " in told
    assert " (of 0 to 49). Its inputs: input 1 (50, 64) holds " in told
    assert "weight (10, 64) holds 0 to 3×10³⁸" in told
    named = re.search(r"Of 50 pictures these are: (.*?)\. The steps", told)[1]
    first = [session.dataset.origins[row] for row in order[beyond[:3]]]
    assert named == ", ".join(first) + (", …" if len(beyond) > 3 else "")
    assert told.endswith("The steps are too large: divide --learning-rate by 10.")


def test_a_parameter_that_came_in_broken_is_named(session):
    state = session.start_state()
    state["params"]["bias"] = np.full(10, np.nan, np.float32)
    told = blame(session, state, session.dataset.train.rows[:50], np.full(1, 0.1, np.float32), epoch=1)
    assert "The variable bias already holds NaN in rows 0, 1, 2, 3, 4 and 5 more (of 0 to 9)." in told
    assert "pictures" not in told
