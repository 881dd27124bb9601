"""The walk back from the loss: the chain rule, one node after the other."""

import collections
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from pellucid.arrays.namespace import namespace
from pellucid.graph.card import card
from pellucid.graph.tensor import OPERATIONS, Pullback, Tensor
from pellucid.storage.errors import InputError


@dataclass(frozen=True, eq=False)
class Step:
    """One step of the walk: along one edge, from a node back to one of the tensors it was made from.

    Attributes
    ----------
    node, parent : where the step begins and ends
    upstream : ∂L/∂node, all of it
    local : ∂node/∂parent, where it is a number for each number: the node is a single number, or its
        operation works on each
        number alone; None for the others, whose step is a product with a Jacobian (see the operation's card)
    contribution : what this edge adds to ∂L/∂parent; upstream × local where local is given
    total : the sum of what has reached the parent so far
    """

    node: Tensor
    parent: Tensor
    upstream: Any
    local: Any
    contribution: Any
    total: Any


def gradients(
    loss: Tensor, of: Iterable[Tensor] | None = None, *, release: bool = False
) -> dict[Tensor, Any]:
    """∂loss/∂t for the tensors t of the graph: how much the loss changes when a number of t moves a little.

    Nothing is written to the tensors, and there is no recursion, so a chain of 100,000 operations works.

    Parameters
    ----------
    loss : a tensor of shape ()
    of : the tensors wanted; without it, the variables from which the loss was made
    release : forget the graph behind the walk, so that its memory can be used again at once. The tensors
        keep their values; no
        second walk is possible

    Returns
    -------
    tensor → gradient, in the tensor's shape and dtype; zeros for a wanted tensor that the loss does not depend on

    Raises
    ------
    InputError : the loss is not a single number, or its graph was released
    """
    nodes = _checked(loss)
    wanted = [node for node in nodes if not node.op] if of is None else list(of)
    leads = None if of is None else _leading_to(nodes, set(wanted))
    kept = set(wanted)
    flowing: dict[Tensor, Any] = {loss: _one(loss)}
    collections.deque(_walk(nodes, leads, flowing, kept, release), maxlen=0)
    return {
        tensor: flowing[tensor] if tensor in flowing else namespace(tensor.value).zeros_like(tensor.value)
        for tensor in wanted
    }


def backward_steps(loss: Tensor) -> Iterator[Step]:
    """The same walk, one edge at a time, for those who want to look.

    Raises `InputError` where the loss is not a single number.
    """
    nodes = _checked(loss)
    flowing: dict[Tensor, Any] = {loss: _one(loss)}
    for node, parent, pullback, g, contribution in _walk(nodes, None, flowing, set(nodes), False):
        local = None
        if node.shape == () or card(OPERATIONS[node.op]).result == ("...",):
            local = pullback(namespace(g).ones_like(g))
        yield Step(node, parent, g, local, contribution, flowing[parent])


def _walk(
    nodes: list[Tensor],
    leads: set[Tensor] | None,
    flowing: dict[Tensor, Any],
    kept: set[Tensor],
    release: bool,
) -> Iterator[tuple[Tensor, Tensor, Pullback, Any, Any]]:
    """The chain rule: from the deepest node on, hand on what has flowed into it. `flowing` is filled on the way.

    When a node's turn comes, all deeper ones have had theirs, so all that flows into it has been summed.
    """
    for node in nodes:
        g = flowing.get(node) if node in kept else flowing.pop(node, None)
        if g is None:
            continue
        for parent, pullback in zip(node.parents, node.pullbacks, strict=True):
            if leads is None or parent in leads:
                contribution = _in_dtype_of(parent, pullback(g))
                so_far = flowing.get(parent)
                flowing[parent] = contribution if so_far is None else so_far + contribution
                yield node, parent, pullback, g, contribution
        if release:
            node.parents, node.pullbacks = (), ()


def _checked(loss: Tensor) -> list[Tensor]:
    """All nodes of the graph, deepest first. Raises `InputError` where no walk can begin."""
    if not isinstance(loss, Tensor):
        raise InputError(
            f"gradients() needs a tensor, got {type(loss).__name__}: numbers do not remember how they were made. "
            "Make the inputs tensors: `x, y = variables(x=…, y=…)`."
        )
    if loss.shape != ():
        raise InputError(
            f"gradients() walks back from a single number, got a tensor of shape {loss.shape}: take its mean or sum."
        )
    if loss.op and not loss.parents and loss.depth:
        raise InputError(
            f"Nothing flows back from {loss!r}: its graph was released by an earlier walk, "
            "or no input of it takes a gradient."
        )
    return sorted(ancestors(loss), key=attrgetter("depth"), reverse=True)


def _one(loss: Tensor) -> Any:
    """1 in the loss's own dtype and library: ∂loss/∂loss."""
    return namespace(loss.value).ones_like(loss.value)


def _in_dtype_of(tensor: Tensor, g: Any) -> Any:
    """The gradient in the tensor's own dtype: where float32 meets float64, each side gets back what it brought."""
    return g if g.dtype == tensor.dtype else g.astype(tensor.dtype)


def ancestors(loss: Tensor) -> Iterator[Tensor]:
    """The tensor and all that it was made from, each once, in no particular order."""
    seen, waiting = {loss}, [loss]
    while waiting:
        node = waiting.pop()
        yield node
        for parent in node.parents:
            if parent not in seen:
                seen.add(parent)
                waiting.append(parent)


def _leading_to(nodes: list[Tensor], wanted: set[Tensor]) -> set[Tensor]:
    """The nodes (deepest first) that are wanted, or were made from one that is."""
    leads: set[Tensor] = set()
    for node in reversed(nodes):
        if node in wanted or any(parent in leads for parent in node.parents):
            leads.add(node)
    return leads
