"""The Python of docs/training.md runs as written, and says what the page says."""

import inspect
import re
from dataclasses import fields
from pathlib import Path

import numpy as np
from PIL import Image

from pellucid.losses import loss_named
from pellucid.losses.criterion import TRAINABLE, Criterion
from pellucid.models.architecture import Architecture
from pellucid.models.kinds import NETWORKS
from pellucid.models.linear import KINDS as LINEAR
from pellucid.optimizers.named import OPTIMIZERS
from pellucid.optimizers.schedules import SCHEDULES
from pellucid.preprocessing.augmentation import TRANSFORMATIONS
from pellucid.training.defaults import DEFAULTS, LINEAR_LOSSES, MINIMIZERS
from pellucid.training.sampling import SAMPLINGS
from pellucid.training.selection import WATCHED

PAGE = Path(__file__).parents[2] / "docs" / "training.md"


def test_the_python_runs(capsys):
    text = PAGE.read_text("utf-8")
    names: dict = {}
    for code in re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        exec(compile(code, str(PAGE), "exec"), names)
    printed = capsys.readouterr().out
    assert "'test': 0.9" in printed
    assert "Training stopped at epoch 1, step" in printed
    assert re.search(r"\d+ of 640 weights are 0; {'l1': 0", printed)
    assert "handed in from Python and stands in no file" in printed
    assert "4 epochs" in printed
    assert "Taken is a quarter of that" in printed
    picture = Image.open(PAGE.parent / "pictures" / "augmentation.png").convert("RGB")
    drawn = names["sheet"].convert("RGB")
    assert picture.size == drawn.size
    # Decoders of JPEG differ by a gray level.
    assert np.abs(np.asarray(picture, np.int16) - np.asarray(drawn, np.int16)).mean() < 1, (
        "out of date: save `sheet` of the page to docs/pictures/augmentation.png"
    )
    softmax, svm = (LINEAR_LOSSES[loss][0] for loss in ("softmax-cross-entropy", "multiclass-hinge"))
    assert f"{softmax:g} softmax, {svm:g} svm" in text


def _table(heading):
    """The rows of the table that begins so, each a list of cells."""
    rows = PAGE.read_text("utf-8").partition(f"| {heading} |")[2].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def test_every_loss_stands_with_its_settings_and_defaults():
    rows = {name.strip("`"): rest for name, *rest in _table("`--loss`")}
    assert set(rows) == set(LINEAR_LOSSES) == set(TRAINABLE)
    for name, (classes, settings, strength, rate) in rows.items():
        assert (float(strength), float(rate)) == LINEAR_LOSSES[name]
        assert (classes == "two") is Criterion(name).binary
        known = inspect.signature(loss_named(name)).parameters
        assert ("--margin" in settings, "--label-smoothing" in settings) == (
            "margin" in known,
            "smoothing" in known,
        )


def test_every_network_stands_with_its_size_and_settings():
    rows = {name.strip("`"): rest for name, *rest in _table("network")}
    text = PAGE.read_text("utf-8")
    assert set(rows) <= set(NETWORKS)
    assert all(f"`{name}`" in text for name in NETWORKS)
    for name, (_, parameters, work, settings) in rows.items():
        network = Architecture(name, (32, 32, 3), 10)
        assert parameters == f"{network.parameters():,}"
        assert work == f"{network.multiply_adds():,}"
        assert re.findall(r"`(\w+)`", settings) == [field.name for field in fields(network.design)]


def test_every_linear_model_stands_with_its_loss():
    rows = {name.strip("`"): loss for name, _, loss in _table("`--model`")}
    assert set(rows) == set(LINEAR)
    for name, loss in rows.items():
        assert loss.startswith(f"`{DEFAULTS[name].loss}`")
        assert loss.endswith(f"`{DEFAULTS[name].binary_loss}`")


def test_every_optimizer_and_schedule_is_named():
    text = PAGE.read_text("utf-8")
    for name in (*OPTIMIZERS, *MINIMIZERS, *SCHEDULES, *SAMPLINGS, *WATCHED):
        assert re.search(rf"[` ]{name}[`:]", text), name


def test_every_transformation_stands_with_its_settings():
    rows = {name.strip("`"): settings for name, settings, _ in _table("`--augment`")}
    assert list(rows) == list(TRANSFORMATIONS)
    for name, settings in rows.items():
        assert re.findall(r"`(\w+)`", settings) == [field.name for field in fields(TRANSFORMATIONS[name])]


def test_the_line_of_the_objective_is_the_real_one():
    source = (PAGE.parents[1] / "src/pellucid/training/step.py").read_text("utf-8")
    quoted = next(
        line.strip() for line in PAGE.read_text("utf-8").splitlines() if line.startswith("    return")
    )
    assert quoted in source
