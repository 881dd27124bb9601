"""What the steps draw from: the pictures as they are, or what the model sees of them, where that is the same always."""

import numpy as np

from pellucid.data.dataset import Dataset
from pellucid.preprocessing.pipeline import Preprocessing
from pellucid.preprocessing.standardize import block_rows, standardize
from pellucid.storage.errors import InputError
from pellucid.training.engine import Supply

_MEMORY = 2**29  # bytes that what is computed beforehand may take


def supply_of(
    dataset: Dataset, weights: np.ndarray, preprocessing: Preprocessing, *, changing: bool
) -> Supply:
    """The supply of all parts together.

    Pictures stay 8 bits a number and are standardized in the step. A projection is computed once for every picture
    instead of in every epoch, which can take as long as the rest of the step; unless pictures change, or their
    components need more memory than a step's time is worth. What is measured in pictures is measured once.

    Parameters
    ----------
    weights (N,) float32 : how much each picture counts
    changing : whether pictures are augmented or mirrored before they are seen
    """
    labels = dataset.labels.astype(np.int32)
    count, features = len(dataset), preprocessing.features
    measure = preprocessing.measure
    if measure is not None and changing:
        raise InputError(
            f"--augment and --test-time-flips change pictures, and --features {preprocessing.described} are measured "
            "in them once, before the first step: leave out one of them."
        )
    projects = preprocessing.projection is not None and not changing and 4 * count * features <= _MEMORY
    if measure is None and not projects:
        seen = (preprocessing.mean, preprocessing.scale, preprocessing.projection)
        return Supply(dataset.images, labels, weights, *seen)
    size = block_rows(preprocessing.inputs, 2048)
    seen_once = (
        np.empty((count, features), np.float32) if measure is None else measure.of_many(dataset.images)
    )
    for start in range(0, count, size):
        block = slice(start, start + size)
        seen_once[block] = (
            preprocessing.apply(dataset.images[block])
            if measure is None
            else standardize(seen_once[block], preprocessing.mean, preprocessing.scale)
        )
    return Supply(seen_once, labels, weights, np.zeros(features, np.float32), np.ones(features, np.float32))
