"""Every operation does what its card says. Two witnesses: centered differences, and JAX's gradient of our forward."""

import importlib
import pkgutil
import re
from pathlib import Path

import numpy as np
import pytest
from card_inputs import LAYOUTS, draw, settings, shapes

import pellucid
from pellucid.arrays.compile import compiled, precision
from pellucid.graph.card import card
from pellucid.graph.tensor import OPERATIONS, Tensor, op

SOURCE = Path(pellucid.__file__).parent

# An operation is registered when its file is imported, so all files that could hold one are.
for _found in pkgutil.walk_packages(pellucid.__path__, "pellucid."):
    if _found.name.split(".")[1] in ("graph", "layers", "losses", "regularizers", "features", "arrays"):
        importlib.import_module(_found.name)

NAMES = sorted(OPERATIONS)


def pulled(operation, arrays, g=None, **kept):
    """The value, g, and the gradient of each input by name; inputs into which nothing flows are left out."""
    tensors = {name: Tensor(array, name=name) for name, array in arrays.items()}
    made = operation(*tensors.values(), **kept)
    if g is None:
        stream = np.random.Generator(np.random.Philox(key=77))
        g = np.asarray(stream.uniform(0.5, 1.5, made.shape), made.dtype)[()]
    flows = {parent.name: pullback(g) for parent, pullback in zip(made.parents, made.pullbacks, strict=True)}
    return made.value, g, flows


def assert_agrees_with_differences(operation, found, seed, of, layout="contiguous"):
    """Each number of each input is moved by ±h, in float64."""
    arrays, kept = draw(found, of, np.float64, seed, layout), settings(found)
    _, g, flows = pulled(operation, arrays, **kept)
    h = 1e-5
    for name, flow in flows.items():
        numerical = np.zeros(arrays[name].size)
        for place in range(arrays[name].size):
            values = []
            for move in (h, -h):
                moved = np.array(arrays[name])
                moved[np.unravel_index(place, moved.shape)] += move
                values.append((g * operation(*(arrays | {name: moved}).values(), **kept)).sum())
            numerical[place] = (values[0] - values[1]) / (2 * h)
        assert flow.shape == arrays[name].shape, name
        scale = max(1.0, np.abs(numerical).max(initial=0.0))
        np.testing.assert_allclose(np.ravel(flow), numerical, rtol=0, atol=2e-8 * scale, err_msg=name)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_gradient_agrees_with_centered_differences(name, layout):
    operation = OPERATIONS[name]
    found = card(operation)
    examples = 0
    while examples < 25:  # for each of four layouts: 100 examples of each operation
        for of in shapes(found):
            assert_agrees_with_differences(operation, found, examples, of, layout)
            examples += 1


def in_one_program(operation, names, kept):
    """A compiled function of (arrays, g): our value, our gradients, and those that JAX derives from our forward.

    JAX sorts the keys of a dict, so inputs are put in order by their names.
    """
    import jax

    def both(arrays, g):
        value, _, flows = pulled(operation, {name: arrays[name] for name in names}, g, **kept)

        def forward(moving):
            return operation(*((arrays | moving)[name] for name in names), **kept)

        _, pullback = jax.vjp(forward, {name: arrays[name] for name in flows})
        return value, flows, pullback(g)[0]

    return compiled(both)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gradient_agrees_with_that_of_jax_and_numpy_with_the_compiled_program(name, dtype):
    operation = OPERATIONS[name]
    found = card(operation)
    kept = settings(found)
    program = in_one_program(operation, list(found.arrays), kept)
    tolerance = {"rtol": 3e-6, "atol": 1e-6} if dtype == np.float32 else {"rtol": 1e-12, "atol": 1e-13}
    # Each shape is a program that takes a moment to compile; in float32 every third must do.
    for seed, of in list(enumerate(shapes(found)))[:: 3 if dtype == np.float32 else 1]:
        arrays = draw(found, of, dtype, seed)
        value, g, flows = pulled(operation, arrays, **kept)
        with precision(dtype):
            traced_value, traced, witnesses = program(arrays, g)
        assert traced_value.dtype == dtype
        np.testing.assert_allclose(value, np.asarray(traced_value), **tolerance)
        assert set(traced) == set(witnesses) == set(flows)
        for each, flow in flows.items():
            assert traced[each].dtype == dtype
            assert traced[each].shape == flow.shape
            np.testing.assert_allclose(flow, np.asarray(traced[each]), err_msg=each, **tolerance)
            np.testing.assert_allclose(flow, np.asarray(witnesses[each]), err_msg=each, **tolerance)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_and_shape_are_kept(name, dtype):
    operation = OPERATIONS[name]
    found = card(operation)
    # A setting often comes out of np.logspace or a grid search: as np.float64, which must not spread.
    kept = {setting: np.float64(value) for setting, value in settings(found).items()}
    for seed, of in enumerate(shapes(found)):
        arrays = draw(found, of, dtype, seed)
        value, _, flows = pulled(operation, arrays, **kept)
        assert value.dtype == dtype
        assert flows
        for each, flow in flows.items():
            assert flow.dtype == dtype, each
            assert flow.shape == arrays[each].shape, each
        assert value.shape == promised_shape(found, of)


def promised_shape(found, of):
    if found.result == ("...",):
        return np.broadcast_shapes(*of.values())
    sizes = {
        letter: size
        for name, letters in found.arrays.items()
        for letter, size in zip(letters, of[name], strict=True)
    }
    return tuple(sizes[letter] for letter in found.result)


@pytest.mark.parametrize("name", NAMES)
def test_inputs_are_not_written_to(name):
    operation = OPERATIONS[name]
    found = card(operation)
    of = next(shapes(found))
    arrays = {each: np.array(array) for each, array in draw(found, of, np.float64, 0).items()}
    kept = {each: array.copy() for each, array in arrays.items()}
    for array in arrays.values():
        array.flags.writeable = False
    pulled(operation, arrays, **settings(found))
    for each, array in arrays.items():
        np.testing.assert_array_equal(array, kept[each])


def test_every_operation_of_the_source_is_among_those_tested():
    marked = [
        match[1]
        for path in SOURCE.rglob("*.py")
        for match in re.finditer(r"^@op\ndef (\w+)\(", path.read_text("utf-8"), re.MULTILINE)
    ]
    assert sorted(marked) == NAMES
    assert len(NAMES) >= 15


# The test of the tests.


@pytest.fixture
def unregistered(monkeypatch):
    """What a test registers is forgotten after it."""
    for name in ("wrong", "bare", "misnamed", "widening"):
        monkeypatch.setitem(OPERATIONS, name, None)


def test_a_gradient_wrong_by_a_twentieth_of_a_percent_is_caught(unregistered):
    def wrong(x, y):
        """Multiply, nearly.

        Forward    z = x y
        Gradient   ∂L/∂x = 1.0005 g y,  ∂L/∂y = g x
        Shapes     x (N, D), y (N, D) → z (N, D)
        Source     a mistake made on purpose
        """
        return x * y, (lambda g: 1.0005 * g * y, lambda g: g * x)

    operation = op(wrong)
    found = card(operation)
    of = next(shapes(found))
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        assert_agrees_with_differences(operation, found, 0, of)


def test_a_mask_that_widens_float32_is_caught(unregistered):
    def widening(x):
        """Keep what is positive, with a mask that is not of x's dtype.

        Forward    z = x [x > 0]
        Gradient   ∂L/∂x = g [x > 0]
        Shapes     x (N, D) → z (N, D)
        Source     a mistake made on purpose: int64 times float32 is float64
        """
        mask = (x > 0).astype(np.int64)
        return x * mask, (lambda g: g * mask,)

    op(widening)
    with pytest.raises(AssertionError):
        test_dtype_and_shape_are_kept("widening", np.float32)


def test_an_operation_without_a_whole_card_is_refused(unregistered):
    def bare(x):
        """Nothing.

        Forward    z = x
        Shapes     x (...) → z (...)
        """
        return x, (lambda g: g,)

    from pellucid.storage.errors import InputError

    with pytest.raises(InputError, match=r"bare has no whole card: Gradient, Source is missing"):
        card(op(bare))
    bare.__doc__ = None
    with pytest.raises(
        InputError, match=r"bare has no whole card: Forward, Gradient, Shapes, Source is missing"
    ):
        card(op(bare))


def test_a_card_that_names_other_arrays_is_refused(unregistered):
    def misnamed(x, w):
        """Nothing.

        Forward    z = x
        Gradient   ∂L/∂x = g
        Shapes     x (N), v (N) → z (N)
        Source     a mistake made on purpose
        """

    from pellucid.storage.errors import InputError

    with pytest.raises(InputError, match=r"misnamed takes x, w, but its Shapes name x, v: they must agree"):
        card(misnamed)
    misnamed.__doc__ = misnamed.__doc__.replace("→ z (N)", "")
    with pytest.raises(InputError, match="Shapes must end in one result"):
        card(misnamed)


def test_a_clause_that_nobody_understands_is_an_error():
    from dataclasses import replace

    strange = replace(card(OPERATIONS["exp"]), inputs="x prime")
    with pytest.raises(AssertionError, match="unknown clause: x prime"):
        draw(strange, {"x": (2,)}, np.float64, 0)


def test_a_card_is_taken_apart():
    found = card(OPERATIONS["affine"])
    assert found.summary == "Weighted sums of the features, one for each class."
    assert found.forward == "s = x wᵀ + b"
    assert found.arrays == {"x": ("N", "D"), "w": ("K", "D"), "b": ("K",)}
    assert found.result == ("N", "K")
    assert found.inputs == ""
    assert found.source == "CS231n, Linear classification"
    assert card(OPERATIONS["power"]).clauses == ("x positive", "exponent 3")
    assert card(OPERATIONS["sum"]).result == ()
