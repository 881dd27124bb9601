"""From pixels of any kind (gray, palette, transparent, CMYK, 16-bit, float) to 8-bit ones in the frame.

Choices, and why:

- **Transparent parts lie over white**: a logo or a cut-out is drawn for paper and for light pages; over
  black, dark ink on a transparent ground would vanish.
- **16-bit values are scaled**, v / 257, not clipped: 65,535 is white. 32-bit integers follow the same rule
  while they fit in 16 bits. Floating-point values in 0–1 are multiplied by 255, those in 0–255 are rounded.
  Numbers outside these ranges (measurements, not shades) are stretched from the picture's smallest to its
  largest.
- **Resizing is bicubic with a kernel as wide as the reduction** (antialiased). A plain average (box) blurs as
  much but makes blocks of enlarged pictures; Lanczos is a little sharper but rings: it draws bright and dark
  fringes along edges, which a linear classifier would learn. Reductions of more than three times begin with
  whole-pixel averages (`reducing_gap`), which is faster and makes no visible difference.
- **Gray** is ITU-R 601-2 luma, 0.299 R + 0.587 G + 0.114 B.
"""

from collections.abc import Iterator

import numpy as np
from PIL import Image

from pellucid.data.frame import Frame

_ROWS_AT_ONCE = 64
_DEEP = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")


def eight_bit(image: Image.Image) -> Image.Image:
    """The picture in one of the modes L, LA, RGB, RGBA, at its own size.

    Raises `ValueError` where its values are not numbers, and what Pillow raises where it cannot convert it.
    """
    if image.mode in _DEEP:
        return _scaled_down(image)
    if image.mode in ("L", "RGB") and "transparency" not in image.info:
        return image
    if image.mode in ("LA", "RGBA"):
        return image
    if image.mode == "LAB":
        from PIL import ImageCms  # rarely needed, and slow to import

        to_rgb = ImageCms.buildTransform(
            ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB"
        )
        converted = ImageCms.applyTransform(image, to_rgb)
        assert converted is not None  # it is None only where the picture is changed in place
        return converted
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image.convert("L" if image.mode == "1" else "RGB")


def fitted(image: Image.Image, frame: Frame) -> Image.Image:
    """A picture of mode L, LA, RGB or RGBA, brought to the frame's size and color (mode L or RGB)."""
    size = (frame.width, frame.height)
    width, height = image.size
    if frame.fit == "stretch" or image.size == size:
        return _colored(_resized(image, size, None), frame)
    ratios = (frame.width / width, frame.height / height)
    if frame.fit == "crop":
        return _colored(_resized(image, size, _middle(image.size, size, max(ratios))), frame)
    scale = min(ratios)
    inner = (
        min(frame.width, max(1, round(width * scale))),
        min(frame.height, max(1, round(height * scale))),
    )
    content = _colored(_resized(image, inner, None), frame)
    padded = Image.new(content.mode, size, 0)
    padded.paste(content, ((frame.width - inner[0]) // 2, (frame.height - inner[1]) // 2))
    return padded


def _middle(have: tuple[int, int], want: tuple[int, int], scale: float) -> tuple[float, float, float, float]:
    """The largest box amid a picture that has the frame's proportions: left, top, right, bottom."""
    width, height = (min(have[side], want[side] / scale) for side in (0, 1))
    left, top = (have[0] - width) / 2, (have[1] - height) / 2
    if scale == 1:  # whole pixels can be kept as they are; half a pixel's shift would blur them
        left, top = float(int(left)), float(int(top))
    return left, top, left + width, top + height


def _resized(
    image: Image.Image, size: tuple[int, int], box: tuple[float, float, float, float] | None
) -> Image.Image:
    if image.size == size and box is None:
        return image
    # Pillow weighs colors by their opacity here: the color of invisible pixels does not bleed into visible
    # ones.
    return image.resize(size, Image.Resampling.BICUBIC, box=box, reducing_gap=3.0)


def _colored(image: Image.Image, frame: Frame) -> Image.Image:
    mode = "RGB" if frame.color == "rgb" else "L"
    if image.mode in ("LA", "RGBA"):
        white = Image.new("RGBA", image.size, (255, 255, 255, 255))
        image = Image.alpha_composite(white, image.convert("RGBA"))
    return image if image.mode == mode else image.convert(mode)


def _scaled_down(image: Image.Image) -> Image.Image:
    low, high = _range(image)
    shades = np.empty((image.height, image.width), np.uint8)
    for first, block in _blocks(image):
        shades[first : first + len(block)] = np.rint((block - low) * (255 / (high - low)))
    return Image.fromarray(shades)


def _range(image: Image.Image) -> tuple[float, float]:
    """The values that become black and white."""
    least, most = np.inf, -np.inf
    for _, block in _blocks(image):
        if not np.isfinite(block).all():
            raise ValueError("some of its values are not finite numbers")
        least, most = min(least, float(block.min())), max(most, float(block.max()))
    usual = (1.0, 255.0) if image.mode == "F" else (65535.0,)
    for white in usual:
        if least >= 0 and most <= white:
            return 0.0, white
    return least, max(most, np.nextafter(least, np.inf))


def _blocks(image: Image.Image) -> Iterator[tuple[int, np.ndarray]]:
    """Row number and values (h, W) float64, a few rows at a time: a large scan needs little memory."""
    for first in range(0, image.height, _ROWS_AT_ONCE):
        rows = image.crop((0, first, image.width, min(image.height, first + _ROWS_AT_ONCE)))
        yield first, np.asarray(rows).astype(np.float64)
