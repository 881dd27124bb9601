"""The walk back from the loss: the chain rule, one node after the other."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import numpy as np

from pellucid.arrays.mixing import brought_back, in_dtype
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
    local : ∂node/∂parent, where it is a number for each number: the node is a single number, or its operation
        works on each number alone and none was stretched; None for the others, whose step is a product with a
        Jacobian (see the operation's card)
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
    of : the tensors wanted, variables or nodes; without it, the variables from which the loss was made. Whole
        numbers (labels, 8-bit pixels) have no gradient: they are left out, and refused here
    release : forget the graph behind the walk, so that its memory can be used again at once: the values of nodes
        that nobody else holds are let go. No second walk is possible

    Returns
    -------
    tensor → gradient, in the tensor's shape and dtype, an array of its own that may be written to; zeros for a
    wanted tensor that the loss was not made from: it does not change the loss

    Raises
    ------
    InputError : the loss is not a single number, or its graph was released, or whole numbers are wanted
    """
    waiting, flowing = _begin(loss)
    if of is None:
        _walk(waiting, flowing, release=release)
        # What is left are the variables: everything else was taken out when it was handed on.
        wanted = [tensor for tensor in flowing if not tensor.op and is_floating(tensor)]
        return _given_out(wanted, flowing)
    if isinstance(of, Tensor):
        raise InputError("of= takes a list of tensors, got one tensor: write of=[x].")
    wanted = list(of)
    for tensor in wanted:
        if not isinstance(tensor, Tensor):
            raise InputError(f"of= takes a list of tensors, got {tensor!r} in it.")
        if not is_floating(tensor):
            raise InputError(
                f"{tensor!r} holds whole numbers, which have no gradient: give it a floating dtype first, "
                "as variables() does."
            )
    kept = set(wanted)
    _walk(waiting, flowing, _leading_to(loss, kept), kept, release)
    return _given_out(wanted, flowing)


def _given_out(wanted: list[Tensor], flowing: dict[Tensor, Any]) -> dict[Tensor, Any]:
    """The gradients of the wanted, each an array of its own: on the way x + y hands one array on to both."""
    found, taken = {}, set()
    for tensor in wanted:
        g = flowing.get(tensor)
        g = namespace(tensor.value).zeros_like(tensor.value) if g is None else brought_back(g, tensor.value)
        if isinstance(g, np.ndarray):
            if id(g) in taken or g.base is not None or not g.flags.writeable:
                g = g.copy()
            taken.add(id(g))
        found[tensor] = g
    return found


def backward_steps(loss: Tensor) -> Iterator[Step]:
    """The same walk, one edge at a time, for those who want to look.

    Raises `InputError` where the loss is not a single number, or its graph was released.
    """
    waiting, flowing = _begin(loss)
    nodes = set(ancestors(loss))
    each_alone: dict[str, bool] = {}
    while waiting:
        told: list[tuple[Tensor, Tensor, Pullback, Any, Any, Any]] = []
        _walk(waiting, flowing, nodes, nodes, told=told)
        for node, parent, pullback, g, contribution, total in told:
            local = None
            if node.op not in each_alone:
                each_alone[node.op] = _works_on_each_number_alone(node.op)
            if node.shape == () or (each_alone[node.op] and node.shape == parent.shape):
                local = pullback(namespace(g).ones_like(g))
            yield Step(node, parent, g, local, contribution, total)


def _works_on_each_number_alone(name: str) -> bool:
    """Whether the operation's card says so; a user's operation may have none."""
    try:
        return card(OPERATIONS[name]).result == ("...",)
    except (InputError, KeyError):
        return False


def _begin(loss: Tensor) -> tuple[list[list[Tensor]], dict[Tensor, Any]]:
    """Who waits, by depth, and what has flowed into whom: the loss, and 1 in its own dtype and library."""
    _check(loss)
    waiting: list[list[Tensor]] = [[] for _ in range(loss.depth + 1)]
    waiting[-1].append(loss)
    return waiting, {loss: namespace(loss.value).ones_like(loss.value)}


def _walk(
    waiting: list[list[Tensor]],
    flowing: dict[Tensor, Any],
    leads: set[Tensor] | None = None,
    kept: set[Tensor] | None = None,
    release: bool = False,
    told: list[tuple[Tensor, Tensor, Pullback, Any, Any, Any]] | None = None,
) -> None:
    """The chain rule: from the deepest nodes on, hand on what has flowed into them.

    When a node's turn comes, all deeper ones have had theirs, so all that flows into it has been summed.

    Parameters
    ----------
    waiting : the nodes that something has flowed into, by their depth; emptied from the end
    flowing : what has flowed into each so far; filled on the way
    leads : the tensors to walk to; None for all
    kept : the tensors whose gradient stays in `flowing`; None for the variables
    told : node, parent, pullback, upstream, contribution and total of each edge are put in; with it the walk stops
        after each depth that has something to tell
    """
    while waiting:
        for node in waiting.pop():
            if not node.parents:
                if node.op and not node.inputs:
                    raise InputError(_released(node))
                continue
            g = flowing.pop(node) if kept is None or node not in kept else flowing[node]
            # Their lengths agree; to have zip() check it would take a sixth of the walk.
            for parent, pullback in zip(node.parents, node.pullbacks):  # noqa: B905
                if leads is not None and parent not in leads:
                    continue
                contribution = pullback(g)
                # Where float32 meets float64, each side gets back what it brought.
                # (Most dtypes are one object, and to compare objects takes a third of the time.)
                dtype = parent.value.dtype
                if contribution.dtype is not dtype and contribution.dtype != dtype:
                    contribution = in_dtype(contribution, dtype)
                if parent in flowing:
                    flowing[parent] = flowing[parent] + contribution
                else:
                    flowing[parent] = contribution
                    waiting[parent.depth].append(parent)
                if told is not None:
                    told.append((node, parent, pullback, g, contribution, flowing[parent]))
            if release:
                node.parents, node.pullbacks, node.inputs = (), (), ()
                if leads is not None:
                    leads.discard(node)
        if told:
            return


def _check(loss: Tensor) -> None:
    """Raises `InputError` where no walk can begin."""
    if not isinstance(loss, Tensor):
        raise InputError(
            f"gradients() needs a tensor, got {type(loss).__name__}: numbers do not remember how they were made. "
            "Make the inputs tensors: `x, y = variables(x=…, y=…)`."
        )
    if loss.shape != ():
        raise InputError(
            f"gradients() walks back from a single number, got a tensor of shape {loss.shape}: take its mean or sum."
        )
    if not is_floating(loss):
        raise InputError(
            f"gradients() walks back from a floating number, got {loss!r} of dtype {loss.dtype}: whole numbers do "
            "not move a little."
        )


def _released(node: Tensor) -> str:
    return (
        f"Nothing flows back from {node!r}: its graph was released by an earlier walk. Build it again, or walk "
        "without release=True."
    )


def is_floating(tensor: Tensor) -> bool:
    """Whether it can have a gradient. ("V": NumPy does not know bfloat16 as a number.)"""
    return tensor.value.dtype.kind in "fV"


def ancestors(loss: Tensor) -> Iterator[Tensor]:
    """The tensor and all that it was made from and that can have a gradient, each once, in no particular order."""
    seen, waiting = {loss}, [loss]
    while waiting:
        node = waiting.pop()
        yield node
        for parent in node.parents:
            if parent not in seen and is_floating(parent):
                seen.add(parent)
                waiting.append(parent)


def _leading_to(loss: Tensor, wanted: set[Tensor]) -> set[Tensor]:
    """The nodes of the graph that are wanted, or were made from one that is."""
    leads: set[Tensor] = set()
    for node in sorted(ancestors(loss), key=attrgetter("depth")):
        if node.op and not node.inputs:
            raise InputError(_released(node))
        if node in wanted or any(parent in leads for parent in node.parents):
            leads.add(node)
    return leads
