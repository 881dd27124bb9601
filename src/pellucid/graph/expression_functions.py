"""What can be called in the text of an expression, and how a call is read: arrays first, then settings."""

import ast
import difflib
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from pellucid.graph import activations, algebra, choices, elementwise, probabilities, reductions
from pellucid.graph.expression_text import Source
from pellucid.graph.tensor import Tensor


def _largest(*inputs: Any) -> Any:
    return _one_after_another(elementwise.maximum, reductions.max, inputs)


def _smallest(*inputs: Any) -> Any:
    return _one_after_another(
        elementwise.minimum, lambda x: elementwise.negative(reductions.max(elementwise.negative(x))), inputs
    )


def _one_after_another(of_two: Callable[..., Any], of_one: Callable[..., Any], inputs: Any) -> Any:
    """max(a, b, c) is max(max(a, b), c); max(a) is the largest number of a."""
    if len(inputs) == 1:
        return of_one(inputs[0])
    found = inputs[0]
    for each in inputs[1:]:
        found = of_two(found, each)
    return found


def _squared_norm(x: Any) -> Any:
    return reductions.sum(elementwise.power(x, exponent=2))


def _transposed(x: Any) -> Any:
    return algebra.transpose(x)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "max": _largest,
    "min": _smallest,
    "exp": elementwise.exp,
    "log": elementwise.log,
    "log1p": elementwise.log1p,
    "sqrt": elementwise.sqrt,
    "abs": elementwise.absolute,
    "clip": elementwise.clip,
    "where": choices.where,
    "sigmoid": activations.sigmoid,
    "σ": activations.sigmoid,
    "tanh": activations.tanh,
    "relu": activations.relu,
    "leaky_relu": activations.leaky_relu,
    "elu": activations.elu,
    "gelu": activations.gelu,
    "softplus": activations.softplus,
    "softmax": probabilities.softmax,
    "log_softmax": probabilities.log_softmax,
    "sum": reductions.sum,
    "mean": reductions.mean,
    "logsumexp": reductions.logsumexp,
    "norm": reductions.norm,
    "norm2": _squared_norm,
    "dot": algebra.matmul,
    "transpose": _transposed,
}
"""What can be called in an expression. Settings, such as `slope`, follow the arrays or go by name."""


def whole(source: Source, node: ast.AST, given: Any, what: str) -> int:
    """A constant as a whole number. Raises `InputError` where it is none; `what` begins the sentence."""
    if isinstance(given, Tensor) or np.ndim(given) or given != np.round(given) or abs(given) > 1e6:
        raise source.error(node, f"{what} must be a whole number")
    return int(given)


def called(source: Source, node: ast.Call, inputs: list[Any]) -> Any:
    """The result of a call with the values of its inputs and, after them, of its settings by name.

    Raises `InputError` for an unknown function, too few or too many inputs, or a setting that it does not have.
    """
    assert isinstance(node.func, ast.Name)
    name = node.func.id
    function = FUNCTIONS.get(name)
    if function is None:
        raise source.error(node.func, _no_function(name))
    parameters = inspect.signature(function).parameters.values()
    settings = {each.name: each.default for each in parameters if each.kind is inspect.Parameter.KEYWORD_ONLY}
    several = any(each.kind is inspect.Parameter.VAR_POSITIONAL for each in parameters)
    arrays = len(node.args) if several else len(parameters) - len(settings)
    if not node.args or not arrays <= len(node.args) <= arrays + len(settings):
        raise source.error(node.func, f"{_wanted(name, several, arrays, settings)}, got {len(node.args)}")
    # Inputs beyond the arrays are settings, in their order.
    given: dict[Any, Any] = dict(
        zip(settings, list(zip(node.args, inputs, strict=False))[arrays:], strict=False)
    )
    for keyword, each in zip(node.keywords, inputs[len(node.args) :], strict=True):
        if keyword.arg not in settings or keyword.arg in given:
            known = f"its settings are {', '.join(settings)}" if settings else "it has no settings"
            raise source.error(keyword, f"{name} cannot be told {keyword.arg!r}: {known}")
        given[keyword.arg] = (keyword.value, each)
    if any(default is inspect.Parameter.empty and key not in given for key, default in settings.items()):
        raise source.error(node.func, _wanted(name, several, arrays, settings))
    return function(*inputs[:arrays], **{key: _setting(source, key, *each) for key, each in given.items()})


def _wanted(name: str, several: bool, arrays: int, settings: dict[str, Any]) -> str:
    inputs = "at least one input" if several else "1 input" if arrays == 1 else f"{arrays} inputs"
    needed = [key for key, default in settings.items() if default is inspect.Parameter.empty]
    perhaps = [key for key in settings if key not in needed]
    listed = [inputs, *needed]
    more = f" and perhaps {', '.join(perhaps)}" if perhaps else ""
    inputs = listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} and {listed[-1]}"
    return f"{name} takes {inputs}{more}"


def _setting(source: Source, name: str, node: ast.AST, given: Any) -> Any:
    if name in ("axis", "keepdims"):
        number = whole(source, node, given, name)
        return bool(number) if name == "keepdims" else number
    if isinstance(given, Tensor) or np.ndim(given):
        raise source.error(node, f"{name} is a setting: it must be a number")
    return float(given)


def _no_function(name: str) -> str:
    near = difflib.get_close_matches(name, FUNCTIONS, 1)
    meant = f"did you mean {near[0]}?" if near else f"known are {', '.join(FUNCTIONS)}"
    return f"There is no function {name} (to multiply, write {name} * …); {meant}"
