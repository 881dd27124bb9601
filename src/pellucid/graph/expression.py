"""From a text such as "(x + y) * z" to a graph. The text is never run: what it may hold is written down here.

Python's own parser reads it, after every character has been looked at and its length, depth and size are known to be
small; then each node of the parse is either one of those that `_children` names, or refused.
"""

import ast
import difflib
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from pellucid.graph import algebra, choices, elementwise, indexing
from pellucid.graph.expression_functions import FUNCTIONS, called, whole
from pellucid.graph.expression_text import Source, scanned
from pellucid.graph.tensor import Tensor, variables
from pellucid.storage.errors import InputError

EXPONENT = 1_000
"""The largest exponent, of either sign."""

NUMBERS = 10_000_000
"""How many numbers all values of an expression may hold together."""

AXES = 4
"""How many axes an array may have that is written out in brackets."""

CHARACTERS, NODES = 10_000, 2_000
"""The longest expression, and how many names, numbers and signs it may have."""

VALUE_CHARACTERS, VALUE_NODES = 1_000_000, 100_000
"""The same for a value, which may be a large matrix."""


_SIGNS: dict[type, Callable[..., Any]] = {
    ast.Add: elementwise.add,
    ast.Sub: elementwise.subtract,
    ast.Mult: elementwise.multiply,
    ast.Div: elementwise.divide,
    ast.MatMult: algebra.matmul,
    ast.Gt: choices.greater,
    ast.GtE: choices.greater_equal,
    ast.Lt: lambda x, y: choices.greater(y, x),
    ast.LtE: lambda x, y: choices.greater_equal(y, x),
}


def expression(text: str, values: Mapping[str, Any]) -> Tensor:
    """The graph of an expression: `expression("(x + y) * z", {"x": -2, "y": 5, "z": -4})`.

    It may hold numbers, names, + − * / ** @, parentheses, comparisons (masks of 0 and 1), vectors and matrices
    `[[.1, .5], [-.3, .8]]`, parts `w[0]`, `.T`, and the functions of `FUNCTIONS`; also −, ×, ·, ÷, ², ³, ≤ and ≥.

    Parameters
    ----------
    text : at most 10,000 characters, 100 brackets deep, with 2,000 names, numbers and signs
    values : numbers, arrays or tensors by name; those that the expression does not name are left alone

    Raises
    ------
    InputError : the text is no such expression, a name has no value, or shapes do not fit; a caret points at the place
    """
    return next(reversed(parts(text, values)))


def parts(text: str, values: Mapping[str, Any]) -> dict[Tensor, str]:
    """Every tensor of the graph of an expression and the text it was made by, each after those it was made from; the
    last one is the expression's own. Arguments and errors are those of `expression`."""
    source = scanned(text, characters=CHARACTERS, nodes=NODES)
    root = source.parsed()
    said: dict[Tensor, str] = {}
    result = _computed(source, root, _named(source, root, values), said)
    if not isinstance(result, Tensor):  # a graph of constants alone
        return {Tensor(result, name=source.text.strip()): source.text.strip()}
    found, waiting = {result}, [result]
    while waiting:
        new = {each for each in waiting.pop().inputs if isinstance(each, Tensor)} - found
        found |= new
        waiting += new
    # The order of the text decides where depth does not; what no piece of the text stands for, such as the square in
    # norm2, comes after it.
    order = {tensor: number for number, tensor in enumerate(said)}
    for tensor in sorted(found, key=lambda each: (each.depth, order.get(each, len(order)))):
        said[tensor] = said.pop(tensor, "") or _formula(tensor, said)
    return said


def _formula(tensor: Tensor, said: dict[Tensor, str]) -> str:
    """A text for a tensor that has none of its own."""
    inputs = [said.get(each, "…") if isinstance(each, Tensor) else f"{each:g}" for each in tensor.inputs]
    if tensor.op == "power":
        return f"({inputs[0]}) ** {tensor.settings['exponent']:g}"
    return f"{tensor.op}({', '.join(inputs)})"


def value(text: str) -> Any:
    """The number, or the array of one or more axes, that a text such as "-2", "1/3" or "[[.1, .5], [-.3, .8]]" names.

    Raises `InputError` where it is no number, or the rows of a matrix have different lengths.
    """
    if isinstance(text, str) and not text.strip():
        raise InputError("The value is missing: write a number such as -2.")
    source = scanned(text, characters=VALUE_CHARACTERS, nodes=VALUE_NODES)
    root = source.parsed()
    for node in _names(root):
        raise source.error(
            node,
            "A value is a number such as -2, a vector [.1, .5] or a matrix [[.1, .5], [-.3, .8]], "
            f"but {node.id} is a name",
        )
    return _computed(source, root, {}, {})


def _named(source: Source, root: ast.AST, values: Mapping[str, Any]) -> dict[str, Tensor]:
    """A tensor for each name. Raises `InputError` naming all that have no value."""
    names = _names(root)
    missing = [node for node in names if node.id not in values]
    if missing:
        raise source.error(missing[0], _unknown(list(dict.fromkeys(node.id for node in missing)), values))
    return {
        name: given if isinstance(given, Tensor) else variables(**{name: given})[0]
        for name in dict.fromkeys(node.id for node in names)
        for given in [values[name]]
    }


def _names(root: ast.AST) -> list[ast.Name]:
    """The names that stand for values, in the order of the text: those of functions that are called are left out."""
    called = {id(node.func) for node in ast.walk(root) if isinstance(node, ast.Call)}
    names = [node for node in ast.walk(root) if isinstance(node, ast.Name) and id(node) not in called]
    return sorted(names, key=lambda node: node.col_offset)


def _unknown(names: list[str], values: Mapping[str, Any]) -> str:
    if len(names) > 1:
        listed = f"{', '.join(names[:10])} and {len(names) - 10} more" if len(names) > 10 else ""
        listed = listed or f"{', '.join(names[:-1])} and {names[-1]}"
        return f"{listed} have no values: give each one, such as {names[0]}=2"
    if names[0] in FUNCTIONS:
        return f"{names[0]} is a function: it needs its input in parentheses, as in {names[0]}(x)"
    near = difflib.get_close_matches(names[0], list(values), 1)
    meant = f"; did you mean {near[0]}?" if near else f": give it one, such as {names[0]}=2"
    return f"{names[0]} has no value{meant}"


def _children(source: Source, node: Any) -> list[Any]:
    """The nodes that must be computed before this one. Raises `InputError` for what is not part of an expression."""
    match node:
        case ast.Constant(value=int() | float()) if not isinstance(node.value, bool):
            return []
        case ast.Name():
            return []
        case ast.UnaryOp(op=ast.USub() | ast.UAdd()):
            return [node.operand]
        case ast.BinOp(op=ast.Pow()):
            return [node.left, node.right]
        case ast.BinOp() if type(node.op) in _SIGNS:
            return [node.left, node.right]
        case ast.BinOp():
            raise source.error(source.sign_after(node.left), "This sign is not known; known are + - * / ** @")
        case ast.Compare(comparators=[right]) if type(node.ops[0]) in _SIGNS:
            return [node.left, right]
        case ast.Compare():
            raise source.error(
                source.sign_after(node.left),
                "Compare two values by < <= > or >=, and join masks by *, as in (0 < x) * (x < 1)",
            )
        case ast.Call(func=ast.Name()):
            return [*node.args, *(keyword.value for keyword in node.keywords)]
        case ast.Call():
            raise source.error(source.sign_after(node.func), "A sign is missing here: multiply by *")
        case ast.Attribute(attr="T"):
            return [node.value]
        case ast.Attribute():
            raise source.error(
                source.sign_after(node.value), "After a point only T may stand, for transposed, as in x.T"
            )
        case ast.List() if node.elts:
            return list(node.elts)
        case ast.List():
            raise source.error(node, "An empty list has no numbers")
        case ast.Subscript(slice=ast.Tuple(elts=numbers)):
            return [node.value, *numbers]
        case ast.Subscript():
            return [node.value, node.slice]
        case ast.Tuple(elts=[_, *_]):
            raise source.error(node, "Several numbers stand in brackets, as in [1, 2]")
    raise source.error(
        node, "This is not part of an expression: it is made of numbers, names, signs and functions"
    )


def _computed(source: Source, root: ast.AST, named: dict[str, Tensor], said: dict[Tensor, str]) -> Any:
    """The root's value: children first, on a stack of our own, since a sum of a thousand numbers is a thousand deep."""
    results: dict[ast.AST, Any] = {}
    waiting: list[tuple[Any, bool]] = [(root, False)]
    numbers = 0
    # What is not finite is not an error here: it is a value, and the user is told where it came from.
    with np.errstate(all="ignore"):
        while waiting:
            node, ready = waiting.pop()
            if not ready:
                children = _children(source, node)
                waiting.append((node, True))
                waiting.extend((child, False) for child in reversed(children))
                continue
            inputs = [results.pop(child) for child in _children(source, node)]
            numbers += _size(node, inputs)
            if numbers > NUMBERS:
                raise source.error(
                    node, f"The values would hold more than {NUMBERS:,} numbers together: use smaller arrays"
                )
            try:
                results[node] = _applied(source, node, inputs, named)
            except InputError as error:
                if source.tells(error):
                    raise
                raise source.error(_place(source, node), str(error).rstrip(".")) from None
            if isinstance(results[node], Tensor):
                said.setdefault(results[node], source.piece(node))
    return results[root]


def _size(node: ast.AST, inputs: list[Any]) -> int:
    """How many numbers the result will have, at most: known before it is made."""
    shapes = [np.shape(each.value if isinstance(each, Tensor) else each) for each in inputs]
    product = isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult)
    product |= isinstance(node, ast.Call) and getattr(node.func, "id", "") == "dot"
    if product and len(shapes) == 2:
        rows, columns = shapes
        return math.prod(rows[:-1]) * math.prod(columns[-1:] if len(columns) > 1 else ())
    if isinstance(node, ast.List):
        return sum(math.prod(shape) for shape in shapes)
    try:
        return math.prod(np.broadcast_shapes(*shapes))
    except ValueError:  # they do not fit, which the operation itself says better
        return 0


def _applied(source: Source, node: Any, inputs: list[Any], named: dict[str, Tensor]) -> Any:
    match node:
        case ast.Constant():
            return np.float64(source.number(node))
        case ast.Name():
            return named[node.id]
        case ast.UnaryOp():
            return inputs[0] if isinstance(node.op, ast.UAdd) else elementwise.negative(inputs[0])
        case ast.BinOp(op=ast.Pow()):
            return elementwise.power(inputs[0], exponent=_exponent(source, node, inputs[1]))
        case ast.BinOp():
            return _SIGNS[type(node.op)](*inputs)
        case ast.Compare():
            return _SIGNS[type(node.ops[0])](*inputs)
        case ast.Attribute():
            return algebra.transpose(inputs[0])
        case ast.List():
            return _stacked(source, node, inputs)
        case ast.Subscript():
            key = tuple(whole(source, node.slice, each, "A place") for each in inputs[1:])
            return indexing.index(inputs[0], key=key)
    return called(source, node, inputs)


def _exponent(source: Source, node: ast.BinOp, given: Any) -> float:
    if isinstance(given, Tensor):
        raise source.error(node.right, "An exponent must be a number; for x ** y write exp(y * log(x))")
    if np.ndim(given) or not abs(given) <= EXPONENT:
        raise source.error(node.right, f"An exponent must be one number from -{EXPONENT:,} to {EXPONENT:,}")
    return float(given)


def _stacked(source: Source, node: ast.List, elements: list[Any]) -> Any:
    """A vector of numbers, or a matrix of rows."""
    shapes = [np.shape(each.value if isinstance(each, Tensor) else each) for each in elements]
    for element, shape in zip(node.elts, shapes, strict=True):
        if shape != shapes[0]:
            raise source.error(
                element,
                f"The rows of a matrix must be equally long: the first is {_length(shapes[0])}, "
                f"this one {_length(shape)}",
            )
    if len(shapes[0]) >= AXES:
        raise source.error(node, f"An array may have {AXES} axes at most")
    if any(isinstance(each, Tensor) for each in elements):
        return algebra.stack(*elements)
    return np.array(elements, np.float64)


def _length(shape: tuple[int, ...]) -> str:
    return "a single number" if not shape else " × ".join(map(str, shape)) + " long"


def _place(source: Source, node: Any) -> Any:
    """Where a caret says most about what an operation would not do: under its sign or its name."""
    if isinstance(node, ast.BinOp | ast.Compare):
        return source.sign_after(node.left)
    return node
