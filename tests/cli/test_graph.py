"""`pellucid graph` as a user meets it: what it prints, draws and refuses."""

import json
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from pellucid.cli import main


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    """Runs the command line with these words; returns status, standard output and standard error."""
    monkeypatch.chdir(tmp_path)

    def running(*words):
        status = main._status(["graph", *words], debug=False)
        said = capsys.readouterr()
        return status, said.out, said.err

    return running


def test_every_value_and_gradient_is_shown(run):
    status, out, err = run("(x + y) * z", "x=-2", "y=5", "z=-4")
    assert (status, err) == (0, "")
    for line in (
        "x             −2        −4",
        "#2  #1 × z       −12         1",
        "value  −12",
        "∂/∂x   −4",
        "∂/∂z   3",
    ):
        assert line in out


def test_steps_are_sentences_with_numbers(run):
    _, out, _ = run("(x + y) * z", "x=-2", "y=5", "z=-4", "--steps")
    assert out.splitlines()[-4:] == [
        "1. at ×: upstream 1 × local −4 = −4 flows to x + y",
        "2. at ×: upstream 1 × local 3 = 3 flows to z",
        "3. at +: upstream −4 × local 1 = −4 flows to x",
        "4. at +: upstream −4 × local 1 = −4 flows to y",
    ]


def test_steps_add_up_where_branches_meet_and_cite_the_card_where_no_single_number_is_local(run):
    _, out, _ = run("x * x + x", "x=3", "--steps")
    assert out.splitlines()[-1].endswith("flows to x, which has 7 now")
    _, out, _ = run("norm2(W @ x)", "W=[[.1,.5],[-.3,.8]]", "x=[.2,.4]", "--steps")
    assert "3. at @: ∂L/∂x = g yᵀ; g = [0.44, 0.52], so [[0.088, 0.176], [0.104, 0.208]] flows to W" in out
    assert "4. at @: ∂L/∂y = xᵀ g" in out
    assert "value  0.116" in out
    assert "∂/∂W   [[0.088, 0.176],\n        [0.104, 0.208]]" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("x * y", "x=2", "y=3"), ("right", "right")),
        (("max(x, y)", "x=2", "y=2"), ("a kink or a jump is here", "a kink or a jump is here")),
        (("1 / x", "x=0"), ("not finite, so there is nothing to compare",)),
    ],
)
def test_numerical_says_what_the_difference_means(run, words, said):
    status, out, _ = run(*words, "--numerical")
    lines = [line for line in out.splitlines() if "centered differences" in line]
    assert status == 0
    assert len(lines) == len(said)
    assert all(words in line for words, line in zip(said, lines, strict=True))


def test_an_expression_may_begin_with_a_minus(run):
    for text in ("-x*y", "-tanh(0 * x) - x * y", "−x * y", "-(x*y)", "-1 * x * y", "--x * -y"):
        status, out, _ = run(text, "x=2", "y=3")
        assert status == 0, text
        assert "value  −6" in out, text
    assert "Usage" in run("-h")[1]
    status, _, err = run("x", "x=1", "--stpes")
    assert status == 2
    assert "--steps" in err


def test_an_array_has_no_gradients_and_the_user_is_told_what_to_write(run):
    status, out, _ = run("W @ x", "W=[[1,2],[3,4]]", "x=[1,1]")
    assert status == 0
    assert "value  [3, 7]" in out
    assert (
        "Gradients need a single number, and this is an array of shape (2,). Take its sum: sum(W @ x)." in out
    )
    assert "∂" not in out
    for option in ("--steps", "--numerical"):
        status, out, err = run("W @ x", "W=[[1,2],[3,4]]", "x=[1,1]", option)
        assert (status, out) == (1, "")
        assert "Take its sum: sum(W @ x)." in err
    assert run("sum(W @ x)", "W=[[1,2],[3,4]]", "x=[1,1]")[0] == 0


def test_json_is_one_object_on_the_last_line(run):
    status, out, err = run(
        "(x + y) * z", "x=-2", "y=5", "z=-4", "--json", "--steps", "--numerical", "--svg", "a.svg"
    )
    found = json.loads(out)
    assert status == 0
    assert out.count("\n") == 1
    assert "made from" in err
    assert found["expression"] == "(x + y) * z"
    assert (found["value"], found["gradients"]) == (-12, {"x": -4, "y": -4, "z": 3})
    assert [(node["text"], node["inputs"], node["gradient"]) for node in found["nodes"]] == [
        ("x", [], -4),
        ("y", [], -4),
        ("z", [], 3),
        ("x + y", [0, 1], -4),
        ("(x + y) * z", [3, 2], 1),
    ]
    assert len(found["steps"]) == 4
    assert found["numerical"]["x"]["error"] < 1e-9
    assert found["svg"] == "a.svg"


def test_json_has_no_numbers_that_json_does_not_know(run):
    found = json.loads(run("log(x) * y", "x=-1", "y=2", "--json")[1], parse_constant=pytest.fail)
    assert found["value"] == "nan"
    assert found["notes"] == ["Not finite: log(x) is the first to be NaN, with x = −1."]
    assert json.loads(run("W @ x", "W=[[1,2]]", "x=[1,1]", "--json")[1])["gradients"] is None
    constant = json.loads(run("2 * x", "x=1", "--json")[1])["nodes"][-1]
    assert constant["inputs"] == [{"constant": 2.0}, 0]


def test_the_drawing_is_written_whole_or_not_at_all(run, tmp_path):
    status, out, _ = run("sigmoid(w * x + b)", "w=2", "x=-1", "b=-3", "--svg", "neuron.svg")
    assert (status, out.splitlines()[-1]) == (0, "drawn: neuron.svg")
    assert ElementTree.parse(tmp_path / "neuron.svg").getroot().tag.endswith("svg")
    status, _, err = run("x", "x=1", "--svg", "missing/a.svg")
    assert status == 1
    assert "the folder missing does not exist" in err
    assert [file.name for file in tmp_path.iterdir()] == ["neuron.svg"]


def test_values_that_are_not_needed_are_named_and_have_no_gradient(run):
    status, out, _ = run("x * x", "x=3", "q=[1,2]")
    assert status == 0
    assert "∂/∂q   [0, 0]" in out
    assert out.splitlines()[-1] == "Not in the expression: q."


def test_large_arrays_are_told_by_shape_and_range(run):
    numbers = "[" + ",".join(map(str, range(300))) + "]"
    _, out, _ = run("sum(x * x)", f"x={numbers}", "--steps", "--numerical")
    assert "∂/∂x   (300,) from 0 … 598" in out
    assert max(map(len, out.splitlines())) < 250


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("x + y",), "x and y have no values: give each one, such as x=2.\n  x + y\n  ^"),
        (("x + y", "x=1"), "y has no value: give it one, such as y=2.\n  x + y\n      ^"),
        (("x", "x"), "'x': after the expression come values, each as name=value"),
        (("x", "+", "y", "x=1"), "an expression with spaces stands in quotes"),
        (("x", "1x=2"), "'1x=2': after the expression come values"),
        (("x", "x=1", "x=2"), "x=2: x has a value already"),
        (("x", "exp=2"), "exp is a function. Call the variable something else"),
        (("x", "x="), "x=: The value is missing"),
        (("x", "x=abc"), "but abc is a name"),
        (("x", "x=1,2"), "x=1,2: Several numbers stand in brackets, as in [1, 2]."),
        (("x", "x=[[1,2],[3]]"), "the first is 2 long, this one 1 long"),
        (("x", "x=__import__('os').system('true')"), "' has no meaning here"),
        (("__import__('os')",), "' has no meaning here"),
        (("10**10**10",), "An exponent must be one number"),
        (("(" * 100_000,), "100,000 characters long"),
        (("W @ x", "W=[[1,2]]", "x=[1,2,3]"), "2 columns meet 3"),
        (("",), "The expression is empty"),
        (("x\udcff", "x=1"), "U+DCFF has no meaning"),
        (("x", "\udcff=1"), "after the expression come values"),
    ],
)
def test_wrong_input_is_one_clear_sentence(run, words, said):
    status, out, err = run(*words)
    assert (status, out) == (1, "")
    assert err.startswith("pellucid: ")
    assert said in err
    assert "should not happen" not in err


def test_it_needs_neither_jax_nor_a_second(tmp_path):
    script = (
        "import sys; from pellucid.cli import main; "
        "status = main._status(['graph', 'max(x, 0)*2', 'x=1', '--steps', '--numerical', '--svg', 'a.svg'], False); "
        "sys.exit(status or 10 * any(name in sys.modules for name in ('jax', 'sklearn', 'scipy', 'matplotlib')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "a.svg").exists()
