"""Learning rates too small, right and too large, and how to find one: docs/experiments/learning-rates.md.

python examples/learning_rates.py [FILE FOR THE PICTURE]
"""

import sys
from dataclasses import replace
from pathlib import Path

import pellucid as pl
from pellucid.inspection.axes import Axis
from pellucid.inspection.charts import Panel, figure
from pellucid.inspection.marks import Curve
from pellucid.training.rate_finder import find_rate
from pellucid.training.session import prepared

digits = pl.load("digits")
plain = pl.Recipe(model="svm", optimizer="sgd", batch_size=64)
losses = {}
for rate in (0.00001, 0.0003, 0.01, 1.0):
    recipe = replace(plain, schedule="constant", learning_rate=rate, epochs=30)
    epochs = [event for event in pl.fit(digits, recipe).events if event["event"] == "epoch"]
    losses[rate] = [epoch["loss"] for epoch in epochs]
    accuracy = epochs[-1]["validation_accuracy"]
    print(f"rate {rate:<6g} loss {losses[rate][0]:5.2f} → {losses[rate][-1]:.2f}, validation {accuracy:.0%}")

try:
    pl.fit(digits, replace(plain, loss="one-versus-rest-squared-hinge", l2=0.0, learning_rate=1.0))
except pl.Error as error:
    print(f"{error}"[:62])

found = find_rate(prepared(digits, plain))
print(found.sentence)


def picture() -> str:
    """The picture of the page, an SVG file."""
    names = ("far too small", "too small", "right", "too large")
    colors = ("gray", "purple", "blue", "red")
    curves = [
        Curve(
            range(1, 31),
            values,
            f"{rate:.5f}".rstrip("0").rstrip(".") + f": {name}",
            color,
            dashed=name == "far too small",
        )
        for (rate, values), name, color in zip(losses.items(), names, colors, strict=True)
    ]
    panel = Panel(
        curves, x=Axis("epoch"), y=Axis("mean loss, training", logarithmic=True), title="Four learning rates"
    )
    label = "The loss over 30 epochs: hardly falling, slowly falling, falling fast, and jumping about"
    return figure([panel, found.panel()], label=label, width=560)


if len(sys.argv) > 1:
    Path(sys.argv[1]).write_text(picture(), "utf-8")
