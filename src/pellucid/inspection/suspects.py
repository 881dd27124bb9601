"""Which labels are probably wrong: confident learning, from predictions for pictures that were not trained on."""

from dataclasses import dataclass, field

import numpy as np

from pellucid.storage.errors import InputError

__all__ = ["Suspects", "confident_joint", "suspects"]


@dataclass(frozen=True)
class Suspects:
    """The pictures whose labels are doubted, the most doubtful first.

    Attributes
    ----------
    places (M,) int64 : which pictures, as places in what was given
    labels (M,) int64 : the class number that each is labelled with
    suggested (M,) int64 : the class number that it looks like
    own, other (M,) float64 : the probabilities of its label and of the suggested class
    joint (K, K) float64 : of how many pictures labelled [row] the class is estimated to be [column]
    """

    places: np.ndarray = field(repr=False)
    labels: np.ndarray = field(repr=False)
    suggested: np.ndarray = field(repr=False)
    own: np.ndarray = field(repr=False)
    other: np.ndarray = field(repr=False)
    joint: np.ndarray = field(repr=False)

    def __len__(self) -> int:
        return len(self.places)

    @property
    def estimated(self) -> float:
        """How many labels are estimated to be wrong: what is off the diagonal of the joint."""
        return float(self.joint.sum() - np.trace(self.joint))


def suspects(probabilities: np.ndarray, labels: np.ndarray, *, budget: int | None = None) -> Suspects:
    """The labels that are probably wrong, by what a classifier that has not seen the pictures says of them.

    Ranked by self-confidence: the lower the probability of a picture's own label, the earlier it comes. Where a wrong
    label is any other class alike, this is the order of the chance that it is wrong: with q the probability of the
    label by the picture alone and ε the share of wrong ones, ε (1 − q) / (K − 1) against (1 − ε) q, which falls with q.
    How many are doubted is the estimate of confident learning, but for pictures that look most like their label,
    which are never doubted.

    Parameters
    ----------
    probabilities (N, K) : out of fold: by classifiers that were not trained on the picture; each row adds up to 1
    labels (N,) : 0..K−1, as they are given
    budget : doubt so many, the most doubtful, instead of the number that is estimated

    Raises
    ------
    InputError : shapes that do not fit, no pictures, values that are no probabilities, a negative budget

    Source     Northcutt, Jiang and Chuang 2021, "Confident learning: estimating uncertainty in dataset labels",
               section 3, and its ranking by self-confidence
    """
    p, y = _checked(probabilities, labels)
    if budget is not None and budget < 0:
        raise InputError(f"The number of suspect labels must be 0 or more, got {budget}.")
    count = len(y)
    places = np.arange(count)
    own = p[places, y]
    others = p.copy()
    others[places, y] = -1.0
    looks_like = others.argmax(axis=1)
    other = others[places, looks_like]
    joint = confident_joint(p, y)
    wanted = round(float(joint.sum() - np.trace(joint))) if budget is None else budget
    doubtful = np.flatnonzero(other > own)
    # Where float32 rounds the own probability to 0, the other one still tells them apart.
    order = doubtful[np.lexsort((-other[doubtful], own[doubtful]))][:wanted]
    return Suspects(order, y[order], looks_like[order], own[order], other[order], joint)


def confident_joint(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """How many pictures labelled [row] are estimated to be of the class [column]: (K, K) float64, adding up to N.

    A picture counts for a class if its probability is at least that of the class's own pictures on average; for the
    most probable one where there are several such classes, for none where there is none. Each row is then scaled to
    the number of pictures with that label, so that an unsure classifier and a rare class do no harm. A label of which
    no picture counts is taken to be right.

    Source     Northcutt, Jiang and Chuang 2021, section 3.1, equations 1 to 3

    Raises `InputError` as `suspects` does.
    """
    p, y = _checked(probabilities, labels)
    classes = p.shape[1]
    counts = np.bincount(y, minlength=classes)
    own = np.bincount(y, weights=p[np.arange(len(y)), y], minlength=classes)
    thresholds = np.where(counts > 0, own / np.maximum(counts, 1), np.inf)
    # A hair's breadth for rounding: of a class whose pictures all have one probability each is at the average.
    above = p >= thresholds - 1e-9
    confident = above.any(axis=1)
    counted = np.where(above, p, -1.0).argmax(axis=1)
    cells = np.bincount(y[confident] * classes + counted[confident], minlength=classes * classes)
    joint = cells.reshape(classes, classes).astype(np.float64)
    empty = joint.sum(axis=1) == 0
    joint[empty, empty] = 1.0
    return joint * (counts / joint.sum(axis=1))[:, None]


def _checked(probabilities: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    p, y = np.asarray(probabilities), np.asarray(labels)
    if p.ndim != 2 or y.shape != p.shape[:1] or not p.size or p.shape[1] < 2:
        raise InputError(
            f"Suspect labels need probabilities (N, K) of 2 classes or more and labels (N,), of at least one picture, "
            f"got shapes {p.shape} and {y.shape}."
        )
    if y.dtype.kind not in "iu" or y.min() < 0 or y.max() >= p.shape[1]:
        raise InputError(f"Labels must be whole numbers from 0 to {p.shape[1] - 1}.")
    p = p.astype(np.float64)
    if not np.isfinite(p).all() or p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise InputError(
            "Probabilities must be finite and 0 or more, and those of a picture must add up to 1."
        )
    return p, y.astype(np.int64)
