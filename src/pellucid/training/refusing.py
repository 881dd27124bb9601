"""When a finished classifier says "none of these": set on pictures that it was not trained on, and measured."""

from typing import Any

import numpy as np

from pellucid.data.dataset import Dataset
from pellucid.inspection.metrics import Evaluation
from pellucid.inspection.refusals import accepted_by_threshold, rates
from pellucid.models.classifier import Classifier
from pellucid.models.refusal import Refusal, Vicinity
from pellucid.preprocessing.shown import Shown
from pellucid.storage.errors import InputError


def check_held_out(dataset: Dataset, share: float | None) -> None:
    """Raise `InputError` where limits are asked for, and there are no validation pictures to set them on."""
    if share is not None and not len(dataset.validation):
        raise InputError(
            "--refuse sets its limits on validation pictures, and there are none: add some, or leave it out."
        )


def refusal_of(dataset: Dataset, shown: Shown, validation: Evaluation, share: float, seed: int) -> Refusal:
    """The limits that refuse at most this share of right verdicts, and what is kept to show what is near."""
    see = shown.preprocessing.seen
    rows = (dataset.train.rows, validation.rows)
    vicinity = Vicinity.of(see, shown.numbers, *rows, dataset.labels, dataset.origins, seed=seed)
    distances = vicinity.distances(see, shown.numbers, validation.rows)
    return Refusal.set_on(share, validation.confidence, distances, validation.correct, vicinity)


def refusals(
    classifier: Classifier, images: np.ndarray, evaluation: Evaluation, *, measured: bool = False
) -> tuple[dict[str, Any], np.ndarray]:
    """What is told of its refusals in an evaluation: its limits, the rates, and of each threshold from 0 to 1 the share
    of right and of wrong verdicts that it accepts; and which verdicts are refused (n,) bool.

    Parameters
    ----------
    measured : whether the images are already what is measured in them, as `Shown` has it
    """
    refusal = classifier.refusal
    assert refusal is not None
    see = classifier.preprocessing.seen if measured else classifier.preprocessing.apply
    distances = refusal.vicinity.distances(see, images, evaluation.rows)
    sure, right, far = evaluation.confidence, evaluation.correct, refusal.too_far(distances)
    refused = refusal.refused(sure, distances)
    told = {
        "part": evaluation.part,
        "share": refusal.share,
        "threshold": refusal.threshold,
        "farthest": refusal.farthest,
        "too_far": float(far.mean()),
        **rates(refused, right).to_json(),
        "right_accepted": _rounded(accepted_by_threshold(sure[right], far[right])),
        "wrong_accepted": _rounded(accepted_by_threshold(sure[~right], far[~right])),
    }
    return told, refused


def accepted(classifier: Classifier, inputs: np.ndarray) -> dict[str, Any]:
    """Of prepared pictures (n, …) of none of its classes, the share that it takes for one of them, and that by each
    threshold from 0 to 1."""
    refusal = classifier.refusal
    assert refusal is not None
    sure = classifier.probabilities(classifier.scores(inputs)).max(axis=1)
    distances = refusal.vicinity.distances(classifier.preprocessing.apply, inputs)
    return {
        "pictures": len(inputs),
        "accepted": float(1 - refusal.refused(sure, distances).mean()),
        "too_far": float(refusal.too_far(distances).mean()),
        "accepted_by_threshold": _rounded(accepted_by_threshold(sure, refusal.too_far(distances))),
    }


def _rounded(shares: np.ndarray) -> list[float | None]:
    return [None if np.isnan(share) else round(float(share), 6) for share in shares]
