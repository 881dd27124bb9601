"""The nearest training pictures beside the one that is judged: the reason that a classifier with a memory gives."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pellucid.inspection.lettering import written
from pellucid.inspection.pictures import color_picture
from pellucid.inspection.resemblance import Neighbor, shares_of_classes

_PANEL, _TILE = 256, 104
_MARGIN, _GAP = 24, 16
_COLUMNS, _MOST = 5, 15
_CLASSES = 4  # whose votes are drawn
_PAPER, _INK, _FAINT, _RULE = "#fbfbf9", "#1f2328", "#6b7280", "#dcdcd8"
_FOR, _AGAINST = "#c8620b", "#1c5a99"
_CAPTION = 54  # pixels below a tile


def neighbor_picture(
    picture: np.ndarray, title: str, said: str, neighbors: Sequence[Neighbor], metric: str
) -> Any:
    """A Pillow picture: the input (H, W, C) uint8 enlarged, the votes by class below it, and beside it its neighbors,
    the nearest first: framed orange where they are of the class that was said, else blue.

    At most 15 neighbors are drawn; all of them are counted.
    """
    from PIL import Image, ImageDraw

    shown = neighbors[:_MOST]
    columns = min(_COLUMNS, len(shown))
    rows = -(-len(shown) // columns)
    shares = list(shares_of_classes(list(neighbors)).items())[:_CLASSES]
    votes_top = _MARGIN + 34 + _PANEL + 30
    below = max(votes_top + 18 + 26 * len(shares), _MARGIN + 34 + rows * (_TILE + _CAPTION))
    left = _MARGIN + _PANEL + 2 * _MARGIN
    width = left + max(columns * (_TILE + _GAP) - _GAP, 300) + _MARGIN
    sheet = Image.new("RGB", (width, below + _MARGIN - 6), _PAPER)
    draw = ImageDraw.Draw(sheet)
    _write(draw, (_MARGIN, _MARGIN - 6), title, 20, _INK, _PANEL + _MARGIN)
    counted = f"the {len(neighbors)} nearest" if len(neighbors) > 1 else "the nearest"
    more = f", {len(shown)} of them drawn" if len(shown) < len(neighbors) else ""
    heading = f"{counted} training picture{'s' * (len(neighbors) > 1)} ({metric}){more}"
    _write(draw, (left, _MARGIN - 2), heading, 15, _FAINT, width - left - _MARGIN)
    _paste(sheet, draw, picture, (_MARGIN, _MARGIN + 34), _PANEL, _RULE, 1)
    _write(draw, (_MARGIN, votes_top - 12), "votes", 13, _FAINT, _PANEL)
    for line, (name, share) in enumerate(shares):
        y = votes_top + 12 + 26 * line
        color = _FOR if name == said else _AGAINST
        draw.rectangle([(_MARGIN, y + 17), (_MARGIN + _PANEL - 1, y + 19)], fill=_RULE)
        draw.rectangle([(_MARGIN, y + 17), (_MARGIN + round(share * (_PANEL - 1)), y + 19)], fill=color)
        _write(draw, (_MARGIN, y - 2), name, 14, _INK, _PANEL - 60)
        _write(draw, (_MARGIN + _PANEL, y - 2), f"{100 * share:.0f} %", 14, _INK, 60, right=True)
    for place, each in enumerate(shown):
        x = left + place % columns * (_TILE + _GAP)
        y = _MARGIN + 34 + place // columns * (_TILE + _CAPTION)
        color = _FOR if each.class_name == said else _AGAINST
        if each.picture is not None:
            _paste(sheet, draw, each.picture, (x, y), _TILE, color, 3)
        _write(draw, (x, y + _TILE + 5), each.class_name, 13, color, _TILE)
        _write(draw, (x, y + _TILE + 20), f"at {_number(each.distance)}", 12, _INK, _TILE)
        _write(draw, (x, y + _TILE + 34), each.origin, 10, _FAINT, _TILE, end=True)
    return sheet


def _number(distance: float) -> str:
    return f"{distance:,.0f}" if distance >= 1_000 else f"{distance:.3g}"


def _paste(
    sheet: Any, draw: Any, picture: np.ndarray, place: tuple[int, int], side: int, color: str, line: int
) -> None:
    """A picture in the middle of a square of this side, with a frame around it."""
    from PIL import Image

    image = Image.fromarray(color_picture(picture))
    factor = side / max(image.size)
    size = max(1, round(image.width * factor)), max(1, round(image.height * factor))
    drawn = image.resize(size, Image.Resampling.NEAREST if factor > 1 else Image.Resampling.LANCZOS)
    x, y = place[0] + (side - size[0]) // 2, place[1] + (side - size[1]) // 2
    draw.rectangle([(x - line, y - line), (x + size[0] + line - 1, y + size[1] + line - 1)], fill=color)
    sheet.paste(drawn, (x, y))


def _write(
    draw: Any,
    place: tuple[int, int],
    text: str,
    size: int,
    color: str,
    room: int,
    *,
    right: bool = False,
    end: bool = False,
) -> None:
    """A line of text in at most so many pixels; what is too long loses its end, or with `end` its beginning."""
    shown, font = written(text, size)
    cut = shown
    while cut and font.getlength(cut if cut == shown else cut + "...") > room:
        cut = cut[1:] if end else cut[:-1]
    if cut != shown:
        cut = f"...{cut}" if end else f"{cut}..."
    x = place[0] - font.getlength(cut) if right else place[0]
    draw.text((x, place[1]), cut, color, font)
