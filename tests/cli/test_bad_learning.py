"""Whatever is asked of a training that it cannot do: one sentence, status 1, nothing left behind."""

import numpy as np
import pytest
from photographs import class_folders

ALL_ZERO = ",".join(f"{digit}=0" for digit in range(10))

BAD = {
    # strengths
    "--l2 -1": "--l2 must be 0 or more, got -1.0",
    "--l1 -0.5": "--l1 must be 0 or more, got -0.5",
    "--l2 nan": "--l2 must be 0 or more, got nan",
    "--l1 inf": "--l1 must be 0 or more, got inf",
    "--l2 weight=-1": "--l2 of weight must be 0 or more, got -1.0",
    "--l2 wieght=1": "--l2 names wieght, but the parameters are weight, bias: .* Did you mean weight?",
    "--l1 weight=1,weight=2": "--l1 names weight twice",
    "--l1 much": "--l1 must be a number, or NAME=NUMBER,NAME=NUMBER, got 'much'",
    # numbers out of their range
    "--batch-size 0": "--batch-size must be 1 or more, got 0",
    "--learning-rate 0": "--learning-rate must be above 0, got 0.0",
    "--learning-rate -1": "--learning-rate must be above 0, got -1.0",
    "--learning-rate nan": "--learning-rate must be above 0, got nan",
    "--learning-rate fnd": "--learning-rate must be a number, or find, got 'fnd'",
    "--momentum 1": "--momentum must be 0 to below 1, got 1.0",
    "--margin -1 --loss multiclass-hinge": "--margin must be 0 or more, got -1.0",
    "--label-smoothing 1": "--label-smoothing must be 0 to below 1, got 1.0",
    "--clip 0": "--clip must be above 0, got 0.0",
    "--epochs 0": "--epochs must be 1 or more, got 0",
    "--patience 0": "--patience must be 1 or more, got 0",
    "--tolerance 0": "--tolerance must be above 0, got 0.0",
    "--gradient-norm nan": "--gradient-norm must be above 0, got nan",
    "--time-limit -3": "--time-limit must be above 0, got -3.0",
    "--seed -1": "--seed must be 0 to 2⁶³ − 1, got -1",
    # names
    "--model sofmax": "--model must be one of nearest-mean, knn, softmax, .*got 'sofmax'. Did you mean softmax?",
    "--model ''": "--model must be one of nearest-mean, knn, softmax, .*got ''",
    "--loss softmx": "The loss must be one of .*; got 'softmx'. Did you mean softmax-cross-entropy?",
    "--loss hinge-los": "The loss must be one of .*; got 'hinge-los'. Did you mean hinge-loss?",
    "--loss zero-one-loss": "--loss zero-one-loss is flat and jumps, .* Descend a surrogate",
    "--loss soft-cross-entropy": "--loss soft-cross-entropy needs a probability of each class for each picture",
    "--loss hinge-loss": "--loss hinge-loss is for a single score and 2 classes, got 10",
    "--optimizer adm": "--optimizer must be one of sgd, .*; got 'adm'. Did you mean adam?",
    "--optimizer adam:first_decy=0.5": "'first_decy' is not a setting of the optimizer adam. Did you mean first_decay?",
    "--optimizer adam:first_decay=x": "The optimizer is written NAME:SETTING=NUMBER,.* 'first_decay=x'",
    "--optimizer adam:epsilon=1,epsilon=2": "names epsilon twice",
    "--optimizer nesterov:momentum=0.3 --momentum 0.5": "names momentum twice",
    "--optimizer adam --momentum 0.5": "--optimizer adam has no --momentum",
    "--optimizer sgd:momentum=0.5": "'momentum' is not a setting of the optimizer sgd. It has none.",
    "--optimizer lbfgs:memory=5": "--optimizer lbfgs has no settings: leave out ':memory=5'",
    "--optimizer handed-in": "--optimizer handed-in is for Python",
    "--schedule cosin": "The schedule must be one of .*; got 'cosin'. Did you mean cosine?",
    "--schedule cosine:last=5": "last must be 0 to 1, got 5.0",
    "--schedule step:at=0.5|2": "at must be times above 0 and below 1, got 2.0",
    "--schedule warm-up:share=1": "share must be above 0 and below 1, got 1.0",
    "--sampling balance": "--sampling must be one of shuffled, balanced; got 'balance'. Did you mean balanced?",
    "--watch acuracy": "--watch must be one of accuracy, .*; got 'acuracy'. Did you mean accuracy?",
    # weights of classes
    "--class-weight balancd": "--class-weight must be balanced, or a weight for each class, got 'balancd'",
    "--class-weight 0=-1": "--class-weight of 0 must be 0 or more, got -1.0",
    "--class-weight 0=nan": "--class-weight of 0 must be 0 or more, got nan",
    "--class-weight 11=1": "--class-weight names 11, but the classes are 0, 1, .*Did you mean 1?",
    f"--class-weight {ALL_ZERO}": "The weights of all pictures are 0: nothing would count",
    # what does not go together
    "--margin 2": "--loss softmax-cross-entropy knows no --margin",
    "--model svm --label-smoothing 0.1": "--loss multiclass-hinge knows no --label-smoothing",
    "--optimizer lbfgs --learning-rate find": "--optimizer lbfgs takes all pictures .* leave out --learning-rate",
    "--optimizer lbfgs --schedule step --batch-size 9": "leave out --schedule and --batch-size",
    "--optimizer lbfgs --sampling balanced": "leave out --sampling",
    "--optimizer lbfgs --l1 0.1": "--optimizer lbfgs takes no --l1 and no --clip",
    "--optimizer lbfgs --model averaged-perceptron": "weights of 0 cost nothing by --loss multiclass-perceptron",
}


def _sentence(result, runs):
    status, _, told = result
    assert status == 1, told
    assert "Traceback" not in told
    assert "should not happen" not in told
    assert len(told.strip().splitlines()) == 1
    assert not runs.exists()
    return told


@pytest.mark.parametrize("words", BAD)
def test_one_sentence_and_no_run(words, pellucid, here):
    import re
    import shlex

    told = _sentence(pellucid("train", "digits", *shlex.split(words)), here / "runs")
    assert re.search(BAD[words].replace("?", r"\?"), told), told


@pytest.mark.parametrize(
    ("models", "words"),
    [("softmax,smv", "got 'smv'. Did you mean svm?"), ("", "with commas between, got none.")],
)
def test_a_comparison_of_models_that_are_not_there(models, words, pellucid, here):
    told = _sentence(pellucid("compare", "digits", "--models", models), here / "runs")
    assert words in told


LABELS = {
    "a NaN": (np.array([0, 1, np.nan, 1]), r"NaN"),
    "an infinity": (np.array([0, 1, np.inf, 1]), r"inf"),
    "a half": (np.array([0, 1, 0.5, 1]), r"0\.5"),
    "text": (np.array(["a", "b", "", "b"]), r"label"),
    "objects": (np.array([0, 1, None, 1]), r"objects|pickle"),
    "too few": (np.array([0, 1]), r"4.*2|2.*4"),
}


@pytest.mark.parametrize("case", LABELS)
def test_labels_that_are_none_in_an_npz(case, pellucid, here):
    import re

    labels, words = LABELS[case]
    np.savez(here / "data.npz", x=np.arange(12.0, dtype="f4").reshape(4, 3), y=labels)
    told = _sentence(pellucid("train", "data.npz"), here / "runs")
    assert "data.npz" in told
    assert re.search(words, told), told


@pytest.mark.parametrize("label", ["nan", "inf", "-inf", "NaN", ""])
def test_labels_that_are_none_in_a_table(label, pellucid, here):
    (here / "data.csv").write_text(
        "a,b,label\n" + "".join(f"{n},{n % 3},{n % 2}\n" for n in range(20)) + f"3,4,{label}\n"
    )
    status, _, told = pellucid("train", "data.csv")
    assert status == 1
    assert "line 22" in told
    assert told.endswith("Correct these lines or take them out.\n")
    assert not (here / "runs").exists()


def test_a_class_too_small_for_folds(pellucid, here):
    class_folders(here / "photos", {"common": 12, "rare": 2})
    words = ("--folds", "4", "--size", "8", "--models", "logistic", "--engine", "numpy", "--epochs", "3")
    status, printed, told = pellucid("compare", "photos", *words)
    assert (status, told) == (0, "")
    assert "14 pictures in 4 folds" in printed
    # In a fold of two the class has one picture left to train on, and in the others both.
    assert "logistic: " in printed
    assert (here / "runs" / "photos-compare-1" / "comparison.html").exists()
