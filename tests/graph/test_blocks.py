"""Large graphs in few boxes: all operations are in one, boxes never form a circle, and all can be opened."""

import re

import numpy as np
import pytest

from pellucid.graph import Tensor, variables
from pellucid.graph.algebra import affine
from pellucid.graph.blocks import layer_of
from pellucid.graph.diagram import Diagram, diagram
from pellucid.graph.elementwise import exp, maximum
from pellucid.graph.parts import Part
from pellucid.graph.reductions import mean
from pellucid.regularizers import l2


def chain(layers: int, names: str = "W{0} b{0}", decay: float = 0.0, width: int = 3) -> Tensor:
    """affine → max(·, 0) so many times, and the mean; with `decay` also the penalties on all weights."""
    rng = np.random.default_rng(0)
    (h,) = variables(x=rng.normal(0, 1, (2, width)))
    weights = []
    for layer in range(layers):
        weight, bias = names.format(layer).split()
        w, b = variables(**{weight: rng.normal(0, 1, (width, width)), bias: np.zeros(width)})
        weights.append(w)
        h = maximum(affine(h, w, b), 0.0)
    loss = mean(h)
    for w in weights if decay else ():
        loss = loss + decay * l2(w)
    return loss


def tangle(count: int, seed: int = 0) -> Tensor:
    """A random graph of single numbers without names to go by."""
    rng = np.random.default_rng(seed)
    nodes = list(variables(a=0.5, b=-0.25, c=0.75))
    for _ in range(count):
        i, j = rng.integers(max(0, len(nodes) - 12), len(nodes), 2)
        nodes.append((nodes[i] + nodes[j]) * 0.5)
    total = nodes[-1]
    for node in nodes[-12:-1]:
        total = total + node
    return total


def assert_sound(drawn: Diagram) -> None:
    """Every arrow goes from an earlier node to a later one that is drawn, and box members are whole."""
    place = {node.id: index for index, node in enumerate(drawn.nodes)}
    assert len(place) == len(drawn.nodes)
    for arrow in drawn.arrows:
        assert place[arrow.source] < place[arrow.target]
    operations = sum(part.kind == "operation" for part in drawn.content)
    covered = 0
    for node in drawn.nodes:
        start, stop = map(int, re.findall(r"\d+", node.id)) if node.kind == "box" else (0, 1)
        covered += stop - start if node.kind in ("box", "operation") else 0
    assert covered == operations


@pytest.mark.parametrize(
    "loss",
    [
        chain(30),
        chain(60),
        chain(30, decay=0.1),
        chain(30, "layers.{0}.weight layers.{0}.bias"),
        chain(30, "w b"),
        tangle(70),
        tangle(400),
        tangle(3000),
    ],
    ids=["30", "60", "decay", "dotted", "same names", "tangle 70", "tangle 400", "tangle 3000"],
)
def test_a_large_graph_is_drawn_in_at_most_60_nodes(loss):
    drawn = diagram(loss)
    assert len(drawn.nodes) <= 60
    assert any(node.kind == "box" for node in drawn.nodes)
    assert_sound(drawn)


@pytest.mark.parametrize(
    "loss", [chain(30), chain(30, decay=0.1), tangle(300)], ids=["chain", "decay", "tangle"]
)
def test_every_box_opens_until_every_operation_is_drawn(loss):
    drawn = diagram(loss)
    while boxes := [node for node in drawn.nodes if node.kind == "box"]:
        before = drawn
        drawn = drawn.opened(boxes[0].id)
        assert_sound(drawn)
        shown = {node.id for node in drawn.nodes}
        assert set(boxes[0].members) <= shown, "what a box says to hold is what opening shows"
        assert before.opened(boxes[0].id).nodes == drawn.nodes, "nothing was changed in place"
    assert len(drawn.nodes) == len(drawn.content)


def test_like_layers_are_put_together_and_open_to_single_layers():
    drawn = diagram(chain(30))
    box = next(node for node in drawn.nodes if node.kind == "box")
    assert box.label == "30 × (affine → max(·, 0))"
    assert len(box.members) == 30
    inside = [node for node in drawn.opened(box.id).nodes if node.kind == "box"]
    assert [node.label for node in inside[:2]] == ["W0, b0", "W1, b1"]
    assert inside[0].note == "affine → max(·, 0)"


def test_a_few_named_layers_keep_their_names():
    drawn = diagram(chain(22, "stage{0}.conv.weight stage{0}.conv.bias"))
    assert len(drawn.nodes) <= 60
    names = ["first", "second", "third", "fourth", "fifth", "sixth"]
    rng = np.random.default_rng(0)
    (h,) = variables(x=rng.normal(0, 1, (2, 3)))
    for name in names:
        for layer in range(4):
            w, b = variables(**{f"{name}.{layer}.weight": np.eye(3), f"{name}.{layer}.bias": np.zeros(3)})
            h = maximum(affine(h, w, b), 0.0)
    drawn = diagram(mean(h))
    assert [node.label for node in drawn.nodes if node.kind == "box"] == names


def test_a_box_shows_what_leaves_it():
    drawn = diagram(chain(30))
    box = next(node for node in drawn.nodes if node.kind == "box")
    loss = drawn.content[-1].tensor
    (last,) = loss.parents
    np.testing.assert_array_equal(box.value, last.value)
    np.testing.assert_allclose(box.gradient, np.full((2, 3), 1 / 6))


def test_an_arrow_says_which_variable_of_a_box_is_taken():
    loss = chain(30)
    first = next(part.tensor for part in diagram(loss).content if part.name == "W0")
    closed = diagram(loss + l2(first))
    (taken,) = [arrow for arrow in closed.arrows if arrow.variable]
    assert taken.variable == "variables"
    (taken,) = [arrow for arrow in closed.opened(taken.target).arrows if arrow.variable]
    assert taken.variable == "W0"
    assert taken.source.startswith("box")


def test_a_graph_that_fits_has_no_boxes_and_says_so():
    x, y = variables(x=1.0, y=2.0)
    drawn = diagram(exp(x * y))
    with pytest.raises(Exception, match=r"opened\('box0-2'\).*no boxes: every node is drawn"):
        drawn.opened("box0-2")
    with pytest.raises(Exception, match="The boxes are box"):
        diagram(chain(30)).opened("nothing")


def test_ten_thousand_operations_in_a_row():
    (h,) = variables(x=1.0)
    for _ in range(10_000):
        h = h * 1.0001
    drawn = diagram(h)
    assert len(drawn.nodes) <= 60
    assert_sound(drawn)
    assert "operations" in drawn.svg()


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("stage1.conv2.weight", ("stage1", "conv2")),
        ("encoder/dense/w", ("encoder", "dense")),
        ("W7", ("7",)),
        ("b_12", ("12",)),
        ("x", ()),
        ("", ()),
        ("7", ()),
    ],
)
def test_the_layer_in_a_name(name, layer):
    assert layer_of(Part("variable", Tensor(1.0, name=name), np.ones(()), name)) == layer
    assert layer_of(Part("constant", None, np.ones(()), name)) == ()
