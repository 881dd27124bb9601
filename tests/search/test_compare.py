"""Several models on the same pictures: who wins is decided fairly, and told as it is."""

import json
import time
from dataclasses import replace

import numpy as np
import pytest

from pellucid.data.dataset import Dataset
from pellucid.data.frame import Frame
from pellucid.data.splits import folds
from pellucid.inspection.metrics import Evaluation
from pellucid.models.majority import MajorityClass
from pellucid.models.model_file import save_model
from pellucid.search.compare import Measured, chosen, compared, pooled
from pellucid.search.conclusion import as_json, conclusion
from pellucid.search.cost import bytes_on_disk, microseconds
from pellucid.search.ladder import RUNGS, Rung, Trained, ladder
from pellucid.storage.errors import InputError
from pellucid.training.recipe import Recipe
from pellucid.training.trainer import fit

CLASSES = ("cat", "dog", "owl")
QUICK = Recipe(epochs=4)


def clouds(count=240, classes=CLASSES, spread=1.0, validation=True):
    """Three clouds of points, the first twice as common as the others."""
    rng = np.random.Generator(np.random.Philox(key=5))
    labels = (np.arange(count) % (len(classes) + 1)).astype(np.int32) % len(classes)
    centers = rng.standard_normal((len(classes), 6)) * 2
    images = (centers[labels] + spread * rng.standard_normal((count, 6))).astype(np.float32)
    split = np.array([0, 0, 0, 1 if validation else 0, 2])[(np.arange(count) // 4) % 5].astype(np.int8)
    return Dataset("clouds", classes, images, labels, [f"row {i}" for i in range(count)], split)


def judged(name, right, validation=None, folds=(), classes=CLASSES):
    """A rung that is right exactly where `right` (n,) says so."""
    right = np.asarray(right, bool)
    n, k = len(right), len(classes)
    labels = np.arange(n) % k
    scores = np.eye(k, dtype=np.float32)[np.where(right, labels, (labels + 1) % k)]
    test = Evaluation("test", classes, np.arange(n), labels, scores, scores)
    return Measured(name, name, test, validation, folds, 1.0, 10.0, 1.0, 100, {})


def pattern(both, only_first, only_second, neither):
    """Two sequences of right and wrong with these counts."""
    first = [1] * both + [1] * only_first + [0] * only_second + [0] * neither
    second = [1] * both + [0] * only_first + [1] * only_second + [0] * neither
    return first, second


# The lowest rung


def test_the_majority_class_says_the_most_common_one_with_the_shares_as_probabilities():
    model = MajorityClass.fitted(CLASSES, np.array([1] * 6 + [0] * 3))
    scores = model.scores(np.zeros((4, 8, 8, 1), np.uint8))
    assert scores.shape == (4, 3)
    assert scores.dtype == np.float32
    assert (scores.argmax(axis=1) == 1).all()
    np.testing.assert_allclose(model.probabilities(scores), [[4 / 12, 7 / 12, 1 / 12]] * 4, rtol=1e-6)


def test_the_majority_class_is_the_first_of_equals_and_needs_pictures():
    assert MajorityClass.fitted(CLASSES, np.array([2, 1, 2, 1])).scores(np.zeros((1, 2))).argmax() == 1
    with pytest.raises(InputError, match="no pictures is not known"):
        MajorityClass.fitted(CLASSES, np.array([], np.int32))


# The ladder


def test_the_ladder_begins_with_the_majority_and_keeps_the_order_that_was_asked_for():
    assert [rung.name for rung in ladder(["svm", "softmax", "svm"])] == ["majority", "svm", "softmax"]
    assert [rung.name for rung in ladder(["majority"])] == ["majority"]


@pytest.mark.parametrize(("names", "came"), [(["softmax", "forest"], "'forest'"), ([], "none")])
def test_an_unknown_rung_is_named_beside_those_that_there_are(names, came):
    with pytest.raises(InputError, match=f"majority, .*softmax, svm, .*got {came}"):
        ladder(names)


def test_each_model_stands_on_each_kind_of_features():
    rungs = ladder(["softmax", "svm", "mlp@thumbnail:grid=2"], ["color", "hog:cell=4,block=2"])
    assert [rung.name for rung in rungs] == [
        "majority", "softmax@color", "svm@color", "softmax@hog:cell=4,block=2", "svm@hog:cell=4,block=2",
        "mlp@thumbnail:grid=2",
    ]  # fmt: skip
    assert rungs[1].words == f"{RUNGS['softmax'].words}, on color"


@pytest.mark.parametrize(
    ("names", "features", "sentence"),
    [
        (["sofmax@hog"], [], r"got 'sofmax@hog'\. Did you mean softmax"),
        (["softmax@hug"], [], "kind of features must be one of"),
        (["convnet"], ["hog"], "looks for patterns among neighboring pixels"),
        (["majority@hog"], [], "looks at no picture"),
    ],
)
def test_features_that_a_rung_cannot_have(names, features, sentence):
    with pytest.raises(InputError, match=sentence):
        ladder(names, features)


def test_a_rung_on_features_is_trained_on_them():
    data = clouds()
    rng = np.random.Generator(np.random.Philox(key=4))
    images = (
        rng.integers(0, 50, (len(data), 8, 8, 1), np.uint8)
        + 80 * data.labels.astype(np.uint8)[:, None, None, None]
    )
    data = replace(data, images=images, frame=Frame(8, 8, "pad", "gray"))
    found = list(compared([data], ladder(["softmax@thumbnail:grid=2"]), QUICK))
    assert [each.name for each in found] == ["majority", "softmax@thumbnail:grid=2"]
    assert found[1].facts["recipe"]["features"] == "thumbnail:grid=2|2"


def test_a_new_rung_is_one_line_and_is_measured_like_the_others():
    class NearestMean:
        def __init__(self, means):
            self.means = means

        def scores(self, inputs):
            return -((inputs[:, None] - self.means) ** 2).sum(axis=2)

        probabilities = MajorityClass.probabilities

    def train(dataset, recipe, engine, tell):
        part = dataset.train
        model = NearestMean(np.stack([part.images[part.labels == k].mean(axis=0) for k in range(3)]))
        said = {
            p.name: Evaluation(p.name, CLASSES, p.rows, p.labels, s, model.probabilities(s))
            for p in (dataset.validation, dataset.test)
            for s in [model.scores(p.images)]
        }
        return Trained(model, said, 0.01, lambda folder: np.save(folder / "means.npy", model.means))

    rungs = [RUNGS["majority"], Rung("nearest mean", "the class whose mean is nearest", train)]
    low, high = compared([clouds()], rungs, QUICK)
    assert high.test.accuracy > 0.8 > low.test.accuracy
    assert high.bytes == 128 + 3 * 6 * 4
    assert conclusion([low, high])[0].startswith("nearest mean is better than majority")


# One split


def test_each_rung_is_what_training_alone_would_make_on_the_same_pictures():
    data = clouds()
    found = list(compared([data], ladder(["softmax", "svm"]), QUICK))
    assert [rung.name for rung in found] == ["majority", "softmax", "svm"]
    for rung in found:
        np.testing.assert_array_equal(rung.test.rows, data.test.rows)
        assert rung.folds == ()
        assert rung.deviation is None
        assert rung.microseconds > rung.bulk_microseconds > 0
    assert found[0].test.accuracy == np.mean(data.test.labels == 0)
    for rung in found[1:]:
        alone = fit(data, replace(QUICK, model=rung.name))
        np.testing.assert_array_equal(rung.test.scores, alone.evaluations["test"].scores)
        assert rung.validation == alone.evaluations["validation"].accuracy
        assert rung.facts["recipe"] == alone.run["recipe"]


def test_the_bytes_are_those_of_the_saved_model(tmp_path):
    data = clouds()
    rung = next(compared([data], [RUNGS["softmax"]], QUICK))
    save_model(tmp_path, fit(data, QUICK).classifier)
    saved = sum(file.stat().st_size for file in tmp_path.iterdir())
    assert abs(rung.bytes - saved) < 10  # the digits of an accuracy may be fewer


def test_rungs_come_one_by_one_so_that_nothing_is_lost_when_a_later_one_is_stopped():
    def stop(dataset, recipe, engine, tell):
        raise KeyboardInterrupt

    found = compared([clouds()], [RUNGS["majority"], Rung("slow", "", stop)], QUICK)
    assert next(found).name == "majority"
    with pytest.raises(KeyboardInterrupt):
        next(found)


def test_a_check_that_fails_before_training_is_told():
    data = clouds()
    images = np.zeros_like(data.images)  # no picture can be told from another
    images[:, 0] = np.arange(len(images)) % 2
    softmax = next(compared([replace(data, images=images)], [RUNGS["softmax"]], QUICK))
    assert any("overfit: of 20 training pictures only" in remark for remark in softmax.remarks)


# Folds


def test_over_folds_each_picture_is_judged_once_by_a_model_that_never_saw_it():
    data = replace(clouds(), split=np.full(240, -1, np.int8))
    splits = folds(data, 4, seed=3)
    seen = []
    told = []

    def train(dataset, recipe, engine, tell):
        seen.append(set(dataset.train.rows) | set(dataset.validation.rows))
        return RUNGS["softmax"].train(dataset, recipe, engine, tell)

    (rung,) = compared(splits, [Rung("softmax", "", train)], QUICK, progress=lambda *step: told.append(step))
    np.testing.assert_array_equal(rung.test.rows, np.arange(240))
    np.testing.assert_array_equal(rung.test.labels, data.labels)
    for split, known in zip(splits, seen, strict=True):
        assert not known & set(split.test.rows)
    one = fit(splits[2], QUICK).evaluations["test"]
    np.testing.assert_array_equal(rung.test.scores[one.rows], one.scores)
    assert rung.folds[2] == one.accuracy
    assert len(rung.folds) == 4
    assert rung.test.accuracy == pytest.approx(np.mean(rung.folds))
    assert rung.deviation == pytest.approx(np.std(rung.folds, ddof=1))
    assert told == [("epochs", step, 16) for step in range(1, 17)]


def test_folds_that_share_pictures_are_not_pooled():
    one = judged("one", [1, 0, 1]).test
    with pytest.raises(InputError, match="each picture is judged once"):
        pooled([one, one])


# What cannot be compared


def test_one_class_nothing_to_test_and_no_split_are_refused():
    with pytest.raises(InputError, match=r"clouds: .*at least 2 classes to tell apart, got 1"):
        next(compared([clouds(classes=("cat",))], [RUNGS["majority"]], QUICK))
    untested = clouds().with_split(np.zeros(240))
    with pytest.raises(InputError, match=r"clouds: there are no test pictures .* use --folds"):
        next(compared([untested], [RUNGS["majority"]], QUICK))
    with pytest.raises(InputError, match="or several folds, got none"):
        next(compared([], [RUNGS["majority"]], QUICK))


# The choice and the conclusion


def test_validation_chooses_and_the_test_pictures_do_not():
    first, second = pattern(10, 0, 30, 10)
    assert chosen([judged("a", first, 0.9), judged("b", second, 0.8)]) == 0
    assert chosen([judged("a", first, 0.8), judged("b", second, 0.8)]) == 0  # of equals the simpler one
    assert chosen([judged("a", first), judged("b", second)]) == 1  # nothing else can choose
    assert chosen([judged("a", first, 0.9), judged("b", second)]) == 1


def test_a_clear_difference_is_told_with_its_probability():
    first, second = pattern(350, 60, 20, 570)
    said = conclusion([judged("svm", second, 0.3), judged("softmax", first, 0.4)])
    # Twice the chance of at most 20 heads in 80 throws of a fair coin.
    assert said == [
        "softmax is better than svm: 41.0 against 37.0 % of 1,000 test pictures; "
        "a difference of this size by chance: p < 0.0001.",
        "To choose: softmax, the best on validation pictures (40.0 %); "
        "the test accuracy is reported and chooses nothing.",
    ]
    first, second = pattern(30, 10, 1, 60)
    assert "p = 0.012." in conclusion([judged("svm", second, 0.3), judged("softmax", first, 0.4)])[0]


def test_a_difference_that_may_be_chance_is_called_no_difference():
    first, second = pattern(30, 5, 4, 60)
    said = conclusion([judged("svm", second, 0.3), judged("softmax", first, 0.4)])
    assert said[0].startswith("softmax and svm cannot be told apart: 35.4 against 34.3 % of 99 test pictures")
    assert said[0].endswith("p = 1.")
    same = conclusion([judged("svm", second, 0.3), judged("softmax", second, 0.3)])
    assert same[0].startswith("svm and softmax cannot be told apart: both 34.3 % of 99 test pictures")


def test_a_choice_that_the_test_pictures_contradict_is_told():
    first, second = pattern(30, 2, 40, 28)
    said = conclusion([judged("svm", first, 0.5), judged("softmax", second, 0.4)])
    assert said[0].startswith("softmax is better than svm: 70.0 against 32.0 % of 100 test pictures")
    assert "although svm did better on validation" in said[0]
    assert said[1].startswith("To choose: svm")


def test_the_chosen_one_is_held_against_the_best_of_the_others():
    first, second = pattern(30, 2, 40, 28)
    rungs = [judged("a", [0] * 100, 0.6), judged("b", first, 0.7), judged("c", second, 0.5)]
    assert conclusion(rungs)[0].startswith("c is better than b: 70.0 against 32.0 %")


def test_a_rung_that_beats_nobody_is_told_so():
    low, high = pattern(30, 4, 5, 61)
    said = conclusion([judged("majority", low, 0.1), judged("svm", high, 0.3), judged("softmax", high, 0.4)])
    assert said[1] == "softmax is not clearly better than always saying the most common class."
    clear = [judged("majority", [0] * 100, 0.1), judged("svm", high, 0.3), judged("softmax", high, 0.4)]
    assert not any("most common class" in sentence for sentence in conclusion(clear))


def test_without_validation_pictures_and_with_one_model_it_is_said_what_that_means():
    first, second = pattern(30, 9, 1, 60)
    said = conclusion([judged("svm", second), judged("softmax", first)])
    assert said[-1].startswith("Without validation pictures the test accuracy itself had to choose")
    assert conclusion([judged("svm", first)]) == [
        "Only one model was measured: there is nothing to compare it with."
    ]


def test_the_numbers_for_programs_are_plain_json():
    first, second = pattern(30, 9, 1, 60)
    content = as_json([judged("majority", [0] * 100, 0.1), judged("a", second, 0.3), judged("b", first, 0.4)])
    assert json.loads(json.dumps(content, allow_nan=False)) == content
    assert content["chosen"] == "b"
    assert content["chosen_on"] == "validation"
    low, a, b = content["rungs"]
    assert low["against_below"] is None
    assert b["against_chosen"] is None
    assert b["against_below"] == {
        "other": "a",
        "only_this": 9,
        "only_other": 1,
        "p": pytest.approx(22 / 1024),
    }
    assert a["against_chosen"]["only_other"] == 9
    assert b["test_accuracy"] == 0.39
    assert b["pictures"] == 100
    assert b["interval"][0] < 0.39 < b["interval"][1]


# What a model costs


def test_a_prediction_is_timed_one_by_one_and_in_bulk():
    calls = []

    class Slow:
        def scores(self, inputs):
            calls.append(len(inputs))
            time.sleep(0.002)
            return np.zeros((len(inputs), 2), np.float32)

        def probabilities(self, scores):
            return scores + np.float32(0.5)

    single, bulk = microseconds(Slow(), np.zeros((50, 3), np.float32), np.arange(10, 50))
    assert 2000 <= single < 50_000
    assert single / 40 / 5 < bulk < single / 5
    assert set(calls) == {1, 40}


def test_bytes_are_counted_over_all_files_and_nothing_is_left(tmp_path):
    seen = []

    def save(folder):
        seen.append(folder)
        (folder / "a").write_bytes(b"12345")
        (folder / "deeper").mkdir()
        (folder / "deeper" / "b").write_bytes(b"123")

    assert bytes_on_disk(save) == 8
    assert not seen[0].exists()
