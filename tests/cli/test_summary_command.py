"""`pellucid summary`: the table of a run's model, or of a network that is not trained yet."""

import json

import pellucid as pl
from pellucid.models.architecture import Architecture


def test_the_model_of_a_run(pellucid, run):
    status, out, err = pellucid("summary", "run")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "run: softmax, sees pictures of 12 × 12 × 3, 3 classes"
    assert lines[1].split() == ["layer", "kind", "output", "parameters", "multiply-adds"]
    assert lines[3].split() == ["scores", "linear", "3", "1,299", "1,296"]
    assert lines[-1].split() == ["softmax", "3", "1,299", "1,296"]
    assert str(pl.open("run").summary()) == "\n".join(lines[1:])


def test_a_network_that_is_not_trained(pellucid, here):
    status, out, err = pellucid("summary", "--model", "resnet20", "--json")
    assert status == 0
    told = json.loads(out)
    # He et al. 2016, table 6: 0.27 million parameters.
    assert told["total"]["parameters"] == 269_722
    assert sum(row["multiply_adds"] for row in told["layers"]) == told["total"]["multiply_adds"]
    assert "stage3.block3" in err
    words = ("--model", "mlp", "--size", 4, "--color", "gray", "--hidden", "8,6", "--classes", 3)
    status, out, err = pellucid("summary", *words)
    assert (status, err) == (0, "")
    network = Architecture("mlp", (4, 4, 1), 3, {"hidden": (8, 6)})
    assert repr(network) == str(network) == "\n".join(out.splitlines()[1:])


def test_what_cannot_be_shown_is_said(pellucid, run):
    for words, sentence in (
        ((), "Name one of two: a run, as in pellucid summary RUN, or a network"),
        (("run", "--model", "mlp"), "Name one of two"),
        (("nowhere",), "there is no such run"),
        (("--model", "resnet21"), "Did you mean resnet"),
        (("--model", "softmax"), "has a single layer"),
        (("--model", "convnet", "--size", 4), "Make them larger: --size 5."),
        (("--model", "convnet", "--hidden", "8"), "--model convnet has no --hidden"),
        (("--model", "mlp", "--color", "grey"), "Did you mean gray?"),
        (("--model", "mlp", "--classes", 1), "classes must be a whole number, 2 or more"),
    ):
        status, out, err = pellucid("summary", *words)
        assert (status, out) == (1, ""), words
        assert sentence in err
        assert err.count("\n") == 1
