"""What the steps draw from: the pictures as they are, or what the model sees of them, where that is the same always."""

import numpy as np

from pellucid.data.dataset import Dataset
from pellucid.preprocessing.shown import Shown
from pellucid.preprocessing.standardize import block_rows
from pellucid.training.engine import Supply

_MEMORY = 2**29  # bytes that what is computed beforehand may take


def supply_of(dataset: Dataset, weights: np.ndarray, shown: Shown, *, changing: bool) -> Supply:
    """The supply of all parts together.

    Pictures stay 8 bits a number, and what was measured in them may be a map of a file: both are standardized in the
    step. A projection is computed once for every picture instead of in every epoch, which can take as long as the rest
    of the step; unless pictures change, or their components need more memory than a step's time is worth.

    Parameters
    ----------
    weights (N,) float32 : how much each picture counts
    changing : whether pictures are augmented or mirrored before they are seen
    """
    preprocessing, numbers = shown.preprocessing, shown.numbers
    labels = dataset.labels.astype(np.int32)
    count, features = len(dataset), preprocessing.features
    if preprocessing.projection is None or changing or 4 * count * features > _MEMORY:
        seen = (preprocessing.mean, preprocessing.scale, preprocessing.projection)
        return Supply(numbers, labels, weights, *seen)
    size = block_rows(preprocessing.inputs, 2048)
    projected = np.empty((count, features), np.float32)
    for start in range(0, count, size):
        block = slice(start, start + size)
        projected[block] = preprocessing.seen(numbers[block])
    return Supply(projected, labels, weights, np.zeros(features, np.float32), np.ones(features, np.float32))
