"""Expressions become graphs with the right numbers; whatever else is written is refused by a sentence with a caret."""

import ast
import json
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from pellucid.graph import OPERATIONS, gradients, variables
from pellucid.graph.expression import EXPONENT, expression, parts, value
from pellucid.graph.expression_functions import FUNCTIONS
from pellucid.graph.expression_text import DEPTH
from pellucid.storage.errors import InputError

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "numbers.json").read_text("utf-8"))
MATRIX = [[1.0, 2.0, 3.0], [3.0, 4.0, 5.0]]


def computed(text, **values):
    """The value, and each named gradient."""
    given = dict(zip(values, variables(**values), strict=True))
    result = expression(text, given)
    flow = gradients(result, of=given.values())
    return result.value, {name: flow[tensor] for name, tensor in given.items()}


def test_the_first_example():
    found, slopes = computed("(x + y) * z", x=-2, y=5, z=-4)
    assert found == -12
    assert slopes == {"x": -4, "y": -4, "z": 3}


def test_g12_squared_length_of_a_product():
    g = GOLDEN["G12"]
    found, slopes = computed("norm2(W @ x)", W=g["w"], x=g["x"])
    np.testing.assert_allclose(found, g["f"], rtol=1e-14)
    np.testing.assert_allclose(slopes["W"], g["gradient_of_w"], rtol=1e-14)
    np.testing.assert_allclose(slopes["x"], g["gradient_of_x"], rtol=1e-14)


def test_g11_g13_and_g14():
    g = GOLDEN["G13"]
    names = ("x", "y", "z", "w")
    assert computed("2 × (x·y + max(z, w))", **{name: g[name] for name in names}) == (
        g["value"],
        g["gradients"],
    )
    g = GOLDEN["G14"]
    for text in ("(x + σ(y)) ÷ (σ(x) + (x+y)²)", "(x + sigmoid(y)) / (sigmoid(x) + (x + y) ** 2)"):
        found, slopes = computed(text, x=g["x"], y=g["y"])
        assert found == pytest.approx(g["value"], abs=5e-10)
        assert slopes == pytest.approx(g["gradients"], abs=5e-10)
    g = GOLDEN["G11"]
    values = dict(zip(("w0", "w1", "w2", "x0", "x1"), (*g["w"], *g["x"]), strict=False))
    assert computed("1 / (1 + exp(-(w0*x0 + w1*x1 + w2)))", **values)[0] == pytest.approx(
        g["value"], abs=5e-10
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-x ** 2", -9),
        ("−x²", -9),
        ("x³ − 1", 26),
        ("2 ** -1 * x", 1.5),
        ("x / y / 3", 0.5),
        ("x - y - 1", 0),
        ("+x", 3),
        (" ( x\t+\ny ) ", 5),
        ("max(x, y, 7)", 7),
        ("min(x, y, 7)", 2),
        ("max(W) - min(W)", 4),
        ("exp(log(x))", 3),
        ("log1p(x - 1)", np.log(3)),
        ("sqrt(x * 3)", 3),
        ("abs(-x)", 3),
        ("tanh(0 * x)", 0),
        ("relu(-x) + relu(x)", 3),
        ("leaky_relu(-x)", -0.03),
        ("leaky_relu(-x, 0.1)", -0.3),
        ("leaky_relu(-x, slope=0.1)", -0.3),
        ("elu(-x, alpha=2)", 2 * np.expm1(-3)),
        ("softplus(x)", np.log1p(np.exp(3))),
        ("gelu(0 * x)", 0),
        ("clip(x, -1, 1)", 1),
        ("clip(x, high=2, low=0)", 2),
        ("where(x > y, x, y)", 3),
        ("(x ≥ 3) + (x <= 3) + (x < 3) + (x > 3)", 2),
        ("sum(softmax(W))", 2),
        ("sum(exp(log_softmax(v)))", 1),
        ("logsumexp(v - 1000) + 1000", np.log(np.exp(2) + np.exp(3))),
        ("sum(W)", 18),
        ("mean(W)", 3),
        ("sum(W, axis=0) @ [1, 1, 1]", 18),
        ("sum(W, 1)[-1]", 12),
        ("norm([3, 4] * (x / 3))", 5),
        ("norm2(v)", 13),
        ("v @ v", 13),
        ("dot(v, v)", 13),
        ("sum(W.T @ v)", 48),
        ("sum(transpose(W) @ v)", 48),
        ("W[0, 2] + W[1][0]", 6),
        ("sum([[.1, .5], [-.3, .8]] @ [x, y])", 2.0),
        ("[x, y] @ [1, 10]", 23),
        ("2 + 3", 5),
        ("1e-3 + .5 + 2. + 1.5E+1", 17.501),
    ],
)
def test_what_can_be_written(text, expected):
    values = {"x": 3.0, "y": 2.0, "v": [2.0, 3.0], "W": MATRIX}
    result = expression(text, values)
    assert result.shape == ()
    assert result.dtype == np.float64
    np.testing.assert_allclose(result.value, expected, rtol=1e-12, atol=1e-15)


def test_every_function_is_an_operation_and_can_be_called():
    second = {"where": "x, x", "dot": "x", "clip": "-1, 1"}
    for name in FUNCTIONS:
        result = expression(f"{name}(x{', ' + second[name] if name in second else ''})", {"x": [0.5, 0.25]})
        assert result.op in OPERATIONS, name


def test_a_sum_of_a_thousand_terms_needs_no_recursion():
    found, slopes = computed("+".join(["x"] * 1000), x=1)
    assert (found, slopes) == (1000, {"x": 1000})
    assert computed("(" * DEPTH + "x" + ")" * DEPTH, x=1)[0] == 1
    assert computed("-" * 90 + "x", x=1)[0] == 1


def test_tensors_and_float32_stay_what_they_are():
    (x,) = variables(x=np.float32([1, 2]))
    result = expression("sum(x * 2)", {"x": x})
    assert list(gradients(result)) == [x]
    assert expression("x * x", {"x": np.float32([1, 2])}).dtype == np.float32


def test_values_are_not_changed_and_others_are_left_alone():
    array = np.array([1.0, 2.0])
    expression("sum(x * 2)", {"x": array, "unused": object()})
    assert array.tolist() == [1, 2]


def test_parts_tell_the_users_own_text_of_every_tensor():
    said = parts(" ( x+y ) * norm2(W @ x) ", {"x": [1.0, 2.0], "y": 1.0, "W": [[1.0, 2.0], [3.0, 4.0]]})
    assert list(said.values()) == [
        "x",
        "y",
        "W",
        "x+y",
        "W @ x",
        "(W @ x) ** 2",
        "norm2(W @ x)",
        "( x+y ) * norm2(W @ x)",
    ]
    places = {tensor: place for place, tensor in enumerate(said)}
    assert all(places[parent] < places[tensor] for tensor in said for parent in tensor.parents)
    assert list(parts("max(x, y, 3)", {"x": 1.0, "y": 2.0}).values()) == [
        "x",
        "y",
        "maximum(x, y)",
        "max(x, y, 3)",
    ]
    assert list(parts("2 + 3", {}).values()) == ["2 + 3"]


def test_what_is_not_finite_is_a_value_and_not_a_warning():
    assert np.isnan(expression("log(x)", {"x": -1.0}).value)
    assert np.isinf(expression("1 / x", {"x": 0.0}).value)
    assert np.isinf(expression("exp(10 ** 3)", {}).value)


HARMFUL = [
    ("", "The expression is empty", None),
    ("  ", "The expression is empty", None),
    ("(x + y", "bracket is never closed", 0),
    ("x + y)", "bracket was never opened", 5),
    ("(x]", r"does not fit the \( that was opened", 2),
    ("x +", "ends too early", 3),
    ("x + * y", "a name is missing here", 4),
    ("2x", "A sign is missing here: multiply by", 1),
    ("x y", "A sign is missing here", 2),
    ("2(x + y)", "A sign is missing here", 1),
    ("(x + y)(z)", "A sign is missing here", 7),
    ("0x10", "A sign is missing here", 1),
    ("1j", "A sign is missing here", 1),
    ("1_000", "A sign is missing here", 1),
    ("007", "must not begin with 0", 0),
    ("y * foo(x)", r"no function foo \(to multiply, write foo \* …\); known are max, min, exp", 4),
    ("sigmod(x)", "did you mean sigmoid", 0),
    ("relu", "relu is a function: it needs its input in parentheses", 0),
    ("x + q", "q has no value: give it one, such as q=2", 4),
    ("p + x + q + p", "p and q have no values", 0),
    ("xx", "xx has no value; did you mean x", 0),
    ("x.y", "only T may stand", 1),
    ("x.__class__.__bases__", "only T may stand", None),
    ("__import__('os')", "' has no meaning here", 11),
    ("__import__(x)", "no function __import__", 0),
    ("print(x)", "no function print", 0),
    ("lambda: 1", "lambda has no meaning", 0),
    ("f'{x}'", "' has no meaning", 1),
    ('"x"', '" has no meaning', 0),
    ("x := 3", ": has no meaning", 2),
    ("x = 3", "Values are given after the expression", 2),
    ("x == 3", r"Compare two values by < <= > or >=", 2),
    ("x < y < z", r"join masks by \*", 2),
    ("x != y", "known comparisons are", 2),
    ("x // y", "This sign is not known", 2),
    ("x << y", "This sign is not known", 2),
    ("x % y", "% has no meaning", 2),
    ("x ^ 2", r"powers are written \*\*", 2),
    ("|x|", r"write abs\(x\)", 0),
    ("‖x‖²", r"norm2\(x\)", 0),
    ("x; y", "one expression at a time", 1),
    ("{x}", r"use \( and \) for grouping", 0),
    ("x # y", "# has no meaning", 2),
    ("x\0y", r"U\+0000 has no meaning", 1),
    ("\u202ex", r"U\+202E has no meaning", 0),
    ("x\udcff", r"U\+DCFF has no meaning", 1),
    ("𝐱 + 1", "a letter that is not taken", 0),
    ("x\u00b5", "a letter that is not taken", 0),
    ("x if y else z", "if has no meaning", 2),
    ("[x for x in y]", "for has no meaning", 3),
    ("await x", "await has no meaning", 0),
    ("True", "True has no meaning", 0),
    ("...", "not part of an expression", 0),
    ("()", "not part of an expression", 0),
    ("x, y", r"stand in brackets, as in \[1, 2\]", 0),
    ("*x", "a name is missing here", None),
    ("max(*x)", "not part of an expression", 4),
    ("max(**x)", "max takes at least one input, got 0", 0),
    ("max()", "max takes at least one input, got 0", 0),
    ("exp(x, y)", "exp takes 1 input, got 2", 0),
    ("where(x, y)", "where takes 3 inputs, got 2", 0),
    ("clip(x)", "clip takes 1 input, low and high", 0),
    ("exp(x, base=2)", "exp cannot be told 'base': it has no settings", 7),
    ("elu(x, slope=2)", "cannot be told 'slope': its settings are alpha", 7),
    ("elu(x, 1, alpha=2)", "cannot be told 'alpha'", 10),
    ("elu(x, alpha=y)", "alpha is a setting: it must be a number", 13),
    ("sum(W, axis=x)", "axis must be a whole number", 12),
    ("sum(W, axis=.5)", "axis must be a whole number", 12),
    ("sum(W, axis=5)", "there is no axis 5", 0),
    ("x ** y", r"write exp\(y \* log\(x\)\)", 5),
    ("10**10**10", "must be one number from -1,000 to 1,000", 4),
    ("x ** 1001", "must be one number from", 5),
    ("x ** [1, 2]", "must be one number from", 5),
    ("x ** 10 ** 9", "must be one number from", 5),
    ("9" * 5000, "too large for float64", 0),
    ("1e999", "too large for float64", 0),
    ("W[x]", "A place must be a whole number", 2),
    ("W[1.5]", "A place must be a whole number", 2),
    ("W[2]", "index.*does not fit", 0),
    ("W[:, 0]", ": has no meaning", 2),
    ("[[1, 2], [3]]", "rows of a matrix must be equally long: the first is 2 long, this one 1 long", 9),
    ("[[1, 2], 3]", "this one a single number", 9),
    ("[]", "An empty list has no numbers", 0),
    ("y * (W @ W)", r"matmul\(W: float64 \(2, 3\), W: float64 \(2, 3\)\) does not fit", 7),
    ("W + [1, 2]", r"add\(W: float64 \(2, 3\)", 2),
    ("[" * 90 + "1" + "]" * 90, "4 axes at most", None),
    ("(" * 101 + "x" + ")" * 101, "More than 100 levels deep", None),
    ("(" * 4000 + "x" + ")" * 4000, "More than 100 levels deep", None),
    ("[" * 9999, "More than 100 levels deep", None),
    ("-" * 5000 + "x", "More than 100 levels deep", None),
    ("x" + "+x" * 2000, "More than 2,000 names, numbers and signs", None),
    ("(" * 1_000_000, "1,000,000 characters long, and 10,000 are allowed", None),
    ("x" * 10_001, "10,001 characters long", None),
]


@pytest.mark.parametrize(("text", "words", "caret"), HARMFUL, ids=[repr(text[:24]) for text, _, _ in HARMFUL])
def test_everything_else_is_refused_with_a_caret(text, words, caret):
    began = time.perf_counter()
    with pytest.raises(InputError, match=words) as refused:
        expression(text, {"x": 1.0, "y": 2.0, "z": 3.0, "W": MATRIX})
    assert time.perf_counter() - began < 20, "it hung"
    lines = str(refused.value).split("\n")
    assert len(str(refused.value)) < 500
    if caret is not None:
        assert lines[0].endswith((".", "?"))
        assert lines[2] == " " * (2 + caret) + "^"


def test_a_caret_in_a_long_expression_stands_under_its_place():
    text = "x + " * 400 + "q" + " + x" * 100
    with pytest.raises(InputError, match="q has no value") as refused:
        expression(text, {"x": 1.0})
    _, shown, caret = str(refused.value).split("\n")
    assert shown[caret.index("^")] == "q"
    assert len(shown) < 70


def test_a_caret_counts_letters_and_not_bytes():
    with pytest.raises(InputError, match="q has no value") as refused:
        expression("θ² ÷ α − q", {"θ": 1.0, "α": 2.0})
    _, shown, caret = str(refused.value).split("\n")
    assert shown[caret.index("^")] == "q"


def test_nothing_is_ever_run():
    """What could run a text is not even named in the source."""
    for file in (Path(__file__).parents[2] / "src" / "pellucid" / "graph").glob("expression*.py"):
        called = {
            node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            for node in ast.walk(ast.parse(file.read_text("utf-8")))
            if isinstance(node, ast.Call)
        }
        assert not called & {"eval", "exec", "__import__", "import_module", "literal_eval"}
        assert "compile" not in called or file.name == "expression_text.py"  # of regular expressions


def test_random_texts_end_in_a_tensor_or_a_sentence():
    rng = np.random.Generator(np.random.Philox(key=20))
    pieces = [
        *"xyW+-*/@()[],.=<>2 0'^|:{}\\\n\0é²·",
        "**", "1e9", "max(", "sum(", ".T", "[0]", "lambda ", " if ", " in ", "-1", "slope=", "axis=1", "norm2(",
        "W @ ", "0.5", "[[1,2],[3,4]]", "x", "y", "W", ")", ")", " + ", "sigmoid(",
    ]  # fmt: skip
    fine = 0
    for _ in range(4000):
        text = "".join(pieces[number] for number in rng.integers(0, len(pieces), rng.integers(1, 12)))
        try:
            result = expression(text, {"x": 1.5, "y": [1.0, 2.0], "W": [[1.0, 2.0], [3.0, 4.0]]})
        except InputError:
            continue
        fine += 1
        assert np.asarray(result.value).dtype == np.float64
    assert fine > 50


def test_memory_is_bounded_before_it_is_taken():
    column = [[float(number)] for number in range(4000)]
    with pytest.raises(InputError, match="more than 10,000,000 numbers together"):
        expression("x * x.T", {"x": column})
    with pytest.raises(InputError, match="more than 10,000,000 numbers together"):
        expression("x @ x.T", {"x": column})
    tracemalloc.start()
    with pytest.raises(InputError, match="more than 10,000,000 numbers together"):
        expression(
            "sum(x)" + "+ sum(x * y)" * 300,
            {"x": [column[number] for number in range(1000)], "y": np.ones(1000)},
        )
    assert tracemalloc.get_traced_memory()[1] < 400e6
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-2", -2),
        ("−2", -2),
        (" 1/3 ", 1 / 3),
        ("1e-3", 1e-3),
        ("[.1,.5]", [0.1, 0.5]),
        ("[[.1, .5], [-.3, .8]]", [[0.1, 0.5], [-0.3, 0.8]]),
        ("[[[1], [2]], [[3], [4]]]", [[[1], [2]], [[3], [4]]]),
    ],
)
def test_values(text, expected):
    found = value(text)
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "The value is missing"),
        ("y", "but y is a name"),
        ("exp", "but exp is a name"),
        ("1,2", r"stand in brackets, as in \[1, 2\]"),
        ("[[1,2],[3]]", "rows of a matrix must be equally long"),
        ("[]", "An empty list"),
        ("__import__('os')", "has no meaning here"),
        ("10**10**10", "must be one number from"),
        ("1e400", "too large for float64"),
        ("nan", "but nan is a name"),
        ("[" * 1_000_000, "More than 100 levels deep"),
        ("1" * 1_000_001, "1,000,001 characters long"),
        ("[" + "1," * 100_001 + "1]", "More than 100,000 names, numbers and signs"),
    ],
)
def test_values_that_are_none(text, words):
    with pytest.raises(InputError, match=words):
        value(text)


def test_a_large_matrix_is_a_value():
    numbers = np.arange(40_000.0).reshape(200, 200)
    np.testing.assert_array_equal(value(str(numbers.tolist())), numbers)


def test_wrong_arguments():
    with pytest.raises(InputError, match="An expression is a text, got int"):
        expression(3, {})
    with pytest.raises(InputError, match="needs numbers or arrays of them"):
        expression("x", {"x": "two"})
    assert EXPONENT == 1000


def test_jax_is_not_imported():
    script = (
        "import sys; from pellucid.graph.expression import expression; expression('norm2(W @ x)', "
        "{'W': [[1, 2]], 'x': [1, 2]}); sys.exit('jax' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
