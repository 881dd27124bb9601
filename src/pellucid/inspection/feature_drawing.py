"""What the features of a picture keep of it, on one sheet."""

from typing import Any

import numpy as np
from PIL import Image

from pellucid.inspection.paper import Figure, arranged
from pellucid.inspection.pictures import color_picture
from pellucid.inspection.view import enlarged
from pellucid.inspection.views import views
from pellucid.storage.errors import InputError

_SIDE = 384  # pixels, about, of the longer side of an enlarged picture


def draw_features(measure: Any, picture: np.ndarray) -> Image.Image:
    """What these features keep of a picture, as a sheet: the picture, and beside it each kind drawn.

    Parameters
    ----------
    measure : a classifier, its preprocessing, or a `Measured`
    picture (H, W, C) uint8 : prepared, as the model sees it

    Raises
    ------
    InputError : the model sees pixels, or the picture is none
    """
    measure = measured(measure)
    picture = np.asarray(picture)
    if picture.ndim != 3 or picture.dtype != np.uint8:
        raise InputError(
            f"Features are drawn of a picture (H, W, C) uint8, got {picture.dtype} {picture.shape}."
        )
    return arranged(
        feature_figures(measure, picture, _SIDE),
        title=str(measure),
        notes=[f"{len(measure.boxes(picture.shape)):,} numbers of {picture.size:,} pixels and channels"],
    )


def feature_figures(measure: Any, picture: np.ndarray, side: int) -> list[Figure]:
    """The picture, and each kind of features of it, drawn; the longer side of a picture is about `side` pixels."""
    height, width = picture.shape[:2]
    factor = max(1, round(side / max(height, width)))
    values = measure(picture[np.newaxis])[0]
    found = [Figure(enlarged(color_picture(picture), factor), "the picture", f"{width} x {height} pixels")]
    for seen in views(measure, picture.shape):
        found += seen.view.kept(picture, values[seen.place], factor)
    return found


def measured(source: Any) -> Any:
    """The `Measured` of a classifier or of its preprocessing. Raises `InputError` where the model sees pixels."""
    found = getattr(source, "preprocessing", source)
    found = found.measure if hasattr(found, "measure") else found
    if found is None:
        raise InputError(
            "This model sees pixels: there are no features to draw. `templates` shows its weights."
        )
    return found
