"""The house keeps its own rules: one direction of imports, one idea a file, nothing that runs a stranger's code."""

import ast
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "pellucid"
FILES = sorted(SOURCE.rglob("*.py"))
NAMES = [str(path.relative_to(SOURCE)) for path in FILES]


def parsed(path):
    return ast.parse(path.read_text("utf-8"), str(path))


def called(node):
    """The name of what is called, such as "np.random.seed"."""
    return ast.unparse(node.func)


def test_there_is_a_house():
    assert len(FILES) > 60


def test_imports_go_one_way_and_jax_is_met_in_arrays_alone():
    run_tool(
        "importlinter", "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"
    )


def test_the_linter_would_notice(tmp_path):
    """The contracts are exhaustive, and a folder that imports upwards breaks them."""
    if importlib.util.find_spec("importlinter") is None:
        pytest.skip("import-linter is not installed: pip install -e '.[test]'")
    import shutil

    shutil.copytree(SOURCE, tmp_path / "pellucid", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "pellucid" / "storage" / "wrong.py").write_text(
        "import jax\nfrom pellucid.graph import tensor\n"
    )
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command as run; run()",
            "--no-cache",
        ],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "pellucid.storage is not allowed to import pellucid.graph" in done.stdout
    assert "pellucid.storage is not allowed to import jax" in done.stdout


@pytest.mark.parametrize("name", NAMES)
def test_a_file_holds_one_idea(name):
    lines = (SOURCE / name).read_text("utf-8").count("\n")
    assert lines <= 300, f"{name} has {lines} lines: split it"
    stem = Path(name).stem
    assert not re.search(r"util|helper|common|misc|tools", name), f"{name}: name what it does"
    assert stem == stem.lower()


def test_everything_public_says_what_it_is():
    silent = []
    for path, name in zip(FILES, NAMES, strict=True):
        tree = parsed(path)
        if not ast.get_docstring(tree):
            silent.append(name)
        for node in tree.body:
            kinds = (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)
            if isinstance(node, kinds) and not node.name.startswith("_") and not ast.get_docstring(node):
                silent.append(f"{name}: {node.name}")
    assert silent == []


FORBIDDEN_MODULES = {"pickle", "cPickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "yaml", "imp"}
FORBIDDEN_CALLS = {
    "eval",
    "exec",
    "__import__",
    "os.system",
    "os.popen",
    "yaml.load",
    "os.fork",
    "os.forkpty",
}


def test_nothing_runs_what_a_file_says():
    found = []
    for path, name in zip(FILES, NAMES, strict=True):
        for node in ast.walk(parsed(path)):
            where = f"{name}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Import | ast.ImportFrom):
                modules = (
                    [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
                )
                found += [
                    f"{where} imports {each}" for each in modules if each.split(".")[0] in FORBIDDEN_MODULES
                ]
            if isinstance(node, ast.Call):
                if called(node) in FORBIDDEN_CALLS or called(node).endswith(".extractall"):
                    found.append(f"{where} calls {called(node)}")
                for keyword in node.keywords:
                    if keyword.arg in ("allow_pickle", "shell") and ast.unparse(keyword.value) != "False":
                        found.append(f"{where} passes {keyword.arg}={ast.unparse(keyword.value)}")
                if called(node) in ("np.load", "numpy.load") and not any(
                    k.arg == "allow_pickle" for k in node.keywords
                ):
                    found.append(f"{where} loads without saying allow_pickle=False")
    assert found == []


def test_every_random_number_comes_from_a_key():
    found = []
    for path, name in zip(FILES, NAMES, strict=True):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Import) and any(
                each.name in ("random", "secrets") for each in node.names
            ):
                found.append(f"{name}:{node.lineno} imports {ast.unparse(node)}")
            if isinstance(node, ast.Attribute) and re.fullmatch(
                r"(np|numpy)\.random\.(?!Generator|Philox)\w+", ast.unparse(node)
            ):
                found.append(f"{name}:{node.lineno} uses {ast.unparse(node)}")
    assert found == []


def test_files_are_written_through_storage_alone():
    """Elsewhere `open(..., "w")`, `write_text` and the like would leave half a file after a crash."""
    found = []
    for path, name in zip(FILES, NAMES, strict=True):
        if name.startswith("storage"):
            continue
        imported = {
            alias.asname or alias.name
            for node in ast.walk(parsed(path))
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pellucid.storage")
            for alias in node.names
        }
        for node in ast.walk(parsed(path)):
            if not isinstance(node, ast.Call):
                continue
            call = called(node)
            arguments = [ast.unparse(each) for each in node.args] + [
                ast.unparse(k.value) for k in node.keywords
            ]
            if (
                call == "open"
                and "os.devnull" not in arguments
                and any(re.fullmatch(r"'[wax]b?\+?'|'[wax]\+b'", each) for each in arguments)
            ):
                found.append(f"{name}:{node.lineno} {ast.unparse(node)}")
            if call.endswith((".write_text", ".write_bytes")) and call not in imported:
                found.append(f"{name}:{node.lineno} {ast.unparse(node)}")
            mapped = call in ("np.memmap", "np.lib.format.open_memmap") and "'r'" not in arguments
            if mapped or call in ("np.save", "np.savez", "np.savetxt"):
                found.append(f"{name}:{node.lineno} {ast.unparse(node)}")
    assert found == []


def run_tool(module, *arguments):
    """Run a tool of the test extra in the root; skip where it is not installed."""
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed: pip install -e '.[test]'")
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    return done.stdout


def test_ruff_has_no_complaint():
    run_tool("ruff", "-m", "ruff", "check", "--no-cache", ".")


def test_the_code_is_formatted():
    run_tool("ruff", "-m", "ruff", "format", "--no-cache", "--check", "src", "tests")


def test_the_types_are_right(tmp_path):
    run_tool("mypy", "-m", "mypy", "--cache-dir", str(tmp_path), "src/pellucid")


def test_ci_runs_the_command_of_the_readme_and_of_contributing():
    script, readme, contributing = (
        (ROOT / name).read_text("utf-8") for name in (".ci/run", "README.md", "CONTRIBUTING.md")
    )
    line = re.search(r"^python3 -m venv .* -m pytest.*$", readme, re.MULTILINE)
    assert line, "the README has no line that sets up and tests"
    for step in line[0].split(" && "):
        assert step in script.splitlines()
        assert step in contributing


def test_the_constraints_name_everything_that_is_needed():
    from importlib.metadata import requires

    from packaging.requirements import Requirement

    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pinned = [Requirement(line) for line in lines if line and not line.startswith("#")]
    assert all(len(each.specifier) == 1 and str(each.specifier).startswith("==") for each in pinned)
    versions = {each.name: next(iter(each.specifier)).version for each in pinned}
    assert len(versions) == len(pinned)
    for text in requires("pellucid") or []:
        wanted = Requirement(text)
        if re.search(r"extra == .bench.", text):  # the peers: measured against, not tested with
            continue
        assert wanted.name in versions, f"constraints.txt lacks {wanted.name}"
        assert wanted.specifier.contains(versions[wanted.name], prereleases=True), wanted
    assert "torch" not in versions


def test_what_is_imported_is_declared():
    """A library that only a tool of the tests brings along would be missing on a user's machine."""
    from importlib.metadata import packages_distributions, requires

    from packaging.requirements import Requirement

    wanted = [Requirement(text) for text in requires("pellucid") or []]
    tools = ("test", "bench")
    declared = {
        each.name.lower()
        for each in wanted
        if not any(each.marker and f'extra == "{tool}"' in str(each.marker) for tool in tools)
    }
    brought = {"sqlalchemy"}  # what Optuna keeps a study in
    homes = packages_distributions()
    foreign = {}
    for path, name in zip(FILES, NAMES, strict=True):
        for node in ast.walk(parsed(path)):
            modules = []
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                modules = [node.module or ""]
            for module in modules:
                top = module.split(".")[0]
                if top in sys.stdlib_module_names or top == "pellucid":
                    continue
                if not {each.lower() for each in homes.get(top, [top])} & (declared | brought):
                    foreign[f"{name}:{node.lineno}"] = module
    assert foreign == {}
