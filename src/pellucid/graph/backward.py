"""The walk back from the loss: the chain rule, one node after the other."""

from collections.abc import Iterable, Iterator
from operator import attrgetter
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
    if not isinstance(loss, Tensor):
        raise InputError(
            f"gradients() needs a tensor, got {type(loss).__name__}: numbers do not remember how they were made. "
            "Make the inputs tensors: `x, y = variables(x=…, y=…)`."
        )
    if loss.shape != ():
        raise InputError(
            f"gradients() walks back from a single number, got a tensor of shape {loss.shape}: take its mean or sum."
        )
    nodes = sorted(ancestors(loss), key=attrgetter("depth"), reverse=True)
    wanted = [node for node in nodes if not node.parents] if of is None else list(of)
    leads = None if of is None else _leading_to(nodes, set(wanted))
    flowing: dict[Tensor, Any] = {loss: _one(loss)}
    # Deeper nodes first: when a node's turn comes, all that flows into it has been summed.
    for node in nodes:
        g = flowing.get(node)
        if g is None:
            continue
        for parent, pullback in zip(node.parents, node.pullbacks, strict=True):
            if leads is None or parent in leads:
                contribution = _in_dtype_of(parent, pullback(g))
                sum_so_far = flowing.get(parent)
                flowing[parent] = contribution if sum_so_far is None else sum_so_far + contribution
    return {
        tensor: flowing[tensor] if tensor in flowing else namespace(tensor.value).zeros_like(tensor.value)
        for tensor in wanted
    }


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
