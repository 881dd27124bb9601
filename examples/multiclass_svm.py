"""The multiclass SVM loss by hand: a cat, a car, a frog, and seven questions.

Prints the numbers of docs/experiments/multiclass-svm.md; with a file name it also draws the picture:
`python examples/multiclass_svm.py picture.svg`.
"""

import sys
from pathlib import Path

import numpy as np

from pellucid.inspection.axes import Axis
from pellucid.inspection.charts import Panel, figure
from pellucid.inspection.marks import Bars, Dots, Note, Rule
from pellucid.losses import multiclass_hinge, multiclass_squared_hinge

names = ["cat", "car", "frog"]
scores = np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])  # a row for each picture
labels = np.array([0, 1, 2])

for s, y in zip(scores, labels, strict=True):
    terms = [max(0.0, s[j] - s[y] + 1) for j in range(3) if j != y]
    print(f"{names[y]:4} pays", " + ".join(f"{term:.1f}" for term in terms), f"= {sum(terms):.1f}")
print(f"mean {multiclass_hinge(scores, labels).mean():.2f}")

car, its_label = scores[1:2], labels[1:2]
right = scores[np.arange(3), labels][:, None]
answers = {
    "1. the car's scores move by ½": multiclass_hinge(car + np.array([0.5, -0.5, 0.5]), its_label),
    "2. least and very large": multiclass_hinge(np.array([[0.0, -10.0], [0.0, 1e6]]), np.array([0, 0])),
    "3. all scores 0": multiclass_hinge(np.zeros((1, 3)), labels[:1]),
    "4. the right class summed too": np.maximum(0, scores - right + 1).sum(axis=1),
    "5. the mean of the classes": multiclass_hinge(scores, labels) / 2,
    "6. squared": multiclass_squared_hinge(scores, labels),
    "7. the car, weights doubled": multiclass_hinge(2 * car, its_label),
}
for question, losses in answers.items():
    print(f"{question:30}", *(f"{loss:.2f}".rstrip("0").rstrip(".") for loss in losses))


def picture() -> str:
    """A panel for each picture: its scores, the line they must stay below, and what each pays."""
    panels = []
    for s, y in zip(scores, labels, strict=True):
        marks = [Rule(y=s[y] - 1, name="right − 1")]
        for j in range(3):
            if j != y and s[j] > s[y] - 1:
                paid = s[j] - s[y] + 1
                marks.append(Bars([j], [s[j]], color="red", width=0.2, base=s[y] - 1))
                marks.append(Note(j, s[j] - paid / 2, f"pays {paid:.1f}", color="red", dx=14, dy=4))
        marks += [Dots([j], [s[j]], color="blue" if j == y else "gray", radius=6) for j in range(3)]
        marks += [Note(j, s[j], f"{s[j]:.1f}".replace("-", "−"), dx=16, dy=4) for j in range(3)]
        words = {j: f"{names[j]} ✓" if j == y else names[j] for j in range(3)}
        axes = Axis(low=-0.5, high=2.6, ticks=words), Axis("score", low=-5, high=6)
        loss = multiclass_hinge(s[None], labels[y : y + 1])[0]
        panels.append(Panel(marks, *axes, title=f"{names[y]}: loss {loss:.1f}"))
    label = "Scores of a cat, a car and a frog, and how far wrong ones reach into the margin of the right one"
    return figure(panels, label=label, width=300, height=340)


if len(sys.argv) > 1:
    Path(sys.argv[1]).write_text(picture(), "utf-8")
