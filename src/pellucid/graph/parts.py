"""What a graph is made of: variables, constants and operations, each after those it was made from."""

import inspect
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pellucid.graph.symbols import symbol
from pellucid.graph.tensor import OPERATIONS, Tensor
from pellucid.storage.errors import InputError


@dataclass(frozen=True)
class Part:
    """A variable, a constant or an operation.

    Attributes
    ----------
    kind : "variable", "constant" or "operation"
    tensor : None for a constant
    value : None where it has been let go
    label : the symbol of an operation, the name of the others
    inputs : the numbers of the parts it was made from, in the operation's order, without what `label` shows
    flows : for each input, whether a gradient flows back into it
    """

    kind: str
    tensor: Tensor | None
    value: np.ndarray | None = field(repr=False)
    label: str
    inputs: tuple[int, ...] = ()
    flows: tuple[bool, ...] = ()

    @property
    def op(self) -> str:
        return self.tensor.op if self.tensor is not None else ""

    @property
    def name(self) -> str:
        return self.tensor.name if self.tensor is not None else self.label


def parts(loss: Tensor) -> tuple[Part, ...]:
    """The parts of a graph in a fixed order, the loss last. There is no recursion: any depth works.

    Raises
    ------
    InputError : not a tensor, or its values are not known yet (inside a compiled program)
    """
    if not isinstance(loss, Tensor):
        raise InputError(
            f"diagram() needs a tensor, got {type(loss).__name__}: numbers do not remember how they were made. "
            "Make the inputs tensors: `x, y = variables(x=…, y=…)`."
        )
    found: list[Part] = []
    numbers: dict[Any, int] = {}
    stack: list[tuple[Tensor, bool]] = [(loss, False)]
    while stack:
        tensor, inputs_done = stack.pop()
        if tensor in numbers:
            continue
        if not inputs_done:
            stack.append((tensor, True))
            # The first input is walked first, so that it stands first.
            stack.extend((each, False) for each in reversed(tensor.inputs) if isinstance(each, Tensor))
            continue
        if not tensor.op:
            numbers[tensor] = len(found)
            found.append(Part("variable", tensor, known(tensor.value), tensor.name))
            continue
        written, refuses = symbol(tensor), refuses_gradient(tensor.op)
        inputs, flows = [], []
        for place, each in enumerate(tensor.inputs):
            if place in written.folded:
                continue
            if isinstance(each, Tensor):
                inputs.append(numbers[each])
                flows.append(not refuses and any(each is parent for parent in tensor.parents))
                continue
            # The same array in two places is one constant; equal numbers are not.
            key = id(each) if np.ndim(each) else (id(tensor), place)
            if key not in numbers:
                numbers[key] = len(found)
                found.append(Part("constant", None, known(each), _argument(tensor.op, place)))
            inputs.append(numbers[key])
            flows.append(False)
        numbers[tensor] = len(found)
        label = f"{written.text}, no gradient" if refuses else written.text
        found.append(Part("operation", tensor, known(tensor.value), label, tuple(inputs), tuple(flows)))
    return tuple(found)


def refuses_gradient(name: str) -> bool:
    """Whether an operation's card says that asking for its gradient is an error; a user's operation may have none."""
    # Not by taking the card apart: that takes a fifth of a millisecond, and graphs have thousands of nodes.
    return "Gradient   refused" in (getattr(OPERATIONS.get(name), "__doc__", None) or "")


def known(value: Any) -> np.ndarray | None:
    """The value as NumPy's array, bfloat16 and its like as float32; None where it has been let go.

    Raises `InputError` inside a compiled program, where there are no values yet.
    """
    if value is None:
        return None
    try:
        array = np.asarray(value)
        return array.astype(np.float32) if array.dtype.kind == "V" else array
    except Exception as error:
        if "Tracer" not in type(error).__name__:
            raise
        raise InputError(
            "diagram() draws values, and inside a compiled program there are none yet: draw the same graph "
            "outside of it, on NumPy arrays."
        ) from None


def _argument(op: str, place: int) -> str:
    """The name that the operation's card has for its input at this place."""
    if op not in OPERATIONS:
        return ""
    names = [
        each.name
        for each in inspect.signature(OPERATIONS[op]).parameters.values()
        if each.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    ]
    return names[place] if place < len(names) else ""
