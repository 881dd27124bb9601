"""Where the windows of a layer lie on a picture, or what size of picture would fit."""

from pellucid.arrays.windows import Border, windows
from pellucid.layers.initialization import Shape
from pellucid.storage.errors import InputError

__all__ = ["Border", "check_picture", "places"]


def check_picture(layer: str, shape: Shape) -> None:
    """Raise `InputError` unless this is the shape (H, W, C) of a picture."""
    if len(shape) != 3:
        raise InputError(
            f"{layer} needs pictures of shape (H, W, C), got numbers of shape {tuple(shape)}: put it before the layers "
            "that work on rows of numbers, or begin with Reshape((H, W, C))."
        )


def places(layer: str, shape: Shape, size: int, stride: int, padding: int | Border) -> tuple[int, int]:
    """How many windows lie below and beside each other on a picture (H, W, C).

    Raises `InputError` where they do not fit it; the sentence says what would.
    """
    check_picture(layer, shape)
    try:
        return windows((1, *shape), (size, size), stride, padding).count
    except ValueError as error:
        raise InputError(f"{layer} does not fit {shape[0]} × {shape[1]} pixels: {error}.") from None
