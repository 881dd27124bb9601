"""A network goes through every command as a linear classifier does."""

import json

import numpy as np
import pytest

import pellucid as pl

SMALL = ("--model", "mlp", "--hidden", "8,6", "--epochs", 3, "--engine", "numpy", "--output", "net")


@pytest.fixture
def net(pellucid, photos, here):
    """A finished run of a small perceptron."""
    status, _, err = pellucid("train", "photos", "--size", 12, *SMALL, "--dropout", 0.3)
    assert (status, err) == (0, "")
    return here / "net"


def test_options_reach_the_network_and_its_size_is_said(pellucid, photos, here):
    words = ("--activation", "tanh", "--no-batch-norm", "--initialization", "glorot", "--input-dropout", 0.1)
    words += ("--features", "pixels", "--dropout", 0.3)
    status, out, err = pellucid("train", "photos", "--size", 12, *SMALL, *words)
    assert (status, err) == (0, "")
    # (432 + 1) · 8 + (8 + 1) · 6 + (6 + 1) · 3
    assert (
        "3,539 parameters, 3,522 multiply-adds a picture: hidden 8, 6; activation tanh; dropout 0.3; " in out
    )
    assert "batch norm no; input dropout 0.1; initialization glorot" in out
    model = pl.open(here / "net").model
    assert (model.design.hidden, model.design.activation, model.design.batch_norm) == ((8, 6), "tanh", False)


def test_every_command_takes_a_network(pellucid, net, here):
    assert pellucid("evaluate", "net", "photos")[0] == 0
    status, out, err = pellucid("predict", "net", "photos/red/0.png", "--explain", "--json")
    assert status == 0, err
    assert "gradient × input" in err
    assert "occlusion" in err
    assert "approximate" in err
    receipt = json.loads(out)["verdicts"][0]["receipt"]
    assert receipt["method"] == "gradient × input"
    assert receipt["exact"] is False
    assert np.isclose(
        receipt["total"] - receipt["bias"], receipt["accounted"] * (receipt["score"] - receipt["bias"])
    )
    assert (here / receipt["picture"]).exists()
    page = (net / "report.html").read_text("utf-8")
    assert "What its first layer looks for" in page
    assert "approximate" in page
    assert "All contributions and the bias add up" not in page
    status, out, err = pellucid("check", "net", "--places", 3, "--pictures", 5)
    assert status == 0, err
    assert "The gradients are right" in out or "No mistake was found" in out


def test_a_run_begins_from_another_with_its_network(pellucid, net, here):
    status, out, err = pellucid("train", "photos", "--from", "net", "--epochs", 2, "--output", "more")
    assert (status, err) == (0, "")
    assert "hidden 8, 6" in out
    words = ("--dropout", 0.1, "--activation", "tanh", "--epochs", 2, "--output", "other")
    status, out, err = pellucid("train", "photos", "--from", "net", *words)
    assert (status, err) == (0, "")
    assert "hidden 8, 6; activation tanh; dropout 0.1" in out
    status, _, err = pellucid("train", "photos", "--from", "net", "--hidden", 9, "--output", "wide")
    assert status == 1
    assert "--from has a mlp whose weights do not fit: it has hidden 8, 6, asked for is hidden 9." in err
    assert not (here / "wide").exists()


@pytest.mark.parametrize("engine", ["numpy", "xla"])
def test_a_stopped_run_goes_on_to_the_same_bits(pellucid, photos, here, engine):
    from pellucid.training.recipe import Recipe
    from pellucid.training.run import new_run
    from pellucid.training.trainer import fit, resume

    data = pl.load(str(photos), size=12)
    recipe = Recipe(model="mlp", network={"hidden": (8,), "dropout": 0.4}, epochs=4)
    whole = fit(data, recipe, engine=engine)

    def stop(event):
        if event["event"] == "epoch" and event["epoch"] == 2:
            raise KeyboardInterrupt

    cut = new_run(here / "cut", "photos", "mlp")
    with pytest.raises(KeyboardInterrupt):
        fit(data, recipe, cut, engine=engine, listener=stop)
    again = resume(cut, data)
    assert again.run["result"]["epochs"] == 4
    for name, array in whole.classifier.params.items():
        np.testing.assert_array_equal(again.classifier.params[name], array)
    for name, array in whole.classifier.statistics.items():
        np.testing.assert_array_equal(again.classifier.statistics[name], array)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ("--model", "softmax", "--hidden", 8),
            "--model softmax has no --hidden: leave it out. It is for mlp, maxout.",
        ),
        (
            ("--model", "convnet", "--hidden", 8),
            "--model convnet has no --hidden: leave it out. It is for mlp, maxout.",
        ),
        (("--model", "mlp", "--hidden", "8,0"), "--hidden must be whole numbers, 1 or more, with commas"),
        (("--model", "mlp", "--hidden", "-3"), "--hidden must be whole numbers, 1 or more, with commas"),
        (("--model", "mlp", "--activation", "rely"), "Did you mean relu?"),
        (("--model", "mlp", "--dropout", 1), "mlp: dropout must be from 0 to below 1, got 1"),
        (
            ("--model", "mlp", "--batch-norm", "--batch-size", 1),
            "--batch-size 1 leaves a minibatch of one picture among 25, which has no variance to normalize by: take "
            "another, such as --batch-size 5, or pass --no-batch-norm.",
        ),
        (
            ("--model", "convnet", "--batch-size", 24),
            "--batch-size 24 leaves a minibatch of one picture among 25, which has no variance to normalize by: take "
            "another, such as --batch-size 25.",
        ),
        (
            (
                "--model",
                "mpl",
            ),
            "Did you mean mlp?",
        ),
    ],
)
def test_what_no_network_can_be_is_said_in_one_sentence(pellucid, photos, here, words, sentence):
    status, _, err = pellucid("train", "photos", "--size", 12, *words)
    assert status == 1
    assert sentence in err
    assert "Traceback" not in err
    assert not (here / "runs").exists()


def test_pictures_too_small_for_the_pooling_are_told_the_size_that_fits(pellucid, photos, here):
    status, _, err = pellucid("train", "photos", "--size", 4, "--model", "convnet")
    assert status == 1
    assert "convnet needs pictures of 5 × 5 pixels or more, got 4 × 4" in err
    assert err.endswith("Make them larger: --size 5.\n")
    assert not (here / "runs").exists()


def test_networks_are_compared_and_searched_like_the_others(pellucid, photos, here):
    words = ("--size", 12, "--epochs", 8, "--engine", "numpy", "--json")
    status, out, err = pellucid(
        "compare", "photos", "--models", "softmax,mlp,convnet", "--output", "side", *words
    )
    assert status == 0, err
    rungs = {rung["name"]: rung["test_accuracy"] for rung in json.loads(out)["rungs"]}
    assert list(rungs) == ["majority", "softmax", "mlp", "convnet"]
    assert min(rungs["softmax"], rungs["mlp"], rungs["convnet"]) > rungs["majority"]
    assert "convnet" in (here / "side" / "comparison.html").read_text("utf-8")
    tried = ("--model", "mlp", "--hidden", "16,12-8", "--dropout", 0, "--trials", 3, "--output", "tried")
    status, out, err = pellucid("search", "photos", *tried, *words)
    assert status == 0, err
    assert "engine numpy, one after the other" in err
    told = json.loads(out)
    assert told["best"]["hidden"] in ("16", "12-8")
    network = pl.open(here / "tried" / "best").model
    assert network.design.hidden == tuple(map(int, told["best"]["hidden"].split("-")))
    assert f"--model mlp --learning-rate {told['best']['learning_rate']:g}" in told["command"]
