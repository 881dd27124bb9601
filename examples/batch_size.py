"""The noise of a minibatch, and what larger ones are worth: docs/experiments/batch-size.md.

python examples/batch_size.py [FILE FOR THE PICTURE]
"""

import sys
from pathlib import Path

import numpy as np

import pellucid as pl
from pellucid.inspection.axes import Axis
from pellucid.inspection.charts import Panel, figure
from pellucid.inspection.marks import Curve, Dots
from pellucid.training.session import prepared
from pellucid.training.step import gradient

digits = pl.load("digits")
session = prepared(digits, pl.Recipe(optimizer="sgd", l2=0.0), engine="numpy")
rows, stream = digits.train.rows, np.random.Generator(np.random.Philox(key=0))
start = session.start_params


def flat(chosen):
    """The gradient over these pictures at the start, as one row of numbers."""
    g, _, _ = gradient(session.task, start, *session.supply.batch(chosen))
    return np.concatenate([array.ravel() for array in g.values()])


true, sizes, noise = flat(rows), [1, 4, 16, 64, 256, 1024, len(rows)], []
for size in sizes:
    draws = [flat(stream.permutation(rows)[:size]) - true for _ in range(40)]
    noise.append(float(np.sqrt(np.mean([(error**2).sum() for error in draws]) / (true**2).sum())))
    print(f"batch {size:4}: noise {noise[-1]:.3f} of the gradient, × √batch {noise[-1] * size**0.5:.2f}")

reached = {}
for size in sizes:
    tried = {}
    for rate in (0.1, 0.3, 1.0, 3.0):
        state = session.start_state()
        for _ in range(2):
            order = stream.permutation(rows).astype(np.int32)
            state, _, _ = session.engine.steps(
                state, order, size, np.full(-(-len(rows) // size), rate, np.float32)
            )
        tried[rate] = session.full_objective(state["params"])[0]
    rate = min(tried, key=tried.get)
    reached[size] = tried[rate]
    print(f"batch {size:4}: {2 * -(-len(rows) // size):4} steps, best rate {rate:<5g} loss {tried[rate]:.2f}")


def picture() -> str:
    """The picture of the page, an SVG file."""
    panels = [
        Panel(
            [
                Curve(sizes[:-1], [noise[0] / size**0.5 for size in sizes[:-1]], "1/√B", "gray", dashed=True),
                Dots(sizes[:-1], noise[:-1], "measured", "blue"),
            ],
            x=Axis("pictures in a minibatch, B", logarithmic=True, high=2000),
            y=Axis("error of the gradient ÷ its length", logarithmic=True, low=0.05, high=10.0),
            title="Noise: digits, at the start",
            names="top",
        ),
        Panel(
            [Curve(sizes, list(reached.values()), "after 2 epochs", "orange", dotted=True)],
            x=Axis("pictures in a minibatch, B", logarithmic=True, high=2000),
            y=Axis("loss over all training pictures", low=0.0),
            title="At equal pictures, each at its best rate",
            names="top",
        ),
    ]
    label = (
        "The noise falls as one over the root of the batch size; at equal pictures small batches get further"
    )
    return figure(panels, label=label, width=520)


if len(sys.argv) > 1:
    Path(sys.argv[1]).write_text(picture(), "utf-8")
