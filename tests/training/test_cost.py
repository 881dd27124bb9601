"""Our backward walk costs what JAX's own costs: the compiler's count of operations and of temporary memory.

Compared is one training step (the loss and the new parameters, plain gradient descent) with our walk traced in it,
against the same forward on plain arrays under `jax.value_and_grad`, which is a witness here, never the product.
"""

from itertools import pairwise

import numpy as np
import pytest

from pellucid.arrays.compile import compiled
from pellucid.graph import Tensor, gradients
from pellucid.graph.activations import relu
from pellucid.graph.algebra import affine
from pellucid.graph.reductions import weighted_mean
from pellucid.losses import multiclass_hinge, softmax_cross_entropy
from pellucid.regularizers import l2

BATCH = 256


def objective(params, x, y, v, loss):
    """Layers 0, 1, … of affine and ReLU; works on tensors and on arrays."""
    layers = len(params) // 2
    total = 0.0
    for layer in range(layers):
        x = affine(x, params[f"weight{layer}"], params[f"bias{layer}"])
        x = relu(x) if layer < layers - 1 else x
        total = total + l2(params[f"weight{layer}"]) * 1e-3
    return weighted_mean(loss(x, y), v) + total


def drawn(sizes):
    stream = np.random.Generator(np.random.Philox(key=1))
    params = {}
    for layer, (features, units) in enumerate(pairwise(sizes)):
        weight = stream.standard_normal((units, features)) / np.sqrt(features)
        params[f"weight{layer}"] = weight.astype(np.float32)
        params[f"bias{layer}"] = np.zeros(units, np.float32)
    x = stream.standard_normal((BATCH, sizes[0])).astype(np.float32)
    return params, x, stream.integers(0, sizes[-1], BATCH).astype(np.int32), np.ones(BATCH, np.float32)


def descended(params, flow):
    return {name: value - 0.1 * flow[name] for name, value in params.items()}


def ours(loss):
    def step(params, x, y, v):
        leaves = {name: Tensor(value, name=name) for name, value in params.items()}
        total = objective(leaves, x, y, v, loss)
        flow = gradients(total, of=leaves.values())
        return total.value, descended(params, {name: flow[leaf] for name, leaf in leaves.items()})

    return step


def witness(loss):
    import jax

    def step(params, x, y, v):
        value, flow = jax.value_and_grad(objective)(params, x, y, v, loss)
        return value, descended(params, flow)

    return step


NETWORKS = {
    "softmax": ((3072, 10), softmax_cross_entropy),
    "svm": ((3072, 10), multiclass_hinge),
    "three layers": ((3072, 200, 100, 10), softmax_cross_entropy),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_operations_and_memory_of_the_step_are_those_of_value_and_grad(name):
    sizes, loss = NETWORKS[name]
    arguments = drawn(sizes)
    programs = [compiled(step).lower(*arguments).compile() for step in (ours(loss), witness(loss))]
    (found, expected) = (program.cost_analysis() for program in programs)
    # Of all operations those that matter are products of matrices: 2 N D K each, at least two a layer.
    products = 4 * BATCH * sum_of_products(sizes)
    assert expected["flops"] >= products
    assert found["flops"] <= 1.01 * expected["flops"]
    assert found.get("transcendentals", 0) <= 1.01 * expected.get("transcendentals", 0)
    (found, expected) = (program.memory_analysis().temp_size_in_bytes for program in programs)
    assert found <= 1.05 * expected
    (loss_of_ours, ours_after), (loss_of_jax, jax_after) = (program(*arguments) for program in programs)
    np.testing.assert_allclose(loss_of_ours, loss_of_jax, rtol=1e-6)
    for each, array in ours_after.items():
        np.testing.assert_allclose(array, jax_after[each], rtol=1e-4, atol=1e-6, err_msg=each)


def sum_of_products(sizes):
    return sum(features * units for features, units in pairwise(sizes))


def test_a_walk_that_works_twice_would_be_seen():
    """The test of the test: the gradient of the first layer computed twice, in another way each time."""
    sizes, loss = NETWORKS["three layers"]
    arguments = drawn(sizes)

    def wasteful(params, x, y, v):
        value, once = ours(loss)(params, x, y, v)
        _, twice = ours(loss)(params, x * 1.0001, y, v)
        return value, {name: (once[name] + twice[name]) / 2 for name in once}

    costs = [
        compiled(step).lower(*arguments).compile().cost_analysis()["flops"]
        for step in (wasteful, witness(loss))
    ]
    assert costs[0] > 1.5 * costs[1]
