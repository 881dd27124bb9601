"""Softmax against the multiclass SVM when scores jiggle: one is content, the other never.

Prints the numbers of docs/experiments/softmax-and-svm.md; with a file name it also draws the picture:
`python examples/softmax_and_svm.py picture.svg`.
"""

import sys
from pathlib import Path

import numpy as np

import pellucid as pl
from pellucid.graph.reductions import sum as total
from pellucid.inspection.axes import Axis
from pellucid.inspection.charts import Panel, figure
from pellucid.inspection.marks import Curve, Dots, Rule
from pellucid.losses import multiclass_hinge, softmax_cross_entropy

losses = {"SVM": multiclass_hinge, "softmax": softmax_cross_entropy}


def along(own_score):
    """Scores of a car picture (cat, car, frog), where the car's own score takes these values."""
    own_score = np.asarray(own_score, float)
    return np.stack([np.full_like(own_score, 1.3), own_score, np.full_like(own_score, 2.0)], axis=1)


print("car's score  " + "  ".join(f"{name:>7} slope" for name in losses))
for score in (1.0, 2.5, 4.4, 4.9, 5.4):
    row = f"{score:11.1f}"
    for loss in losses.values():
        (s,) = pl.variables(s=along([score]))
        value = loss(s, np.array([1]))
        row += f"  {value.value[0]:7.3f} {pl.gradients(total(value))[s][0, 1]:5.2f}"
    print(row)

jiggled = along([4.9] * 1000) + np.random.Generator(np.random.Philox(key=0)).normal(0, 0.3, (1000, 3))
for name, loss in losses.items():
    values = loss(jiggled, np.ones(1000, int))
    print(f"{name}: 1,000 jiggles of the car, loss {values.min():.2f} to {values.max():.2f}")

for scores in ([10.0, -2.0, 3.0], [10.0, 9.0, 9.0], [10.0, -100.0, -100.0]):
    pair = (loss(np.array([scores]), np.array([0]))[0] for loss in losses.values())
    print(scores, "SVM {:.1f}, softmax {:.4f}".format(*pair))


def picture() -> str:
    """The losses, and their slopes, as functions of the right class's score."""
    score = np.linspace(0, 7, 281)
    values, slopes = [], []
    for (name, loss), color in zip(losses.items(), ("orange", "blue"), strict=True):
        (s,) = pl.variables(s=along(score))
        value = loss(s, np.ones(len(score), int))
        slope = pl.gradients(total(value))[s][:, 1]
        values.append(Curve(score, value.value, name=name, color=color))
        slopes.append(Curve(score, slope, name=name, color=color))
        here = loss(along([4.9]), np.array([1]))
        values.append(Dots([4.9], here, color=color, radius=5))
    x = Axis("score of the right class", low=0, high=7)
    enough = Rule(x=3.0, name="the margin is met")
    panels = [
        Panel([*values, enough], x, Axis(low=0, high=5), title="Loss of the car picture"),
        Panel([*slopes, enough], x, Axis(low=-2.2, high=0.4), title="Its slope: how hard it pulls"),
    ]
    label = "The SVM loss is 0 from a score of 3 on; the softmax loss falls for ever and always pulls"
    return figure(panels, label=label, width=440, height=340)


if len(sys.argv) > 1:
    Path(sys.argv[1]).write_text(picture(), "utf-8")
