"""The nearest class mean: each class is remembered as its average, and a picture is what it is nearest to."""

from collections.abc import Callable, Sequence

import numpy as np

from pellucid.preprocessing.standardize import block_rows
from pellucid.storage.errors import InputError, listing


def nearest_mean(
    see: Callable[[np.ndarray], np.ndarray], rows: np.ndarray, labels: np.ndarray, classes: Sequence[str]
) -> dict[str, np.ndarray]:
    """The weights of the linear classifier that says the class whose mean is nearest, in Euclidean distance.

    ‖x − m_k‖² = ‖x‖² − (2 m_k·x − ‖m_k‖²), and ‖x‖² is the same for all classes. So with D numbers

    Forward    s_k = (2 m_k·x − ‖m_k‖²) / D = (‖x‖² − ‖x − m_k‖²) / D
    Shapes     m (K, D) → {"weight": (K, D), "bias": (K,)} float32

    Where x is counted from the mean of all pictures, this is how much nearer a picture is to the mean of the class than
    to the mean of all.

    Parameters
    ----------
    see : from rows (B,) to what the model sees of them (B, D) float32
    rows, labels (n,) : of the training part

    Raises
    ------
    InputError : a class without training pictures has no mean
    """
    counts = np.bincount(labels, minlength=len(classes))
    if not counts.all():
        missing = [name for name, count in zip(classes, counts, strict=True) if not count]
        raise InputError(
            f"--model nearest-mean needs training pictures of every class, and {listing(missing)} has none."
        )
    features = see(rows[:1]).shape[1]
    sums = np.zeros((len(classes), features))
    size = block_rows(features, 2048)
    for first in range(0, len(rows), size):
        block = slice(first, first + size)
        x, own = see(rows[block]).astype(np.float64), labels[block]
        for k in np.unique(own):
            sums[k] += x[own == k].sum(axis=0)
    means = sums / counts[:, np.newaxis]
    return {
        "weight": (2 * means / features).astype(np.float32),
        "bias": (-(means**2).sum(axis=1) / features).astype(np.float32),
    }
