"""How good a classifier is on one part of the data, in the measures that people compare.

Conventions where a quotient would be 0/0, the same as scikit-learn's: the recall of a class without pictures
is NaN and is left out of the balanced accuracy; the precision of a class that was never said is 0; the F1 of
a class that has no pictures and was never said is NaN and is left out of the mean, else F1 is 2·hits /
(pictures + times said).
"""

import math
from dataclasses import dataclass, field
from functools import cached_property
from statistics import NormalDist

import numpy as np

from pellucid.inspection.calibration import Reliability, fit_temperature, reliability
from pellucid.storage.errors import InputError

__all__ = [
    "Evaluation",
    "PairedTest",
    "Reliability",
    "fit_temperature",
    "paired_test",
    "reliability",
    "wilson",
]


@dataclass(frozen=True)
class Evaluation:
    """What a classifier said about the pictures of one part, beside what they are.

    Attributes
    ----------
    part : "train", "validation" or "test"
    classes : names of the K classes
    rows (n,) int : which rows of the dataset
    labels (n,) int : what each picture is, 0..K−1
    scores (n, K) float : the class scores
    probabilities (n, K) float : softmax(scores / temperature)

    Raises
    ------
    InputError : no pictures, shapes that do not fit together, labels out of range, scores that are not finite
    """

    part: str
    classes: tuple[str, ...]
    rows: np.ndarray = field(repr=False)
    labels: np.ndarray = field(repr=False)
    scores: np.ndarray = field(repr=False)
    probabilities: np.ndarray = field(repr=False)

    def __post_init__(self) -> None:
        n, classes = len(self.labels), len(self.classes)
        if not n:
            raise InputError(f"The {self.part} part has no pictures, so nothing can be measured on it.")
        shapes = (np.shape(self.rows), np.shape(self.scores), np.shape(self.probabilities))
        if shapes != ((n,), (n, classes), (n, classes)):
            raise InputError(
                f"An evaluation of {n} pictures in {classes} classes needs rows ({n},), "
                f"scores and probabilities ({n}, {classes}), got {shapes[0]}, {shapes[1]} and {shapes[2]}."
            )
        if np.min(self.labels) < 0 or np.max(self.labels) >= classes:
            raise InputError(
                f"Labels must be 0 to {classes - 1}, got {np.min(self.labels)} to {np.max(self.labels)}."
            )
        if not np.isfinite(self.scores).all():
            raise InputError(f"Some scores of the {self.part} part are NaN or infinite.")

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def predicted(self) -> np.ndarray:
        """(n,) int64: the class with the highest score; of equal scores the first class."""
        return np.argmax(self.scores, axis=1)

    @cached_property
    def correct(self) -> np.ndarray:
        """(n,) bool: whether the verdict is right."""
        return self.predicted == self.labels

    @cached_property
    def confusion(self) -> np.ndarray:
        """(K, K) int64: how many pictures of class [row] were called class [column]."""
        k = len(self.classes)
        return np.bincount(self.labels.astype(np.int64) * k + self.predicted, minlength=k * k).reshape(k, k)

    @cached_property
    def hits(self) -> np.ndarray:
        """(K,) int64: pictures of each class that were recognized."""
        return np.diag(self.confusion)

    @cached_property
    def counts(self) -> np.ndarray:
        """(K,) int64: pictures of each class."""
        return self.confusion.sum(axis=1)

    @cached_property
    def said(self) -> np.ndarray:
        """(K,) int64: how often each class was the verdict."""
        return self.confusion.sum(axis=0)

    @property
    def accuracy(self) -> float:
        """The share of pictures whose verdict is right, 0 to 1."""
        return float(self.correct.mean())

    @cached_property
    def interval(self) -> tuple[float, float]:
        """The Wilson interval of the accuracy at 95 % confidence."""
        return wilson(int(self.correct.sum()), len(self))

    @cached_property
    def recall(self) -> np.ndarray:
        """(K,) float64: of the pictures of a class, the share that was recognized; NaN without pictures."""
        return _share(self.hits, self.counts, empty=math.nan)

    @cached_property
    def precision(self) -> np.ndarray:
        """(K,) float64: of the verdicts for a class, the share that was right; 0 if it was never said."""
        return _share(self.hits, self.said, empty=0.0)

    @cached_property
    def f1(self) -> np.ndarray:
        """(K,) float64: the harmonic mean of recall and precision; NaN for a class neither there nor said."""
        return _share(2 * self.hits, self.counts + self.said, empty=math.nan)

    @cached_property
    def recall_intervals(self) -> np.ndarray:
        """(K, 2) float64: the Wilson interval of each recall; (0, 1) where there are no pictures."""
        return np.array([wilson(int(h), int(n)) for h, n in zip(self.hits, self.counts, strict=True)])

    @cached_property
    def precision_intervals(self) -> np.ndarray:
        """(K, 2) float64: the Wilson interval of each precision; (0, 1) where the class was never said."""
        return np.array([wilson(int(h), int(n)) for h, n in zip(self.hits, self.said, strict=True)])

    @cached_property
    def balanced_accuracy(self) -> float:
        """The mean of the recalls of the classes that have pictures, 0 to 1: every class counts the same."""
        return float(np.nanmean(self.recall))

    @cached_property
    def macro_f1(self) -> float:
        """The mean of the F1 of all classes that are there or were said, 0 to 1."""
        return float(np.nanmean(self.f1))

    @cached_property
    def most_common(self) -> tuple[int, float]:
        """The class number with the most pictures in this part, and the accuracy of always saying it."""
        k = int(np.argmax(self.counts))
        return k, float(self.counts[k] / len(self))

    @cached_property
    def log_loss(self) -> float:
        """The mean of −log p of the true class, in nats; p below 1.2e-38 counts as that."""
        p = self.probabilities[np.arange(len(self)), self.labels].astype(np.float64)
        return float(-np.log(np.maximum(p, np.finfo(np.float32).tiny)).mean())

    @cached_property
    def margins(self) -> np.ndarray:
        """(n,) float64: the true class's score minus the best other score; below 0 the verdict is wrong."""
        s = self.scores.astype(np.float64)
        index = np.arange(len(self))
        own = s[index, self.labels]
        s[index, self.labels] = -np.inf
        return own - s.max(axis=1)

    @cached_property
    def runner_up(self) -> np.ndarray:
        """(n,) int64: the class with the second highest score; with a single class that class again."""
        s = self.scores.astype(np.float64)
        if s.shape[1] == 1:
            return self.predicted
        s[np.arange(len(self)), self.predicted] = -np.inf
        return np.argmax(s, axis=1)

    @cached_property
    def lead(self) -> np.ndarray:
        """(n,) float64: the highest score minus the second highest, ≥ 0; small means a close call."""
        s = self.scores.astype(np.float64)
        index = np.arange(len(self))
        return s[index, self.predicted] - s[index, self.runner_up]

    @cached_property
    def confidence(self) -> np.ndarray:
        """(n,) float64: the probability of the verdict."""
        return self.probabilities[np.arange(len(self)), self.predicted].astype(np.float64)

    @cached_property
    def reliability(self) -> Reliability:
        """Confidence against accuracy in 15 bins, and the expected calibration error."""
        return reliability(self.probabilities, self.labels)

    def measures(self) -> dict[str, float]:
        """The overall measures as plain numbers, ready for JSON.

        accuracy with its 95 % Wilson interval, balanced_accuracy, macro_f1, most_common (the accuracy of
        always saying the most common class), calibration_error: 0 to 1; log_loss: nats; pictures: how many.
        """
        low, high = self.interval
        return {
            "pictures": len(self),
            "accuracy": self.accuracy,
            "accuracy_low": low,
            "accuracy_high": high,
            "balanced_accuracy": self.balanced_accuracy,
            "macro_f1": self.macro_f1,
            "most_common": self.most_common[1],
            "log_loss": self.log_loss,
            "calibration_error": self.reliability.error,
        }


def wilson(successes: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """The interval in which the true share lies, given `successes` out of `n` trials.

    Forward    (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n), z the normal quantile of (1 + confidence)/2
    Source     Wilson 1927, "Probable inference, the law of succession, and statistical inference"

    Without trials nothing is known: (0, 1).

    Raises
    ------
    InputError : successes not in 0..n, or confidence not strictly between 0 and 1
    """
    if not 0 <= successes <= n:
        raise InputError(f"Successes must be 0 to {n}, got {successes}.")
    if not 0 < confidence < 1:
        raise InputError(f"The confidence must lie between 0 and 1, got {confidence}.")
    if n == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    p = successes / n
    middle = p + z * z / (2 * n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    # At 0 and n successes the formula gives exactly 0 and 1, but for rounding.
    low = 0.0 if successes == 0 else (middle - half) / scale
    high = 1.0 if successes == n else (middle + half) / scale
    return low, high


@dataclass(frozen=True)
class PairedTest:
    """Two classifiers on the same pictures: where only one is right, and whether that could be chance.

    Attributes
    ----------
    only_a, only_b : pictures that only the first, only the second got right
    p_value : the probability of a split at least as uneven if both were equally good, 0 to 1
    """

    only_a: int
    only_b: int
    p_value: float


def paired_test(correct_a: np.ndarray, correct_b: np.ndarray) -> PairedTest:
    """Whether one classifier is better than another on the same pictures: McNemar's exact test.

    Two-sided. Only the pictures count on which exactly one of the two is right; if both were equally good,
    each of these would be a fair coin (McNemar 1947; the exact binomial form, Dietterich 1998, section 3.1).
    No such picture: p = 1.

    Shapes     correct_a (n), correct_b (n) bool, of the same pictures in the same order

    Raises
    ------
    InputError : the two are not of the same length
    """
    a, b = np.asarray(correct_a, bool), np.asarray(correct_b, bool)
    if a.shape != b.shape or a.ndim != 1:
        raise InputError(f"A paired test needs the same pictures twice, got shapes {a.shape} and {b.shape}.")
    only_a, only_b = int((a & ~b).sum()), int((b & ~a).sum())
    n, k = only_a + only_b, min(only_a, only_b)
    if only_a == only_b:
        return PairedTest(only_a, only_b, 1.0)
    # P(X ≤ k) for X ~ Binomial(n, ½): the term at k, then downwards by the ratio of neighbors, in which
    # nothing overflows.
    relative, tail = 1.0, 0.0
    for i in range(k, -1, -1):
        tail += relative
        relative *= i / (n - i + 1)
        if relative < 1e-18 * tail:
            break
    log_term = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) - n * math.log(2)
    return PairedTest(only_a, only_b, min(1.0, 2 * tail * math.exp(log_term)))


def _share(part: np.ndarray, whole: np.ndarray, empty: float) -> np.ndarray:
    share = np.full(len(whole), empty, np.float64)
    np.divide(part, whole, out=share, where=whole > 0)
    return share
