"""Which pictures an epoch visits, and in which order: a function of seed and epoch alone, the same on both engines."""

import numpy as np

from pellucid.arrays import random
from pellucid.storage.errors import known_name

SAMPLINGS = ("shuffled", "balanced")


def epoch_order(labels: np.ndarray, rows: np.ndarray, sampling: str, rng: np.ndarray) -> np.ndarray:
    """The rows that one epoch visits, in its order (n,) int32, as many as there are rows.

    - "shuffled": every row once
    - "balanced": every class that has rows as often as every other (give or take one), so that a rare class is seen
      as often as a common one; within a class the rows take turns, and each turn is shuffled anew

    Parameters
    ----------
    labels (N,) : of all pictures
    rows (n,) : the training rows
    rng : key of this epoch

    Raises
    ------
    InputError : no such sampling
    """
    if known_name("--sampling", sampling, SAMPLINGS) == "shuffled":
        return rows[random.permutation(rng, len(rows))].astype(np.int32)
    present = np.unique(labels[rows])
    # What does not divide evenly goes to other classes in each epoch.
    order, mixing, *keys = random.split(rng, 2 + len(present))
    wanted = np.full(len(present), len(rows) // len(present))
    wanted[random.permutation(order, len(present))[: len(rows) % len(present)]] += 1
    visits = [
        _turns(rows[labels[rows] == label], count, key)
        for label, count, key in zip(present, wanted, keys, strict=True)
    ]
    drawn = np.concatenate(visits)
    return drawn[random.permutation(mixing, len(drawn))].astype(np.int32)


def _turns(rows: np.ndarray, count: int, rng: np.ndarray) -> np.ndarray:
    """`count` of the rows: all of them, shuffled, again and again."""
    turns = -(-count // len(rows))
    keys = random.split(rng, max(turns, 1))
    return np.concatenate([rows[random.permutation(key, len(rows))] for key in keys])[:count]
