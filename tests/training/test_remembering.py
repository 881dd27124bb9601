"""Classifiers that remember: trained without descent, saved and loaded, honest about the pictures they know."""

import json

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from pellucid.inspection.attribution import explanation
from pellucid.inspection.resemblance import neighbors_of, shares_of_classes
from pellucid.models.class_means import nearest_mean
from pellucid.models.model_file import load_model
from pellucid.models.nearest import Examples
from pellucid.report.document import write_report
from pellucid.search.neighbor_trials import compared
from pellucid.search.space import space
from pellucid.search.trials import Plan, best
from pellucid.storage.errors import FileError, InputError
from pellucid.storage.seal import write_sealed
from pellucid.training import remembering
from pellucid.training.recipe import Recipe
from pellucid.training.run import new_run
from pellucid.training.trainer import fit, resume


@pytest.mark.parametrize("metric", ["l2", "l1"])
def test_pixels_as_they_are_against_scikit_learn(digits, metric):
    outcome = fit(digits, Recipe(model="knn", neighbors=1, metric=metric))
    flat = digits.images.reshape(len(digits), -1).astype(np.float64)
    theirs = KNeighborsClassifier(1, metric="euclidean" if metric == "l2" else "manhattan", algorithm="brute")
    theirs.fit(flat[digits.train.rows], digits.train.labels)
    for part in ("validation", "test"):
        own = outcome.evaluations[part]
        assert own.accuracy == pytest.approx(theirs.score(flat[own.rows], own.labels), abs=1e-12)


@pytest.mark.parametrize(
    ("settings", "dtype"),
    [
        ({"model": "knn"}, "uint8"),
        ({"model": "knn", "metric": "cosine", "weights": "distance"}, "uint8"),
        ({"model": "knn", "features": "thumbnail:grid=4", "neighbors": 4}, "float32"),
        ({"model": "knn", "features": "pca:components=9"}, "float32"),
        ({"model": "nearest-mean"}, None),
        ({"model": "nearest-mean", "features": "hog:cell=2,block=2"}, None),
    ],
)
def test_a_run_is_whole_and_comes_back(quick, settings, dtype, tmp_path):
    folder = new_run(tmp_path / "run", "digits", "knn")
    outcome = fit(quick, Recipe(**settings), folder)
    again = load_model(folder)
    x = quick.test.images[:40]
    assert np.array_equal(again.scores(x), outcome.classifier.scores(x))
    # Products of other sizes may round otherwise.
    np.testing.assert_allclose(outcome.evaluations["test"].scores[:40], again.scores(x), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(again.probabilities(again.scores(x)).sum(axis=1), 1, atol=1e-6)
    if dtype:
        assert again.params["examples"].dtype == dtype
        assert again.model.pictures.dtype == np.uint8
    run = json.loads((folder / "run.json").read_text("utf-8"))
    assert set(run["result"]["accuracy"]) == {"train", "validation", "test"}
    assert run["result"]["accuracy"]["test"] > 0.7
    assert (folder / "verdicts.csv").read_text("utf-8").count("\n") == 1 + sum(
        map(len, outcome.evaluations.values())
    )
    with pytest.raises(InputError, match="is made in one go, and there is nothing to go on with"):
        resume(folder, quick)
    with pytest.raises(InputError, match=r"leave out --from|which has no weights to start from"):
        fit(quick, Recipe(model=settings["model"]), start_from=again)
    write_report(
        folder / "report.html",
        dataset=quick,
        classifier=again,
        evaluations=outcome.evaluations,
        events=outcome.events,
        run=outcome.run,
    )
    page = (folder / "report.html").read_text("utf-8")
    chosen = settings["model"] == "knn" and "neighbors" not in settings
    assert ('id="neighbors"' in page) == chosen
    assert ("nearest first, and how they voted" in page) == (settings["model"] == "knn")
    assert ('id="templates"' in page) == (settings == {"model": "nearest-mean"})


def test_the_number_of_neighbors_is_the_best_on_validation(quick):
    outcome = fit(quick, Recipe(model="knn"))
    tried = {each["neighbors"]: each["value"] for each in outcome.run["result"]["tried"]}
    taken = outcome.run["recipe"]["neighbors"]
    assert tried[taken] == max(tried.values())
    assert taken == min(k for k, value in tried.items() if value == tried[taken])
    assert outcome.evaluations["validation"].accuracy == tried[taken]
    assert [event["neighbors"] for event in outcome.events] == list(tried)
    assert fit(quick, Recipe(model="knn", watch="loss")).run["recipe"]["neighbors"] > 1


def test_training_pictures_are_not_judged_by_themselves(quick):
    own = fit(quick, Recipe(model="knn", neighbors=1)).evaluations["train"]
    assert len(own) == len(quick.train)
    flat = quick.train.images.reshape(len(own), -1).astype(np.float64)
    far = ((flat[:, None] - flat) ** 2).sum(axis=2)
    np.fill_diagonal(far, np.inf)
    assert np.array_equal(own.predicted, quick.train.labels[far.argmin(axis=1)])


def test_without_validation_pictures_five_vote(quick):
    split = np.where(quick.split == 1, -1, quick.split)
    outcome = fit(quick.with_split(split), Recipe(model="knn"))
    assert outcome.run["recipe"]["neighbors"] == 5
    assert outcome.classifier.temperature == 1.0
    assert "tried" not in outcome.run["result"]


def test_a_receipt_of_class_means_is_exact(quick):
    classifier = fit(quick, Recipe(model="nearest-mean")).classifier
    assert classifier.linear
    for picture in quick.test.images[:20]:
        for k in range(0, 10, 3):
            assert explanation(classifier, picture, k).exact
    means = np.stack([quick.train.images[quick.train.labels == k].mean(axis=0).ravel() for k in range(10)])
    x = quick.test.images.reshape(len(quick.test), -1).astype(np.float64)
    nearest = ((x[:, None] - means) ** 2).sum(axis=2).argmin(axis=1)
    assert np.array_equal(classifier.scores(quick.test.images).argmax(axis=1), nearest)


def test_its_reasons_are_pictures(quick):
    classifier = fit(quick, Recipe(model="knn", neighbors=7)).classifier
    assert not classifier.linear
    assert not classifier.network
    with pytest.raises(InputError, match="A knn has no single template for each class: it compares"):
        _ = classifier.templates
    with pytest.raises(InputError, match="its reasons are `neighbors_of`"):
        explanation(classifier, quick.test.images[0], 1)
    assert str(len(quick.train) * 64)[:1] in str(classifier.summary())
    near = neighbors_of(classifier, quick.test.images[:3])
    for row, own in zip(quick.test.rows[:3], near, strict=True):
        assert len(own) == 7
        assert [each.distance for each in own] == sorted(each.distance for each in own)
        for each in own:
            assert np.array_equal(each.picture, quick.train.images[each.number])
            assert each.origin == quick.train.origins[each.number]
        shares = shares_of_classes(own)
        assert sum(shares.values()) == pytest.approx(1)
        assert next(iter(shares)) == classifier.predict(quick.images[row]).label


def test_a_search_finds_what_training_finds(quick):
    base = Recipe(model="knn", seed=3)
    tried = space(base, {"neighbors": "1,3,9", "features": "pixels,pca:components=9"})
    told = []
    trials = compared(quick, Plan(base, tried, 30), told.append)
    assert {trial.recipe.metric for trial in trials} == {"l1", "l2", "cosine"}
    first = best(trials)
    for trial in (first, trials[7], trials[29]):
        assert fit(quick, trial.recipe).evaluations["validation"].accuracy == trial.value
    assert first.value == max(trial.value for trial in trials)
    assert told[0]["event"] == "ready"
    assert told[-1]["done"] == 30


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            {"model": "knn", "epochs": 3, "l2": 0.1},
            "--model knn remembers and minimizes nothing: leave out --l2 and --epochs",
        ),
        (
            {"model": "nearest-mean", "metric": "l1"},
            "leave out --metric. Its distance is Euclidean: so it is linear",
        ),
        (
            {"model": "softmax", "neighbors": 3},
            "--model softmax has no --neighbors: leave it out, or take --model knn",
        ),
        (
            {"model": "knn", "metric": "l3"},
            "--metric must be one of l2, l1, cosine; got 'l3'. Did you mean l2?",
        ),
        ({"model": "knn", "weights": "near"}, "--weights must be one of uniform, distance"),
        ({"model": "knn", "neighbors": 0}, "--neighbors must be 1 or more, got 0"),
        ({"model": "knn", "neighbors": 2.5}, "--neighbors must be a whole number, got 2.5"),
    ],
)
def test_settings_that_do_not_fit(settings, sentence):
    with pytest.raises(InputError, match=sentence):
        Recipe(**settings)


def test_data_that_do_not_fit(quick):
    with pytest.raises(
        InputError, match="--neighbors must be 1 to 400, the number of training examples, got 401"
    ):
        fit(quick, Recipe(model="knn", neighbors=401))
    with pytest.raises(InputError, match="knn remembers and minimizes nothing: leave out sample_weight"):
        fit(quick, Recipe(model="knn"), sample_weight=np.ones(len(quick)))
    with pytest.raises(InputError, match="is searched alone"):
        space(Recipe(model="softmax"), {"model": "softmax,knn"})


def test_a_damaged_memory_is_told(quick, tmp_path):
    folder = new_run(tmp_path / "run", "digits", "knn")
    fit(quick, Recipe(model="knn", neighbors=3), folder)
    described = json.loads((folder / "model.json").read_text("utf-8"))
    described.pop("sha256", None)
    for neighbors in ({"neighbors": 500, "metric": "l2", "weights": "uniform"}, None):
        write_sealed(folder / "model.json", {**described, "neighbors": neighbors})
        with pytest.raises(FileError, match="edited or damaged"):
            load_model(folder)


def test_pictures_are_judged_a_block_at_a_time(quick, monkeypatch):
    """All of them at once, as float32, would need four times the memory of the data."""
    recipe, seen = Recipe(model="knn", neighbors=3), []
    wanted = fit(quick, recipe).evaluations
    nearest = Examples.nearest

    def counted(self, x, k, own=None):
        seen.append(len(x))
        return nearest(self, x, k, own)

    monkeypatch.setattr(Examples, "nearest", counted)
    monkeypatch.setattr(remembering, "block_rows", lambda features, most: 60)
    found = fit(quick, recipe).evaluations
    assert max(seen) == 60
    for part in wanted:
        assert np.array_equal(found[part].scores, wanted[part].scores)


def test_class_means_are_measured_once(quick, monkeypatch):
    calls = []

    def counted(*given):
        calls.append(given)
        return nearest_mean(*given)

    monkeypatch.setattr(remembering, "nearest_mean", counted)
    fit(quick, Recipe(model="nearest-mean"))
    assert len(calls) == 1
