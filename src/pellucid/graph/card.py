"""The card of an operation: its docstring, taken apart into lines that tests execute and that a page can show.

A card is a sentence for a student, followed by five lines, of which `Inputs` may be missing:

    Forward    the formula of the value
    Gradient   what flows back into each input; g is ∂L/∂value; it begins with "none" where nothing flows at all,
               and with "refused" where asking for it is an error
    Shapes     x (N, D), w (K, D) → s (N, K), with the function's own names; (...) is any shape, and inputs of any
               shape are broadcast to each other; *arrays (N, D) is any number of arrays of that shape; a letter that
               only the result has is a size of its own
    Inputs     what the inputs must be so that the gradient exists
    Source     where the idea comes from

A line goes on where the next one is indented. The clauses of `Inputs` are separated by semicolons; what stands in
parentheses is for people. These clauses are understood:

    x positive             all numbers of x are above 0
    x away from 0          no number of x is near 0, on either side
    x away from y          no number of x is near the number of y that it meets
    x in steps of 0.3      all numbers of x are multiples of 0.3
    x all different        no two numbers of x are near each other
    y labels below K       whole numbers from 0 to K − 1; no gradient flows into them
    c 0 or 1               every number of c is 0 or 1; no gradient flows into them
    t -1 or 1              every number of t is −1 or 1; no gradient flows into them
    x not empty            x has at least one number
    N at least 1           the size N is not 0
    exponent 3.0           the setting `exponent` is 3, a real number
    width 2                the setting `width` is 2, a whole number
"""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pellucid.storage.errors import InputError

_LINES = ("Forward", "Gradient", "Shapes", "Inputs", "Source")
_OPTIONAL = ("Inputs",)
_SHAPED = re.compile(r"(\*?\w+) \(([^()]*)\)")

Sizes = tuple[str, ...]
"""The sizes of an array by their letters, such as ("N", "D"); ("...",) for any shape; () for a single number."""


@dataclass(frozen=True)
class Card:
    """What an operation says of itself: texts as they stand in the docstring; `inputs` is "" where it says nothing."""

    summary: str
    forward: str
    gradient: str
    shapes: str
    source: str
    inputs: str = ""

    @property
    def arrays(self) -> dict[str, Sizes]:
        """Each input by its name, with its sizes; a name with a star, as in *arrays, stands for any number of them."""
        return {name: _sizes(text) for name, text in _SHAPED.findall(self.shapes.split("→")[0])}

    @property
    def result(self) -> Sizes:
        """The sizes of the value."""
        return _sizes(_SHAPED.findall(self.shapes.split("→")[1])[0][1])

    @property
    def clauses(self) -> tuple[str, ...]:
        """The clauses of `inputs`, without what stands in parentheses."""
        plain = re.sub(r"\([^()]*\)", "", self.inputs)
        return tuple(clause.strip() for clause in plain.split(";") if clause.strip())


def card(operation: Callable[..., Any]) -> Card:
    """The card of an operation.

    Raises
    ------
    InputError : the docstring lacks a line, or its `Shapes` do not name the operation's arrays in their order
    """
    name = getattr(operation, "__name__", str(operation))
    summary, _, rest = inspect.cleandoc(operation.__doc__ or "").partition("\n")
    lines: dict[str, str] = {}
    latest = ""
    for line in rest.splitlines():
        label, _, text = line.partition(" ")
        if label in _LINES:
            latest = label
            lines[label] = text.strip()
        elif latest and line.startswith(" "):
            lines[latest] += " " + line.strip()
        else:
            latest = ""
    missing = [label for label in _LINES if not lines.get(label) and label not in _OPTIONAL]
    if missing or not summary:
        raise InputError(
            f"{name} has no whole card: {', '.join(missing) or 'a first sentence'} is missing. "
            "Write it in the docstring, as graph/card.py says."
        )
    found = Card(summary, **{label.lower(): text for label, text in lines.items()})
    _check_names(name, operation, found)
    return found


def _check_names(name: str, operation: Callable[..., Any], found: Card) -> None:
    """Shapes must name the function's arrays, in their order, and what comes out."""
    if found.shapes.count("→") != 1 or len(_SHAPED.findall(found.shapes.split("→")[1])) != 1:
        raise InputError(f"{name}: Shapes must end in one result, as in x (N) → z (); got {found.shapes!r}.")
    parameters = inspect.signature(operation).parameters.values()
    arrays = [
        f"*{each.name}" if each.kind is inspect.Parameter.VAR_POSITIONAL else each.name
        for each in parameters
        if each.kind is not inspect.Parameter.KEYWORD_ONLY
    ]
    if list(found.arrays) != arrays:
        raise InputError(
            f"{name} takes {', '.join(arrays)}, but its Shapes name {', '.join(found.arrays) or 'nothing'}: "
            "they must agree."
        )


def _sizes(text: str) -> Sizes:
    return tuple(size.strip() for size in text.split(",") if size.strip())
