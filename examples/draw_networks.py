"""Draw the pictures of docs/networks.md: `python examples/draw_networks.py [FOLDER]`.

Without a folder nothing is written: it says what it would draw.
"""

import json
import runpy
import sys
from pathlib import Path

import numpy as np

import pellucid as pl
from pellucid.arrays import random
from pellucid.graph import activations
from pellucid.graph.reductions import mean, sum
from pellucid.inspection.axes import Axis
from pellucid.inspection.cells import Cells
from pellucid.inspection.charts import Panel, figure
from pellucid.inspection.contours import Contours
from pellucid.inspection.first_layer import first_layer
from pellucid.inspection.marks import Curve, Dots, Note, Rule
from pellucid.losses import softmax_cross_entropy
from pellucid.models.architecture import Architecture

HERE = Path(__file__).parent
LAYERS = range(1, 11)
BARE = {"batch_norm": False, "dropout": 0.0, "input_dropout": 0.0}
DIGITS = pl.load("digits")
x = ((DIGITS.train.images.reshape(-1, 64) - 128.0) / 64).astype(np.float32)
labels = DIGITS.train.labels


def deep(**settings):
    """A network of ten layers with weights, and where they begin."""
    network = Architecture("mlp", (8, 8, 1), 10, BARE | {"hidden": (100,) * 9} | settings)
    return network, network.init(random.key(0))[0]


def gradient_lengths(**settings):
    """‖∂L/∂W‖ of each layer before the first step, on all training pictures."""
    network, params = deep(**settings)
    leaves = {name: pl.Tensor(value, name=name) for name, value in params.items()}
    loss = mean(softmax_cross_entropy(network(leaves, x, training=True), labels))
    slope = pl.gradients(loss, of=leaves.values())
    return [float(np.linalg.norm(slope[leaf])) for name, leaf in leaves.items() if name.endswith("weight")]


def deviations(**settings):
    """The standard deviation of what each hidden layer hands on, before the first step."""
    network, params = deep(hidden=(100,) * 10, **settings)
    values, found = x, []
    for name, forward in network.layers.ready(params).items():
        values = forward(values)
        if name.startswith("activation"):
            found.append(float(values.std()))
    return found


def activations_compared() -> str:
    """Value and slope of each activation."""
    shown = {
        "sigmoid": (activations.sigmoid, "blue"),
        "tanh": (activations.tanh, "orange"),
        "ReLU": (activations.relu, "green"),
        "leaky ReLU (slope 0.1)": (lambda s: activations.leaky_relu(s, slope=0.1), "purple"),
        "ELU": (activations.elu, "red"),
        "GELU": (activations.gelu, "gray"),
    }
    at = np.linspace(-5, 5, 401)
    values, slopes = [], []
    for name, (activation, color) in shown.items():
        (s,) = pl.variables(s=at)
        value = activation(s)
        values.append(Curve(at, value.value, name, color))
        slopes.append(Curve(at, pl.gradients(sum(value))[s], name, color))
    panels = [
        Panel(values, x=Axis("weighted sum s"), y=Axis("value", low=-1.5, high=3), title="What it hands on"),
        Panel(
            slopes, x=Axis("weighted sum s"), y=Axis("slope", low=-0.2, high=1.2), title="What it lets back"
        ),
    ]
    label = (
        "Sigmoid and tanh are flat at both ends, ReLU on the left; the others are nowhere quite flat there"
    )
    return figure(panels, label=label, width=560)


def killed_gradient() -> str:
    """The length of the gradient in ten layers."""
    curves = [
        Curve(
            LAYERS,
            gradient_lengths(activation=name, initialization=start, batch_norm=norm),
            said,
            color,
            dotted=True,
        )
        for said, name, start, norm, color in (
            ("ReLU, He", "relu", "he", False, "green"),
            ("tanh, Glorot", "tanh", "glorot", False, "orange"),
            ("sigmoid, batch normalization", "sigmoid", "glorot", True, "purple"),
            ("sigmoid, Glorot", "sigmoid", "glorot", False, "blue"),
            ("ReLU, deviation 0.01", "relu", "gaussian", False, "red"),
        )
    ]
    panel = Panel(
        curves,
        x=Axis("layer", ticks={each: str(each) for each in LAYERS}),
        y=Axis("length of the gradient of its weights", logarithmic=True, low=1e-12, high=100),
        title="Ten layers before the first step",
    )
    label = "Back through ten sigmoid layers the gradient shrinks to a hundred-thousandth, with ReLU and He it does not"
    return figure([panel], label=label, width=760)


def initialization() -> str:
    """How far values spread, layer by layer, from each start."""
    starts = {
        "zeros": "gray",
        "gaussian": "red",
        "glorot": "orange",
        "he": "green",
    }
    names = {"gaussian": "deviation 0.01", "glorot": "Glorot", "he": "He"}
    panels = []
    for activation in ("tanh", "relu"):
        curves = [
            Curve(
                LAYERS,
                deviations(activation=activation, initialization=start),
                names[start],
                color,
                dotted=True,
            )
            for start, color in starts.items()
            if start in names
        ]
        panels.append(
            Panel(
                curves,
                x=Axis("hidden layer", ticks={each: str(each) for each in LAYERS}),
                y=Axis("deviation of what it hands on", logarithmic=True, low=1e-12, high=10),
                title="ReLU" if activation == "relu" else activation,
            )
        )
    label = "From small weights the values of ten layers vanish; Glorot keeps them with tanh, He with ReLU"
    return figure(panels, label=label, width=520)


def many_templates() -> str:
    """The templates of a linear classifier, and those of 20 hidden units."""
    hidden = BARE | {"hidden": (20,)}
    recipe = pl.Recipe(model="mlp", optimizer="adam", learning_rate=3e-3, epochs=20, l2=1e-3, network=hidden)
    line, network = (
        pl.fit(DIGITS, each, engine="numpy").classifier
        for each in (pl.Recipe(model="softmax", l2=0.01), recipe)
    )
    rows = (
        (line.params["weight"].reshape(-1, 8, 8), [0.0], "A linear classifier: one template a class"),
        (first_layer(network).pictures[..., 0], [-14.0, -23.5], "A network: 20 hidden units share the work"),
    )
    marks = []
    for pictures, tops, title in rows:
        largest = float(np.quantile(np.abs(pictures), 0.98))
        marks.append(Note(0, tops[0] + 1.2, title))
        for i, picture in enumerate(pictures):
            left, top = 9.5 * (i % 10), tops[i // 10]
            marks.append(Cells(picture, left, top, largest))
            if len(tops) == 1:
                marks.append(Note(left + 4, top - 8, line.classes[i], "gray", "middle", dy=15))
    none = Axis(ticks={})
    label = "Ten templates that look a little like digits, and twenty that look like strokes and their surroundings"
    return figure([Panel(marks, x=none, y=none)], label=label, width=860, height=316)


def bent_boundaries() -> str:
    """Where each of two models says which arm of the spiral it is."""
    program = runpy.run_path(str(HERE / "spiral.py"))
    points, arms, line, network = program["drawn"]()
    colors = ("blue", "orange", "green")
    steps = np.linspace(-1.3, 1.3, 131)
    grid = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    panels = []
    for name, model, start, count in (
        ("Linear", program["LINEAR"], line, 191),
        ("100 ReLUs between", program["NETWORK"], network, 9001),
    ):
        params, _ = program["trained"](model, start, points, arms, count)
        scores = model(params, grid)  # (131 · 131, 3)
        right = (model(params, points).argmax(axis=1) == arms).mean()
        marks = []
        for arm, color in enumerate(colors):
            others = np.delete(scores, arm, axis=1).max(axis=1)
            lead = (scores[:, arm] - others).reshape(len(steps), len(steps))
            marks.append(Contours(steps, steps, lead, [0.0], color))
        marks += [Dots(*points[arms == arm].T, color=color, radius=3) for arm, color in enumerate(colors)]
        end = Axis(low=-1.3, high=1.3, ticks={})
        panels.append(Panel(marks, x=end, y=end, title=f"{name}: {right:.0%} right"))
    label = "Three arms of a spiral: straight borders cut them to pieces, bent ones follow them"
    return figure(panels, label=label, width=430, height=436)


def depth() -> str:
    """The first epochs of a ResNet and of the same network without shortcuts."""
    found = json.loads((HERE.parent / "benchmarks" / "results" / "depth.json").read_text("utf-8"))
    colors = {"ResNet-20": "green", "plain-20": "orange"}
    epochs = range(1, found["settings"]["epochs"] + 1)
    panels = [
        Panel(
            [
                Curve(epochs, one["loss"], name, colors[name], dotted=True)
                for name, one in found["trained"].items()
            ],
            x=Axis("epoch"),
            y=Axis("mean loss", low=1.0),
            title="Training loss",
        ),
        Panel(
            [
                Curve(epochs, 100 * np.array(one["validation_accuracy"]), name, colors[name], dotted=True)
                for name, one in found["trained"].items()
            ]
            + [Rule(y=10, name="guessing")],
            x=Axis("epoch"),
            y=Axis("pictures right, %", low=0),
            title="Validation accuracy",
        ),
    ]
    return figure(panels, label="The residual network learns faster from the first epoch on", width=520)


def drawings() -> dict:
    """Each picture by the name of its file."""
    return {
        "activations": activations_compared,
        "killed-gradient": killed_gradient,
        "initialization": initialization,
        "templates": many_templates,
        "spiral": bent_boundaries,
        "depth": depth,
    }


if __name__ == "__main__":
    for name, draw in drawings().items():
        if len(sys.argv) > 1:
            (Path(sys.argv[1]) / f"{name}.svg").write_text(draw(), "utf-8")
        print(f"{name}.svg")
