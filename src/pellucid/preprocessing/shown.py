"""What a model is shown of a dataset: the numbers of each picture, measured once for all that need them."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from pellucid.data.frame import Frame
from pellucid.features.polar import Polar
from pellucid.preprocessing.features import features_described, usual
from pellucid.preprocessing.kept_features import KeptFeatures
from pellucid.preprocessing.measuring import Measured
from pellucid.preprocessing.pipeline import Preprocessing
from pellucid.preprocessing.projection import Projection
from pellucid.preprocessing.standardize import moments

Progress = Callable[[int, int], None]
"""Called with (pictures measured, all)."""


@dataclass(frozen=True, eq=False)
class Shown:
    """The preprocessing, and what it standardizes of every picture of a dataset, all parts together.

    Attributes
    ----------
    numbers : the pictures themselves (N, H, W, C) uint8, rows (N, D), or what was measured in pictures (N, D) float32
    notes : sentences for the user
    """

    preprocessing: Preprocessing
    numbers: np.ndarray = field(repr=False)
    notes: tuple[str, ...] = ()


def first_shown(
    inputs: np.ndarray,
    rows: np.ndarray,
    frame: Frame | None,
    features: str = "pixels",
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> Shown:
    """All inputs as a model sees them that is trained on these rows (n,): what features learn, the mean and the scale
    are those of the rows.

    Parameters
    ----------
    inputs (N, H, W, C) uint8 or (N, D) : all parts together
    features : as `features_described` reads them
    seed : of features that learn from a random sample

    Raises `InputError` where these features cannot be measured in such inputs.
    """
    kind = usual(features_described(features), inputs.shape[1:]).settled(inputs.shape[1:], len(rows))
    if isinstance(kind, Measured):
        kept = KeptFeatures(inputs, progress=progress)
        kind = kept.fitted(kind, rows, seed)
        numbers = kept.numbers(kind)
        seen = Preprocessing(frame, *moments(numbers, rows), None, str(kind), kind.learned)
        return Shown(seen, numbers, tuple(kept.notes))
    inputs = kind(inputs) if isinstance(kind, Polar) else inputs
    mean, scale = moments(inputs, rows)
    projection = kind.measured(inputs, rows, mean, scale) if isinstance(kind, Projection) else None
    return Shown(Preprocessing(frame, mean, scale, projection, str(kind)), inputs)


def shown_as_before(
    preprocessing: Preprocessing, inputs: np.ndarray, progress: Progress | None = None
) -> Shown:
    """All inputs as a preprocessing that exists sees them."""
    if preprocessing.measure is None:
        return Shown(preprocessing, preprocessing.numbers(inputs))
    kept = KeptFeatures(preprocessing.checked(inputs), progress=progress)
    return Shown(preprocessing, kept.numbers(preprocessing.measure), tuple(kept.notes))
