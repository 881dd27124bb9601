"""Doubles that hashes miss: moved, cropped or mirrored copies, found by nearest neighbors in features."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from pellucid.data.difference_hash import content_boxes, thumbnails_of
from pellucid.data.duplicates import least_correlation
from pellucid.features.hog import HoG
from pellucid.inspection.registration import SIDE, alike
from pellucid.preprocessing.measuring import Measured

LEAST_ALIKE = 90  # hundredths; of 20,000 pictures of CIFAR-10 one in about thirty pairs above it was doubtful
_LEAST_CONTENT = 24  # pixels; smaller pictures look alike too easily
_LEAST_COSINE = 0.55
_COMPONENTS = 64
_BLOCK, _PAIRS = 1024, 1000  # that are compared at once, at most
_TABLE = 2**26  # cosines at once: 256 MB


@dataclass(frozen=True)
class Lookalikes:
    """Pairs of pictures that show the same.

    Attributes
    ----------
    pairs (M, 2) int64 : rows, the lower one first, ascending
    mirrored (M,) bool : whether one is the mirror image of the other
    alike (M,) float32 : how well a part of one is found in the other, see `registration.alike`
    """

    pairs: np.ndarray = field(repr=False)
    mirrored: np.ndarray = field(repr=False)
    alike: np.ndarray = field(repr=False)


def lookalikes(images: np.ndarray, progress: Callable[[int, int], None] | None = None) -> Lookalikes:
    """The pictures that are there again, however slightly they were moved, cropped, mirrored or recompressed.

    Each picture is compared with every other, and with every mirror image, by its histograms of gradients, of which the
    64 first principal components are kept: exactly, by blocks. Only the nearest of each kind is looked at again, moved
    over it until they fit best (`registration.alike`); a pair is found if one of both is the nearest of the other.

    What is found is a double where the pairs that are found stand out, as among photographs; among digits, icons and
    aligned faces, which only thin out towards copies, the limit rises, as `duplicates.least_correlation` says. Of
    copies of CIFAR-10's pictures that were moved by up to 3 of 32 pixels 87 % were found, of those cropped to 26 to 30
    pixels 86 %, of mirror images all; hashes found at most 1 % of each.

    Parameters
    ----------
    images (N, H, W, C) uint8 : rows of numbers, and pictures with less than 24 pixels of content, have no lookalikes
    progress : called with (steps done, all): to look for the nearest of each picture is a step, and to move one over it
    """
    nothing = Lookalikes(np.zeros((0, 2), np.int64), np.zeros(0, bool), np.zeros(0, np.float32))
    if images.ndim != 4 or images.dtype != np.uint8 or not len(images):
        return nothing
    boxes = content_boxes(images)
    high, wide = boxes[:, 1] - boxes[:, 0], boxes[:, 3] - boxes[:, 2]
    rows = np.flatnonzero(np.minimum(high, wide) >= _LEAST_CONTENT)
    if len(rows) < 2:
        return nothing
    gray = thumbnails_of(images, rows, boxes[rows], SIDE)
    candidates, mirrored = _nearest(gray, progress)
    found = np.empty(len(candidates), np.float32)
    for start in range(0, len(candidates), _PAIRS):
        block = slice(start, start + _PAIRS)
        first, second = candidates[block].T
        other = np.where(mirrored[block, np.newaxis, np.newaxis], gray[second][:, :, ::-1], gray[second])
        found[block] = alike(gray[first], other)
        if progress is not None:
            done = min(start + _PAIRS, len(candidates)) / len(candidates)
            progress(len(gray) + round(done * len(gray)), 2 * len(gray))
    kept = found >= least_correlation(found, LEAST_ALIKE)
    pairs, found, mirrored = rows[candidates[kept]], found[kept], mirrored[kept]
    # A symmetric picture and its mirror image are found twice: what fits better counts.
    order = np.lexsort((-found, pairs[:, 1], pairs[:, 0]))
    once = np.append(True, (np.diff(pairs[order], axis=0) != 0).any(axis=1))[: len(order)]
    order = order[once]
    return Lookalikes(pairs[order], mirrored[order], found[order])


def _nearest(gray: np.ndarray, progress: Callable[[int, int], None] | None) -> tuple[np.ndarray, np.ndarray]:
    """For each picture (N, 32, 32) the nearest other one, and the nearest mirror image of another one: pairs of places
    (M, 2) int64, the lower first, and which of them are mirrored (M,) bool."""
    measure = Measured((HoG(),))
    pixels = np.round(gray).astype(np.uint8)[..., np.newaxis]
    own, mirror = measure.of_many(pixels), measure.of_many(np.ascontiguousarray(pixels[:, :, ::-1]))
    own, mirror = _reduced(own, mirror)
    count, places = len(own), np.arange(len(own))
    best = np.empty((2, count), np.int64)
    cosine = np.empty((2, count), np.float32)
    size = max(1, min(_BLOCK, _TABLE // count))
    for start in range(0, count, size):
        block = places[start : start + size]
        for kind, others in enumerate((own, mirror)):
            cosines = own[block] @ others.T
            cosines[block - start, block] = -1.0  # itself, or its own mirror image
            best[kind, block] = cosines.argmax(axis=1)
            cosine[kind, block] = cosines[block - start, best[kind, block]]
        if progress is not None:
            progress(min(start + size, count), 2 * count)
    near = cosine >= _LEAST_COSINE
    pairs = np.stack([np.broadcast_to(places, best.shape)[near], best[near], np.nonzero(near)[0]], axis=1)
    pairs[:, :2].sort(axis=1)
    pairs = np.unique(pairs, axis=0)
    return pairs[:, :2], pairs[:, 2] == 1


def _reduced(own: np.ndarray, mirror: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first principal components of the features, and those of the mirror images: rows (N, 64) of length 1."""
    mean = own.mean(axis=0)
    own, mirror = own - mean, mirror - mean
    sample = own[:: max(1, len(own) // 20_000)]
    directions = np.linalg.eigh(sample.T @ sample)[1][:, -_COMPONENTS:]
    reduced = [features @ directions for features in (own, mirror)]
    lengths = [np.linalg.norm(each, axis=1, keepdims=True) for each in reduced]
    one, other = (each / np.maximum(length, 1e-9) for each, length in zip(reduced, lengths, strict=True))
    return one, other
