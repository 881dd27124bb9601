"""The Python of docs/training.md runs as written, and says what the page says."""

import re
from pathlib import Path

from pellucid.training.defaults import LINEAR_LOSSES

PAGE = Path(__file__).parents[2] / "docs" / "training.md"


def test_the_python_runs(capsys):
    text = PAGE.read_text("utf-8")
    names: dict = {}
    for code in re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        exec(compile(code, str(PAGE), "exec"), names)
    printed = capsys.readouterr().out
    assert "'test': 0.9" in printed
    assert "Training stopped at epoch 1, step" in printed
    softmax, svm = (LINEAR_LOSSES[loss][0] for loss in ("softmax-cross-entropy", "multiclass-hinge"))
    assert f"{softmax:g} softmax, {svm:g} svm" in text


def test_the_line_of_the_objective_is_the_real_one():
    source = (PAGE.parents[1] / "src/pellucid/training/step.py").read_text("utf-8")
    quoted = next(
        line.strip() for line in PAGE.read_text("utf-8").splitlines() if line.startswith("    return")
    )
    assert quoted in source
