"""Numerical against analytic gradient: the error against h, in float32 and float64, one-sided and centered.

Prints the numbers of docs/experiments/numerical-gradient.md; with a file name it also draws the picture:
`python examples/numerical_gradient.py picture.svg`.
"""

import sys
from pathlib import Path

import numpy as np

import pellucid as pl
from pellucid.graph.reductions import sum as total
from pellucid.inspection.axes import Axis
from pellucid.inspection.charts import Panel, figure
from pellucid.inspection.marks import Curve, Note, Rule
from pellucid.losses import softmax_cross_entropy

scores = np.random.Generator(np.random.Philox(key=0)).normal(0, 2, (1000, 3))
labels = np.zeros(1000, int)
(s,) = pl.variables(s=scores)
analytic = pl.gradients(total(softmax_cross_entropy(s, labels)))[s][:, 0]


def error(h, dtype, centered):
    """The median relative error of 1,000 differences of the loss, where the first score moves by h."""
    here, move = scores.astype(dtype), np.array([h, 0, 0], dtype)
    after = softmax_cross_entropy(here + move, labels)
    before = softmax_cross_entropy(here - move if centered else here, labels)
    slope = (after - before) / dtype(2 * h if centered else h)
    return np.median(abs(slope - analytic) / abs(analytic))


ways = (("centered", True), ("one-sided", False))
for dtype in (np.float32, np.float64):
    for name, centered in ways:
        h = 10.0 ** np.arange(-14, 1)
        errors = np.array([error(each, dtype, centered) for each in h])
        best = errors.argmin()
        rise = np.log(error(0.3, dtype, centered) / error(0.1, dtype, centered)) / np.log(3)
        unit = np.finfo(dtype).eps
        fall = np.log10(error(1000 * unit, dtype, centered) / error(10 * unit, dtype, centered)) / 2
        print(
            f"{dtype.__name__} {name:9}: best h {h[best]:.0e}, error near 1e{round(np.log10(errors[best]))}, "
            f"slope {fall:.0f} before, {rise:.0f} after"
        )


def picture() -> str:
    """The V of each way of differencing, and the slopes that theory gives."""
    h = np.logspace(-14, 0, 113)
    panels = []
    for dtype, epsilon in ((np.float32, 2.0**-24), (np.float64, 2.0**-53)):
        marks = [
            Curve(h, 1.2 * epsilon / h, color="gray", dashed=True, width=1.2),
            Curve(h, 0.12 * h, color="gray", dashed=True, width=1.2),
            Curve(h, 0.017 * h**2, color="gray", dashed=True, width=1.2),
        ]
        for (name, centered), color in zip(ways, ("blue", "orange"), strict=True):
            errors = [error(each, dtype, centered) for each in h]
            best, power = (np.cbrt(2 * epsilon), "∛ε") if centered else (np.sqrt(2 * epsilon), "√ε")
            marks += [Curve(h, errors, name=name, color=color), Rule(x=best, name=power, color=color)]
        for at, to, words in ((3e3 * epsilon, 3e-3, "slope −1"), (0.02, 0.02, "1"), (0.06, 2e-6, "2")):
            marks.append(Note(at, to, words, color="gray"))
        axes = Axis("h", logarithmic=True, low=1e-14), Axis("relative error", True, low=1e-12, high=10)
        panels.append(Panel(marks, *axes, title=dtype.__name__, names="top"))
    label = "Error against h: two V-shaped curves, of slope −1 on the left and 1 or 2 on the right"
    return figure(panels, label=label, width=440, height=380)


if len(sys.argv) > 1:
    Path(sys.argv[1]).write_text(picture(), "utf-8")
