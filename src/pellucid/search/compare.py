"""Several models on the same pictures: how good each is, what it costs, and whether the difference may be chance."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pellucid.data.dataset import Dataset
from pellucid.inspection.metrics import Evaluation, PairedTest, paired_test
from pellucid.search.cost import bytes_on_disk, microseconds
from pellucid.search.ladder import Rung, Tell, Trained
from pellucid.storage.errors import InputError
from pellucid.training.recipe import Recipe


@dataclass(frozen=True, eq=False)
class Measured:
    """One rung, trained and measured.

    Attributes
    ----------
    name, words : as in the ladder
    test : what the models said of pictures that they had never seen; over all folds, each picture once, by row
    validation : accuracy on the pictures that choose, the mean over folds; None where there are none
    folds : the test accuracy of each fold; empty for a single split
    seconds : of training alone, the mean over folds
    microseconds, bulk_microseconds : of a prediction, one picture at a time, and many at once
    bytes : of the model's files
    facts : ready for JSON: recipe, engine, versions of the last training
    """

    name: str
    words: str
    test: Evaluation = field(repr=False)
    validation: float | None
    folds: tuple[float, ...]
    seconds: float
    microseconds: float
    bulk_microseconds: float
    bytes: int
    facts: dict[str, Any] = field(repr=False)
    remarks: tuple[str, ...] = ()

    @property
    def deviation(self) -> float | None:
        """The standard deviation of the accuracy over the folds (n − 1 below); None for a single split."""
        return float(np.std(self.folds, ddof=1)) if len(self.folds) > 1 else None


def compared(
    splits: Sequence[Dataset],
    rungs: Sequence[Rung],
    recipe: Recipe,
    *,
    engine: str = "auto",
    progress: Tell | None = None,
) -> Iterator[Measured]:
    """Train and measure one rung after the other on the same pictures; each is yielded as soon as it is known.

    Parameters
    ----------
    splits : one dataset with its split; or those of `pellucid.data.splits.folds`, to judge each picture once by a
        model that never saw it (cross-validation: Stone 1974)
    recipe : for the rungs that are trained, whatever model it names; what it leaves open is settled for each
    progress : told (what, done, in all): "pictures" that are measured, "epochs" over all folds of a rung; then the next
        begins

    Raises
    ------
    InputError : no split, fewer than 2 classes, or no test part; when the first rung is asked for
    TrainingError : a number is not finite
    """
    tell = progress or (lambda what, done, total: None)
    _check(splits)
    for rung in rungs:
        trainings = []
        for number, split in enumerate(splits):
            trainings.append(rung.train(split, recipe, engine, _shifted(tell, number, len(splits))))
        yield _measured(rung, splits, trainings)


def _check(splits: Sequence[Dataset]) -> None:
    if not splits:
        raise InputError("A comparison needs a dataset with a split, or several folds, got none.")
    name, classes = splits[0].name, len(splits[0].classes)
    if classes < 2:
        raise InputError(
            f"{name}: a classifier needs pictures of at least 2 classes to tell apart, got {classes}."
        )
    if any(not len(split.test) for split in splits):
        raise InputError(
            f"{name}: there are no test pictures to compare models on. Add some, or use --folds."
        )


def _shifted(tell: Tell, fold: int, folds: int) -> Tell:
    """The folds count as one long training; each has as much to do as the one that goes on."""
    return lambda what, done, total: tell(what, fold * total + done, folds * total)


def _measured(rung: Rung, splits: Sequence[Dataset], trainings: list[Trained]) -> Measured:
    last, data = trainings[-1], splits[-1]
    tests = [training.evaluations["test"] for training in trainings]
    judged = [t.evaluations["validation"].accuracy for t in trainings if "validation" in t.evaluations]
    single, bulk = microseconds(last.model, data.images, data.test.rows)
    return Measured(
        rung.name,
        rung.words,
        pooled(tests),
        float(np.mean(judged)) if judged else None,
        tuple(test.accuracy for test in tests) if len(splits) > 1 else (),
        float(np.mean([training.seconds for training in trainings])),
        single,
        bulk,
        bytes_on_disk(last.save),
        last.facts,
        tuple(dict.fromkeys(remark for training in trainings for remark in training.remarks)),
    )


def pooled(evaluations: Sequence[Evaluation]) -> Evaluation:
    """The evaluations of several folds as one, in the order of the rows.

    Raises `InputError` where a row comes twice.
    """
    if len(evaluations) == 1:
        return evaluations[0]
    rows = np.concatenate([each.rows for each in evaluations])
    order = np.argsort(rows, kind="stable")
    if (np.diff(rows[order]) == 0).any():
        raise InputError("Folds that share pictures cannot be pooled: each picture is judged once.")
    columns = ("rows", "labels", "scores", "probabilities")
    joined = {name: np.concatenate([getattr(e, name) for e in evaluations])[order] for name in columns}
    return Evaluation(evaluations[0].part, evaluations[0].classes, **joined)


def chosen(rungs: Sequence[Measured]) -> int:
    """The rung that does best on the validation pictures; of equals the lower one.

    The test pictures choose nothing: the best of several on the same pictures flatters itself. Only where there are
    no validation pictures they must.
    """
    known = all(rung.validation is not None for rung in rungs)
    value = [rung.validation if known else rung.test.accuracy for rung in rungs]
    return int(np.argmax(np.array(value, np.float64)))


def against(rungs: Sequence[Measured], one: int, other: int) -> PairedTest:
    """McNemar's exact test of one rung against another, picture by picture.

    Over folds it is a little too sure: it takes the pictures as judged by one model, but the models of the folds
    differ, and each was trained on much the same pictures (Dietterich 1998, sections 3.1 and 3.4).
    """
    return paired_test(rungs[one].test.correct, rungs[other].test.correct)
