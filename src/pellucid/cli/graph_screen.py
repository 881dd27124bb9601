"""What `pellucid graph` says: results in full, notes, the steps of the walk back, the comparison, and JSON."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from pellucid.arrays import random
from pellucid.graph.backward import Step, backward_steps
from pellucid.graph.card import card
from pellucid.graph.expression import expression as computed
from pellucid.graph.gradient_check import check_gradients
from pellucid.graph.number_text import range_text, shape_text, short
from pellucid.graph.symbols import symbol
from pellucid.graph.tensor import OPERATIONS, Tensor

_WRITTEN = 200  # numbers of an array that are written out
_PLACES = 100  # numbers of an array that --numerical moves at most


def results(result: Tensor, slopes: Mapping[str, Any]) -> list[str]:
    """The value and each variable's gradient, with all their digits."""
    lines = {"value": result.value} | {f"∂/∂{name}": slope for name, slope in slopes.items()}
    width = max(map(len, lines))
    return [f"{label:<{width}}  {_full(numbers, width + 2)}" for label, numbers in lines.items()]


def not_single(expression: str, result: Tensor) -> str:
    """Why there are no gradients of an array, and what to write instead."""
    return (
        f"Gradients need a single number, and this is an array of shape {shape_text(result.shape)}. "
        f"Take its sum: sum({expression})."
    )


def notes(expression: str, said: Mapping[Tensor, str], given: Mapping[str, Tensor]) -> list[str]:
    """What the user should know about this expression: it is an array, not finite, or leaves out a value."""
    result = list(said)[-1]
    found = []
    if result.shape != ():
        found.append(not_single(expression, result))
    for tensor, words in said.items():
        if not np.isfinite(tensor.value).all():
            numbers = [each for each in tensor.inputs if isinstance(each, Tensor) and each.shape == ()]
            where = ", ".join(f"{said[each]} = {short(float(each.value))}" for each in numbers)
            made = f", with {where}" if where else ""
            found.append(f"Not finite: {words} is the first to be {_brief(tensor.value)}{made}.")
            break
    unused = [name for name, tensor in given.items() if tensor not in said]
    if unused:
        found.append(f"Not in the expression: {', '.join(unused)}.")
    return found


def walk(said: Mapping[Tensor, str], result: Tensor) -> list[str]:
    """A sentence for each step of the walk back, numbered."""
    lines, reached = [], set()
    for step in backward_steps(result):
        contribution = _brief(step.contribution)
        if step.local is not None:
            flows = f"upstream {_brief(step.upstream)} × local {_brief(step.local)} = {contribution}"
        else:
            flows = f"{_rule(step)}; g = {_brief(step.upstream)}, so {contribution}"
        line = f"at {symbol(step.node).text}: {flows} flows to {said[step.parent]}"
        if step.parent in reached:
            line += f", which has {_brief(step.total)} now"
        reached.add(step.parent)
        lines.append(line)
    width = len(str(len(lines)))
    return [f"{number:>{width}}. {line}" for number, line in enumerate(lines, 1)]


def _rule(step: Step) -> str:
    """The line of the operation's card that belongs to this edge."""
    told = card(OPERATIONS[step.node.op])
    place = next(place for place, each in enumerate(step.node.inputs) if each is step.parent)
    name = list(told.arrays)[min(place, len(told.arrays) - 1)]
    return next(
        (line for line in told.gradient.split(",  ") if line.startswith(f"∂L/∂{name} ")), told.gradient
    )


def compared(expression: str, given: Mapping[str, Tensor]) -> dict[str, Any]:
    """For each variable its gradient by the walk back and by centered differences, and the largest relative error."""

    def loss_of(**inputs: Any) -> Any:
        result = computed(expression, inputs)
        return result if any(isinstance(each, Tensor) for each in inputs.values()) else result.value

    arrays = {name: tensor.value for name, tensor in given.items()}
    found = check_gradients(loss_of, arrays, places=_PLACES, rng=random.key(0)) if arrays else {}
    return {
        name: {
            "places": each.places.tolist(),
            "walk": plain(each.analytic),
            "differences": plain(each.numerical),
            "error": plain(each.error),
        }
        for name, each in found.items()
    }


def comparison(found: Mapping[str, Any]) -> list[str]:
    """A line for each variable: both gradients, and what their difference means."""
    lines = []
    for name, each in found.items():
        numbers = [[float(number) for number in each[source]] for source in ("walk", "differences")]
        both = [_brief(array[0] if len(array) == 1 else array) for array in numbers]
        lines.append(
            f"{name}: walk back {both[0]}, centered differences {both[1]}: {_verdict(float(each['error']))}"
        )
    return lines


def _verdict(error: float) -> str:
    if not math.isfinite(error):
        return "not finite, so there is nothing to compare"
    apart = f"relative error {short(error, 2)}"
    if error <= 1e-7:
        return f"{apart}, right"
    if error <= 1e-4:
        return f"{apart}, more than rounding alone: large numbers cancel, or it bends strongly here"
    return f"{apart}: a kink or a jump is here (as max has at a tie), where no gradient is the only right one"


def answer(
    expression: str, said: Mapping[Tensor, str], slopes: Mapping[str, Any], flow: Mapping[Tensor, Any]
) -> dict[str, Any]:
    """Value, gradients and nodes as plain lists and numbers; an input of a node is another node's number, or a
    constant."""
    number = {tensor: place for place, tensor in enumerate(said)}
    return {
        "expression": expression,
        "value": plain(list(said)[-1].value),
        "gradients": {name: plain(slope) for name, slope in slopes.items()} if flow else None,
        "nodes": [
            {
                "text": words,
                "op": tensor.op,
                "inputs": [
                    number[each] if isinstance(each, Tensor) else {"constant": plain(each)}
                    for each in tensor.inputs
                ],
                "value": plain(tensor.value),
                "gradient": plain(flow[tensor]) if tensor in flow else None,
            }
            for tensor, words in said.items()
        ],
    }


def plain(numbers: Any) -> Any:
    """Numbers as JSON has them: what is not finite, which it has not, as "nan", "inf" or "-inf"."""
    if isinstance(numbers, list):
        return [plain(each) for each in numbers]
    if isinstance(numbers, float):
        return numbers if math.isfinite(numbers) else str(numbers)
    return plain(np.asarray(numbers).tolist())


def _full(numbers: Any, indent: int) -> str:
    """Ten digits of each number, a matrix row by row; of a large array its shape and range."""
    array = np.asarray(numbers)
    if array.size > _WRITTEN:
        return f"{shape_text(array.shape)} from {range_text(array)}"
    if array.ndim != 2:
        return _bracketed(array.tolist(), _digits)
    rows = [_bracketed(row, _digits) for row in array.tolist()]
    return f"[{(',' + chr(10) + ' ' * (indent + 1)).join(rows)}]"


def _brief(numbers: Any) -> str:
    """A number, or a small array in brackets, in four digits; of a larger one its shape and range."""
    array = np.asarray(numbers)
    if array.size > 16:
        return f"{shape_text(array.shape)} from {range_text(array)}"
    return _bracketed(array.tolist(), lambda number: short(number, 4))


def _bracketed(numbers: Any, digits: Callable[[float], str]) -> str:
    if isinstance(numbers, list):
        return f"[{', '.join(_bracketed(each, digits) for each in numbers)}]"
    return digits(numbers)


def _digits(number: float) -> str:
    return f"{number:.10g}".replace("-", "−") if math.isfinite(number) else short(number)
