"""What a diagram holds: every value, every gradient, constants folded into symbols; and what it refuses."""

import subprocess
import sys

import numpy as np
import pytest

from pellucid.graph import Tensor, gradients, op, variables
from pellucid.graph.algebra import affine, matmul
from pellucid.graph.backward import ancestors
from pellucid.graph.diagram import diagram
from pellucid.graph.elementwise import exp, maximum
from pellucid.graph.reductions import mean
from pellucid.graph.reductions import sum as total
from pellucid.losses import softmax_cross_entropy, zero_one_loss
from pellucid.regularizers import l2
from pellucid.storage.errors import InputError


def by_label(drawn):
    return {node.label: node for node in drawn.nodes}


def test_sum_and_product():
    x, y, z = variables(x=-2.0, y=5.0, z=-4.0)
    nodes = by_label(diagram((x + y) * z))
    values = {label: (float(node.value), float(node.gradient)) for label, node in nodes.items()}
    assert values == {"x": (-2, -4), "y": (5, -4), "z": (-4, 3), "+": (3, -4), "×": (-12, 1)}


def test_every_number_is_the_librarys():
    rng = np.random.default_rng(0)
    w, b = variables(w=rng.normal(0, 1, (3, 4)), b=np.zeros(3))
    x = rng.normal(0, 1, (5, 4))
    loss = mean(softmax_cross_entropy(maximum(affine(x, w, b), 0.0), np.array([0, 1, 2, 0, 1])))
    expected = gradients(loss, of=list(ancestors(loss)))
    drawn = diagram(loss)
    tensors = [part.tensor for part in drawn.content]
    assert len(drawn.nodes) == len(tensors) == 8
    for node in drawn.nodes:
        tensor = tensors[int(node.id[1:])]
        if tensor is None:
            assert node.kind == "constant"
            assert node.gradient is None
        else:
            np.testing.assert_array_equal(node.value, tensor.value)
            np.testing.assert_array_equal(node.gradient, expected[tensor])


def test_constants_stand_in_the_symbol_or_beside_it():
    (x,) = variables(x=2.0)
    labels = [node.label for node in diagram(1.0 / (1.0 + exp(-x))).nodes]
    assert labels == ["x", "×(−1)", "exp", "+ 1", "1/·"]
    (v,) = variables(v=[[1.0, 2.0]])
    drawn = diagram(matmul(np.ones((3, 1)), v))
    assert [(node.kind, node.label) for node in drawn.nodes] == [
        ("variable", "v"),
        ("constant", "x"),
        ("operation", "@"),
    ]
    assert [(arrow.place, arrow.flows) for arrow in drawn.arrows] == [(0, False), (1, True)]


def test_one_tensor_in_two_places_is_one_node_with_two_arrows():
    (x,) = variables(x=3.0)
    drawn = diagram(x * x)
    assert len(drawn.nodes) == 2
    assert [arrow.place for arrow in drawn.arrows] == [0, 1]
    assert float(drawn.nodes[0].gradient) == 6.0


def test_one_array_in_two_places_is_one_constant_but_equal_numbers_are_not():
    (w,) = variables(w=np.ones(6))
    same = np.arange(6.0)
    drawn = diagram((w * same) + same)
    assert sum(node.kind == "constant" for node in drawn.nodes) == 1


def test_without_a_single_number_at_the_end_only_values_are_shown():
    (v,) = variables(v=[1.0, 2.0])
    drawn = diagram(v * 2.0)
    assert all(node.gradient is None for node in drawn.nodes)
    assert "gradient" not in drawn.text()
    assert "gradient below" not in drawn.svg()


def test_given_gradients_are_the_ones_shown():
    x, y = variables(x=2.0, y=3.0)
    nodes = by_label(diagram(x * y, {x: np.float64(7.0)}))
    assert float(nodes["x"].gradient) == 7.0
    assert nodes["y"].gradient is None


def test_a_variable_alone_and_values_that_were_let_go():
    (x,) = variables(x=2.0)
    assert [node.label for node in diagram(x).nodes] == ["x"]
    product = x * x
    loss = total(product)
    product.value = None
    drawn = diagram(loss, {})
    assert drawn.nodes[1].value is None
    assert "×" in drawn.svg()
    assert "x × x" in drawn.text()


def test_a_graph_of_jax_in_bfloat16():
    import jax.numpy as jnp

    (x,) = variables(x=jnp.arange(3.0, dtype=jnp.bfloat16))
    drawn = diagram(total(x * x))
    assert by_label(drawn)["x"].gradient.tolist() == [0.0, 2.0, 4.0]


def test_inside_a_compiled_program_there_is_nothing_to_draw():
    import jax

    def step(value):
        diagram(exp(Tensor(value)))
        return value

    with pytest.raises(InputError, match="inside a compiled program there are none yet"):
        jax.jit(step)(1.0)


def test_a_number_is_no_graph():
    with pytest.raises(InputError, match=r"diagram\(\) needs a tensor, got float"):
        diagram(3.0)


def test_a_loss_that_refuses_its_gradient_is_drawn_without_one():
    (w,) = variables(w=np.array([0.5, -2.0]))
    wrong = mean(zero_one_loss(w * np.array([1.0, 3.0]), np.array([1, 1])))
    drawn = diagram(wrong + l2(w))
    nodes = by_label(drawn)
    refusing = nodes["zero one loss, no gradient"]
    # Up to it the gradients are whole; w has one from the penalty alone, which would be half the truth.
    np.testing.assert_array_equal(refusing.gradient, [0.5, 0.5])
    assert nodes["w"].gradient is None
    assert [arrow.flows for arrow in drawn.arrows if arrow.target == refusing.id] == [False, False]
    assert "no gradient" in drawn.svg()
    assert "no gradient" in drawn.text()


def test_an_operation_of_the_users_own_is_drawn_under_its_name():
    from pellucid.graph import OPERATIONS

    @op
    def soft_sign(x):
        """Without a card."""
        return x / (1 + abs(x)), (lambda g: g / (1 + abs(x)) ** 2,)

    try:
        (x,) = variables(x=1.0)
        drawn = diagram(soft_sign(x))
        assert drawn.nodes[-1].label == "soft sign"
        assert drawn.to_json()["cards"]["soft_sign"] == {"summary": "Without a card."}
    finally:
        del OPERATIONS["soft_sign"]


def test_a_tensor_draws_itself_in_a_notebook():
    (x,) = variables(x=1.0)
    assert exp(x)._repr_svg_() == diagram(exp(x)).svg() == diagram(exp(x))._repr_svg_()


def test_drawing_is_loaded_when_something_is_drawn():
    program = "import sys, pellucid.graph; print([m for m in sys.modules if 'diagram' in m or m == 'PIL'])"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
