"""What is to be seen in one minibatch: what each layer gives, what gradient reaches it, how far a step moves it."""

import math
from collections.abc import Mapping
from dataclasses import replace
from operator import attrgetter
from typing import Any

from pellucid.arrays.namespace import namespace
from pellucid.graph.backward import ancestors, gradients
from pellucid.graph.tensor import Tensor
from pellucid.layers.activations import ACTIVATIONS
from pellucid.layers.normalization import MINIBATCH
from pellucid.optimizers.optimizer import is_weight, stepped
from pellucid.training.step import Task

ACTIVATION_OPERATIONS = {*(function.__name__ for function in ACTIVATIONS.values()), "maxout"}

_VALUES = 16  # activations of each picture that are handed on, for a histogram
_END = 0.01  # of an activation's range: so near to an end the slope is below 4 % of the steepest
_ALIKE = (
    1e-3  # of the largest activation: what many steps make of rounding, between units that compute the same
)


def observed(task: Task, given: tuple[dict[str, Any], Any], x: Any, y: Any, v: Any) -> dict[str, Any]:
    """What a minibatch x (N, D), y (N), v (N) shows of a network as it stands, with dropout off and each batch
    normalization judging by the minibatch itself, as while training. Runs on both engines.

    Parameters
    ----------
    given : the state of the training, and the learning rate; None where no step can be tried

    Returns
    -------
    "loss" : (), and for each layer with weights, as "hidden1.…"
    "gradient" : ‖∂loss/∂W‖ (), without the penalty
    "update" : ‖ΔW‖ (), of the step that the optimizer would take now; nothing is changed
    "mean", "variance", "values" : (), () and (M), of the numbers behind the activation that follows, M of them
    "alike" : (), whether all units give the same number for every picture
    the activation's operation, as "hidden1.relu" : (C), for each unit or filter the share of pictures and places in
        which it is off: see `off`
    """
    state, rate = given
    params = state["params"]
    leaves = {name: Tensor(array, name=name) for name, array in params.items()}
    free = replace(task, l2={})
    _, loss, scores = free.objective(leaves, x, y, v, statistics=_of_the_minibatch(task.model))
    flow = gradients(loss, of=leaves.values())
    g = {name: flow[leaf] for name, leaf in leaves.items()}
    weights = weight_names(params)
    found = {"loss": loss.value} | {f"{layer}.gradient": _length(g[name]) for layer, name in weights.items()}
    for layer, node in _activations(scores, {leaves[name]: layer for layer, name in weights.items()}).items():
        found |= {f"{layer}.{quantity}": seen for quantity, seen in _units(node).items()}
    if rate is not None:
        moved, _ = stepped(
            task.optimizer, params, _with_penalty(task, leaves, g), state["optimizer"], rate, state["t"] + 1
        )
        found |= {f"{layer}.update": _length(moved[name] - params[name]) for layer, name in weights.items()}
    return found


def weight_names(arrays: Mapping[str, Any]) -> dict[str, str]:
    """The weights of each layer: "hidden1" → "hidden1.weight". A model that is a single layer is called "scores"."""
    weights = [name for name, array in arrays.items() if len(array.shape) > 1 and is_weight(name)]
    return {name.rpartition(".")[0] or "scores": name for name in weights}


def off(values: Any, operation: str) -> Any:
    """Where a unit passes (nearly) no gradient on, as truths: a ReLU that gives 0, a sigmoid or tanh within 1 % of an
    end of its range. The other activations keep a slope, or lose it only far out."""
    if operation == "relu":
        return values <= 0
    if operation == "sigmoid":
        return (values < _END) | (values > 1 - _END)
    if operation == "tanh":
        return (values < -1 + 2 * _END) | (values > 1 - 2 * _END)
    return values != values  # nowhere, in their shape


def _activations(scores: Tensor, weights: dict[Tensor, str]) -> dict[str, Tensor]:
    """For each layer with weights the last activation that its numbers go through before the next such layer."""
    layer_of: dict[Tensor, str] = {}
    found = {}
    for node in sorted(ancestors(scores), key=attrgetter("depth")):
        own = [weights[each] for each in node.parents if each in weights]
        before = [each for each in node.parents if each in layer_of]
        if own:
            layer_of[node] = own[0]
        elif before:
            # Where ways meet, the longer one decides: in a residual block that is not the shortcut.
            layer_of[node] = layer_of[max(before, key=attrgetter("depth"))]
        if node.op in ACTIVATION_OPERATIONS and node in layer_of:
            found[layer_of[node]] = node
    return found


def _units(node: Tensor) -> dict[str, Any]:
    """What is to be seen of the numbers (N, …, C) behind an activation."""
    values = node.value
    space, units = namespace(values), values.shape[-1]
    every = tuple(range(values.ndim - 1))
    size = math.prod(values.shape)
    step = max(1, size // (_VALUES * values.shape[0]))
    while math.gcd(step, units) > 1:  # or some units would never be among them
        step += 1
    spread = (values.max(axis=-1) - values.min(axis=-1)).max()
    return {
        node.op: off(values, node.op).astype(values.dtype).mean(axis=every),
        "mean": values.mean(),
        "variance": values.var(),
        "values": values.reshape(-1)[::step],  # (N, …, C) → (M,)
        "alike": space.asarray((units > 1) & (spread <= _ALIKE * space.abs(values).max())),
    }


def _with_penalty(task: Task, leaves: dict[str, Tensor], g: dict[str, Any]) -> dict[str, Any]:
    """The gradients of the objective, from those of the loss."""
    penalty = task.penalty(leaves)
    if not isinstance(penalty, Tensor):
        return g
    flow = gradients(penalty, of=leaves.values())
    return {name: g[name] + flow[leaf] for name, leaf in leaves.items()}


def _of_the_minibatch(model: Any) -> dict[str, str]:
    return {name: MINIBATCH for name, array in model.arrays().items() if not array.trained}


def _length(array: Any) -> Any:
    """‖a‖ (), scaled first: the square of a gradient of 1e-25 is 0 in float32."""
    space = namespace(array)
    largest = space.abs(array).max()
    scale = space.where(largest > 0, largest, 1)
    return scale * space.sqrt(space.square(array / scale).sum())
