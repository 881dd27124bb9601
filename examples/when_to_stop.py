"""Learning by heart, made visible, and five ways to stop: docs/experiments/when-to-stop.md.

python examples/when_to_stop.py [FILE FOR THE PICTURE]
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

import pellucid as pl
from pellucid.data.splits import split
from pellucid.inspection.axes import Axis
from pellucid.inspection.charts import Panel, figure
from pellucid.inspection.marks import Curve, Rule

digits = pl.load("digits")
unsplit = replace(digits, split=np.full(len(digits), -1, np.int8), notes=())
few = split(unsplit, validation=0.2, test=0.76, seed=0)
print(
    f"{len(few.train)} pictures to learn from, {len(few.validation)} to validate with, {len(few.test)} to test with"
)

recipe = pl.Recipe(l2=0.0, schedule="constant", learning_rate=0.2, epochs=100, watch="loss")
ways = {
    "all epochs": {},
    "all, with L2": {"l2": 0.01},
    "patience": {"patience": 10},
    "tolerance": {"tolerance": 0.01},
    "flat slope": {"gradient_norm": 0.02},
}
outcomes = {name: pl.fit(few, replace(recipe, **setting)) for name, setting in ways.items()}
for name, outcome in outcomes.items():
    end = outcome.run["result"]
    accuracy = end["accuracy"]["test"]
    print(
        f"{name:13} {end['epochs']:3} epochs, kept {end['best_epoch']:3}, test {accuracy:.1%}: {end['stopped']}"
    )

epochs, decayed = (
    [event for event in outcomes[name].events if event["event"] == "epoch"]
    for name in ("all epochs", "all, with L2")
)
lowest = min(epochs, key=lambda epoch: epoch["validation_loss"])["epoch"]
for epoch in (1, lowest, 100):
    one = epochs[epoch - 1]
    print(
        f"epoch {epoch:3}: loss {one['loss']:.3f} on training, {one['validation_loss']:.3f} on validation; right "
        f"{one['train_accuracy']:.0%} and {one['validation_accuracy']:.1%}"
    )


def picture() -> str:
    """The picture of the page, an SVG file."""
    x = [epoch["epoch"] for epoch in epochs]
    panels = [
        Panel(
            [
                Curve(x, [epoch["loss"] for epoch in epochs], "training", "blue"),
                Curve(x, [epoch["validation_loss"] for epoch in epochs], "validation", "orange"),
                Curve(
                    x,
                    [epoch["validation_loss"] for epoch in decayed],
                    "validation, with L2",
                    "green",
                    dashed=True,
                ),
                Rule(x=lowest, name=f"lowest: epoch {lowest}"),
            ],
            x=Axis("epoch", logarithmic=True),
            y=Axis("mean loss", low=0.0),
            title="Loss",
            names="top",
        ),
        Panel(
            [
                Curve(x, [100 * epoch["train_accuracy"] for epoch in epochs], "training", "blue"),
                Curve(x, [100 * epoch["validation_accuracy"] for epoch in epochs], "validation", "orange"),
                Curve(
                    x,
                    [100 * epoch["validation_accuracy"] for epoch in decayed],
                    "validation, with L2",
                    "green",
                    dashed=True,
                ),
            ],
            x=Axis("epoch", logarithmic=True),
            y=Axis("pictures right, %"),
            title="Accuracy",
            names="top",
        ),
    ]
    label = "The training loss falls on, the validation loss turns upwards; with L2 it stays down"
    return figure(panels, label=label, width=520)


if len(sys.argv) > 1:
    Path(sys.argv[1]).write_text(picture(), "utf-8")
