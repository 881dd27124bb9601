"""What features learned before any class was known, and what a linear classifier then looks for in them, drawn."""

from typing import Any

import numpy as np
from PIL import Image

from pellucid.features.whitening import symmetric
from pellucid.inspection.paper import Figure, arranged
from pellucid.inspection.pictures import color_picture, gray, largest
from pellucid.inspection.views import views
from pellucid.inspection.words_view import WordsView, codebook, mosaic
from pellucid.storage.errors import InputError

_WORDS = 400  # words of a codebook that are drawn, the most frequent
_COMPONENTS = 96  # components that are drawn, those of the largest variance
_SHARE = 0.99  # of the numbers that a scale covers
_FAINT = 0.95  # of the numbers of a whitening filter: its pixel is far stronger than all around it


def draw_learned(classifier: Any) -> Image.Image:
    """What a classifier's features learned, and what it looks for in them, as a sheet: the codebook by frequency, the
    filters that whiten its patches, principal components; of a linear classifier the weights of each class.

    Raises `InputError` where there is nothing to draw.
    """
    figures = [*learned_figures(classifier.preprocessing), *template_figures(classifier)]
    if not figures:
        seen = classifier.preprocessing
        why = (
            "the report shows its templates or its first layer."
            if seen.measure is None
            else "the features learned nothing, and it has no weights of a class; of a picture they can be drawn."
        )
        raise InputError(f"{classifier.kind} on {seen.described} has nothing to draw: {why}")
    return arranged(figures, title=f"{classifier.kind} on {classifier.preprocessing.described}")


def learned_figures(preprocessing: Any) -> list[Figure]:
    """What was learned from the training pictures, drawn; nothing where nothing was."""
    found = []
    if preprocessing.projection is not None and preprocessing.frame is not None:
        found.append(_components(preprocessing))
    measure = preprocessing.measure
    for seen in views(measure, preprocessing.frame.shape) if measure is not None else []:
        if isinstance(seen.view, WordsView):
            count = len(seen.view.names)
            shown = f"all {count:,}" if count <= _WORDS else f"the first {_WORDS} of {count:,}"
            found.append(
                Figure(
                    codebook(seen.view, _WORDS),
                    f"{seen.label}: the codebook",
                    f"{shown}, the most frequent first",
                )
            )
            found.append(_whitening(seen.view))
    return found


def template_figures(classifier: Any) -> list[Figure]:
    """What a linear classifier on measured features looks for in each class, drawn kind by kind."""
    measure = classifier.preprocessing.measure
    if measure is None or not classifier.linear:
        return []
    weights = classifier.templates[0].astype(np.float64)
    found = []
    for seen in views(measure, classifier.preprocessing.frame.shape):
        for name, drawn in zip(classifier.classes, class_pictures(seen, weights), strict=True):
            found.append(Figure(drawn, f"{name}", seen.label))
    return found


def class_pictures(seen: Any, weights: np.ndarray) -> list[np.ndarray]:
    """The weights (K, D) of one kind of features as pictures, one for each class, on one scale for all."""
    strengths = [seen.view.strengths(own[seen.place]) for own in weights]
    limit = largest(np.stack(strengths), _SHARE)
    return [seen.view.weighed(own, limit) for own in strengths]


def _components(preprocessing: Any) -> Figure:
    """The rows of the projection as pictures, each on a scale of its own; of whitening some, evenly spread."""
    shape, projection = preprocessing.frame.shape, preprocessing.projection
    whitening = preprocessing.described.startswith("zca")
    step = -(-len(projection) // _COMPONENTS) if whitening else 1
    rows = projection[::step][:_COMPONENTS].reshape(-1, *shape)
    share = _FAINT if whitening else _SHARE
    pictures = np.stack([color_picture(gray(each, largest(each, share))) for each in rows])
    heading, which = (
        ("what whitens a pixel", "from the upper left on")
        if whitening
        else ("principal components", "the largest first")
    )
    caption = f"{len(rows):,} of {len(projection):,}, {which}; gray is zero"
    return Figure(mosaic(pictures, 12, max(1, 64 // max(shape[:2]))), heading, caption)


def _whitening(view: WordsView) -> Figure:
    """What whitens the pixel in a corner, at an edge and in the middle of a patch, as patches, channel by channel."""
    numbers, components = view.learned["whitening"].shape
    side, _, channels = view.patterns.shape[1:]
    filters = symmetric(view.learned["whitening"]).reshape(side, side, channels, side, side, channels)
    middle = side // 2
    chosen = np.concatenate([filters[row, column] for row, column in ((0, 0), (0, middle), (middle, middle))])
    pictures = np.stack([color_picture(gray(each, largest(each, _FAINT))) for each in chosen])
    what = "a pixel less its neighbors" if components == numbers else "a pixel's light less its neighbors'"
    return Figure(
        mosaic(pictures, channels, max(2, 60 // side)),
        "what whitens a pixel",
        f"in a corner, at an edge, in the middle;\n{what}, gray is zero",
    )
