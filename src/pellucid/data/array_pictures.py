"""From an array of pictures, as CIFAR, IDX and .npz hold them, to a dataset."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic

import numpy as np

from pellucid.data.dataset import Dataset
from pellucid.data.fingerprint import fingerprint
from pellucid.data.frame import Frame
from pellucid.storage.errors import InputError

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class FrameRequest:
    """What the user asked of the pictures' size and color; None keeps what the data has.

    Attributes
    ----------
    size : (height, width) in pixels
    fit : as in `Frame`
    color : "rgb" or "gray"
    """

    size: tuple[int, int] | None = None
    fit: str = "pad"
    color: str | None = None

    @classmethod
    def of(cls, size: int | tuple[int, int] | None, fit: str, color: str | None) -> "FrameRequest":
        """From the arguments of `load`; one number is both sides. Raises `InputError` for others."""
        if size is None:
            sides = None
        elif _whole(size):
            sides = (int(size), int(size))  # type: ignore[arg-type]
        elif isinstance(size, tuple | list) and len(size) == 2 and all(map(_whole, size)):
            sides = (int(size[0]), int(size[1]))
        else:
            raise InputError(f"size must be a number of pixels or (height, width), got {size!r}.")
        request = cls(sides, fit, color)
        request.frame(32, 32, "rgb")  # an impossible wish is refused before anything is read
        return request

    def frame(self, height: int, width: int, color: str) -> Frame:
        """The frame for pictures whose own (or default) height, width and color are these."""
        height, width = self.size or (height, width)
        return Frame(height, width, self.fit, self.color or color)

    @property
    def asks(self) -> bool:
        """Whether anything was asked that only pictures have."""
        return self.size is not None or self.color is not None


KEEP = FrameRequest()


def picture_dataset(
    name: str,
    pictures: np.ndarray,
    labels: np.ndarray,
    classes: Sequence[str],
    origins: Sequence[str],
    split: np.ndarray,
    *,
    request: FrameRequest = KEEP,
    notes: Sequence[str] = (),
    progress: Progress | None = None,
) -> Dataset:
    """A dataset of pictures that are already pixels, resized and recolored only if the user asked for it.

    Parameters
    ----------
    pictures : (N, H, W, 1 or 3) uint8
    labels : (N,) int32 in 0..K−1
    """
    images, frame = framed(pictures, request, progress)
    return Dataset(
        name=name,
        classes=tuple(classes),
        images=images,
        labels=labels,
        origins=origins,
        split=split.astype(np.int8),
        frame=frame,
        fingerprint=fingerprint(images, labels, classes, frame),
        notes=tuple(notes),
    )


def framed(
    pictures: np.ndarray, request: FrameRequest, progress: Progress | None = None
) -> tuple[np.ndarray, Frame]:
    """The pictures in the frame that was asked for, and that frame; each goes the way a file's picture goes.

    Parameters
    ----------
    pictures : (N, H, W, 1 or 3) uint8

    Raises
    ------
    InputError : sides that no frame can have (more than 4,096 pixels)
    """
    count, height, width, channels = pictures.shape
    frame = request.frame(height, width, "rgb" if channels == 3 else "gray")
    if frame.shape == (height, width, channels):
        return np.ascontiguousarray(pictures), frame
    from pellucid.data.picture import prepare

    images = np.empty((count, *frame.shape), np.uint8)
    told = monotonic()
    for row, picture in enumerate(pictures):
        images[row] = prepare(picture, frame)
        if progress and (monotonic() - told > 0.1 or row + 1 == count):
            told = monotonic()
            progress(row + 1, count)
    return images, frame


def _whole(value: object) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)
