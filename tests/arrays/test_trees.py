"""Trees of another library become named arrays of plain numbers, and are built again from them."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from pellucid.arrays.trees import form, leaves


class Moments(NamedTuple):
    mean: dict
    squares: dict


def tree():
    return (Moments({"1/w": jnp.ones(2), "b": jnp.zeros(())}, {}), None, [jnp.arange(3)])


def test_every_leaf_has_a_name_that_says_where_it_is():
    assert list(leaves(tree())) == ["000000 0.mean.1.w", "000001 0.mean.b", "000002 2.0"]
    assert list(leaves(jnp.ones(2))) == ["000000"]
    assert leaves((None, {})) == {}


def test_the_form_has_shapes_and_builds_the_tree_again():
    found = form(tree)
    assert {name: (each.shape, each.dtype.name) for name, each in found.outlines.items()} == {
        "000000 0.mean.1.w": ((2,), "float32"),
        "000001 0.mean.b": ((), "float32"),
        "000002 2.0": ((3,), "int32"),
    }
    again = found.rebuilt({name: np.asarray(array) for name, array in leaves(tree()).items()} | {"other": 3})
    assert jax.tree.structure(again) == jax.tree.structure(tree())
    assert jax.tree.all(jax.tree.map(np.array_equal, again, tree()))


def test_more_than_ten_leaves_stay_in_order():
    many = lambda: [jnp.full(1, number) for number in range(12)]
    again = form(many).rebuilt(leaves(many()))
    assert [int(array[0]) for array in again] == list(range(12))


def test_random_keys_are_numbers_in_between():
    keep = lambda: {"key": jax.random.key(5), "old": jax.random.PRNGKey(5)}
    numbers = leaves(keep())
    assert all(array.dtype == np.uint32 for array in numbers.values())
    again = form(keep).rebuilt({name: np.asarray(array) for name, array in numbers.items()})
    assert again["key"].dtype == keep()["key"].dtype
    assert jax.random.normal(again["key"]) == jax.random.normal(keep()["key"])
    assert again["old"].dtype == np.uint32


def test_nothing_is_computed():
    called = []

    def function(x):
        jax.debug.callback(lambda: called.append(1))
        return {"double": 2 * x}

    assert form(function, jnp.ones((2, 3))).outlines["000000 double"].shape == (2, 3)
    assert called == []
