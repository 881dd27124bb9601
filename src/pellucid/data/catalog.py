"""Data sets that have a name: `digits` comes with scikit-learn; the others are downloaded once and kept."""

import gzip
import importlib.util
from pathlib import Path

import numpy as np

from pellucid.data.dataset import Dataset
from pellucid.data.fingerprint import fingerprint
from pellucid.data.frame import Frame
from pellucid.storage.errors import MissingDependencyError


def digits() -> Dataset:
    """1,797 handwritten digits of 8 × 8 gray pixels; they come with scikit-learn, no network is needed.

    The published pixels count the ink in 4 × 4 blocks of a scan, 0..16. A picture here holds round(v · 255 / 16):
    0 (the empty paper) stays 0, 16 becomes 255, and round(p · 16 / 255) gives every published number back exactly.

    Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository,
    1998 (the test part of it, as scikit-learn ships it). The data has no split of its own.
    """
    table = _digits_table()
    ink = table[:, :64].reshape(-1, 8, 8, 1)  # (1797, 8, 8, 1), 0..16
    images = ((ink * 255 + 8) // 16).astype(np.uint8)
    labels = table[:, 64].astype(np.int32)
    classes = tuple("0123456789")
    frame = Frame(8, 8, color="gray")
    return Dataset(
        name="digits",
        classes=classes,
        images=images,
        labels=labels,
        origins=[f"digits[{row}]" for row in range(len(labels))],
        split=np.full(len(labels), -1, np.int8),
        frame=frame,
        fingerprint=fingerprint(images, labels, classes, frame),
        source="digits",
    )


def _digits_table() -> np.ndarray:
    """(1797, 65) int64: 64 counts of ink and the digit."""
    # Importing scikit-learn costs about a second, most of it SciPy. The table is a file beside its code, so the
    # file is read where it lies; only if a future version keeps it elsewhere is scikit-learn itself asked.
    found = importlib.util.find_spec("sklearn")
    if found is None or not found.submodule_search_locations:
        raise MissingDependencyError(
            "digits comes with scikit-learn, which is not installed: pip install scikit-learn."
        )
    path = Path(found.submodule_search_locations[0], "datasets", "data", "digits.csv.gz")
    try:
        with gzip.open(path, "rt") as file:
            table = np.loadtxt(file, delimiter=",", dtype=np.int64)
        if (
            table.shape == (1797, 65)
            and table.min() >= 0
            and table[:, :64].max() <= 16
            and table[:, 64].max() <= 9
        ):
            return table
    except (OSError, EOFError, ValueError):
        pass
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return np.column_stack([bunch.data, bunch.target]).astype(np.int64)
