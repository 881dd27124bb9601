"""What is said when inputs do not fit: the operation, the shapes, the user's own names, and what would fit."""
# ruff: noqa: E501 — a sentence stands on one line, as it is said.

import re

import numpy as np
import pytest

from pellucid.arrays.compile import compiled
from pellucid.graph import Tensor, gradients, variables
from pellucid.graph import activations as a
from pellucid.graph.algebra import affine, concatenate, matmul, reshape, stack, transpose
from pellucid.graph.choices import where
from pellucid.graph.elementwise import add, clip, exp, maximum
from pellucid.graph.indexing import pad, take
from pellucid.graph.probabilities import softmax
from pellucid.graph.reductions import max, mean, sum
from pellucid.graph.tensor import OPERATIONS, op
from pellucid.losses import softmax_cross_entropy
from pellucid.storage.errors import InputError


def named(**shapes):
    return [Tensor(np.ones(shape, np.float32), name=name) for name, shape in shapes.items()]


x, w, square, row, column, one = named(x=(3, 4), w=(5, 4), square=(3, 3), row=(4,), column=(3,), one=())

CASES = (
    (lambda x, w: x @ w, (x, w), "matmul(x: float32 (3, 4), w: float32 (5, 4)) does not fit: 4 columns meet 5 rows; did you mean w.T?"),
    (lambda w, x: w @ x, named(w=(4, 5), x=(4, 3)), "matmul(w: float32 (4, 5), x: float32 (4, 3)) does not fit: 5 columns meet 4 rows; did you mean w.T?"),
    (lambda x, y: x @ y, named(x=(3, 4), y=(5, 6)), "4 columns meet 5 rows"),
    (lambda x, one: x @ one, (x, one), "both must have an axis: multiply by a number with *"),
    (affine, named(x=(3, 4), weight=(4, 5), bias=(5,)), "affine(x: float32 (3, 4), weight: float32 (4, 5), bias: float32 (5,)) does not fit: 4 columns meet 5 features; did you mean weight.T?"),
    (affine, named(pixels=(3, 2, 4), w=(5, 4), b=(5,)), "x and w must be matrices, with two axes"),
    (affine, named(x=(3, 4), w=(5, 4), b=(4,)), "b must have the shape (5,)"),
    (lambda x, w: x + w, (x, w), "add(x: float32 (3, 4), w: float32 (5, 4)) does not fit: on axis -2, counted from the end 3 meets 5; sizes must be equal, or 1"),
    (lambda x, y: x * y, named(x=(3, 4), y=(4, 3)), "on the last axis 3 meets 4; sizes must be equal, or 1: did you mean y.T?"),
    (lambda x, column: x - column, (x, column), "on the last axis 3 meets 4; sizes must be equal, or 1: for one number a row write column[:, None]"),
    (lambda x, w: maximum(exp(x), w), (x, w), "maximum(exp: float32 (3, 4), w: float32 (5, 4)) does not fit: on axis -2"),
    (where, (x, row, column), "where(x: float32 (3, 4), row: float32 (4,), column: float32 (3,)) does not fit: on the last axis 3 meets 4"),
    (lambda x: sum(x, axis=2), (x,), "sum(x: float32 (3, 4), axis=2) does not fit: there is no axis 2: an array of shape (3, 4) has axes 0 to 1"),
    (lambda x: mean(x, axis=(0, -3)), (x,), "there is no axis -3: an array of shape (3, 4) has axes 0 to 1"),
    (lambda row: max(row, axis=1), (row,), "there is no axis 1: an array of shape (4,) has axis 0 alone"),
    (lambda one: sum(one, axis=0), (one,), "there is no axis 0: an array of shape () has no axis"),
    (lambda a, b: concatenate(a, b, axis=2), (x, w), "there is no axis 2: an array of shape (3, 4) has axes 0 to 1"),
    (concatenate, named(a=(), b=()), "there is no axis 0"),
    (lambda a, b: concatenate(a, b, axis=1), (x, w), "concatenate(x: float32 (3, 4), w: float32 (5, 4), axis=1) does not fit: "),
    (stack, (x, w), "stack(x: float32 (3, 4), w: float32 (5, 4)) does not fit: "),
    (lambda x: reshape(x, shape=(5, 3)), (x,), "reshape(x: float32 (3, 4), shape=(5, 3)) does not fit: "),
    (lambda x: transpose(x, axes=(0, 0)), (x,), "axes must name each of the 2 axes once"),
    (lambda x: transpose(x, axes=(0, 1, 2)), (x,), "axes must name each of the 2 axes once"),
    (lambda x: x[3], (x,), "index(x: float32 (3, 4), key=3) does not fit: index 3 is out of bounds for axis 0 with size 3"),
    (lambda x: x[:, -5], (x,), "index -5 is out of bounds for axis 1 with size 4"),
    (lambda x: x[0, 0, 0], (x,), "too many indices for array"),
    (lambda x: x[[0, 3]], (x,), "index 3 is out of bounds for axis 0 with size 3"),
    (lambda x: x[np.ones(4, bool)], (x,), "boolean index did not match indexed array along axis 0"),
    (lambda x: x[0.5], (x,), "only integers, slices"),
    (lambda x: x[x > 0], (x,), "a setting is a fixed number, not a tensor"),
    (lambda x: x ** x, (x,), "a setting is a fixed number, not a tensor; for a power with a tensor above write exp(y * log(x))"),
    (lambda x: pad(x, width=((1, 1),)), (x,), "width must be one whole number, or a pair (before, after) for each of the 2 axes"),
    (lambda x: pad(x, width=-1), (x,), "a border cannot be narrower than 0"),
    (lambda x: clip(x, low="a", high=1), (x,), "could not convert string to float"),
    (lambda x: softmax(x), named(x=(2, 0)), "where there are no numbers there is no largest one"),
    (lambda x: max(x), named(x=(0,)), "where there are no numbers there is no largest one"),
    (lambda x: sum(x, axs=1), (x,), "unexpected keyword argument 'axs'"),
    (lambda x: exp(x, x), (x,), "takes 1 positional argument but 2 were given"),
    (lambda x: x * "two", (x,), "multiply(x: float32 (3, 4), str) does not fit: a str is no array"),
    (lambda x: x + None, (x,), "a NoneType is no array"),
    (lambda x: matmul(x, [[1.0]]), (x,), "a list is no array: give tensors, arrays or numbers"),
    (lambda x: x + np.array(["a"]), (x,), "an array of dtype <U1 holds no numbers"),
)  # fmt: skip


def told(call, inputs):
    with pytest.raises(InputError) as caught:
        call(*inputs)
    return str(caught.value)


def shown(case):
    return re.sub(r"\W+", "-", case[2])[:40]


@pytest.mark.parametrize("case", CASES, ids=shown)
def test_the_sentence_says_what_does_not_fit(case):
    call, inputs, sentence = case
    found = told(call, inputs)
    assert sentence in found
    assert "\n" not in found


@pytest.mark.parametrize("case", CASES, ids=shown)
def test_the_same_is_said_while_a_program_is_traced(case):
    """Where the operation is written, with the user's names, and without the compiler's own words."""
    call, inputs, sentence = case

    def traced(arrays):
        call(*(Tensor(array, name=each.name) for each, array in zip(inputs, arrays, strict=True)))
        return 0

    found = told(compiled(traced), [[each.value for each in inputs]])
    # Of what a library says itself, the words may differ; the call and its shapes do not.
    call_and_shapes = sentence.partition(" does not fit: ")[0] + " does not fit: "
    assert (call_and_shapes if " does not fit: " in sentence else "does not fit: ") in found
    if not any(word in sentence for word in ("unexpected", "could not", "boolean", "only integers")):
        assert sentence in found
    for noise in ("Tracer", "traced", "jax", "jit", "\n"):
        assert noise not in found


def test_a_mask_that_is_not_known_yet_cannot_choose_a_part():
    def part(array):
        return sum(Tensor(array, name="x")[array > 0]).value

    with pytest.raises(
        InputError, match=r"not known while a program is compiled; choose with where\(\) and masks"
    ):
        compiled(part)(np.ones(3, np.float32))


def test_places_that_are_not_known_yet_can():
    def part(array, places):
        return Tensor(array, name="x")[places].value

    found = compiled(part)(np.arange(4.0, dtype=np.float32), np.array([3, 0, 3]))
    np.testing.assert_array_equal(found, [3.0, 0.0, 3.0])


def test_rows_that_are_not_there_are_refused():
    with pytest.raises(
        InputError, match=r"take\(x: float32 \(3, 4\), int64 \(2,\)\).*index 3 is out of bounds"
    ):
        take(x, np.array([0, 3]))


def test_labels_and_scores_of_different_numbers_of_pictures():
    s, y = variables(s=np.ones((4, 3)), other=np.ones(1))[0], np.array([0, 1, 2])
    with pytest.raises(
        InputError, match=r"softmax_cross_entropy\(s: float64 \(4, 3\), int64 \(3,\)\) does not fit"
    ):
        softmax_cross_entropy(s, y)


def test_plain_arrays_get_the_same_sentences():
    with pytest.raises(
        InputError, match=r"add\(float64 \(2,\), float64 \(3,\)\) does not fit: on the last axis 2 meets 3"
    ):
        add(np.ones(2), np.ones(3))
    with pytest.raises(InputError, match=r"a list is no array"):
        a.relu([1.0, 2.0])
    with pytest.raises(InputError, match=r"concatenate\(\) does not fit: give at least one array"):
        concatenate()


def test_an_operation_that_forgets_a_pullback_is_told(monkeypatch):
    monkeypatch.setitem(OPERATIONS, "forgetful", None)

    @op
    def forgetful(x, y):
        return x + y, (lambda g: g,)

    with pytest.raises(
        InputError, match=r"forgetful must return one pullback for each of its 2 arrays.*got 1"
    ):
        forgetful(x, x)


def test_what_is_wanted_is_a_list_of_tensors():
    (x,) = variables(x=2.0)
    with pytest.raises(InputError, match="takes a list of tensors, got 3 in it"):
        gradients(x * x, of=[3])
    with pytest.raises(InputError, match="takes a list of tensors, got one tensor"):
        gradients(x * x, of=x)
