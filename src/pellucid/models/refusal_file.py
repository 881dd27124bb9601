"""How a classifier that may abstain stands in its model file."""

from typing import Any

import numpy as np

from pellucid.models.refusal import Refusal, Vicinity
from pellucid.storage.errors import printable

_POINTS, _PROJECTION = "refusal.points", "refusal.projection"


def refusal_state(refusal: Refusal | None) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What is written of it: the settings as JSON can hold them, and the tensors by name; nothing where it is None."""
    if refusal is None:
        return {}, {}
    vicinity = refusal.vicinity
    settings = {
        "threshold": refusal.threshold,
        "farthest": refusal.farthest,
        "share": refusal.share,
        "usual": vicinity.usual,
        "components": len(vicinity.projection),
        "labels": vicinity.labels.tolist(),
        "names": [printable(name) for name in vicinity.names],
    }
    return {"refusal": settings}, {_POINTS: vicinity.points, _PROJECTION: vicinity.projection}


def refusal_shapes(described: dict[str, Any], features: int) -> dict[str, tuple[int, ...]]:
    """The shapes of its tensors, for a model that sees so many features."""
    if described.get("refusal") is None:
        return {}
    components = int(described["refusal"]["components"])
    return {_POINTS: (len(described["refusal"]["names"]), components), _PROJECTION: (components, features)}


def refusal_from(described: dict[str, Any], tensors: dict[str, np.ndarray], classes: int) -> Refusal | None:
    """What `refusal_state` wrote. Raises `ValueError`, `KeyError` or `TypeError` where it cannot be."""
    settings = described.get("refusal")
    if settings is None:
        return None
    labels, names = np.asarray(settings["labels"]), settings["names"]
    if labels.dtype.kind != "i" or labels.shape != (len(names),) or not len(names):
        raise ValueError("the labels of the nearest pictures are not one whole number for each")
    if labels.min() < 0 or labels.max() >= classes or not all(isinstance(name, str) for name in names):
        raise ValueError("a nearest picture has no class or no name")
    threshold, share, usual = (float(settings[key]) for key in ("threshold", "share", "usual"))
    if not (0 <= threshold <= 1 and 0 <= share < 1 and 0 < usual < np.inf):
        raise ValueError(f"threshold {threshold}, share {share}, usual distance {usual}")
    farthest = None if settings["farthest"] is None else float(settings["farthest"])
    if farthest is not None and not 0 <= farthest < np.inf:
        raise ValueError(f"farthest {farthest}")
    vicinity = Vicinity(tensors[_POINTS], tensors[_PROJECTION], labels.astype(np.int64), tuple(names), usual)
    return Refusal(threshold, farthest, share, vicinity)
