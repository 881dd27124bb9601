"""Some of the pictures of a dataset."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pellucid.data.dataset import Dataset


def subset(dataset: "Dataset", rows: np.ndarray, split: np.ndarray | int | None = None) -> "Dataset":
    """These rows (n,) of the dataset, in this order.

    Parameters
    ----------
    split (n,) or one number for all : the part of each; as it was by default
    """
    parts = dataset.split[rows] if split is None else np.broadcast_to(np.int8(split), len(rows)).copy()
    return replace(
        dataset,
        images=np.asarray(dataset.images[rows]),
        labels=dataset.labels[rows],
        origins=[dataset.origins[row] for row in rows],
        split=parts,
        groups=None if dataset.groups is None else dataset.groups[rows],
    )
