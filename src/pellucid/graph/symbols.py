"""How an operation is written inside a node: +, ×, σ, (·)², max(0, ·)."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.graph.number_text import short, superscript
from pellucid.graph.tensor import Tensor

_SYMBOLS = {
    "add": "+",
    "subtract": "−",
    "multiply": "×",
    "divide": "÷",
    "negative": "×(−1)",
    "log": "ln",
    "log1p": "ln(1 + ·)",
    "sqrt": "√",
    "absolute": "|·|",
    "maximum": "max",
    "minimum": "min",
    "greater": ">",
    "greater_equal": "≥",
    "sum": "Σ",
    "norm": "‖·‖",
    "logsumexp": "ln Σ exp",
    "matmul": "@",
    "transpose": "·ᵀ",
    "take": "gather",
    "sigmoid": "σ",
    "relu": "ReLU",
    "leaky_relu": "leaky ReLU",
    "elu": "ELU",
    "gelu": "GELU",
    "softmax_cross_entropy": "softmax cross-entropy",
    "soft_cross_entropy": "softmax cross-entropy",
    "multiclass_hinge": "hinge loss",
    "multiclass_squared_hinge": "squared hinge loss",
    "structured_hinge": "structured hinge loss",
    "one_versus_rest_hinge": "one-vs-rest hinge loss",
    "one_versus_rest_squared_hinge": "one-vs-rest hinge²",
    "l1": "‖·‖₁",
    "l2": "½‖·‖²",
}
# · is the other input; with the constant c first, and with it second.
_WITH_CONSTANT = {
    "add": ("+ {c}", "+ {c}"),
    "subtract": ("{c} − ·", "− {c}"),
    "multiply": ("× {c}", "× {c}"),
    "divide": ("{c}/·", "÷ {c}"),
    "maximum": ("max({c}, ·)", "max(·, {c})"),
    "minimum": ("min({c}, ·)", "min(·, {c})"),
    "greater": ("{c} > ·", "> {c}"),
    "greater_equal": ("{c} ≥ ·", "≥ {c}"),
}
_IN_PARENTHESES = {"add", "multiply", "divide", "subtract"}  # × −2 would read as a difference
ORDERED = {"subtract", "divide", "matmul", "greater", "greater_equal", "concatenate", "stack", "where"}
"""Operations of which the first input must be told from the second: in a drawing it arrives above it."""


@dataclass(frozen=True)
class Symbol:
    """The text of an operation; `folded` are the inputs that it already shows, by their places."""

    text: str
    folded: frozenset[int] = frozenset()


def symbol(tensor: Tensor) -> Symbol:
    """How the operation that made this tensor is written; a single constant number becomes part of it: + 1."""
    name, settings = tensor.op, tensor.settings
    if name in _WITH_CONSTANT and len(tensor.inputs) == 2:
        plain = [(place, each) for place, each in enumerate(tensor.inputs) if not isinstance(each, Tensor)]
        if len(plain) == 1 and np.ndim(plain[0][1]) == 0:
            place, number = plain[0]
            constant = _constant(np.asarray(number).item())
            # A sum and a product are written with the constant behind, wherever it stood.
            follows = place == 1 or name in ("add", "multiply")
            if constant.startswith("−") and name in _IN_PARENTHESES and follows:
                constant = f"({constant})"
            return Symbol(_WITH_CONSTANT[name][place].format(c=constant), frozenset((place,)))
    if name == "power":
        exponent = _constant(settings["exponent"]) if "exponent" in settings else ""
        return Symbol(f"(·){superscript(exponent.replace('−', '-'))}")
    text = _SYMBOLS.get(name, name.replace("_", " "))
    if settings.get("axis") is not None:
        text += f" axis {_plain(settings['axis'])}"
    if name == "index" and "key" in settings:
        text = f"[{_key(settings['key'])}]"
    return Symbol(text)


def _constant(number: float) -> str:
    """All digits of a number that a person typed, such as 0.00001 or 1.0001; three of one that was computed."""
    text = short(number, 6)
    return text if len(text) <= 7 else short(number)


def _plain(setting: Any) -> str:
    return str(setting).replace("-", "−")


def _key(key: Any) -> str:
    """An index as it was typed, as far as it is short."""
    parts = key if isinstance(key, tuple) else (key,)
    texts = []
    for part in parts:
        if isinstance(part, slice):
            ends = [part.start, part.stop] + ([part.step] if part.step is not None else [])
            texts.append(":".join("" if end is None else str(end) for end in ends))
        elif part is Ellipsis or part is None:
            texts.append("…" if part is Ellipsis else "new")
        else:
            few = np.size(part) <= 3
            texts.append(str(np.asarray(part).tolist()).replace(" ", "") if few else "…")
    text = ", ".join(texts).replace("-", "−")
    return text if len(text) <= 16 else f"{text[:15]}…"
