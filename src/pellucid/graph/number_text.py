"""Numbers as a person reads them in a drawing or a table: few digits, a true minus, powers of ten as powers."""

import math

import numpy as np

_SUPERSCRIPT = str.maketrans("0123456789-.", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻·")


def short(number: float, digits: int = 3) -> str:
    """A number with so many significant digits: 0.731, −12, 1.2×10⁻⁵. Zeros at the end say that it was rounded: 0.590
    is not exactly 0.59."""
    value = float(number)
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    if value == round(value) and abs(value) < 1e5:
        text = f"{value:.0f}"  # a whole number keeps all its digits: 1024 is not 1020
    else:
        text = f"{value:.{digits}g}"
        # Of float32 the last digits are no information: 0.1 is held as 0.10000000149.
        rounded = abs(float(text) - value) > 1e-6 * abs(value)
        if 1e-4 <= abs(value) < 1e5:
            text = f"{value:#.{digits}g}".rstrip(".") if rounded else text
            # Before the point no digit is left out: 12346, not 12300.
            text = f"{value:.0f}" if abs(value) >= 10**digits else text
        else:
            mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
            if "." in mantissa and not rounded:
                mantissa = mantissa.rstrip("0").rstrip(".")
            text = f"{mantissa}×10{superscript(str(int(exponent)))}"
    return text.replace("-", "−")


def superscript(digits: str) -> str:
    """Digits, a minus and a point, raised."""
    return digits.translate(_SUPERSCRIPT)


def shape_text(shape: tuple[int, ...]) -> str:
    """A shape as Python writes it, with spaces for thousands left out: (256, 10), (10,), ()."""
    return str(tuple(int(size) for size in shape))


def exact(number: float) -> str:
    """A number so that reading it back gives the same bits."""
    return repr(float(number))


def range_text(values: np.ndarray) -> str:
    """From the smallest to the largest number of an array, and how many are not finite."""
    low, high, wrong = extent(values)
    if low is None or high is None:
        return "empty" if not values.size else "not finite"
    text = short(low)
    if low != high:
        # As many digits as it takes to tell the two apart.
        ends = [(short(low, digits), short(high, digits)) for digits in (2, 3, 4, 6, 9, 17)]
        text = " … ".join(next((pair for pair in ends if pair[0] != pair[1]), ends[-1]))
    return f"{text}, {wrong:,} not finite" if wrong else text


def extent(values: np.ndarray) -> tuple[float | None, float | None, int]:
    """The smallest and the largest finite number of an array, and how many are not finite."""
    if not values.size:
        return None, None, 0
    # min and max are NaN or infinite if any number is, and need no array of their own.
    low, high = float(values.min()), float(values.max())
    if math.isfinite(low) and math.isfinite(high):
        return low, high, 0
    finite = values[np.isfinite(values)]
    wrong = int(values.size - finite.size)
    return (float(finite.min()), float(finite.max()), wrong) if finite.size else (None, None, wrong)
