"""The walk back from the loss: the chain rule, one node after the other."""

from collections.abc import Iterable, Iterator
from typing import Any

from pellucid.arrays.namespace import namespace
from pellucid.graph.tensor import Tensor
from pellucid.storage.errors import InputError


def gradients(loss: Tensor, of: Iterable[Tensor] | None = None) -> dict[Tensor, Any]:
    """∂loss/∂t for the tensors t of the graph: how much the loss changes when a number of t moves a little.

    Nothing is written to the tensors, and there is no recursion, so a chain of 100,000 operations works.

    Parameters
    ----------
    loss : a tensor of shape ()
    of : the tensors wanted; without it, the variables from which the loss was made

    Returns
    -------
    tensor → gradient, in the tensor's shape and dtype; zeros for a wanted tensor that the loss does not depend on

    Raises
    ------
    InputError : the loss is not a single number
    """
    if loss.shape != ():
        raise InputError(
            f"gradients() walks back from a single number, got a tensor of shape {loss.shape}: take its mean or sum."
        )
    nodes = list(ancestors(loss))
    wanted = [node for node in nodes if not node.parents] if of is None else list(of)
    leads = _leading_to(nodes, set(wanted))
    flowing: dict[Tensor, Any] = {loss: _one(loss)}
    # Deeper nodes first: when a node's turn comes, all that flows into it has been summed.
    for node in sorted(leads, key=lambda node: -node.depth):
        if node not in flowing:
            continue
        for parent, pullback in zip(node.parents, node.pullbacks, strict=True):
            if parent in leads:
                contribution = pullback(flowing[node])
                flowing[parent] = flowing[parent] + contribution if parent in flowing else contribution
    return {
        tensor: flowing[tensor] if tensor in flowing else namespace(tensor.value).zeros_like(tensor.value)
        for tensor in wanted
    }


def _one(loss: Tensor) -> Any:
    """1 in the loss's own dtype and library: ∂loss/∂loss."""
    return namespace(loss.value).ones_like(loss.value)


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
    """The nodes that are wanted, or were made from one that is."""
    leads: set[Tensor] = set()
    for node in sorted(nodes, key=lambda node: node.depth):
        if node in wanted or any(parent in leads for parent in node.parents):
            leads.add(node)
    return leads
