"""Every operation does what its card says. Two witnesses: centered differences, and JAX's gradient of our forward."""

import importlib
import pkgutil
import re
from pathlib import Path

import numpy as np
import pytest
from card_inputs import LAYOUTS, draw, inputs, settings, shapes
from witnesses import assert_agrees_with_differences, assert_agrees_with_jax, in_one_program, pulled

import pellucid
from pellucid.graph import gradients
from pellucid.graph.card import card
from pellucid.graph.reductions import sum
from pellucid.graph.tensor import OPERATIONS, Tensor, op
from pellucid.storage.errors import InputError

SOURCE = Path(pellucid.__file__).parent

# An operation is registered when its file is imported, so all files that could hold one are.
for _found in pkgutil.walk_packages(pellucid.__path__, "pellucid."):
    if _found.name.split(".")[1] in ("graph", "layers", "losses", "regularizers", "features", "arrays"):
        importlib.import_module(_found.name)

NAMES = sorted(OPERATIONS)
REFUSED = [name for name in NAMES if card(OPERATIONS[name]).gradient.startswith("refused")]
WALKED = [name for name in NAMES if name not in REFUSED]


@pytest.mark.parametrize("name", WALKED)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_gradient_agrees_with_centered_differences(name, layout):
    operation = OPERATIONS[name]
    found = card(operation)
    examples = 0
    while examples < 25:  # for each of four layouts: 100 examples of each operation
        for of in shapes(found):
            arrays = draw(found, of, np.float64, examples, layout)
            assert_agrees_with_differences(operation, arrays, settings(found))
            examples += 1


@pytest.mark.parametrize("name", WALKED)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gradient_agrees_with_that_of_jax_and_numpy_with_the_compiled_program(name, dtype):
    operation = OPERATIONS[name]
    found = card(operation)
    kept = settings(found)
    program = in_one_program(operation, list(inputs(found)), kept)
    # Each shape is a program that takes a moment to compile; in float32 every third must do.
    for seed, of in list(enumerate(shapes(found)))[:: 3 if dtype == np.float32 else 1]:
        assert_agrees_with_jax(operation, draw(found, of, dtype, seed), kept, dtype, program)


@pytest.mark.parametrize("name", WALKED)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_and_shape_are_kept(name, dtype):
    operation = OPERATIONS[name]
    found = card(operation)
    # A setting often comes out of np.logspace or a grid search: as np.float64, which must not spread.
    kept = {setting: np.asarray(value)[()] for setting, value in settings(found).items()}
    for seed, of in enumerate(shapes(found)):
        arrays = draw(found, of, dtype, seed)
        value, _, flows = pulled(operation, arrays, **kept)
        assert value.dtype == dtype
        assert bool(flows) is not found.gradient.startswith("none")
        for each, flow in flows.items():
            assert flow.dtype == dtype, each
            assert flow.shape == arrays[each].shape, each
        if found.result == ("...",):
            assert value.shape == np.broadcast_shapes(*of.values())
        else:
            assert value.ndim == len(found.result)
            for letter, size in zip(found.result, value.shape, strict=True):
                assert size == sizes_by_letter(found, of).get(letter, size), letter


def sizes_by_letter(found, of):
    """The sizes of the inputs; a letter that only the result has is not among them."""
    return {
        letter: size
        for name, (_, letters) in inputs(found).items()
        if letters != ("...",)
        for letter, size in zip(letters, of[name], strict=True)
    }


@pytest.mark.parametrize(
    "name", [name for name in NAMES if card(OPERATIONS[name]).gradient.startswith("none")]
)
def test_where_nothing_flows_a_small_move_changes_nothing(name):
    operation = OPERATIONS[name]
    found = card(operation)
    for seed, of in enumerate(shapes(found)):
        arrays = draw(found, of, np.float64, seed)
        value = operation(*arrays.values(), **settings(found))
        for each in arrays:
            for move in (1e-6, -1e-6):
                moved = arrays | {each: arrays[each] + move}
                np.testing.assert_array_equal(operation(*moved.values(), **settings(found)), value)


@pytest.mark.parametrize("name", WALKED)
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


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_gradient_that_is_refused_is_an_error_of_the_walk_alone(name, dtype):
    operation = OPERATIONS[name]
    found = card(operation)
    for seed, of in enumerate(shapes(found)):
        arrays = draw(found, of, dtype, seed)
        tensors = {each: Tensor(array, name=each) for each, array in arrays.items()}
        made = operation(*tensors.values())
        assert made.dtype == dtype
        np.testing.assert_array_equal(made.value, operation(*arrays.values()))
        with pytest.raises(InputError, match=f"{name} has no gradient"):
            gradients(sum(made))


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
        assert_agrees_with_differences(operation, draw(found, of, np.float64, 0), {})


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
    assert card(OPERATIONS["power"]).clauses == ("x positive", "exponent 3.0")
    assert card(OPERATIONS["sum"]).result == ()


@pytest.mark.parametrize("name", NAMES)
def test_whole_numbers_give_what_the_same_floating_numbers_give(name):
    """Handled, not cut off: a slope of 0.1 in an integer's dtype would be 0."""
    operation = OPERATIONS[name]
    found = card(operation)
    for seed, of in enumerate(shapes(found)):
        arrays = {
            each: np.round(4 * array).astype(int) for each, array in draw(found, of, float, seed).items()
        }
        arrays |= {
            each: array for each, array in draw(found, of, float, seed).items() if array.dtype.kind == "i"
        }
        exact = {each: array.astype(float) if array.dtype == int else array for each, array in arrays.items()}
        try:
            whole = operation(*arrays.values(), **settings(found))
        except InputError as error:  # either will do
            assert "needs floating numbers, got whole ones" in str(error)  # noqa: PT017
            continue
        np.testing.assert_allclose(whole, operation(*exact.values(), **settings(found)), rtol=1e-6)
