"""How operations are written in a node."""

import numpy as np
import pytest

from pellucid.graph import OPERATIONS, variables
from pellucid.graph.elementwise import exp, maximum
from pellucid.graph.symbols import symbol

(x,) = variables(x=3.0)
(y,) = variables(y=2.0)
(v,) = variables(v=np.arange(6.0))


@pytest.mark.parametrize(
    ("tensor", "text", "folded"),
    [
        (x + y, "+", ()),
        (x + 1.0, "+ 1", (1,)),
        (1.0 + x, "+ 1", (0,)),
        (x - 1.0, "− 1", (1,)),
        (1.0 - x, "1 − ·", (0,)),
        (x - (-1.0), "− (−1)", (1,)),
        (-1.0 - x, "−1 − ·", (0,)),
        (x * -2.0, "× (−2)", (1,)),
        (0.00001 * x, "× 1×10⁻⁵", (0,)),
        (x * 1.00001, "× 1.00001", (1,)),
        (x * (1 / 3), "× 0.333", (1,)),
        (1.0 / x, "1/·", (0,)),
        (x / 4.0, "÷ 4", (1,)),
        (maximum(0.0, x), "max(0, ·)", (0,)),
        (maximum(x, -0.5), "max(·, −0.5)", (1,)),
        (x**2, "(·)²", ()),
        (x**-0.5, "(·)⁻⁰·⁵", ()),
        (exp(x), "exp", ()),
        (v * np.arange(6.0), "×", ()),
        (OPERATIONS["sum"](v, axis=0), "Σ axis 0", ()),
        (OPERATIONS["index"](v, key=slice(1, 4)), "[1:4]", ()),
        (OPERATIONS["index"](v, key=np.array([0, 2])), "[[0,2]]", ()),
        (OPERATIONS["index"](v, key=np.arange(5)), "[…]", ()),
        (OPERATIONS["index"](v, key=-1), "[−1]", ()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_symbol(tensor, text, folded):
    found = symbol(tensor)
    assert (found.text, tuple(found.folded)) == (text, folded)


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_operation_has_a_text_that_fits_in_a_node(name):
    from pellucid.graph.tensor import Tensor

    found = symbol(Tensor(np.ones(2), (x,), (None,), name))
    assert 0 < len(found.text) <= 24
    assert "_" not in found.text
