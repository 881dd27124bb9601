"""Nested containers of arrays that another library made: their leaves by name, and the containers built again."""

from collections.abc import Callable, Sequence
from typing import Any


def leaves(tree: Any) -> tuple[dict[str, Any], Any]:
    """The arrays of a tree of JAX's containers by name, such as "002 0.mu.weight", and its structure for `rebuilt`.

    The number keeps two leaves apart whose places are spelled alike.
    """
    import jax

    found, structure = jax.tree_util.tree_flatten_with_path(tree)
    named = {}
    for number, (place, leaf) in enumerate(found):
        spelled = jax.tree_util.keystr(place, simple=True, separator=".").replace("/", ".")
        named[f"{number:03d} {spelled}".rstrip()] = leaf
    return named, structure


def rebuilt(structure: Any, arrays: Sequence[Any]) -> Any:
    """The tree of this structure with these leaves, in the order of `leaves`."""
    import jax

    return jax.tree_util.tree_unflatten(structure, arrays)


def outline(function: Callable[..., Any], *arguments: Any) -> Any:
    """What the function would return, with shapes and dtypes in place of arrays; nothing is computed."""
    import jax

    return jax.eval_shape(function, *arguments)


def is_plain(leaf: Any) -> bool:
    """Whether the leaf is an array of numbers that NumPy has too; JAX's typed random keys are not."""
    import jax

    return not jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.extended)
