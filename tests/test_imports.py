"""What is not imported until it is needed; `import pellucid`, `--help` and one prediction stay quick."""

import inspect
import json
import subprocess
import sys

import numpy as np
import pytest

import pellucid
from pellucid.cli.main import COMMANDS

HEAVY = ("jax", "jaxlib", "sklearn", "matplotlib", "scipy", "PIL", "pandas", "hypothesis", "torch")


def imported_by(code, *arguments):
    """The top-level modules that a fresh interpreter holds after this code, and what it printed."""
    ending = "\nimport sys, json; print('\\n@@' + json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    done = subprocess.run(
        [sys.executable, "-c", code + ending, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    printed, _, modules = done.stdout.rpartition("\n@@")
    return set(json.loads(modules)), printed


def test_import_pellucid_is_light():
    modules, _ = imported_by("import pellucid; pellucid.__version__; dir(pellucid)")
    assert "pellucid" in modules
    assert modules.isdisjoint(HEAVY)


HELP = """
import sys
from pellucid.cli.main import main
sys.argv = ["pellucid", *sys.argv[1:]]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
"""


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), *((each, "--help") for each in COMMANDS)])
def test_help_is_light(arguments):
    modules, printed = imported_by(HELP, *arguments)
    assert modules.isdisjoint(HEAVY), modules & set(HEAVY)
    assert pellucid.__version__ in printed if arguments == ("--version",) else "Usage: pellucid" in printed


@pytest.fixture
def model(tmp_path):
    """A small finished classifier of pictures, on disk."""
    from pellucid.data.frame import Frame
    from pellucid.layers.linear import Linear
    from pellucid.models.classifier import Classifier
    from pellucid.models.model_file import save_model
    from pellucid.preprocessing.pipeline import Preprocessing

    preprocessing = Preprocessing(Frame(4, 4), np.full(48, 128, np.float32), np.full(48, 64, np.float32))
    params = {"weight": np.zeros((2, 48), np.float32), "bias": np.array([0, 1], np.float32)}
    layer = Linear(48, 2)
    save_model(tmp_path, Classifier("softmax", ("cat", "dog"), preprocessing, layer, params))
    return tmp_path


def test_loading_a_model_and_predicting_an_array_is_light(model):
    code = """
import sys, numpy as np, pellucid
verdict = pellucid.open(sys.argv[1]).predict(np.zeros((4, 4, 3), np.uint8))
print(verdict.label if hasattr(verdict, "label") else verdict)
"""
    modules, printed = imported_by(code, str(model))
    assert "dog" in printed
    assert modules.isdisjoint(set(HEAVY) - {"PIL"}), modules & set(HEAVY)


def test_predicting_a_file_needs_pillow_and_no_more(model):
    from PIL import Image

    Image.new("RGB", (9, 7), (200, 10, 10)).save(model / "a.png")
    code = "import sys, pellucid; print(pellucid.open(sys.argv[1]).predict(sys.argv[1] + '/a.png'))"
    modules, printed = imported_by(code, str(model))
    assert "dog" in printed
    assert "PIL" in modules
    assert modules.isdisjoint(set(HEAVY) - {"PIL"}), modules & set(HEAVY)


def test_stepping_a_graph_is_light():
    code = "import pellucid as pl; x, y = pl.variables(x=2.0, y=3.0); print(pl.gradients(x * y)[x])"
    modules, printed = imported_by(code)
    assert printed.strip() == "3.0"
    assert modules.isdisjoint(HEAVY)


def test_every_name_that_is_promised_is_there_and_documented():
    assert pellucid.__all__ == sorted(pellucid.__all__)
    assert {"Error", "Tensor", "gradients", "load", "open", "variables"} <= set(pellucid.__all__)
    for name in pellucid.__all__:
        found = getattr(pellucid, name)
        assert inspect.getdoc(found), name
    assert set(dir(pellucid)) >= set(pellucid.__all__)
    star = {}
    exec("from pellucid import *", star)
    assert set(pellucid.__all__) <= set(star)


def test_a_name_that_is_not_promised_is_not_there():
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = pellucid.nothing


def test_the_version_is_that_of_the_package():
    from importlib.metadata import version

    assert version("pellucid") == pellucid.__version__
