"""From a folder of pictures and their embeddings to a run, its report, and judgement of others."""

import csv
import json

import numpy as np


def test_trained_resumed_evaluated_and_shown(pellucid, here, photos):
    assert pellucid("data", photos, "--list", "list.csv")[0] == 0
    with open("list.csv") as file:
        head, *lines = csv.reader(file)
    assert head == ["picture", "class", "part"]
    assert [line[0] for line in lines] == sorted(line[0] for line in lines)
    classes = np.array(["red", "green", "blue"])
    rng = np.random.Generator(np.random.Philox(key=1))
    rows = rng.normal(0, 0.2, (36, 7)).astype(np.float32)
    rows[np.arange(36), [int(np.flatnonzero(classes == line[1])[0]) for line in lines]] += 2
    np.save("e.npy", rows)

    status, out, err = pellucid(
        "train", photos, "--features", "e.npy", "--epochs", "30", "--output", "run", "--json"
    )
    assert status == 0, err
    assert json.loads(out.splitlines()[-1])["accuracy"]["test"] == 1
    assert (
        "embeddings of 7 numbers" in json.loads((here / "run" / "run.json").read_text())["data"]["notes"][-1]
    )
    page = (here / "run" / "report.html").read_text()
    assert "The model sees 7\u00a0numbers of each" in page
    assert "data:image" in page

    status, out, err = pellucid("evaluate", "run", photos, "--features", "e.npy", "--json")
    assert status == 0, err
    assert json.loads(out.splitlines()[-1])["accuracy"] > 0.95
    status, _, err = pellucid("evaluate", "run", photos)
    assert status == 1
    assert "the classifier sees rows of 7 numbers" in err
    assert "--features EMBEDDINGS.npy" in err
    status, _, err = pellucid("predict", "run", photos)
    assert status == 1
    assert "it cannot look at pictures" in err
    assert "--features EMBEDDINGS.npy" in err

    status, _, err = pellucid(
        "compare", photos, "--features", "e.npy", "--models", "softmax,nearest-mean", "--epochs", "5"
    )
    assert status == 0, err


def test_one_too_few_is_told_before_training(pellucid, photos):
    np.save("e.npy", np.zeros((35, 4)))
    status, _, err = pellucid("train", photos, "--features", "e.npy")
    assert status == 1
    assert "35 embeddings for 36 pictures" in err
