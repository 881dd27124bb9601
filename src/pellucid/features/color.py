"""Color histograms: how much of each color is in a picture, wherever it is."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from pellucid.arrays.namespace import namespace
from pellucid.features.part import Part
from pellucid.features.settings import fields, flag, positive, whole, whole_pair
from pellucid.storage.errors import InputError, known_name

SPACES = ("hue", "rgb", "hsv", "opponent")
"""What is counted: the hue alone; red, green and blue together; hue, saturation and value together (Smith 1978); or the
opponent colors red against green, yellow against blue, and brightness (van de Sande, Gevers and Snoek 2010, section
3.1)."""

_MOST = 2**20  # numbers of a picture

_CHANNELS = {
    "hue": (("hue", 0, 360, "°"),),
    "rgb": (("red", 0, 256, ""), ("green", 0, 256, ""), ("blue", 0, 256, "")),
    "hsv": (("hue", 0, 360, "°"), ("saturation", 0, 100, " %"), ("value", 0, 256, "")),
    "opponent": (
        ("red − green", -256, 256, ""),
        ("yellow − blue", -512, 512, ""),
        ("brightness", 0, 256, ""),
    ),
}
"""The channels of each space: name, ends and unit."""


@dataclass(frozen=True)
class ColorHistogram(Part):
    """The shares of a picture's pixels in each bin of colors, the whole picture or each field of a grid.

    A pixel without a color of its own, gray, black or white, has no hue: it counts in no bin of hues.

    Attributes
    ----------
    space : one of `SPACES`
    bins : of the hue alone; or of each of three channels, whose product is the number of bins
    grid : fields down and across, each with a histogram of its own
    soft : a pixel between the middles of two bins counts in both, by how near it is, so that a slightly lighter picture
        has slightly other features
    power : of each share: 0.5, the square root, makes more of colors that are rare, and less of whether a common one
        fills half of the field or all of it (Perronnin, Sánchez and Mensink 2010, "Improving the Fisher kernel for
        large-scale image classification", section 3.2)

    Raises
    ------
    InputError : a setting out of its range; pictures without color, or with less pixels than fields
    """

    name: ClassVar[str] = "color"

    space: str = "hue"
    bins: int = 10
    grid: tuple[int, int] = (1, 1)
    soft: bool = False
    power: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "space", known_name("space of color", self.space, SPACES))
        object.__setattr__(self, "bins", whole("color", 2, bins=self.bins))
        object.__setattr__(self, "grid", whole_pair("color", grid=self.grid))
        object.__setattr__(self, "soft", flag("color", soft=self.soft))
        object.__setattr__(self, "power", positive("color", power=self.power))

    @property
    def shape(self) -> tuple[int, ...]:
        """The axes of one picture's features: fields down, fields across, then bins, or three axes of bins."""
        return (*self.grid, *(self.bins,) * (1 if self.space == "hue" else 3))

    def check(self, height: int, width: int, channels: int) -> None:
        """Raise `InputError` unless pictures of this size have color, and a pixel in each field."""
        if channels != 3:
            raise InputError(
                "A color histogram needs color pictures, and these are gray: leave out --color gray, or take hog."
            )
        if height < self.grid[0] or width < self.grid[1]:
            raise InputError(
                f"Color histograms in a grid of {self.grid[0]} × {self.grid[1]} need pictures of that many pixels, got "
                f"{height} × {width}."
            )
        if math.prod(self.shape) > _MOST:
            raise InputError(
                f"{self.written()} are {math.prod(self.shape):,} numbers a picture, at most {_MOST:,}: take less bins."
            )

    def boxes(self, height: int, width: int, channels: int) -> np.ndarray:
        """Where each feature of a picture was measured: (D, 4) int, top, bottom, left and right, of its field."""
        boxes = fields((height, width), self.grid)
        return np.repeat(boxes, math.prod(self.shape) // len(boxes), axis=0)

    def names(self, height: int, width: int, channels: int) -> list[str]:
        """The field of each feature, where there are several, and the range of each channel."""
        edges = [np.linspace(low, high, self.bins + 1) for _, low, high, _ in _CHANNELS[self.space]]
        found = []
        for row, column, *bins in np.ndindex(self.shape):
            field = f" {row},{column}" if self.grid != (1, 1) else ""
            ranges = [
                f"{name} {edge[k]:.4g}–{edge[k + 1]:.4g}{unit}"
                for (name, _, _, unit), edge, k in zip(_CHANNELS[self.space], edges, bins, strict=True)
            ]
            found.append(f"color{field} {', '.join(ranges)}")
        return found

    def __call__(self, pictures: Any) -> Any:
        """Features (N, D) float32 from 0 to 1 of pictures (N, H, W, 3) uint8, with D the product of `shape`."""
        self.check(*pictures.shape[1:])
        xp = namespace(pictures)
        found = [
            self._histogram(xp, pictures[:, top:bottom, left:right])
            for top, bottom, left, right in fields(pictures.shape[1:3], self.grid)
        ]
        shares = xp.stack(found, axis=1).reshape(len(pictures), math.prod(self.shape))
        return shares if self.power == 1 else shares ** np.float32(self.power)

    def _histogram(self, xp: Any, field: Any) -> Any:
        """Of one field (N, h, w, 3): a pixel's share in a bin of three channels is the product of those in each."""
        n, pixels = len(field), math.prod(field.shape[1:3])
        channels = self._channels(xp, field.reshape(n, pixels, 3).astype("float32"))
        if xp is np and not self.soft:
            return self._counted(channels) / np.float32(pixels)
        shares = [self._shares(xp, *channel) for channel in channels]  # each (N, P, bins)
        if len(shares) == 1:
            return shares[0].mean(axis=1)
        joint = (shares[1][..., :, None] * shares[2][..., None, :]).reshape(n, pixels, -1)
        return xp.matmul(xp.swapaxes(shares[0], 1, 2), joint).reshape(n, -1) / np.float32(pixels)

    def _counted(self, channels: list[tuple[Any, Any, bool]]) -> Any:
        """How many pixels are in each bin (N, bins of all channels) float32: NumPy counts faster than it multiplies."""
        n, bins = len(channels[0][0]), self.bins ** len(channels)
        # One bin more for each picture, for the pixels that do not count.
        number = np.zeros(channels[0][0].shape, np.intp)
        for channel, _, _ in channels:
            number *= self.bins
            number += (channel * np.float32(self.bins)).astype(np.intp)
        for _, counting, _ in channels:
            if counting is not None:
                number[~counting] = bins
        number += (bins + 1) * np.arange(n)[:, None]
        return (
            np.bincount(number.ravel(), minlength=n * (bins + 1)).reshape(n, -1)[:, :bins].astype("float32")
        )

    def _channels(self, xp: Any, color: Any) -> list[tuple[Any, Any, bool]]:
        """From colors (N, P, 3) of 0 to 255 to channels (N, P) from 0 to 1; with each which pixels count in it, and
        whether it runs in a circle."""
        if self.space == "rgb":
            return [(color[..., k] / np.float32(256), None, False) for k in range(3)]
        if self.space == "opponent":
            # Sums of whole numbers, moved and divided by powers of 2: gray pixels lie exactly in the middle.
            r, g, b = (color[..., k] for k in range(3))
            spans = ((r - g + 256) / 512, (r + g - 2 * b + 512) / 1024, (r + g + b) / 768)
            return [(span, None, False) for span in spans]
        most, spread = color.max(axis=-1), color.max(axis=-1) - color.min(axis=-1)
        colored = spread > 0
        r, g, b = ((color[..., k] / xp.where(colored, spread, np.float32(1))) for k in range(3))
        sixth = xp.where(
            color[..., 0] == most, (g - b) % 6, xp.where(color[..., 1] == most, b - r + 2, r - g + 4)
        )
        hue = (sixth / np.float32(6), colored, True)
        if self.space == "hue":
            return [hue]
        # Just below 1, so that the purest and the brightest fall into the last bin.
        below = np.float32(1 - 2**-20)
        saturation = spread / xp.where(most > 0, most, np.float32(1)) * below
        return [hue, (saturation, None, False), (most / np.float32(256), None, False)]

    def _shares(self, xp: Any, channel: Any, counting: Any, circular: bool) -> Any:
        """How much of each pixel is in each bin, (N, P, bins) float32, of a channel (N, P) from 0 to below 1."""
        place = channel[..., None] * np.float32(self.bins)
        bins = np.arange(self.bins, dtype=np.float32)
        if self.soft:
            away = xp.abs(place - (bins + np.float32(0.5)))
            if circular:
                away = xp.minimum(away, self.bins - away)
            else:
                # Beyond the middle of the first and of the last bin there is no other to share with.
                middle = np.float32(0.5)
                away = xp.abs(xp.clip(place, middle, self.bins - middle) - (bins + middle))
            shares = xp.maximum(np.float32(1) - away, np.float32(0))
        else:
            shares = (xp.floor(place) == bins).astype("float32")
        return shares if counting is None else shares * counting[..., None]
