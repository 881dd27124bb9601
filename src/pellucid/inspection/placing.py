"""What each number that was measured in a picture added to a score: summed by what it stands for, and laid back on the
pixels that it came from."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.inspection.views import views


@dataclass(frozen=True)
class Item:
    """One line of a bill: a cell of edges, a bin of colors, a visual word, and what it added to the score.

    Attributes
    ----------
    kind, name : such as "hog" and "cell 3,2"
    amount : the sum of what its numbers added
    group : its number among the groups of its kind, see `View`
    """

    kind: str
    name: str
    amount: float
    group: int

    def __str__(self) -> str:
        return f"{self.kind.removesuffix('s')} {self.name}"  # one of the words is "word 17"


def itemized(measure: Any, contributions: np.ndarray, shape: tuple[int, ...]) -> tuple[Item, ...]:
    """What each number (D,) added, summed by groups, in float64."""
    found = []
    for seen in views(measure, shape):
        sums = np.bincount(seen.view.groups, contributions[seen.place], minlength=len(seen.view.names))
        named = zip(seen.view.names, sums.tolist(), strict=True)
        found += [Item(seen.label, name, amount, group) for group, (name, amount) in enumerate(named)]
    return tuple(found)


def placed(
    preprocessing: Any, slopes: np.ndarray, contributions: np.ndarray, picture: np.ndarray
) -> np.ndarray:
    """Where in the picture the contributions come from: (H, W) float64, with the same sum.

    The contribution of a feature f is a weight times its difference to the mean, w f − w m. The first part is laid on
    the pixels that made f what it is: those of its color, the patches in which its word was found. The second, what is
    expected of any picture, is shared out evenly where the feature is measured.

    Parameters
    ----------
    slopes (D,) : by how much the score rises with each standardized feature
    contributions (D,) : the slopes times the standardized features of this picture (H, W, C)
    """
    weights = slopes / preprocessing.scale.astype(np.float64)
    expected = -weights * preprocessing.mean.astype(np.float64)
    heat = np.zeros(picture.shape[:2])
    for seen in views(preprocessing.measure, picture.shape):
        heat += seen.view.placed(picture, weights[seen.place]) + seen.view.evenly(expected[seen.place])
    # Sums in another order are other in their last digits; what is left over belongs to no place.
    return heat + (contributions.sum() - heat.sum()) / heat.size
