"""What a training saw of a picture: how its steps had changed it, epoch by epoch."""

from collections.abc import Sequence

import numpy as np

from pellucid.arrays import random
from pellucid.data.dataset import Dataset
from pellucid.training.recipe import Recipe
from pellucid.training.sampling import epoch_order
from pellucid.training.step import draws_key, pictures_key


def sightings(
    dataset: Dataset, recipe: Recipe, mean: np.ndarray, rows: Sequence[int], epochs: int
) -> list[list[np.ndarray]]:
    """For each of these training rows the pictures (H, W, C) uint8 that steps of the first epochs saw of it.

    Nothing of it was stored: each minibatch is made once more from the seed. In an epoch of balanced sampling a picture
    may come several times, or not at all.

    Parameters
    ----------
    recipe : settled, as in `run.json`
    mean (D,) : of the training pictures
    """
    augmentation, size = recipe.augmentation, recipe.batch_size
    assert augmentation is not None
    assert size is not None
    train, key = dataset.train.rows, draws_key(recipe.seed)
    seen: list[list[np.ndarray]] = [[] for _ in rows]
    for epoch in range(1, epochs + 1):
        order = epoch_order(
            dataset.labels, train, recipe.sampling, random.fold_in(random.key(recipe.seed), epoch)
        )
        before = (epoch - 1) * -(-len(train) // size)  # steps of earlier epochs
        for found, row in zip(seen, rows, strict=True):
            for place in np.flatnonzero(order == row):
                step, number = divmod(int(place), size)
                batch = order[step * size : (step + 1) * size]
                nothing = np.ones(len(batch), np.float32)
                pictures, _, _ = augmentation(
                    pictures_key(key, before + step + 1), dataset.images[batch], batch, nothing, mean
                )
                found.append(np.rint(pictures[number]).astype(np.uint8))
    return seen
