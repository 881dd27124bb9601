"""A receipt drawn: heat over the picture, and the walk from the bias to the score."""

import html

import numpy as np

from pellucid.inspection.contributions import Receipt, signed
from pellucid.inspection.pictures import BLUE, ORANGE, largest, luma

SHARE = 0.99  # of the pixels that the heat scale covers; the strongest hundredth shares the full color


def overlay(picture: np.ndarray, receipt: Receipt) -> np.ndarray:
    """The picture in gray, with orange where it speaks for the class and blue where against.

    The heat is the sum of a pixel's contributions over its channels; the scale is symmetrical, so that equal
    strength of color is equal strength of contribution.

    Shapes     picture (H, W, C) uint8, receipt.contributions (H, W, C) → (H, W, 3) uint8
    """
    heat = receipt.contributions.sum(axis=2)
    limit = largest(heat, SHARE) or largest(heat) or 1.0
    strength = np.clip(np.abs(heat) / limit, 0, 1)[..., np.newaxis] * 0.88
    ground = (60 + 0.72 * luma(picture))[
        ..., np.newaxis
    ]  # neither black nor white: both colors stay visible on it
    color = np.where(heat[..., np.newaxis] > 0, np.array(ORANGE[2], float), np.array(BLUE[2], float))
    return np.rint(ground * (1 - strength) + color * strength).astype(np.uint8)


def waterfall(receipt: Receipt, width: int = 310) -> str:
    """The walk from zero to the score as an SVG: bias, everything against, everything for, score; where contributions
    are approximate it begins at the average picture's score and ends at their sum.

    Colors are the page's tokens (`--for`, `--against`, `--ink`) with fixed ones behind them, so that the
    drawing also stands alone.
    """
    up, down, bias = receipt.pushed_up, receipt.pushed_down, receipt.bias
    offset, end_name = (
        ("average", "sum") if receipt.method else ("bias", "score" if receipt.other_name is None else "lead")
    )
    steps = (
        (offset, 0.0, bias, bias),
        ("against", bias, bias + down, down),
        ("for", bias + down, bias + down + up, up),
        (end_name, 0.0, receipt.total, receipt.total),
    )
    ends = [0.0, *(end for _, _, end, _ in steps), *(start for _, start, _, _ in steps)]
    low, high = min(ends), max(ends)
    span = (high - low) or 1.0
    left, right, row = 58, 62, 21
    # Room for the numbers stands at the right, so that none is ever written over a bar.
    scale = (width - left - right) / span
    x = lambda value: left + (value - low) * scale
    parts = []
    for index, (name, start, end, amount) in enumerate(steps):
        top = index * row + 3
        a, b = sorted((x(start), x(end)))
        kind = "score" if index == 3 else "for" if amount > 0 else "against"
        parts.append(
            f'<text x="{left - 8}" y="{top + 11}" text-anchor="end" class="w-name">{name}</text>'
            f'<rect x="{a:.1f}" y="{top}" width="{max(b - a, 1):.1f}" height="14" class="w-{kind}"/>'
            f'<text x="{width - right + 8}" y="{top + 11}" class="w-amount">{_amount(amount)}</text>'
        )
        if index < 2:
            parts.append(
                f'<line x1="{x(end):.1f}" x2="{x(end):.1f}" y1="{top + 14}" y2="{top + row}" class="w-link"/>'
            )
    height = len(steps) * row
    zero = f'<line x1="{x(0):.1f}" x2="{x(0):.1f}" y1="0" y2="{height}" class="w-zero"/>'
    label = (
        f"Score for {receipt.title}: {offset} {signed(bias)}, against {signed(down)}, for {signed(up)}, "
        f"together {signed(receipt.total)}"
    )
    return (
        f'<svg class="waterfall" role="img" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'xmlns="http://www.w3.org/2000/svg" aria-label="{html.escape(label)}">'
        f"<style>{_STYLE}</style>{zero}{''.join(parts)}</svg>"
    )


def _amount(amount: float) -> str:
    # Of a close call two digits would say 0.00, which it is not.
    return signed(amount, 2 if abs(amount) >= 0.005 or amount == 0 else 4)


_STYLE = (
    ".waterfall text{font:12px "
    "system-ui,sans-serif;fill:var(--ink,#1b1d21);font-variant-numeric:tabular-nums}"
    ".w-for{fill:var(--for,#d9711c)}.w-against{fill:var(--against,#2f74b8)}.w-score{fill:var(--ink,#1b1d21)}"
    ".w-zero,.w-link{stroke:var(--muted,#5c626b);stroke-width:1}.w-link{stroke-dasharray:2 2}"
)
