"""A verdict explained on one sheet: what the model saw, what spoke for the class, and why not the runner-up."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pellucid.inspection.contributions import Receipt
from pellucid.inspection.drawings import overlay
from pellucid.inspection.pictures import color_picture

_PANEL = 256
_MARGIN = 20
_CAPTION = 64


def receipt_picture(picture: np.ndarray, title: str, receipts: Sequence[Receipt]) -> Any:
    """A Pillow picture: the input (H, W, C) uint8 enlarged, and beside it each receipt drawn over it.

    Orange speaks for the class, blue against it; under each panel bias + Σ contributions = score.
    """
    from PIL import Image, ImageDraw, ImageFont

    factor = max(1, _PANEL // max(picture.shape[:2]))
    height, width = picture.shape[0] * factor, picture.shape[1] * factor
    panel = max(width, _PANEL)
    font, bold = ImageFont.load_default(14), ImageFont.load_default(18)
    columns = len(receipts) + 1
    sheet = Image.new(
        "RGB", (columns * (panel + _MARGIN) + _MARGIN, height + _CAPTION + 2 * _MARGIN + 30), "white"
    )
    draw = ImageDraw.Draw(sheet)
    draw.text((_MARGIN, _MARGIN - 6), title, "black", bold)
    tiles = [
        (color_picture(picture), f"as the model sees it\n{picture.shape[1]} by {picture.shape[0]} pixels")
    ]
    tiles += [(overlay(picture, each), _arithmetic(each)) for each in receipts]
    for column, (tile, caption) in enumerate(tiles):
        left, top = _MARGIN + column * (panel + _MARGIN), _MARGIN + 28
        sheet.paste(Image.fromarray(tile).resize((width, height), Image.Resampling.NEAREST), (left, top))
        draw.multiline_text((left, top + height + 8), caption, "black", font, spacing=3)
    return sheet


def _arithmetic(receipt: Receipt) -> str:
    return (
        f"{receipt.title}\n{receipt.total:+.3f} = bias {receipt.bias:+.3f}\n"
        f"  for {receipt.pushed_up:+.3f}  against {receipt.pushed_down:+.3f}"
    )
