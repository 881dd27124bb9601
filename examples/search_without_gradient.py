"""Random search, random local search and the gradient on the same loss: docs/experiments/search-without-gradient.md.

python examples/search_without_gradient.py [FILE FOR THE PICTURE]
"""

import sys
from pathlib import Path

import numpy as np

import pellucid as pl
from pellucid.graph.algebra import affine
from pellucid.graph.reductions import mean
from pellucid.inspection.axes import Axis
from pellucid.inspection.charts import Panel, figure
from pellucid.inspection.marks import Bars, Curve, Note, Rule
from pellucid.losses import multiclass_hinge
from pellucid.optimizers.minimizer import lbfgs
from pellucid.optimizers.random_search import random_local_search, random_search

digits = pl.load("digits")
x, tx = ((part.images.reshape(len(part), -1) - 128.0) / 64 for part in (digits.train, digits.test))  # (N, 64)
x, labels = x[:400], digits.train.labels[:400]
start = {"weight": np.zeros((10, 64)), "bias": np.zeros(10)}


def loss(w):
    """The mean multiclass hinge over 400 training pictures."""
    return mean(multiclass_hinge(affine(x, w["weight"], w["bias"]), labels))


def slope(w):
    """The same, with its gradients."""
    weight, bias = pl.variables(**w)
    value = loss({"weight": weight, "bias": bias})
    g = pl.gradients(value)
    return value.value, {"weight": g[weight], "bias": g[bias]}


ends = {
    "random search": random_search(loss, start, tries=1000, scale=0.1),
    "random local search": random_local_search(loss, start, tries=1000, scale=0.01),
    "gradient": lbfgs(slope, start, steps=30),
}
right = {}
for name, end in ends.items():
    scores = affine(tx, end.params["weight"], end.params["bias"])
    right[name] = 100 * (scores.argmax(axis=1) == digits.test.labels).mean()
    print(
        f"{name:20} looked {len(end.values):4} times: loss {end.value:.2f}, {right[name]:.0f} % of the test right"
    )


def picture() -> str:
    """The picture of the page, an SVG file."""
    colors = ("orange", "purple", "blue")
    curves = [
        Curve(np.arange(1, len(end.values) + 1), end.values, name, color)
        for (name, end), color in zip(ends.items(), colors, strict=True)
    ]
    published = (15.5, 21.4)  # CS231n, Optimization: strategies 1 and 2
    measured = (10.5, 14.1, 36.5)  # benchmarks/without_gradient.py, pixels 0 to 255, seed 0
    panels = [
        Panel(
            curves,
            x=Axis("how often all pictures were looked at", logarithmic=True),
            y=Axis("loss", low=0.0),
            title="Digits",
            names="top",
        ),
        Panel(
            [
                Rule(y=10.0),
                Note(1.5, 10.0, "guessing", "gray", "middle", dy=-6),
                *(
                    Bars([i], [share], width=0.6, color=color, texts=[f"{share} %"])
                    for i, (share, color) in enumerate(zip(measured, colors, strict=True))
                ),
                *(
                    Curve([i - 0.42, i + 0.42], [share, share], color="ink", dashed=True)
                    for i, share in enumerate(published)
                ),
                *(
                    Note(i, share, f"published: {share} %", anchor="middle", dy=-7)
                    for i, share in enumerate(published)
                ),
            ],
            x=Axis(ticks={0: "random", 1: "local", 2: "gradient"}),
            y=Axis("test pictures right, %", low=0.0, high=45.0),
            title="CIFAR-10, raw pixels",
        ),
    ]
    label = "The loss of random search stays high, local search creeps down, the gradient falls at once"
    return figure(panels, label=label, width=520)


if len(sys.argv) > 1:
    Path(sys.argv[1]).write_text(picture(), "utf-8")
