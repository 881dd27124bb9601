"""Nested containers of arrays that another library made: as named arrays of plain numbers, and built again."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Form:
    """What a tree looks like, without its numbers.

    Attributes
    ----------
    outlines : name → an object with the shape and dtype of that leaf; random keys as the numbers they are made of
    structure : the containers
    keys : for each leaf what kind of random key it is; None for arrays
    """

    outlines: dict[str, Any]
    structure: Any
    keys: tuple[Any, ...]

    def rebuilt(self, arrays: dict[str, Any]) -> Any:
        """The tree with these numbers at its leaves; arrays of other names are left out."""
        import jax

        found = [arrays[name] for name in self.outlines]
        found = [
            array if kind is None else jax.random.wrap_key_data(array, impl=kind)
            for array, kind in zip(found, self.keys, strict=True)
        ]
        return jax.tree_util.tree_unflatten(self.structure, found)


def form(function: Callable[..., Any], *arguments: Any) -> Form:
    """The form of the tree that the function would return; nothing is computed."""
    import jax

    seen: dict[str, Any] = {}

    def plain(*arguments: Any) -> dict[str, Any]:
        tree = function(*arguments)
        found, seen["structure"] = jax.tree_util.tree_flatten(tree)
        seen["keys"] = tuple(jax.random.key_impl(leaf) if _is_key(leaf) else None for leaf in found)
        return leaves(tree)

    outlines = jax.eval_shape(plain, *arguments)
    return Form({name: outlines[name] for name in sorted(outlines)}, seen["structure"], seen["keys"])


def leaves(tree: Any) -> dict[str, Any]:
    """The arrays of a tree by name, such as "002 0.mu.weight", in its order; random keys as their numbers.

    The number keeps two leaves apart whose places are spelled alike, and says their order.
    """
    import jax

    found, _ = jax.tree_util.tree_flatten_with_path(tree)
    named = {}
    for number, (place, leaf) in enumerate(found):
        spelled = jax.tree_util.keystr(place, simple=True, separator=".").replace("/", ".")
        named[f"{number:06d} {spelled}".rstrip()] = jax.random.key_data(leaf) if _is_key(leaf) else leaf
    return named


def _is_key(leaf: Any) -> bool:
    import jax

    return hasattr(leaf, "dtype") and jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key)
