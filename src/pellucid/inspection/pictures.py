"""Arrays of numbers as pictures: color scales, and PNG or JPEG in a form that a page holds inside itself."""

import base64
import io

import numpy as np

from pellucid.storage.png import png

# Blue for what speaks against, orange for what speaks for: the pair that color-blind people tell apart best
# (Okabe and Ito 2008); both get darker with strength, so that a gray print still shows it.
BLUE = ((243, 243, 241), (158, 195, 230), (66, 133, 196), (12, 74, 140))
ORANGE = ((243, 243, 241), (250, 195, 140), (226, 120, 34), (148, 62, 4))


def diverging(values: np.ndarray, limit: float | None = None) -> np.ndarray:
    """Signed numbers as colors: negative blue, zero nearly white, positive orange, on a symmetrical scale.

    Shapes     values (...) → (..., 3) uint8

    Parameters
    ----------
    limit : the absolute value that gets the darkest color; default the largest one. Beyond it nothing
        changes.
    """
    v = np.asarray(values, np.float64)
    limit = largest(v) if limit is None else limit
    index = np.rint(np.clip(v / limit if limit > 0 else v * 0, -1, 1) * 255).astype(np.int64) + 255
    return _SCALE[index]


def gray(values: np.ndarray, limit: float | None = None) -> np.ndarray:
    """Signed numbers as brightness: zero is middle gray, −limit black, +limit white; (...) → (...) uint8."""
    v = np.asarray(values, np.float64)
    limit = largest(v) if limit is None else limit
    return np.rint(127.5 + 127.5 * np.clip(v / limit if limit > 0 else v * 0, -1, 1)).astype(np.uint8)


def largest(values: np.ndarray, share: float = 1.0) -> float:
    """The largest absolute value; with `share` 0.99 the one that 99 % of the values do not exceed."""
    magnitudes = np.abs(values)
    if not magnitudes.size:
        return 0.0
    return float(magnitudes.max() if share >= 1 else np.quantile(magnitudes, share))


def color_picture(picture: np.ndarray) -> np.ndarray:
    """A picture with three channels: (H, W), (H, W, 1) or (H, W, 3) uint8 → (H, W, 3) uint8."""
    p = np.asarray(picture, np.uint8)
    p = p[..., np.newaxis] if p.ndim == 2 else p
    return np.repeat(p, 3, axis=2) if p.shape[2] == 1 else p


def luma(picture: np.ndarray) -> np.ndarray:
    """How bright each pixel is, 0 to 255: (H, W) float64."""
    return color_picture(picture).astype(np.float64) @ np.array([0.299, 0.587, 0.114])


def shrunk(pictures: np.ndarray, side: int) -> np.ndarray:
    """Pictures (n, H, W, C) uint8 with a longer side of at most about `side`, by averaging blocks.

    Pictures that are small enough come back as they are; a remainder at the right and lower edge is left out.
    """
    n, height, width, channels = pictures.shape
    step = -(-max(height, width) // side)
    if step <= 1:
        return pictures
    down, across = min(step, height), min(step, width)
    rows, columns = height // down, width // across
    cut = pictures[:, : rows * down, : columns * across]
    blocks = cut.reshape(n, rows, down, columns, across, channels)
    return np.rint(blocks.mean(axis=(2, 4))).astype(np.uint8)


def jpeg(picture: np.ndarray, quality: int = 85) -> bytes:
    """A picture (H, W, 1 or 3) uint8 as a JPEG file: smaller, not exact."""
    from PIL import Image

    p = np.ascontiguousarray(picture, np.uint8)
    p = p[..., 0] if p.ndim == 3 and p.shape[2] == 1 else p
    buffer = io.BytesIO()
    # Not `optimize`: Pillow's buffer for it is too small for pictures of pure noise, which then cannot be
    # saved.
    Image.fromarray(p).save(buffer, "JPEG", quality=quality, subsampling=0)
    return buffer.getvalue()


def data_uri(picture: np.ndarray, exact: bool = True, quality: int = 85) -> str:
    """A picture as text that a page can hold: a data URI, PNG where `exact`, else JPEG of that quality."""
    kind, content = ("png", png(picture)) if exact else ("jpeg", jpeg(picture, quality))
    return f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"


def _scale() -> np.ndarray:
    """(511, 3) uint8: index 0 the darkest blue, 255 zero, 510 the darkest orange."""
    position = np.linspace(0, 1, 256)
    stops = np.linspace(0, 1, len(BLUE))
    sides = [
        np.stack([np.interp(position, stops, [color[c] for color in colors]) for c in range(3)], axis=1)
        for colors in (BLUE, ORANGE)
    ]
    return np.rint(np.concatenate([sides[0][::-1], sides[1][1:]])).astype(np.uint8)


_SCALE = _scale()
