"""The JSON for the page: the same drawing as the SVG, with every number."""

import json

import numpy as np
from test_blocks import chain

from pellucid.graph import variables
from pellucid.graph.diagram import diagram
from pellucid.graph.elementwise import exp, log
from pellucid.graph.reductions import sum as total


def test_nodes_edges_and_cards():
    x, y, z = variables(x=-2.0, y=5.0, z=-4.0)
    drawn = diagram((x + y) * z)
    found = json.loads(json.dumps(drawn.to_json(), allow_nan=False))
    assert [node["label"] for node in found["nodes"]] == ["x", "y", "+", "z", "×"]
    assert found["nodes"][2]["value"]["numbers"] == 3.0
    assert found["nodes"][2]["gradient"]["numbers"] == -4.0
    assert found["crossings"] == 0
    assert [(edge["from"], edge["to"]) for edge in found["edges"]] == [
        ("n0", "n2"),
        ("n1", "n2"),
        ("n2", "n4"),
        ("n3", "n4"),
    ]
    assert found["cards"]["multiply"]["gradient"].startswith("∂L/∂x = g y")
    assert set(found["cards"]) == {"add", "multiply"}


def test_it_is_the_drawing_of_the_svg():
    x, y = variables(x=2.0, y=3.0)
    drawn = diagram(exp(x * y))
    found, text = drawn.to_json(), drawn.svg()
    for node in found["nodes"]:
        assert (
            f'data-node="{node["id"]}" transform="translate({node["x"]:.1f} {node["y"]:.1f})'.replace(
                ".0 ", " "
            ).replace(".0)", ")")
            in text
        )
    for edge in found["edges"]:
        assert edge["points"][0][0] < edge["points"][-1][0]
        assert edge["path"].startswith(f"M{edge['points'][0][0]:.1f}".removesuffix(".0"))


def test_large_arrays_come_as_pictures_and_small_ones_as_numbers():
    w, v = variables(w=np.arange(100.0).reshape(10, 10), v=[1.0, 2.0])
    nodes = {node["label"]: node for node in diagram(total(w) + total(v)).to_json()["nodes"]}
    assert nodes["w"]["value"]["numbers"] is None
    assert nodes["w"]["value"]["picture"].startswith("data:image/png;base64,")
    assert (nodes["w"]["value"]["low"], nodes["w"]["value"]["high"]) == (0.0, 99.0)
    assert nodes["v"]["value"]["numbers"] == [1.0, 2.0]
    assert nodes["v"]["gradient"]["numbers"] == [1.0, 1.0]


def test_what_json_has_no_number_for_comes_as_text():
    (v,) = variables(v=[np.nan, np.inf, -np.inf, 1.0])
    found = json.loads(json.dumps(diagram(v * 1.0).to_json(), allow_nan=False))
    assert found["nodes"][0]["value"]["numbers"] == ["nan", "inf", "-inf", 1.0]
    assert found["nodes"][0]["value"]["not_finite"] == 3


def test_boxes_name_their_members():
    drawn = diagram(chain(30))
    box = next(node for node in drawn.to_json()["nodes"] if node["kind"] == "box")
    shown = {node["id"] for node in drawn.opened(box["id"]).to_json()["nodes"]}
    assert len(box["members"]) == 30
    assert set(box["members"]) <= shown


def test_softmax_of_two_features_and_three_classes_has_at_most_as_many_crossings_as_dagres():
    """31 nodes and 35 edges; dagre 3.1.3 drew a graph of this kind with 5."""
    x = variables(x1=0.5, x2=-1.2)
    exponentials = []
    for k in (1, 2, 3):
        a, b, c = variables(**{f"w{k}1": 0.1 * k, f"w{k}2": -0.3 * k, f"b{k}": 0.1})
        exponentials.append(exp(a * x[0] + b * x[1] + c))
    loss = -log(exponentials[0] / (exponentials[0] + exponentials[1] + exponentials[2]))
    found = diagram(loss).to_json()
    assert (len(found["nodes"]), len(found["edges"])) == (31, 35)
    assert found["crossings"] <= 5
