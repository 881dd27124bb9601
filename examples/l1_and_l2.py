"""L1 against L2: which weights does each prefer among those with the same score, and what becomes of real ones?

Prints the numbers of docs/experiments/l1-and-l2.md; with a file name it also draws the picture:
`python examples/l1_and_l2.py picture.svg`.
"""

import sys
from pathlib import Path

import numpy as np

import pellucid as pl
from pellucid.arrays import random
from pellucid.graph.algebra import affine
from pellucid.graph.reductions import mean
from pellucid.inspection.axes import Axis
from pellucid.inspection.cells import Cells
from pellucid.inspection.charts import Panel, figure
from pellucid.inspection.marks import Note
from pellucid.losses import softmax_cross_entropy
from pellucid.optimizers.named import optimizer
from pellucid.optimizers.optimizer import Walk, start, stepped
from pellucid.regularizers import exact_zeros, l1, l2

for x, candidates in {
    (1, 1, 1, 1): [[1, 0, 0, 0], [0.25, 0.25, 0.25, 0.25]],
    (1, 2, 1, 1): [[0, 0.5, 0, 0], [1 / 7, 2 / 7, 1 / 7, 1 / 7]],
}.items():
    for w in np.array(candidates):
        print("x", x, "w", w.round(2), f"score {w @ x:.0f}, L1 {l1(w[None]):.3f}, L2 {l2(w[None]):.3f}")

digits = pl.load("digits")
middle = digits.train.images.mean(axis=0)
flat = lambda images: ((images - middle) / 64).reshape(len(images), -1)  # (n, 8, 8, 1) → (n, 64)
x, labels = flat(digits.train.images[:500]), digits.train.labels[:500]


def trained(penalty, strength, steps=100):
    """The weights (10, 64) of a softmax classifier on digits, and the share of validation pictures it gets right."""
    rule = Walk(optimizer("nesterov"), l1=strength if penalty == "L1" else 0.0)
    params = {"weight": 0.1 * random.normal(random.key(0), (10, 64)).astype(float), "bias": np.zeros(10)}
    state = start(rule, params)
    for t in range(1, steps + 1):
        w, b = pl.variables(**params)
        loss = mean(softmax_cross_entropy(affine(x, w, b), labels))
        if penalty == "L2":
            loss = loss + strength * l2(w)
        g = pl.gradients(loss)
        params, state = stepped(rule, params, {"weight": g[w], "bias": g[b]}, state, 0.05, t)
    verdicts = affine(flat(digits.validation.images), params["weight"], params["bias"]).argmax(axis=1)
    return params["weight"], (verdicts == digits.validation.labels).mean()


found = {}
for penalty, strength in (("L2", 0.03), ("L1", 0.001), ("L1", 0.003), ("L1", 0.01)):
    w, right = found[penalty, strength] = trained(penalty, strength)
    print(f"{penalty} λ = {strength:<5}: {exact_zeros(w):3d} of 640 weights are 0, {right:.0%} right")


def picture() -> str:
    """The weights of the ten classes as pictures, under L2 and under L1; a weight of exactly 0 has no color."""
    panels = []
    for penalty, strength in (("L2", 0.03), ("L1", 0.003)):
        w, _ = found[penalty, strength]
        marks = []
        for k in range(10):
            x, y = k % 5 * 9.5, -(k // 5) * 11
            marks += [Cells(w[k].reshape(8, 8), x=x, y=y, largest=abs(w).max()), Note(x, y + 0.3, str(k))]
        title = f"{penalty}, λ = {strength}: {exact_zeros(w)} of 640 weights are 0"
        panels.append(Panel(marks, Axis(ticks={}), Axis(low=-19.5, high=1.6, ticks={}), title=title))
    label = "Weights of ten digits: under L2 all have some color, under L1 most are exactly 0"
    return figure(panels, label=label, width=440, height=250)


if len(sys.argv) > 1:
    Path(sys.argv[1]).write_text(picture(), "utf-8")
