"""Where did the NaN come from?"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.graph.backward import ancestors
from pellucid.graph.number_text import short
from pellucid.graph.tensor import Tensor
from pellucid.storage.errors import InputError

_NAMED = 5  # rows that a sentence names before it says "and 12 more"


@dataclass(frozen=True, eq=False)
class NonFinite:
    """The first tensor of a graph that is not finite though every tensor that it was made from is.

    Attributes
    ----------
    node : the tensor; a variable where the numbers came in from outside
    count : how many of its numbers are NaN or infinite
    rows : at which places of its first axis they are, ascending; where the first axis counts the pictures of a
        batch, these are the pictures. Empty for a single number
    """

    node: Tensor
    count: int
    rows: tuple[int, ...]

    @property
    def sentence(self) -> str:
        """Which operation made it of what, and in which rows."""
        kinds = _kinds(self.node.value)
        if not self.node.op:
            return f"The variable {self.node.name or 'without a name'} already holds {kinds}{self._where()}."
        told = [_told(place, each) for place, each in enumerate(self.node.inputs, 1)]
        name = f" ({self.node.name})" if self.node.name else ""
        return (
            f"The operation {self.node.op}{name} gives {kinds}{self._where()}. Its inputs: {'; '.join(told)}."
        )

    def _where(self) -> str:
        if not self.node.shape:
            return ""
        named = ", ".join(map(str, self.rows[:_NAMED]))
        more = f" and {len(self.rows) - _NAMED} more" if len(self.rows) > _NAMED else ""
        row = "row" if len(self.rows) == 1 else "rows"
        return f" in {row} {named}{more} (of 0 to {self.node.shape[0] - 1})"


def find_nonfinite(loss: Tensor) -> NonFinite | None:
    """The first tensor on the way to the loss that holds a NaN or an infinity; None where all is finite.

    Raises `InputError` for what is no tensor, and inside a compiled program, where numbers are not known yet.
    """
    if not isinstance(loss, Tensor):
        raise InputError(f"find_nonfinite() needs a tensor, got {type(loss).__name__}.")
    # Of two at the same depth the one with more axes comes first: it can say which pictures.
    for node in sorted(ancestors(loss), key=lambda node: (node.depth, -len(node.shape))):
        wrong = ~np.isfinite(_known(node))
        if wrong.any():
            rows = (
                np.flatnonzero(wrong.reshape(len(wrong), -1).any(axis=1)) if wrong.ndim else np.zeros(0, int)
            )
            return NonFinite(node, int(wrong.sum()), tuple(rows.tolist()))
    return None


def _known(node: Tensor) -> np.ndarray:
    try:
        return np.asarray(node.value)
    except Exception as error:  # JAX's own, which only arrays/ may name
        raise InputError(
            f"find_nonfinite() looks at numbers, and {node!r} is part of a program that is being compiled: "
            "build the graph with NumPy's arrays."
        ) from error


def _kinds(value: Any) -> str:
    """What is not finite in it: "NaN", "−∞ and NaN"."""
    array = np.asarray(value)
    kinds = {"−∞": np.isneginf(array), "∞": np.isposinf(array), "NaN": np.isnan(array)}
    return " and ".join(kind for kind, there in kinds.items() if there.any())


def _told(place: int, each: Any) -> str:
    """An input by its name, with its shape and the range of its numbers."""
    value = np.asarray(each.value if isinstance(each, Tensor) else each)
    name = (each.name or each.op) if isinstance(each, Tensor) else ""
    name = name or f"input {place}"
    if value.size == 0:
        return f"{name} {value.shape} is empty"
    finite = value[np.isfinite(value)]
    if value.ndim == 0:
        return f"{name} is {short(float(value))}"
    span = f"{short(finite.min())} to {short(finite.max())}" if finite.size else "nothing finite"
    kinds = "" if finite.size == value.size else f", and {_kinds(value)}"
    return f"{name} {value.shape} holds {span}{kinds}"
