"""What may be done to a picture without changing what it shows, each with its own random numbers.

All of it is arithmetic of whole numbers, or of such as float32 holds exactly, so that NumPy and a compiled program come
to the same bits. A picture costs one random word of 32 bits for each transformation, which is cut into fields.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from pellucid.arrays import random
from pellucid.arrays.namespace import namespace
from pellucid.storage.errors import InputError


@dataclass(frozen=True)
class Flip:
    """Mirror a picture, left to right, with probability ½ (Krizhevsky, Sutskever and Hinton 2012, section 4.1)."""

    def check(self, height: int, width: int) -> None:
        pass

    def places(self, key: Any, rows: Any, columns: Any) -> tuple[Any, Any]:
        """Where the pixels of each row (B, H) and column (B, W) are to be taken from."""
        xp = namespace(key, columns)
        mirrored = (random.bits(key, len(columns)) >> 31).astype(bool)  # (B,)
        return rows, xp.where(mirrored[:, None], columns.shape[1] - 1 - columns, columns)


@dataclass(frozen=True)
class Shift:
    """Move a picture by up to `pixels` up or down and left or right, each distance as likely as any other.

    It is the same as cutting it at random out of a larger one (He et al. 2015, "Deep residual learning", section 4.2).
    What moves in over the border is the picture's own mirror image, as in Zagoruyko and Komodakis 2016, "Wide residual
    networks", section 3: zeros would draw an edge that no photograph has.

    Attributes
    ----------
    pixels : 1 or more, smaller than the picture; None: an eighth of its shorter side, 4 of 32
    """

    pixels: int | None = None

    def __post_init__(self) -> None:
        _take_whole(self, "pixels")

    def check(self, height: int, width: int) -> None:
        _check_smaller("shift:pixels", self._pixels(height, width), height, width)

    def _pixels(self, height: int, width: int) -> int:
        return self.pixels or max(1, min(height, width) // 8)

    def places(self, key: Any, rows: Any, columns: Any) -> tuple[Any, Any]:
        """Where the pixels of each row (B, H) and column (B, W) are to be taken from."""
        height, width = rows.shape[1], columns.shape[1]
        most = self._pixels(height, width)
        words = random.bits(key, len(rows))
        down, right = (
            _evenly(half, 16, 2 * most + 1).astype(np.int32)[:, None] - most for half in _halves(words)
        )
        return _reflected(rows + down, height), _reflected(columns + right, width)


@dataclass(frozen=True)
class Jitter:
    """Change how bright a picture is, how strong its contrasts and how strong its colors are, each by a random factor.

    In this order, each result rounded to whole gray levels: p ← b p;  p ← c p + (1 − c) m, m the picture's mean gray;
    p ← s p + (1 − s) g, g the pixel's own gray (Howard 2013, "Some improvements on deep convolutional neural network
    based image classification", section 2.2; in another order each time in torchvision's ColorJitter).

    Attributes
    ----------
    brightness, contrast, saturation : 0 to 1; b, c and s are drawn evenly from 1 − it to 1 + it, in steps of 1/256.
        Gray pictures have no saturation
    """

    brightness: float = 0.2
    contrast: float = 0.2
    saturation: float = 0.2

    def __post_init__(self) -> None:
        for setting in ("brightness", "contrast", "saturation"):
            _check(setting, getattr(self, setting), "0 to 1", lambda value: 0 <= value <= 1)

    def check(self, height: int, width: int) -> None:
        pass

    def changed(self, key: Any, pictures: Any, fill: Any) -> Any:
        """The pictures (B, H, W, C) uint8 with other colors."""
        words = random.bits(key, len(pictures))
        p = pictures.astype(np.int32)
        p = _leveled(p * _factor(words, 0, self.brightness))
        c = _factor(words, 10, self.contrast)
        p = _leveled(c * p + (256 - c) * _mean_gray(p))
        if pictures.shape[3] == 3:
            s = _factor(words, 20, self.saturation)
            p = _leveled(s * p + (256 - s) * _gray(p))
        return p.astype(np.uint8)


@dataclass(frozen=True)
class Cutout:
    """Hide a square of each picture, so that no single part of it decides (DeVries and Taylor 2017, "Improved
    regularization of convolutional neural networks with cutout").

    Its center is any pixel, so that a part of the square may lie outside. What is hidden shows the mean of the training
    pictures in whole gray levels, which is about 0 to the model.

    Attributes
    ----------
    side : of the square, 1 or more pixels, smaller than the picture; None: a quarter of its shorter side, 8
        of 32
    """

    side: int | None = None

    def __post_init__(self) -> None:
        _take_whole(self, "side")

    def check(self, height: int, width: int) -> None:
        _check_smaller("cutout:side", self._side(height, width), height, width)

    def _side(self, height: int, width: int) -> int:
        return self.side or max(1, min(height, width) // 4)

    def changed(self, key: Any, pictures: Any, fill: Any) -> Any:
        """The pictures (B, H, W, C) uint8 with a hole in each, in which `fill` (H, W, C) uint8 shows."""
        xp = namespace(key, pictures)
        count, height, width, _ = pictures.shape
        side = self._side(height, width)
        inside = []
        for half, length in zip(_halves(random.bits(key, count)), (height, width), strict=True):
            first = _evenly(half, 16, length).astype(np.int32)[:, None] - side // 2
            place = xp.arange(length, dtype=np.int32)
            inside.append((place >= first) & (place < first + side))  # (B, H), (B, W)
        hidden = inside[0][:, :, None] & inside[1][:, None, :]  # (B, H, W)
        return xp.where(hidden[..., None], fill, pictures)


@dataclass(frozen=True)
class Mixup:
    """Lay two pictures over each other, λ x₁ + (1 − λ) x₂, and ask for both labels in these shares (Zhang et al. 2018,
    "mixup: beyond empirical risk minimization").

    The loss is λ L(y₁) + (1 − λ) L(y₂), which for softmax cross-entropy is that of the mixed label. λ is drawn for each
    picture from Beta(α, α), and the other picture is the one before it in the minibatch, which is in random order. Of
    the two the larger share is the picture's own: a pair and its reverse are the same mixture.

    Attributes
    ----------
    alpha : α > 0; small: most pictures stay nearly as they are; 1: every λ is as likely
    """

    alpha: float = 0.2

    def __post_init__(self) -> None:
        _check("alpha", self.alpha, "above 0, at most 1000", lambda value: 0 < value <= 1000)

    def check(self, height: int, width: int) -> None:
        pass

    def mixed(self, key: Any, pictures: Any, labels: Any, weights: Any) -> tuple[Any, Any, Any]:
        """Pictures (B, H, W, C) float32 in gray levels, their two labels (2, B), and how much each counts (2, B)."""
        xp = namespace(key, pictures)
        places = (random.bits(key, len(pictures)) >> (32 - _QUANTILE_BITS)).astype(np.int32)
        share = xp.asarray(_shares(float(self.alpha)))[places]  # (B,)
        rest = np.float32(1) - share
        shape = (-1, 1, 1, 1)
        # Gray levels have 8 bits and shares 16: products and sums are exact, also where a compiler fuses them.
        one, other = (each.astype(np.float32) for each in (pictures, xp.roll(pictures, 1, axis=0)))
        mixture = share.reshape(shape) * one + rest.reshape(shape) * other
        counts = share.astype(weights.dtype) * weights, rest.astype(weights.dtype) * xp.roll(weights, 1)
        return mixture, xp.stack([labels, xp.roll(labels, 1)]), xp.stack(counts)


Transformation = Flip | Shift | Jitter | Cutout | Mixup

_QUANTILE_BITS = 12


@cache
def _shares(alpha: float) -> np.ndarray:
    """λ (4096,) float32, the larger share of two, at evenly spaced probabilities: drawing one of them at random draws
    from Beta(α, α), folded at ½, with no logarithm that engines compute differently. In steps of 2⁻¹⁶."""
    from scipy.special import betaincinv

    probabilities = 0.5 + (np.arange(2**_QUANTILE_BITS) + 0.5) / 2 ** (_QUANTILE_BITS + 1)
    return (np.rint(betaincinv(alpha, alpha, probabilities) * 2**16) / 2**16).astype(np.float32)


def _halves(words: Any) -> tuple[Any, Any]:
    """The lower and the upper 16 bits of each word."""
    return words & np.uint32(0xFFFF), words >> np.uint32(16)


def _evenly(field: Any, bits: int, count: int) -> Any:
    """A number 0..count−1 from a field of random bits, each as likely as any other but for 2⁻ᵇⁱᵗˢ."""
    return (field * np.uint32(count)) >> np.uint32(bits)


def _factor(words: Any, first: int, strength: float) -> Any:
    """256 times a factor drawn evenly from 1 − strength to 1 + strength, (B, 1, 1, 1) int32, from 10 bits of each
    word."""
    most = round(256 * float(strength))
    field = (words >> np.uint32(first)) & np.uint32(0x3FF)
    return (256 - most + _evenly(field, 10, 2 * most + 1).astype(np.int32)).reshape(-1, 1, 1, 1)


def _leveled(p: Any) -> Any:
    """256 times gray levels, int32, as gray levels: rounded, and between 0 and 255."""
    return ((p + 128) >> 8).clip(0, 255)


def _gray(p: Any) -> Any:
    """The gray of each pixel (B, H, W, 1) int32, weighted as the eye does (ITU-R BT.601), as Pillow's "L"."""
    if p.shape[3] != 3:
        return p
    return (77 * p[..., :1] + 150 * p[..., 1:2] + 29 * p[..., 2:] + 128) >> 8


def _mean_gray(p: Any) -> Any:
    """The mean gray of each picture (B, 1, 1, 1) int32, rounded."""
    gray = _gray(p)
    count = int(np.prod(gray.shape[1:]))
    return (gray.sum(axis=(1, 2, 3), keepdims=True, dtype=np.int32) + count // 2) // count


def _reflected(places: Any, length: int) -> Any:
    """Places −(length − 1) .. 2 (length − 1) brought within 0..length−1 by mirroring at the border pixels."""
    xp = namespace(places)
    return length - 1 - xp.abs(length - 1 - xp.abs(places))


def _check(setting: str, value: Any, wanted: str, holds: Callable[[float], bool]) -> None:
    number = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    if not (number and holds(float(value))):
        raise InputError(f"{setting} must be {wanted}, got {value!r}.")


def _take_whole(transformation: Any, setting: str) -> None:
    """Hold a number of pixels as a whole number of Python's. Raises `InputError` where it is none."""
    value = getattr(transformation, setting)
    if value is None:
        return
    _check(setting, value, "a whole number of pixels, 1 or more", lambda v: 1 <= v == np.floor(v) < 2**15)
    object.__setattr__(transformation, setting, int(value))


def _check_smaller(setting: str, pixels: int, height: int, width: int) -> None:
    if pixels >= min(height, width):
        raise InputError(
            f"--augment {setting}={pixels} does not fit pictures of {width} by {height} pixels: take a smaller one, up "
            f"to {min(height, width) - 1}."
        )
