"""What the loss should be before the first step, and what a wrong one tells: docs/experiments/first-loss.md.

python examples/first_loss.py [FILE FOR THE PICTURE]
"""

import sys
from pathlib import Path

import numpy as np

import pellucid as pl
from pellucid.graph.algebra import affine
from pellucid.graph.reductions import mean
from pellucid.inspection.axes import Axis
from pellucid.inspection.charts import Panel, figure
from pellucid.inspection.marks import Curve, Note, Rule
from pellucid.losses import checked_labels, initial_loss, multiclass_hinge, softmax_cross_entropy

digits = pl.load("digits").train
raw = digits.images.reshape(len(digits), -1).astype(np.float64)  # (N, 64), 0 to 255
centered = raw - raw.mean(axis=0)
inputs = {
    "raw, 0 to 255": raw,
    "mean forgotten, ÷ 64": raw / 64,
    "minus mean, ÷ 64": centered / 64,
}
drawn = np.random.Generator(np.random.Philox(key=0)).standard_normal((10, 64))


def first_losses(x, deviation):
    """Softmax and hinge loss of weights drawn with this deviation, before any step."""
    scores = affine(x, deviation * drawn, np.zeros(10))
    return [mean(loss(scores, digits.labels)) for loss in (softmax_cross_entropy, multiclass_hinge)]


print(*(f"{initial_loss(loss, 10):.4f}" for loss in ("softmax-cross-entropy", "multiclass-hinge")))
for deviation in (0.0, 0.001, 0.1):
    for name, x in inputs.items():
        softmax, hinge = first_losses(x, deviation)
        print(f"weights {deviation:<5g} {name:21} softmax {softmax:7.4f}  hinge {hinge:8.4f}")
shifted = digits.labels + 1
print(f"labels shifted by one: {mean(softmax_cross_entropy(np.zeros((len(digits), 10)), shifted % 10)):.4f}")
try:
    checked_labels(shifted[:8], 10)
except pl.Error as error:
    print(str(error).partition(":")[0])


def picture() -> str:
    """The picture of the page, an SVG file."""
    deviations = np.geomspace(1e-5, 1, 41)
    panels = []
    for i, (title, expected) in enumerate((("Softmax", np.log(10)), ("Multiclass hinge", 9.0))):
        curves = [
            Curve(deviations, [first_losses(x, deviation)[i] for deviation in deviations], name, color)
            for (name, x), color in zip(inputs.items(), ("red", "orange", "blue"), strict=True)
        ]
        panels.append(
            Panel(
                [
                    Rule(y=expected),
                    Note(
                        1e-5,
                        expected,
                        "knowing nothing: " + ("ln 10" if i == 0 else "10 − 1"),
                        "gray",
                        dx=4,
                        dy=17,
                    ),
                    *curves,
                ],
                x=Axis("deviation of the first weights", logarithmic=True),
                y=Axis("first loss", logarithmic=True, low=1.0),
                title=title,
                names="top",
            )
        )
    label = "The first loss is ln 10 or 9 for small weights, and rises where weights or inputs are too large"
    return figure(panels, label=label, width=520)


if len(sys.argv) > 1:
    Path(sys.argv[1]).write_text(picture(), "utf-8")
