"""A saddle and a local minimum: where descent waits, and where it stays.

Prints the numbers of docs/experiments/saddle-and-minimum.md; with a file name it also draws the picture:
`python examples/saddle_and_minimum.py picture.svg`.
"""

import sys
from pathlib import Path

import numpy as np

import pellucid as pl
from pellucid.inspection.axes import Axis
from pellucid.inspection.charts import Panel, figure
from pellucid.inspection.contours import Contours
from pellucid.inspection.marks import Curve, Dots, Note
from pellucid.optimizers.named import optimizer
from pellucid.optimizers.optimizer import start, stepped


def height(u, v, tilt=0.0):
    """Two valleys at u = −1 and u = 1 with a saddle between them; tilted, the right one is the higher."""
    return 0.25 * u**4 - 0.5 * u**2 + 0.5 * v**2 + tilt * u


def path(name, u, v, rate, tilt=0.0, steps=300):
    """The places (steps + 1, 2) of an optimizer that begins at (u, v)."""
    rule, params, places = optimizer(name), {"u": np.array(u), "v": np.array(v)}, [(u, v)]
    state = start(rule, params)
    for t in range(1, steps + 1):
        here = dict(zip("uv", pl.variables(**params), strict=True))
        g = pl.gradients(height(**here, tilt=tilt))
        params, state = stepped(rule, params, {n: g[here[n]] for n in "uv"}, state, rate, t)
        places.append((float(params["u"]), float(params["v"])))
    return np.array(places)


rates = {"sgd": 0.1, "momentum": 0.1, "nesterov": 0.1, "rmsprop": 0.02, "adam": 0.05}
waits = {name: path(name, 0.0001, 1.0, rate) for name, rate in rates.items()}
for name, places in waits.items():
    left = np.argmax(abs(places[:, 0]) > 0.5)
    print(f"{name:8} leaves the saddle after {left} steps")
on_the_ridge = {name: path(name, 0.0, 1.0, rate)[-1] for name, rate in rates.items()}
print("begun on the ridge itself:", *(f"{name} u = {u:.0f}" for name, (u, _) in on_the_ridge.items()))

stays = {name: path(name, 1.7, 1.0, 0.1, tilt=0.1) for name in ("sgd", "momentum", "nesterov")}
for name, places in stays.items():
    u, v = places[-1]
    print(f"{name:8} ends at u = {u:.2f}, height {height(u, v, tilt=0.1):.2f}")


def picture() -> str:
    """Both surfaces from above, with the paths of the optimizers."""
    x, y = np.linspace(-2, 2, 81), np.linspace(-1.2, 1.2, 49)
    colors = {"sgd": "red", "momentum": "green", "nesterov": "purple", "rmsprop": "gray", "adam": "orange"}
    panels = []
    for paths, tilt, title in (
        (waits, 0.0, "A saddle: descent waits on it"),
        (stays, 0.1, "A local minimum: descent stays in it"),
    ):
        surface = height(x[None, :], y[:, None], tilt)
        marks = [Contours(x, y, surface, np.linspace(-0.34, 2.0, 14))]
        for name, places in paths.items():
            marks.append(Curve(*places.T, name=name, color=colors[name], dotted=name == "sgd"))
            marks.append(Dots(*places[-1:].T, color=colors[name], radius=6))
        begin = next(iter(paths.values()))[0]
        marks += [
            Dots(*begin[:, None], color="ink", radius=6),
            Note(*begin, "start", anchor="end", dx=-12, dy=4),
        ]
        axes = Axis("u", low=-2, high=2), Axis("v", low=-1.2, high=1.2)
        panels.append(Panel(marks, *axes, title=title, names="top"))
    label = (
        "Paths of optimizers on two surfaces: plain descent waits at a saddle and stays in a local minimum"
    )
    return figure(panels, label=label, width=460, height=360)


if len(sys.argv) > 1:
    Path(sys.argv[1]).write_text(picture(), "utf-8")
