"""Four losses of the margin, and their gradients.

Prints the numbers of docs/experiments/margin-losses.md; with a file name it also draws the picture:
`python examples/margin_losses.py picture.svg`.
"""

import sys
from pathlib import Path

import numpy as np

import pellucid as pl
from pellucid.graph.reductions import sum as total
from pellucid.inspection.axes import Axis
from pellucid.inspection.charts import Panel, figure
from pellucid.inspection.marks import Curve
from pellucid.losses import exponential_loss, hinge_loss, logistic_loss, zero_one_loss

surrogates = {"logarithmic": logistic_loss, "exponential": exponential_loss, "hinge": hinge_loss}


def values_and_slopes(loss, margins):
    """A loss and its slope where a score of the class +1 takes these values, which are its margins."""
    (m,) = pl.variables(m=np.asarray(margins, float))
    value = loss(m, np.ones(len(m.value)))
    return value.value, pl.gradients(total(value))[m] + 0.0  # no −0


margins = [-2.0, -0.5, 0.5, 2.0]
print(f"{'margin':13}", *(f"{m:7.1f}" for m in margins))
print(f"{'0/1':13}", *(f"{value:7.2f}" for value in zero_one_loss(np.array(margins), np.ones(4))))
for name, loss in surrogates.items():
    values, slopes = values_and_slopes(loss, margins)
    print(f"{name:13}", *(f"{value:7.2f}" for value in values))
    print(f"{'   its slope':13}", *(f"{slope:7.2f}" for slope in slopes))

clean, outlier = np.full(99, 0.5), np.array([-5.0])
for name, loss in surrogates.items():
    _, slopes = values_and_slopes(loss, np.concatenate([clean, outlier]))
    share = slopes[-1] / slopes.sum()
    print(f"{name}: one outlier at −5 among 99 margins of ½ does {share:.0%} of the pulling")


def picture() -> str:
    """The losses and their slopes over the margin."""
    m = np.linspace(-3, 3, 241)
    steps = Curve([-3, 0, 0, 3], [1, 1, 0, 0], name="0/1", color="gray", dashed=True)
    values, slopes = [steps], [Curve([-3, 3], [0, 0], name="0/1", color="gray", dashed=True)]
    for (name, loss), color in zip(surrogates.items(), ("blue", "purple", "orange"), strict=True):
        value, slope = values_and_slopes(loss, m)
        if name == "hinge":
            slope = np.where(abs(m - 1) < 0.01, np.nan, slope)  # at its kink there is no slope to draw
        values.append(Curve(m, value, name=name, color=color))
        slopes.append(Curve(m, slope, name=name, color=color))
    x = Axis("margin m = t s", low=-3, high=3)
    panels = [
        Panel(values, x, Axis(low=0, high=5), title="Loss", names="top"),
        Panel(slopes, x, Axis(low=-4, high=0.5), title="Slope: what a step makes of it", names="top"),
    ]
    label = "Three losses that bend the 0/1 loss from above, and their slopes; the 0/1 loss has none"
    return figure(panels, label=label, width=440, height=360)


if len(sys.argv) > 1:
    Path(sys.argv[1]).write_text(picture(), "utf-8")
