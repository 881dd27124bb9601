"""How far a stated probability can be believed, and how to make it more believable.

A classifier that says "80 %" should be right four times out of five. The reliability curve shows whether it
is; one number, the temperature, brings the probabilities nearer to it without changing a single verdict.
"""

import math
from dataclasses import dataclass

import numpy as np

from pellucid.storage.errors import InputError

LOWEST, HIGHEST = 1e-3, 1e3  # bounds of the temperature, in units of the spread of the scores


@dataclass(frozen=True)
class Reliability:
    """Pictures sorted by how sure the classifier was, and how often it was right in each bin of sureness.

    Attributes
    ----------
    edges (B + 1,) float64 : the bins' limits in probability, 0 to 1; a bin holds its upper edge, not its
        lower one
    counts (B,) int64 : pictures in each bin
    confidence (B,) float64 : the mean probability of what was said, NaN in an empty bin
    accuracy (B,) float64 : the share that was right, NaN in an empty bin
    error : expected calibration error, Σ counts/n · |accuracy − confidence|, 0 to 1 (Guo et al. 2017,
        equation 3)
    """

    edges: np.ndarray
    counts: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray
    error: float


def reliability(probabilities: np.ndarray, labels: np.ndarray, bins: int = 15) -> Reliability:
    """The reliability curve: confidence against accuracy in `bins` bins of equal width.

    Parameters
    ----------
    probabilities (n, K) : each row sums to 1
    labels (n,) : 0..K−1
    bins : how many bins; 15 is what Guo et al. 2017 use

    Raises
    ------
    InputError : no pictures, shapes that do not fit, or fewer than one bin
    """
    p, y = _checked(probabilities, labels, "probabilities")
    if bins < 1:
        raise InputError(f"A reliability curve needs at least 1 bin, got {bins}.")
    confidence = p.max(axis=1)
    right = p.argmax(axis=1) == y
    edges = np.linspace(0.0, 1.0, bins + 1)
    place = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, bins - 1)
    counts = np.bincount(place, minlength=bins)
    with np.errstate(invalid="ignore"):  # an empty bin has no mean: NaN, by 0/0
        mean_confidence = np.bincount(place, confidence, bins) / counts
        mean_accuracy = np.bincount(place, right, bins) / counts
    filled = counts > 0
    gaps = np.abs(mean_accuracy[filled] - mean_confidence[filled])
    return Reliability(
        edges, counts, mean_confidence, mean_accuracy, float((counts[filled] * gaps).sum() / len(y))
    )


def fit_temperature(scores: np.ndarray, labels: np.ndarray) -> float:
    """The temperature T for which softmax(scores / T) is most believable on held-out pictures.

    Forward    T = argmin Σₙ −log softmax(sₙ / T)[yₙ], over 1e-3 … 1e3 times the spread of the scores
    Shapes     scores (n, K), labels (n) → a positive number
    Source     Guo et al. 2017, "On calibration of modern neural networks", section 4.2

    In β = 1/T the loss is convex, so its slope has one root; Newton steps find it, with bisection as the
    safeguard, in float64. We differ from the paper in one point: one more picture whose label is unknown (1/K
    for each class) is added. Without it a small held-out part on which everything is right would make every
    verdict 100 % sure. Scores that are the same for all classes carry no information: T = 1.

    Raises
    ------
    InputError : no pictures, scores that are not finite, labels out of range
    """
    s, y = _checked(scores, labels, "scores")
    n, classes = s.shape
    s = s - s.mean(axis=1, keepdims=True)
    spread = math.sqrt(float(np.mean(s * s)))
    if spread < 1e-30 or classes < 2:
        return 1.0
    s /= spread  # now the answer does not depend on the scores' unit
    own = s[np.arange(n), y]
    # The unknown picture has the mean own score 0 (rows are centered) and the scores of the average picture.
    target = float(own.sum()) / (n + 1)
    ranked = np.sort(s, axis=1)
    typical = ranked.mean(axis=0, keepdims=True)

    def slope_and_curvature(beta: float) -> tuple[float, float]:
        slope = curvature = 0.0
        for block, weight in ((s, 1.0), (typical, 1.0)):
            e = np.exp(beta * (block - block.max(axis=1, keepdims=True)))
            p = e / e.sum(axis=1, keepdims=True)
            first = (p * block).sum(axis=1)
            second = (p * block * block).sum(axis=1)
            slope += weight * float(first.sum())
            curvature += weight * float((second - first * first).sum())
        return slope / (n + 1) - target, curvature / (n + 1)

    low, high = math.log(1 / HIGHEST), math.log(1 / LOWEST)
    if slope_and_curvature(math.exp(low))[0] >= 0:  # as good as chance or worse: nearly equal probabilities
        return HIGHEST * spread
    if slope_and_curvature(math.exp(high))[0] <= 0:
        return LOWEST * spread
    position = 0.0
    for _ in range(100):
        beta = math.exp(position)
        slope, curvature = slope_and_curvature(beta)
        if slope > 0:
            high = position
        else:
            low = position
        # Newton in log β: d slope / d log β = β · curvature.
        step = slope / (beta * curvature) if curvature > 0 else math.inf
        proposal = position - step
        if not low < proposal < high:
            proposal = (low + high) / 2
        if abs(proposal - position) < 1e-12:
            break
        position = proposal
    return spread / math.exp(position)


def _checked(values: np.ndarray, labels: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray]:
    v = np.asarray(values, np.float64)
    y = np.asarray(labels)
    if v.ndim != 2 or y.shape != v.shape[:1] or not v.size:
        raise InputError(
            f"Calibration needs {name} (n, K) and labels (n) of at least one picture, "
            f"got shapes {v.shape} and {y.shape}."
        )
    if not np.isfinite(v).all():
        raise InputError(f"Calibration needs finite {name}; some are NaN or infinite.")
    if y.dtype.kind not in "iu" or y.min() < 0 or y.max() >= v.shape[1]:
        raise InputError(f"Labels must be integers 0 to {v.shape[1] - 1}, got {y.min()} to {y.max()}.")
    return v, y
