"""A small histogram of the activations of a layer, now and before, as inline SVG."""

import re
from collections.abc import Mapping
from typing import Any

from pellucid.report.markup import escape

_WIDTH, _HEIGHT, _FOOT = 200, 84, 16  # CSS pixels


def histogram(now: Mapping[str, Any], before: Mapping[str, Any] | None, label: str) -> str:
    """Bars of how often each size occurs, and as a line how it was before; both fill the same area.

    Parameters
    ----------
    now, before : {"low": …, "high": …, "counts": [one for each bin]}, as in the record of a look
    label : what is to be seen, as HTML, for those who cannot see it
    """
    shapes = [shape for shape in (now, before) if shape and sum(shape["counts"])]
    if not shapes:
        return f'<p class="small muted">{"All are 0." if "zero" in now else ""}</p>'
    low, high = min(shape["low"] for shape in shapes), max(shape["high"] for shape in shapes)
    # The height is a density: bins of two widths can be compared.
    peak = max(max(_densities(shape)) for shape in shapes)
    px = lambda x: (x - low) / (high - low) * _WIDTH
    py = lambda density: (1 - density / peak) * (_HEIGHT - 2) + 2
    parts = []
    if sum(now["counts"]):
        parts.append(
            f'<path class="filled" d="M{px(now["low"]):.1f} {_HEIGHT}{_stairs(now, px, py)}V{_HEIGHT}Z"/>'
        )
    if before and sum(before["counts"]):
        parts.append(
            f'<path class="before" d="M{px(before["low"]):.1f} {_HEIGHT}{_stairs(before, px, py)}V{_HEIGHT}"/>'
        )
    parts.append(f'<path class="axis" d="M0 {_HEIGHT}H{_WIDTH}"/>')
    marks = [low, high] if low >= 0 or high <= 0 else [low, 0.0, high]
    for value in marks:
        anchor = "start" if value == low else "end" if value == high else "middle"
        # A zero too near to an end would cover its number.
        if value in (low, high) or 40 < px(value) < _WIDTH - 40:
            parts.append(
                f'<text class="tick" x="{px(value):.1f}" y="{_HEIGHT + _FOOT - 2}" text-anchor="{anchor}">'
                f"{f'{value:.2g}'.replace('-', '−')}</text>"
            )
    said = escape(re.sub("<[^>]*>", "", label))
    return (
        f'<svg class="histogram" viewBox="0 0 {_WIDTH} {_HEIGHT + _FOOT}" role="img" aria-label="{said}">'
        f"{''.join(parts)}</svg>"
    )


def _densities(shape: Mapping[str, Any]) -> list[float]:
    """How often each bin occurs, in shares of all a unit of width."""
    width = (shape["high"] - shape["low"]) / len(shape["counts"]) * sum(shape["counts"])
    return [each / width for each in shape["counts"]]


def _stairs(shape: Mapping[str, Any], px: Any, py: Any) -> str:
    """The upper edge of the bars, from left to right."""
    bins = len(shape["counts"])
    step = (shape["high"] - shape["low"]) / bins
    return "".join(
        f"V{py(density):.1f}H{px(shape['low'] + (place + 1) * step):.1f}"
        for place, density in enumerate(_densities(shape))
    )
