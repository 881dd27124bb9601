"""One picture file, opened safely and made into what the model sees.

A file from a camera, a scanner or a stranger is read into memory, recognized by its content (never by its
name), checked against the pixel limit from its header alone, and only then decoded. Whatever is wrong with it
becomes one `PictureError` with a reason that a photographer understands; no other exception and no warning
escapes.
"""

import contextlib
import io
import logging
import math
import os
import threading
import warnings
from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from pellucid.data.frame import Frame
from pellucid.data.picture_file import MAX_PIXELS, PictureError, read_file
from pellucid.data.pixels import eight_bit, fitted
from pellucid.data.recognition import guess
from pellucid.storage.errors import InputError, printable

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM")

_ORIENTATION = 0x0112
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
# `warnings.catch_warnings` is not safe between threads: two at once may leave the filters changed for ever.
_one_at_a_time = threading.RLock()
# A program that has not set up logging would see Pillow's messages on its terminal.
logging.getLogger("PIL").addHandler(logging.NullHandler())


def open_picture(source: str | os.PathLike[str] | bytes) -> Image.Image:
    """A picture file (or its bytes), decoded at its full size and turned upright (EXIF orientation).

    Raises `PictureError` (a `FileError`) where it is missing, damaged, too large or no picture.
    """
    where, content = _content(source)
    with _quiet(content):
        return _decoded(content, where, None)


def read_picture(source: str | os.PathLike[str] | bytes, frame: Frame) -> np.ndarray:
    """A picture file (or its bytes) as the model sees it: (H, W, C) uint8.

    It is `prepare(open_picture(source), frame)`, except that a JPEG file much larger than the frame is
    decoded at a half, a quarter or an eighth of its size (at least 3 times the frame), which is several times
    faster.

    Raises `PictureError` (a `FileError`) where it is missing, damaged, too large or no picture.
    """
    where, content = _content(source)
    (seen,) = read_contents([content], [where], frame)
    if isinstance(seen, PictureError):
        raise seen
    return seen


def read_contents(
    contents: Sequence[bytes], places: Sequence[str], frame: Frame
) -> list[np.ndarray | PictureError]:
    """The bytes of picture files as the model sees them; an error, named by its place, for each that is none."""
    with _quiet(*contents):
        return [_seen(content, place, frame) for content, place in zip(contents, places, strict=True)]


def _seen(content: bytes, where: str, frame: Frame) -> np.ndarray | PictureError:
    try:
        image = _decoded(content, where, frame)
        return _array(fitted(eight_bit(image), frame), frame)
    except PictureError as error:
        return error
    except Exception as error:
        refused = PictureError(where, _reason(error))
        refused.__cause__ = error
        return refused


def prepare(image: Image.Image | np.ndarray, frame: Frame) -> np.ndarray:
    """A picture in memory as the model sees it: (H, W, C) uint8, by the frame's fit and color.

    A picture that already has the frame's size and color passes unchanged, bit for bit.

    Parameters
    ----------
    image : a Pillow picture of any mode, or an array of uint8: (H, W), (H, W, 1), (H, W, 3), (H, W, 4: with
        opacity)

    Raises
    ------
    InputError : the array has another shape or dtype, or the picture's values cannot be shown
    """
    if isinstance(image, np.ndarray):
        image = _picture(image)
    elif not isinstance(image, Image.Image):
        raise InputError(
            f"A picture must be a Pillow picture or an array of uint8, got {type(image).__name__}."
        )
    try:
        with _quiet():
            return _array(fitted(eight_bit(image), frame), frame)
    except Exception as error:
        raise InputError(f"The picture cannot be prepared: {_reason(error)}.") from error


def _content(source: str | os.PathLike[str] | bytes) -> tuple[str, bytes]:
    if isinstance(source, bytes):
        if not source:
            raise PictureError("the picture", "it is empty (0 bytes)")
        return "the picture", source
    return os.fsdecode(source), read_file(source)


def _decoded(content: bytes, where: str, frame: Frame | None) -> Image.Image:
    """The picture, decoded and upright; where a frame is given, perhaps at a fraction of its size."""
    try:
        image = Image.open(io.BytesIO(content), formats=FORMATS)
        width, height = image.size
        # Only the header has been read so far: a file of a few bytes may claim a picture of many gigabytes.
        if width * height > MAX_PIXELS:
            raise PictureError(where, _too_large(f"{width:,} × {height:,} pixels"))
        turn = _orientation(image)
        if frame is not None and image.format == "JPEG":
            _shrink_while_decoding(image, frame, sideways=turn >= 5)
        image.load()
        return image if turn == 1 else ImageOps.exif_transpose(image)
    except PictureError:
        raise
    except Image.DecompressionBombError as error:
        raise PictureError(where, _too_large("far more pixels")) from error
    except UnidentifiedImageError as error:
        raise PictureError(where, guess(content)) from error
    except Exception as error:
        raise PictureError(where, _reason(error)) from error


def _orientation(image: Image.Image) -> int:
    """1 to 8, as EXIF numbers them; 1 (upright) where nothing readable is said."""
    if "exif" not in image.info and image.format not in ("TIFF", "PNG"):
        return 1
    try:
        turn = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # a damaged note beside the picture is no reason to lose the picture
        return 1
    return turn if turn in range(1, 9) else 1


def _shrink_while_decoding(image: Image.Image, frame: Frame, sideways: bool) -> None:
    # libjpeg scales by 1/2, 1/4 or 1/8 inside the cosine transform, exactly and at a fraction of the cost.
    width, height = image.size
    seen = (height, width) if sideways else (width, height)
    ratios = (frame.width / seen[0], frame.height / seen[1])
    scale = 3 * (min(ratios) if frame.fit == "pad" else max(ratios))
    if scale <= 0.5:
        image.draft(None, (math.ceil(width * scale), math.ceil(height * scale)))


def _picture(array: np.ndarray) -> Image.Image:
    wanted = "an array of uint8 (0–255) of shape (H, W), (H, W, 1), (H, W, 3) or (H, W, 4)"
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if (
        array.dtype != np.uint8
        or array.size == 0
        or not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4)))
    ):
        raise InputError(f"A picture must be {wanted}, got {array.dtype} of shape {array.shape}.")
    return Image.fromarray(np.ascontiguousarray(array))


def _array(image: Image.Image, frame: Frame) -> np.ndarray:
    # Faster than numpy.asarray(image), which asks the picture through a dict; the copy may be written to.
    return np.frombuffer(image.tobytes(), np.uint8).reshape(frame.shape).copy()  # (H, W, C)


@contextlib.contextmanager
def _quiet(*contents: bytes) -> Iterator[None]:
    """Keep Pillow's warnings from the user; what they mean for the picture is told by its error."""
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if not any(content.startswith(_TIFF) for content in contents):
            yield
            return
        with _without_standard_error():
            yield


@contextlib.contextmanager
def _without_standard_error() -> Iterator[None]:
    """Drop what libtiff, which Pillow gives no other way to silence, writes straight to the terminal."""
    try:
        kept = os.dup(2)
    except OSError:  # there is no standard error
        yield
        return
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _too_large(size: str) -> str:
    return f"{size}; at most {MAX_PIXELS:,} pixels are read: make it smaller first"


def _reason(error: Exception) -> str:
    said = " ".join(printable(error).split())
    lower = said.lower()
    if isinstance(error, MemoryError):
        return "there is not enough memory to decode it"
    if (
        "truncated" in lower
        or "not enough image data" in lower
        or "unexpected end" in lower
        or isinstance(error, EOFError)
    ):
        return "the file is cut short: part of the picture is missing"
    return f"the file is damaged: it cannot be decoded ({said[:120] or type(error).__name__})"
