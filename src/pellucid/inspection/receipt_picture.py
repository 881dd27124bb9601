"""A verdict explained on one sheet: what the model saw, what spoke for the class, and why not the runner-up."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pellucid.inspection.bill import bill, drawn_bill
from pellucid.inspection.contributions import Receipt
from pellucid.inspection.drawings import overlay
from pellucid.inspection.lettering import Font, written
from pellucid.inspection.pictures import color_picture
from pellucid.storage.errors import printable

_PANEL = 256
_MARGIN = 20
_LINE = 18
_CUT = "..."
_RATHER = " rather than "


def receipt_picture(picture: np.ndarray, title: str, receipts: Sequence[Receipt], measure: Any = None) -> Any:
    """A Pillow picture: the input (H, W, C) uint8 enlarged, and beside it each receipt drawn over it.

    Orange speaks for the class, blue against it; under each panel bias + Σ contributions = score, or where they are
    approximate, how much of it they account for; with the `Measured` of the features, also what counted most.
    """
    from PIL import Image, ImageDraw

    factor = max(1, _PANEL // max(picture.shape[:2]))
    height, width = picture.shape[0] * factor, picture.shape[1] * factor
    panel = max(width, _PANEL)
    columns = len(receipts) + 1
    tiles = [
        (color_picture(picture), f"as the model sees it\n{picture.shape[1]} by {picture.shape[0]} pixels")
    ]
    tiles += [(overlay(picture, each), _arithmetic(each)) for each in receipts]
    words = _LINE * max(len(_lines(caption, panel)) for _, caption in tiles)
    bills = [
        drawn_bill(bill(measure, each, picture), panel) if measure is not None and each.items else None
        for each in receipts
    ]
    room = words + max((each.shape[0] + _MARGIN for each in bills if each is not None), default=0)
    sheet = Image.new(
        "RGB", (columns * (panel + _MARGIN) + _MARGIN, height + room + 2 * _MARGIN + 42), "white"
    )
    draw = ImageDraw.Draw(sheet)
    heading, bold = _shortened(title, 18, columns * (panel + _MARGIN) - _MARGIN)
    draw.text((_MARGIN, _MARGIN - 6), heading, "black", bold)
    for column, (tile, caption) in enumerate(tiles):
        left, top = _MARGIN + column * (panel + _MARGIN), _MARGIN + 28
        sheet.paste(Image.fromarray(tile).resize((width, height), Image.Resampling.NEAREST), (left, top))
        for line, said in enumerate(_lines(caption, panel)):
            shown, font = _shortened(said, 14, panel)
            draw.text((left, top + height + 8 + _LINE * line), shown, "black", font)
    for column, own in enumerate(bills, start=1):
        if own is not None:
            place = (_MARGIN + column * (panel + _MARGIN), _MARGIN + 28 + height + words + _MARGIN)
            sheet.paste(Image.fromarray(own), place)
    return sheet


def _lines(caption: str, width: int) -> list[str]:
    """The lines of a caption; a title "this rather than that" that is too wide for the panel goes on two."""
    title, *rest = caption.split("\n")
    first, rather, second = title.partition(_RATHER)
    if rather and _shortened(title, 14, width)[0].endswith(_CUT):
        return [first, rather.strip() + " " + second, *rest]
    return [title, *rest]


def _shortened(text: str, size: int, width: int) -> tuple[str, Font]:
    """The text in letters that can be drawn, at most so many pixels wide, and its font."""
    shown, font = written(text, size)
    if font.getlength(shown) <= width:
        return shown, font
    while shown and font.getlength(shown + _CUT) > width:
        shown = shown[:-1]
    return shown + _CUT, font


def _arithmetic(receipt: Receipt) -> str:
    pushed = f"  for {receipt.pushed_up:+.3f}  against {receipt.pushed_down:+.3f}"
    if not receipt.method:
        return f"{printable(receipt.title)}\n{receipt.total:+.3f} = bias {receipt.bias:+.3f}\n{pushed}"
    share = f"{receipt.accounted:.0%}".replace("%", " %") if 0 <= receipt.accounted < 2 else "little"
    return (
        f"{printable(receipt.title)}, score {receipt.score:+.3f}\n{receipt.method}, approximate:\n"
        f"accounts for {share} of the\ndifference to the average picture\n{pushed}"
    )
