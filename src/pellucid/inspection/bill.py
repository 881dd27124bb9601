"""The strongest items of a receipt as lines of a bill: what it is, where it is in the picture, what it added."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.inspection.contributions import Receipt, signed
from pellucid.inspection.lettering import written
from pellucid.inspection.pictures import BLUE, ORANGE
from pellucid.inspection.placing import Item
from pellucid.inspection.view import ICON, fitted, located
from pellucid.inspection.views import views

_ROW = ICON + 10


@dataclass(frozen=True)
class Line:
    """One item that counted much.

    Attributes
    ----------
    icon (`ICON`, `ICON`, 3) uint8 : what it is: the edges of a cell, a color, a word
    where (H, W, 3) uint8 : the picture, dark except where the item is
    """

    item: Item
    icon: np.ndarray
    where: np.ndarray


def bill(measure: Any, receipt: Receipt, picture: np.ndarray, count: int = 3) -> list[Line]:
    """The items that spoke most for the class, the strongest first, then those most against it; `count` of each.

    What is less than a thousandth of it all is left out.
    """
    seen = {each.label: each.view for each in views(measure, picture.shape)}
    order = np.argsort(-receipt.amounts, kind="stable")
    least = 1e-3 * float(np.abs(receipt.amounts).sum())
    chosen = [i for i in order[:count] if receipt.amounts[i] > least]
    chosen += [i for i in order[::-1][:count] if receipt.amounts[i] < -least]
    found = []
    for item in (receipt.items[i] for i in chosen):
        view = seen[item.kind]
        where = located(picture, view.where(item.group, picture))
        found.append(Line(item, view.icon(item.group, picture), where))
    return found


def drawn_bill(lines: list[Line], width: int) -> np.ndarray:
    """The lines below each other, with a bar for each amount: (h, width, 3) uint8."""
    from PIL import Image, ImageDraw

    sheet = Image.new("RGB", (width, max(1, len(lines)) * _ROW), "white")
    draw = ImageDraw.Draw(sheet)
    left, room = 2 * ICON + 14, width - 2 * ICON - 14
    longest = max((abs(line.item.amount) for line in lines), default=0.0) or 1.0
    for row, line in enumerate(lines):
        top = row * _ROW
        for place, picture in enumerate((line.icon, line.where)):
            sheet.paste(Image.fromarray(fitted(picture)), (place * (ICON + 4), top))
        amount = line.item.amount
        for number, words in enumerate((signed(amount, 3), str(line.item))):
            shown, font = written(words, 13)
            draw.text((left, top - 2 + 16 * number), shown, "black", font)
        length = max(1, round(room * abs(amount) / longest))
        draw.rectangle(
            [(left, top + 34), (left + length, top + 38)], fill=(ORANGE if amount > 0 else BLUE)[2]
        )
    return np.asarray(sheet)
