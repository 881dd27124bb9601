"""The paper that drawings stand on: headings, captions, and figures one beside the other."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from pellucid.inspection.lettering import built_in, written

PAPER, INK, FAINT, RULE = "#fbfbf9", "#1f2328", "#6b7280", "#dcdcd8"
MARGIN, GAP = 28, 24
TITLE, NAME, SMALL = 24, 15, 12


@dataclass(frozen=True)
class Figure:
    """A drawing with a heading above it and lines of words below: drawn (h, w, 3) uint8."""

    drawn: np.ndarray
    heading: str = ""
    caption: str = ""


def arranged(
    figures: Sequence[Figure], *, title: str, notes: Sequence[str] = (), width: int = 1240
) -> Image.Image:
    """Figures from left to right on one sheet, in as many rows as they need.

    Parameters
    ----------
    notes : lines below the title
    width : where a new row begins, in pixels; a single figure may be wider
    """
    places, x, top, row = [], 0, 0, 0
    for figure in figures:
        wide, high = _room(figure)
        if x and x + wide > width:
            x, top, row = 0, top + row + GAP, 0
        places.append((x, top))
        x, row = x + wide + GAP, max(row, high)
    reach = max(
        (left + _room(figure)[0] for figure, (left, _) in zip(figures, places, strict=True)), default=0
    )
    sheet, draw, start = empty_sheet(reach, top + row, title, notes)
    for figure, (left, above) in zip(figures, places, strict=True):
        x, y, room = MARGIN + left, start + above, _room(figure)[0]
        if figure.heading:
            write(draw, (x, y), figure.heading, NAME, INK, room)
            y += NAME + 9
        sheet.paste(Image.fromarray(figure.drawn), (x, y))
        y += figure.drawn.shape[0] + 8
        for number, line in enumerate(figure.caption.split("\n")):
            write(draw, (x, y + number * (SMALL + 5)), line, SMALL, FAINT, room)
    return sheet


def _room(figure: Figure) -> tuple[int, int]:
    """Width and height of a figure with its words."""
    height, width = figure.drawn.shape[:2]
    lines = figure.caption.count("\n") + 1 if figure.caption else 0
    letters = [built_in(SMALL).getlength(line) for line in figure.caption.split("\n")]
    letters.append(built_in(NAME).getlength(figure.heading))
    above = NAME + 9 if figure.heading else 0
    return max(width, min(int(max(letters)) + 2, max(width, 300))), above + height + 8 + lines * (SMALL + 5)


def empty_sheet(
    width: int, height: int, title: str, notes: Sequence[str]
) -> tuple[Image.Image, ImageDraw.ImageDraw, int]:
    """An empty sheet with its heading; and where the content begins."""
    widest = max([built_in(SMALL + 1).getlength(note) for note in notes] + [420.0])
    top = MARGIN + TITLE + 14 + len(notes) * (SMALL + 8) + 14
    size = (max(width, int(widest) + 1) + 2 * MARGIN, top + height + MARGIN - 12)
    sheet = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(sheet)
    write(draw, (MARGIN, MARGIN - 4), title, TITLE, INK, size[0] - 2 * MARGIN)
    for i, note in enumerate(notes):
        y = MARGIN + TITLE + 10 + i * (SMALL + 8)
        write(draw, (MARGIN, y), note, SMALL + 1, FAINT, size[0] - 2 * MARGIN)
    return sheet, draw, top


def write(
    draw: ImageDraw.ImageDraw, place: tuple[int, int], text: str, size: int, color: str, room: float = np.inf
) -> None:
    """Write one line, its middle left out where it is wider than `room` (names often differ at their ends)."""
    text, font = written(text, size)
    if font.getlength(text) > room:
        fewest, most = 0, len(text)
        while fewest < most:
            kept = (fewest + most + 1) // 2
            if font.getlength(_without_middle(text, kept)) <= room:
                fewest = kept
            else:
                most = kept - 1
        text = _without_middle(text, fewest)
    draw.text(place, text, fill=color, font=font)


def _without_middle(text: str, kept: int) -> str:
    head = (kept + 1) // 2
    return text[:head].rstrip() + "..." + text[len(text) - (kept - head) :].lstrip()
