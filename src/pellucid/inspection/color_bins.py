"""The bins of a color histogram: what color each stands for, and what that is called."""

import colorsys
from collections import Counter
from collections.abc import Callable

import numpy as np

from pellucid.features.color import ColorHistogram

_HUES = (
    (15, "red"), (48, "orange"), (70, "yellow"), (160, "green"), (200, "cyan"), (255, "blue"), (290, "purple"),
    (340, "pink"), (361, "red"),
)  # fmt: skip


def bin_colors(part: ColorHistogram) -> np.ndarray:
    """The color in the middle of each bin, (bins, 3) uint8; a hue is shown as a strong color of it."""
    places = np.indices((part.bins,) * (1 if part.space == "hue" else 3))
    middles = (places.reshape(len(places), -1).T + 0.5) / part.bins  # (bins, channels)
    return (
        np.array([_COLORS[part.space](*middle) for middle in middles]).clip(0, 255).round().astype(np.uint8)
    )


def bin_names(part: ColorHistogram) -> tuple[str, ...]:
    """What each bin is called: "hue 36–72°"; of three channels "dark blue #20206a"."""
    if part.space == "hue":
        edges = [360 * k / part.bins for k in range(part.bins + 1)]
        return tuple(f"hue {edges[k]:.0f}–{edges[k + 1]:.0f}°" for k in range(part.bins))
    named = [f"{color_name(color)} #{bytes(color).hex()}" for color in bin_colors(part)]
    # Opponent colors that do not exist are drawn as others that do.
    times = Counter(named)
    return tuple(f"{name} in bin {k + 1}" if times[name] > 1 else name for k, name in enumerate(named))


def color_name(color: np.ndarray) -> str:
    """What a person calls a color (3,) of 0 to 255: "dark blue", "light gray"."""
    hue, light, saturation = colorsys.rgb_to_hls(*(float(channel) / 255 for channel in color))
    if light < 0.1:
        return "black"
    if light > 0.93:
        return "white"
    shade = "dark " if light < 0.38 else "light " if light > 0.63 else ""
    chroma = saturation * (1 - abs(2 * light - 1))
    if chroma < 0.12:
        return f"{shade}gray"
    name = next(name for end, name in _HUES if 360 * hue < end)
    return "brown" if name == "orange" and light < 0.45 else f"{shade}{name}"


def _of_hue(hue: float) -> list[float]:
    return [255 * channel for channel in colorsys.hsv_to_rgb(hue, 0.82, 0.92)]


def _of_hsv(hue: float, saturation: float, value: float) -> list[float]:
    return [255 * channel for channel in colorsys.hsv_to_rgb(hue, saturation, value)]


def _of_opponents(red_green: float, yellow_blue: float, brightness: float) -> list[float]:
    difference, yellow, total = 512 * red_green - 256, 1024 * yellow_blue - 512, 768 * brightness
    blue = (total - yellow) / 3
    return [(total - blue + difference) / 2, (total - blue - difference) / 2, blue]


_COLORS: dict[str, Callable[..., list[float]]] = {
    "hue": _of_hue,
    "rgb": lambda *channels: [256 * channel for channel in channels],
    "hsv": _of_hsv,
    "opponent": _of_opponents,
}
