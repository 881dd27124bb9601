"""A network's score taken apart, approximately: which pixels it reacts to, and what is lost where they are covered.

A network bends, so no sum of single pixels is its score. Two answers come near, and each says how near: gradient ×
input, what the score would be made of if it went on as straight as it goes at this picture; and occlusion, how far the
score falls where a patch is covered.
"""

from typing import Any

import numpy as np

from pellucid.graph.backward import gradients
from pellucid.graph.indexing import index
from pellucid.graph.reductions import mean
from pellucid.graph.tensor import Tensor
from pellucid.inspection.contributions import Receipt, check_classes, difference_receipt, laid_out, receipt
from pellucid.inspection.placing import Item
from pellucid.preprocessing.standardize import standardize
from pellucid.storage.errors import InputError

GRADIENT_TIMES_INPUT = "gradient × input"
OCCLUSION = "occlusion"

_PATCHES = 8  # steps of the patch over the shorter side of the picture
_WIDE = 2  # steps that the patch is wide


def explanation(classifier: Any, picture: np.ndarray, a: int, b: int | None = None) -> Receipt:
    """Why class `a` got its score, or why `a` and not `b`: exact for a linear classifier, else gradient × input.

    Raises `InputError` for no such class, a picture of another size than the model's, or a classifier whose reasons are
    other pictures.
    """
    if classifier.remembers:
        raise InputError(
            f"A {classifier.kind} has no parts that add up: its reasons are `neighbors_of` the picture."
        )
    if not classifier.linear:
        return gradient_times_input(classifier, picture, a, b)
    return receipt(classifier, picture, a) if b is None else difference_receipt(classifier, picture, a, b)


def gradient_times_input(classifier: Any, picture: np.ndarray, a: int, b: int | None = None) -> Receipt:
    """What each input would have added to the score if the network were straight between this picture and the average.

    Forward    cᵢ = xᵢ · ∂s/∂xᵢ, where x = (pixel − mean) / scale and s = s_a, or s_a − s_b
    Shapes     picture (H, W, C) uint8 or (D,) float32 → contributions of the same shape
    Source     Shrikumar et al. 2016, "Not just a black box", section 3; for a linear classifier it is exact

    Raises
    ------
    InputError : no such class, or a picture of another size than the model's
    """
    check_classes(classifier.classes, a, b)
    picture = np.asarray(picture)
    seen = classifier.preprocessing
    views = classifier.views(picture[np.newaxis])
    x = Tensor(np.concatenate([seen.standardized(view) for view in views]), name="x")  # (V, D)
    score = _score(classifier, x, a, b)
    if seen.measure is not None:
        slopes = gradients(score, of=[x])[x][0].astype(np.float64)
        contributions, items = laid_out(seen, slopes, slopes * x.value[0], picture)
        own = float(score.value), _average(classifier, a, b), contributions, GRADIENT_TIMES_INPUT
        return _approximate(classifier, a, b, *own, items)
    numbers = seen.numbers(picture[np.newaxis])[0]  # the picture's own, or of a point its radius and angle
    slopes = (gradients(score, of=[x])[x] / seen.scale).reshape(-1, *picture.shape)  # of each gray level
    slope = slopes[0]
    for mirrored in slopes[1:]:
        slope = slope + mirrored[:, ::-1]  # the mirror image shows the same pixels in other places
    contributions = slope.astype(np.float64) * (numbers - seen.mean.reshape(picture.shape).astype(np.float64))
    return _approximate(
        classifier, a, b, float(score.value), _average(classifier, a, b), contributions, GRADIENT_TIMES_INPUT
    )


def occlusion(classifier: Any, picture: np.ndarray, a: int, b: int | None = None) -> Receipt:
    """How far the score falls where a gray patch covers the picture, shared out evenly among the pixels it covers.

    The patch is the average training picture, which contributes nothing. It slides in equal steps and also over the
    edges, so that each pixel is covered equally often; for a linear classifier the falls add up exactly.

    Forward    cᵢ = mean over the patches that cover pixel i of (s − s of the covered picture) / pixels covered
    Shapes     picture (H, W, C) uint8 → contributions (H, W, 1)
    Source     Zeiler and Fergus 2014, "Visualizing and understanding convolutional networks", section 4.2; that the
               falls are shared out, so that they can be added up, is ours

    Raises
    ------
    InputError : no such class, no picture, or one of another size than the model's
    """
    check_classes(classifier.classes, a, b)
    picture = np.asarray(picture)
    if picture.ndim != 3:
        raise InputError(f"Occlusion covers patches of a picture (H, W, C), got an array of {picture.shape}.")
    height, width, _ = picture.shape
    seen = classifier.preprocessing
    # Where something is measured in pictures, no picture is known that has what is measured on average.
    average = picture.mean(axis=(0, 1)) if seen.measure else seen.mean
    average = np.broadcast_to(average.reshape(-1, picture.shape[2]), (height * width, picture.shape[2]))
    average = average.reshape(picture.shape)
    step = max(1, round(min(height, width) / _PATCHES))
    windows = [
        (slice(max(top, 0), top + _WIDE * step), slice(max(left, 0), left + _WIDE * step))
        for top in range(step - _WIDE * step, height, step)
        for left in range(step - _WIDE * step, width, step)
    ]
    covered = np.repeat(picture[np.newaxis], len(windows) + 1, axis=0)
    for shown, window in zip(covered[1:], windows, strict=True):
        shown[window] = np.rint(average[window]).astype(picture.dtype)
    scores = classifier.scores(covered).astype(np.float64)
    scores = scores[:, a] - (0 if b is None else scores[:, b])
    contributions = np.zeros((height, width, 1))
    for window, fall in zip(windows, scores[0] - scores[1:], strict=True):
        share = contributions[window]
        share += fall / (share.size * _WIDE**2)
    return _approximate(
        classifier, a, b, float(scores[0]), _average(classifier, a, b), contributions, OCCLUSION
    )


def _average(classifier: Any, a: int, b: int | None) -> float:
    """The score of the average training picture."""
    seen = classifier.preprocessing
    if seen.measure is not None:
        return float(_score(classifier, np.zeros((1, len(seen.mean)), seen.mean.dtype), a, b))
    average = seen.mean.reshape(1, *seen.frame.shape) if seen.frame else seen.mean[np.newaxis]
    views = [standardize(view, seen.mean, seen.scale) for view in classifier.views(average)]
    return float(_score(classifier, np.concatenate(views), a, b))


def _score(classifier: Any, x: Any, a: int, b: int | None) -> Any:
    """s_a, or s_a − s_b, of the standardized views x (V, D) of one picture together."""
    scores = classifier.model(
        classifier.params, classifier.preprocessing.projected(x), statistics=classifier.statistics
    )
    score = mean(scores, axis=0)
    one = index(score, key=a)
    return one if b is None else one - index(score, key=b)


def _approximate(
    classifier: Any,
    a: int,
    b: int | None,
    score: float,
    bias: float,
    contributions: np.ndarray,
    method: str,
    items: tuple[Item, ...] = (),
) -> Receipt:
    return Receipt(
        class_name=classifier.classes[a],
        class_index=int(a),
        score=score,
        bias=bias,
        contributions=contributions,
        other_name=None if b is None else classifier.classes[b],
        other_index=None if b is None else int(b),
        method=method,
        items=items,
    )
