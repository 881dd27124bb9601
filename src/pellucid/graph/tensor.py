"""A number, or an array of numbers, that remembers how it was made."""

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from pellucid.graph.misfit import misfit
from pellucid.storage.errors import InputError

Pullback = Callable[[Any], Any]

OPERATIONS: dict[str, Callable[..., Any]] = {}
"""Every operation by its name; the tests walk this list."""


class Tensor:
    """A node of the computational graph: a value, and the values and local gradients it was made from.

    A tensor is never changed, but that `gradients(loss, release=True)` lets go of what it was made from. Gradients are
    not written to it: `gradients(loss)` returns them.

    Attributes
    ----------
    value : array or number of any shape, NumPy's or JAX's
    parents : the tensors it was made from; empty for a variable
    pullbacks : for each parent the function that takes g = ∂L/∂value and returns ∂L/∂parent in the parent's
        shape and dtype
    op : the name of the operation; "" for a variable
    name : the user's name for it, or ""
    depth : the length of the longest way back to a variable; 0 for a variable
    inputs : all that the operation took, in its order: tensors, and constants (arrays, numbers) as they came
    settings : the operation's settings by their names
    """

    __slots__ = ("depth", "inputs", "name", "op", "parents", "pullbacks", "settings", "value")

    def __init__(
        self,
        value: Any,
        parents: "tuple[Tensor, ...]" = (),
        pullbacks: tuple[Pullback, ...] = (),
        op: str = "",
        name: str = "",
        depth: int = 0,
        inputs: tuple[Any, ...] = (),
        settings: dict[str, Any] | None = None,
    ) -> None:
        # A bare number of Python has no dtype: it is held as float64, as NumPy would.
        self.value = value if hasattr(value, "dtype") else np.asarray(value, np.float64)[()]
        self.parents = parents
        self.pullbacks = pullbacks
        self.op = op
        self.name = name
        self.depth = depth
        self.inputs = inputs or parents
        self.settings = {} if settings is None else settings

    @property
    def shape(self) -> tuple[int, ...]:
        return np.shape(self.value)

    @property
    def dtype(self) -> Any:
        return self.value.dtype

    def __repr__(self) -> str:
        made = f"{self.name or 'Tensor'}" + (f" = {self.op}(…)" if self.op else "")
        return (
            f"<{made}: {self.value}>" if np.ndim(self.value) == 0 else f"<{made}: {self.dtype} {self.shape}>"
        )

    def _repr_svg_(self) -> str:
        """The graph drawn, where a notebook asks for it."""
        from pellucid.graph.diagram import diagram

        return diagram(self).svg()

    # NumPy must not take `array * tensor` apart into an array of tensors.
    __array_ufunc__ = None

    def __add__(self, other: Any) -> Any:
        return OPERATIONS["add"](self, other)

    def __radd__(self, other: Any) -> Any:
        return OPERATIONS["add"](other, self)

    def __sub__(self, other: Any) -> Any:
        return OPERATIONS["subtract"](self, other)

    def __rsub__(self, other: Any) -> Any:
        return OPERATIONS["subtract"](other, self)

    def __mul__(self, other: Any) -> Any:
        return OPERATIONS["multiply"](self, other)

    def __rmul__(self, other: Any) -> Any:
        return OPERATIONS["multiply"](other, self)

    def __truediv__(self, other: Any) -> Any:
        return OPERATIONS["divide"](self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return OPERATIONS["divide"](other, self)

    def __matmul__(self, other: Any) -> Any:
        return OPERATIONS["matmul"](self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return OPERATIONS["matmul"](other, self)

    def __neg__(self) -> Any:
        return OPERATIONS["negative"](self)

    def __pow__(self, exponent: float) -> Any:
        return OPERATIONS["power"](self, exponent=exponent)

    def __rpow__(self, base: float) -> Any:
        raise InputError(f"{base!r} ** tensor is no operation: write exp(tensor * log({base!r})).")

    def __abs__(self) -> Any:
        return OPERATIONS["absolute"](self)

    def __getitem__(self, key: Any) -> Any:
        return OPERATIONS["index"](self, key=key)

    def __gt__(self, other: Any) -> Any:
        return OPERATIONS["greater"](self, other)

    def __ge__(self, other: Any) -> Any:
        return OPERATIONS["greater_equal"](self, other)

    def __lt__(self, other: Any) -> Any:
        return OPERATIONS["greater"](other, self)

    def __le__(self, other: Any) -> Any:
        return OPERATIONS["greater_equal"](other, self)

    def __bool__(self) -> bool:
        if self.shape != ():
            raise InputError(f"{self!r} is no single truth: compare its value, as in (x.value > 0).all().")
        return bool(self.value)

    def __len__(self) -> int:
        if self.shape == ():
            raise InputError(f"{self!r} is a single number and has no length.")
        return int(self.shape[0])

    def __iter__(self) -> "Iterator[Tensor]":
        return (self[place] for place in range(len(self)))

    @property
    def T(self) -> Any:
        """The transposed tensor."""
        return OPERATIONS["transpose"](self)


def op(function: Callable[..., tuple[Any, tuple[Pullback | None, ...]]]) -> Callable[..., Any]:
    """Make an operation of a function that returns its value and its local gradients together.

    The function takes arrays by position and settings by keyword, and returns the value and one pullback for each
    array: `None` where nothing flows, as into labels. The operation takes tensors or arrays: with a tensor among them
    it returns a tensor, with arrays only it returns an array, so that prediction is the same code without a graph.

    Raises
    ------
    InputError : the shapes do not fit; the sentence names the operation, the shapes and the tensors
    """
    name, new = function.__name__, object.__new__

    @functools.wraps(function)
    def operation(*inputs: Any, **settings: Any) -> Any:
        # This runs once for every node of an eager graph, so it is written for speed: no generators, one pass.
        values, depth, constants = [], -1, False
        for each in inputs:
            if isinstance(each, Tensor):
                values.append(each.value)
                if each.depth > depth:
                    depth = each.depth
            else:
                values.append(each)
                constants = True
        try:
            value, pullbacks = function(*values, **settings) if settings else function(*values)
        except (ValueError, TypeError, IndexError, AttributeError) as error:
            raise InputError(misfit(function, inputs, values, settings, error)) from error
        if depth < 0:
            return value
        parents: tuple[Tensor, ...] = inputs
        flows: tuple[Any, ...] = pullbacks
        if constants or None in pullbacks or len(pullbacks) != len(inputs):
            parents, flows = _flowing(name, inputs, pullbacks)
        if type(value) is float:
            value = np.float64(value)
        # As Tensor(…) would, in half the time: what an operation made needs no second look.
        made = new(Tensor)
        made.value = value
        made.parents = parents
        made.pullbacks = flows
        made.op = name
        made.name = ""
        made.depth = depth + 1
        made.inputs = inputs
        made.settings = settings
        return made

    OPERATIONS[name] = operation
    return operation


def _flowing(
    name: str, inputs: tuple[Any, ...], pullbacks: tuple[Any, ...]
) -> tuple[tuple[Tensor, ...], tuple[Pullback, ...]]:
    """Those inputs that are tensors and take a gradient, and their pullbacks."""
    if len(pullbacks) != len(inputs):
        raise InputError(
            f"{name} must return one pullback for each of its {len(inputs)} arrays, "
            f"None where nothing flows; got {len(pullbacks)}."
        )
    parents, flows = [], []
    for place, pullback in enumerate(pullbacks):
        if pullback is not None and isinstance(inputs[place], Tensor):
            parents.append(inputs[place])
            flows.append(pullback)
    return tuple(parents), tuple(flows)


def variables(**values: Any) -> "tuple[Tensor, ...]":
    """Named tensors to build a graph from: `x, y = variables(x=-2.0, y=[1.0, 2.0])`. Numbers are held as float64.

    Arrays of NumPy are copied, and the copy cannot be written to: the walk back computes with the values that the
    way forward has used, so what is done to the array later must not reach them. (`Tensor(array)` takes the array
    as it is; whoever uses it must leave the array alone until the walk is done.)

    Raises `InputError` for what is no number.
    """
    return tuple(Tensor(_floating(name, value), name=name) for name, value in values.items())


def _floating(name: str, value: Any) -> Any:
    """The value with a floating dtype, out of reach: a whole number has no gradient that it could hold."""
    try:
        kind = np.asarray(value).dtype.kind if not hasattr(value, "dtype") else np.dtype(value.dtype).kind
        if kind not in "biufV":
            raise ValueError
        if hasattr(value, "dtype") and not isinstance(value, np.ndarray | np.generic) and kind in "fV":
            return value  # JAX's arrays cannot be written to
        # "V": NumPy does not know bfloat16 as a number.
        array = np.array(value, value.dtype if kind in "fV" and hasattr(value, "dtype") else np.float64)
        array.flags.writeable = False
        return array[()] if array.ndim == 0 else array
    except (TypeError, ValueError):
        raise InputError(f"variables() needs numbers or arrays of them, got {name}={value!r}.") from None
