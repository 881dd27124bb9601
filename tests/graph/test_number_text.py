"""Numbers as a person reads them."""

import numpy as np
import pytest

from pellucid.graph.number_text import exact, range_text, short


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (-12.0, "−12"),
        (1024.0, "1024"),
        (0.5, "0.5"),
        (0.7310585786300049, "0.731"),
        (-0.5898357997244456, "−0.590"),
        (0.59, "0.59"),
        (float(np.float32(0.1)), "0.1"),
        (188.737, "189"),
        (12345.67, "12346"),
        (0.000968, "0.000968"),
        (1.2e-5, "1.2×10⁻⁵"),
        (-1.23456e-12, "−1.23×10⁻¹²"),
        (3e8, "3×10⁸"),
        (123456.7, "1.23×10⁵"),
        (5e-324, "4.94×10⁻³²⁴"),
        (float("nan"), "NaN"),
        (float("inf"), "∞"),
        (float("-inf"), "−∞"),
    ],
)
def test_short(number, text):
    assert short(number) == text


def test_a_range_tells_its_ends_apart():
    assert range_text(np.array([-1.234, 5.678])) == "−1.2 … 5.7"
    assert range_text(np.array([2.0791, 2.0799, 2.0795])) == "2.079 … 2.080"
    assert range_text(np.array([3.0, 3.0])) == "3"
    assert range_text(np.array([1.0, np.nan])) == "1, 1 not finite"
    assert range_text(np.array([np.nan, np.inf])) == "not finite"
    assert range_text(np.zeros((0, 3))) == "empty"


def test_exact_is_read_back_to_the_same_bits():
    for number in (0.1, 1 / 3, 5e-324, -0.0, 1e308):
        assert float(exact(number)).hex() == number.hex()
