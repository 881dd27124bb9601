"""Color histograms, drawn in their own colors: a wheel of hues, the bins by how much of the picture they hold."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from pellucid.features.color import ColorHistogram
from pellucid.features.settings import fields
from pellucid.inspection.color_bins import bin_colors, bin_names
from pellucid.inspection.lettering import written
from pellucid.inspection.paper import FAINT, INK, PAPER, RULE, SMALL, Figure
from pellucid.inspection.pictures import ORANGE
from pellucid.inspection.view import ICON, spread

_MOST = 12  # bars of bins
_BAR, _BARS = 20, 300  # height of a bar with its gap; width of all
_WHEEL = (160, 288)  # pixels of the side of a wheel, at least and at most
_SMOOTH = 3  # how many times larger circles are drawn before they are reduced
_BLOCK = 2**14  # pixels at once
_INSET = np.array([1, -1, 1, -1])  # of a field within its edges


@dataclass(frozen=True)
class ColorView:
    """The bins of colors; a bin's shares in all fields of the grid are one group."""

    part: ColorHistogram
    shape: tuple[int, int, int]

    @cached_property
    def colors(self) -> np.ndarray:
        """The color of each bin, (bins, 3) uint8."""
        return bin_colors(self.part)

    @cached_property
    def names(self) -> tuple[str, ...]:
        return bin_names(self.part)

    @cached_property
    def groups(self) -> np.ndarray:
        return np.tile(np.arange(len(self.colors)), self.part.grid[0] * self.part.grid[1])

    @cached_property
    def fields(self) -> np.ndarray:
        """The fields of the grid: (F, 4) int, top, bottom, left and right."""
        return fields(self.shape[:2], self.part.grid)

    def shares(self, pixels: np.ndarray) -> np.ndarray:
        """How much of each pixel (n, 3) uint8 is in each bin: (n, bins) float32."""
        alone = replace(self.part, grid=(1, 1), power=1.0)
        blocks = [
            pixels[first : first + _BLOCK].reshape(-1, 1, 1, 3) for first in range(0, len(pixels), _BLOCK)
        ]
        return np.concatenate([alone(block) for block in blocks])

    def placed(self, picture: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """What a bin adds in a field, shared out among the pixels by how much of each is in it."""
        heat = np.zeros(self.shape[:2])
        added = (weights * self.part(picture[np.newaxis])[0]).reshape(len(self.fields), -1)
        for (top, bottom, left, right), amounts in zip(self.fields, added, strict=True):
            own = self.shares(picture[top:bottom, left:right].reshape(-1, 3)).astype(np.float64)
            total = own.sum(axis=0)
            each = np.divide(amounts, total, where=total > 0, out=np.zeros_like(amounts))
            heat[top:bottom, left:right] = (own @ each).reshape(bottom - top, -1)
        return heat

    def evenly(self, amounts: np.ndarray) -> np.ndarray:
        return spread(amounts.reshape(len(self.fields), -1).sum(axis=1), self.fields, self.shape[:2])

    def kept(self, picture: np.ndarray, values: np.ndarray, factor: int) -> list[Figure]:
        every = values.reshape(len(self.fields), -1).astype(np.float64) ** (1 / self.part.power)
        sizes = np.array([(bottom - top) * (right - left) for top, bottom, left, right in self.fields])
        whole = sizes @ every / sizes.sum()
        counted = f"{len(self.colors):,} bins" + (f" in {len(every)} fields" if len(every) > 1 else "")
        where, wheel = [], []
        if len(every) > 1:
            where = [
                Figure(self._palettes(every, factor), "where", "in each field its colors, the most first")
            ]
        if self.part.space == "hue":
            drawn = self._wheel(whole, factor * max(self.shape[:2]))
            wheel = [Figure(drawn, "what color keeps", "length: the share of the picture")]
        about = f"{counted}: {len(values):,} numbers"
        return [*where, *wheel, Figure(self._bars(whole), "its colors, the most first", about)]

    def strengths(self, weights: np.ndarray) -> np.ndarray:
        return np.bincount(self.groups, weights)

    def weighed(self, strengths: np.ndarray, limit: float) -> np.ndarray:
        """A bar for each bin in its own color, up where it speaks for a class, down where against; of many bins the
        strongest of each side."""
        chosen = np.arange(len(strengths))
        if len(strengths) > 2 * _MOST:
            strongest = np.argsort(-strengths, kind="stable")
            chosen = np.r_[strongest[:_MOST], strongest[-_MOST:]]
        wide, half = max(6, 144 // len(chosen)), 56
        drawn = np.zeros((2 * half + 1, wide * len(chosen), 3), np.uint8) + np.uint8(ORANGE[0][0])
        for place, k in enumerate(chosen):
            reach = round(float(np.clip(strengths[k] / (limit or 1.0), -1, 1)) * half)
            rows = slice(half - reach, half) if reach > 0 else slice(half + 1, half + 1 - reach)
            drawn[rows, place * wide + 1 : (place + 1) * wide - 1] = self.colors[k]
        drawn[half] = (90, 95, 105)
        return drawn

    def icon(self, group: int, picture: np.ndarray) -> np.ndarray:
        return np.broadcast_to(self.colors[group], (ICON, ICON, 3)).copy()

    def where(self, group: int, picture: np.ndarray) -> np.ndarray:
        return self.shares(picture.reshape(-1, 3))[:, group].reshape(self.shape[:2]).astype(np.float64)

    def _bars(self, shares: np.ndarray) -> np.ndarray:
        """The fullest bins as bars with their shares and names."""
        from PIL import Image, ImageDraw

        order = [k for k in np.argsort(-shares, kind="stable")[:_MOST] if shares[k] > 5e-4]
        sheet = Image.new("RGB", (_BARS, max(1, len(order) + 1) * _BAR), PAPER)
        draw = ImageDraw.Draw(sheet)
        longest = max(float(shares.max(initial=0.0)), 1e-9)
        for row, k in enumerate(order):
            top = row * _BAR
            _word(draw, (44, top + 2), f"{100 * shares[k]:.1f} %", INK, right=True)
            length = max(2, round((_BARS - 190) * float(shares[k]) / longest))
            box = [(52, top + 2), (52 + length, top + _BAR - 4)]
            draw.rectangle(box, fill=tuple(map(int, self.colors[k])), outline=RULE)
            _word(draw, (52 + length + 7, top + 2), self.names[k], FAINT)
        rest = 1 - float(shares[order].sum())
        words = "without a hue: gray" if self.part.space == "hue" else "in other bins"
        if rest > 5e-4:
            _word(draw, (44, len(order) * _BAR + 2), f"{100 * rest:.1f} %", INK, right=True)
            _word(draw, (52, len(order) * _BAR + 2), words, FAINT)
        return np.asarray(sheet)

    def _wheel(self, shares: np.ndarray, wanted: int) -> np.ndarray:
        """Hues around a circle, red at the right, each as far out as it is frequent."""
        from PIL import Image, ImageDraw

        shown = int(np.clip(wanted, *_WHEEL))
        side = shown * _SMOOTH
        sheet = Image.new("RGB", (side, side), PAPER)
        draw = ImageDraw.Draw(sheet)
        middle, outer, inner = side / 2, side * 0.49, side * 0.14
        turn = 360 / self.part.bins
        largest = float(shares.max(initial=0.0)) or 1.0
        ring = side * 0.03
        for k, share in enumerate(shares):
            # A circle is drawn clockwise; hues run counterclockwise, as angles do in mathematics.
            start, end = -(k + 1) * turn, -k * turn
            color = tuple(map(int, self.colors[k]))
            box = lambda radius: [middle - radius, middle - radius, middle + radius, middle + radius]
            pale = tuple(round(0.18 * c + 0.82 * p) for c, p in zip(color, (251, 251, 249), strict=True))
            draw.pieslice(box(outer), start, end, fill=pale)
            reach = inner + (outer - ring * 1.6 - inner) * float(np.sqrt(share / largest))
            draw.pieslice(box(reach), start, end, fill=color, outline=PAPER, width=_SMOOTH)
            draw.arc(box(outer), start, end, fill=color, width=round(ring))
        draw.ellipse([middle - inner, middle - inner, middle + inner, middle + inner], fill=PAPER)
        small = sheet.resize((shown, shown), Image.Resampling.BOX)
        gray = 1 - float(shares.sum())
        _word(
            ImageDraw.Draw(small),
            (shown / 2, shown / 2 - 15),
            f"{100 * max(gray, 0):.0f} %",
            INK,
            centered=True,
        )
        _word(ImageDraw.Draw(small), (shown / 2, shown / 2 + 1), "gray", FAINT, centered=True)
        return np.asarray(small)

    def _palettes(self, every: np.ndarray, factor: int) -> np.ndarray:
        """Each field (F, bins) filled from left to right with its colors, the most frequent first."""
        height, width = (side * factor for side in self.shape[:2])
        drawn = np.zeros((height, width, 3), np.uint8) + np.array([210, 210, 207], np.uint8)
        for box, shares in zip(self.fields * factor, every, strict=True):
            top, bottom, left, right = box + _INSET
            order = np.argsort(-shares, kind="stable")
            ends = left + np.rint((right - left) * np.cumsum(shares[order])).astype(int)
            for k, start, end in zip(order, np.r_[left, ends[:-1]], ends, strict=True):
                drawn[top:bottom, start:end] = self.colors[k]
        return drawn


def _word(
    draw: Any, place: tuple[float, float], text: str, color: str, right: bool = False, centered: bool = False
) -> None:
    shown, font = written(text, SMALL)
    length = font.getlength(shown)
    left = place[0] - (length if right else length / 2 if centered else 0)
    draw.text((left, place[1]), shown, fill=color, font=font)
