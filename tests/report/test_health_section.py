"""The section about the health of the layers."""

import pytest

from pellucid.report.health import health
from pellucid.report.material import Material


def layer(name, gradient=0.5, **more):
    return {"name": name, "gradient": gradient, "weight": 10.0, "update": 0.001} | more


def hidden(name, **more):
    histogram = {"low": 0.0, "high": 3.0, "counts": [*range(24, 0, -1)], "zero": 0.4}
    return layer(
        name,
        **{"activation": "relu", "units": 20, "mean": 0.4, "deviation": 0.6, "dead": 0.0, "alike": False}
        | {"histogram": histogram}
        | more,
    )


def look(*layers, **more):
    return {"pictures": 1024, "loss": 0.5, "seconds": 0.01, "layers": list(layers)} | more


@pytest.fixture
def section(make_run):
    """The section for these looks and sentences."""

    def make(*looks, symptoms=()):
        arguments = make_run()
        events = [
            {"event": "epoch", "epoch": place, "health": each} for place, each in enumerate(looks, 1) if each
        ]
        run = arguments["run"]
        run["result"]["health"] = {"symptoms": list(symptoms)}
        return health(Material(**arguments | {"events": events, "run": run}))

    return make


def test_without_a_look_there_is_no_section(section):
    assert section(None, None) == ""


def test_a_healthy_network_is_called_so_and_drawn(section):
    layers = [*(hidden(f"hidden{i}") for i in (1, 2, 3)), layer("scores")]
    html = section(look(*layers, start=look(*layers)), look(*layers))
    assert "Nothing looks wrong" in html
    assert html.count('class="histogram"') == 3
    assert html.count('class="before"') == 3
    assert html.count("pellucid-chart") > 2
    assert "relu, 0.40 ± 0.60 · 40" in html
    assert "How the start carries through the layers" in html


def test_what_is_wrong_stands_first_and_escaped(section):
    sick = [{"name": "dead ReLUs", "sentence": "<hidden1>: 87 % of its units"}]
    html = section(look(hidden("hidden1", dead=0.87), layer("scores")), symptoms=sick)
    assert "Nothing looks wrong" not in html
    assert html.index("&lt;hidden1&gt;: 87 %") < html.index("<svg")
    assert '<b class="said">87\u202f% dead</b>' in html


def test_a_linear_model_has_lines_and_no_histograms(section):
    html = section(look(layer("scores"), start=look(layer("scores"))), look(layer("scores", 0.2)))
    assert "Gradient that reaches the weights" in html
    assert "What each layer gives" not in html
    assert "no dead" not in html


def test_layers_that_give_nothing_can_be_drawn(section):
    """All zeros, no gradient, no step, nothing before: what a start at zero looks like."""
    empty = {"low": 0.0, "high": 1.0, "counts": [0] * 24, "zero": 1.0}
    dead = hidden("hidden1", gradient=0.0, update=0.0, deviation=0.0, dead=1.0, histogram=empty)
    scores = layer("scores", gradient=0.0, update=0.0)
    del scores["update"]
    html = section(look(dead, dead, dead, scores, start=look(dead, dead, dead, scores)), look(dead, scores))
    assert "All are 0." in html


def test_of_a_hundred_layers_some_are_drawn(section):
    layers = [hidden(f"block{i}") for i in range(100)]
    html = section(look(*layers, start=look(*layers)), look(*layers))
    assert html.count('class="histogram"') == 24
    assert html.count("<tr>") > 100
