"""All that is measured in a picture, kind by kind, with the view of each."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.features.color import ColorHistogram
from pellucid.features.fhog import FelzenszwalbHoG
from pellucid.features.hog import HoG
from pellucid.features.part import Part, labels, own
from pellucid.features.thumbnail import Thumbnail
from pellucid.features.visual_words import VisualWords
from pellucid.inspection.color_view import ColorView
from pellucid.inspection.edge_cells import FelzenszwalbCells, HoGCells
from pellucid.inspection.edge_view import EdgeView
from pellucid.inspection.thumbnail_view import ThumbnailView
from pellucid.inspection.view import PlainView, View
from pellucid.inspection.words_view import WordsView


@dataclass(frozen=True)
class Seen:
    """One kind of features among those that stand side by side.

    Attributes
    ----------
    label : its name; the second of the same name has a 2 behind it
    place : which of all features are its own
    """

    label: str
    view: View
    place: slice


def views(measure: Any, shape: tuple[int, ...]) -> list[Seen]:
    """The views of a `Measured`, for pictures of this shape (H, W, C), in the order of its features."""
    found, start = [], 0
    for label, part in zip(labels(measure.parts), measure.parts, strict=True):
        count = len(part.boxes(*shape))
        view = _view(part, shape, own(measure.learned, label))
        found.append(Seen(label, view, slice(start, start + count)))
        start += count
    return found


def _view(part: Part, shape: Any, learned: dict[str, np.ndarray]) -> View:
    match part:
        case HoG():
            return EdgeView(part, shape, HoGCells(part, shape))
        case FelzenszwalbHoG():
            return EdgeView(part, shape, FelzenszwalbCells(part, shape))
        case ColorHistogram():
            return ColorView(part, shape)
        case Thumbnail():
            return ThumbnailView(part, shape)
        case VisualWords():
            return WordsView(part, shape, learned)
    return PlainView(part, shape)
