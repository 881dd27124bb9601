"""How the layers of a network were while it learned: what they give, what gradient reaches them, how far they move."""

from typing import Any

from pellucid.inspection.axes import Axis
from pellucid.inspection.charts import Panel, figure
from pellucid.inspection.marks import Curve, Rule
from pellucid.report.histogram import histogram
from pellucid.report.markup import chart, count, details, escape, number, percent, section, table
from pellucid.report.material import Material

_COLORS = ("blue", "orange", "green", "purple", "red")
_PANELS = 24  # histograms; of more layers they stand for their neighbors
_USUAL = 1e-3  # a step, in units of the weights' length


def health(material: Material) -> str:
    """The section: what is wrong, and what of; empty where no look was taken."""
    looks = [
        (float(event["epoch"]), event["health"])
        for event in material.events
        if event.get("event") == "epoch" and isinstance(event.get("health"), dict)
    ]
    if not looks:
        return ""
    start = looks[0][1].get("start")
    drawn = [look for look in looks if any(layer["gradient"] for layer in look[1]["layers"])]
    return section(
        "health",
        "How its layers are",
        _conclusion(material, looks),
        _responses(looks[-1][1], start),
        _lines(drawn) if len(drawn) > 1 else "",
        _by_layer(looks[-1][1], start),
        _twin(looks[-1][1], start),
    )


def _conclusion(material: Material, looks: list[tuple[float, dict[str, Any]]]) -> str:
    symptoms = material.recorded("result", "health", "symptoms")
    last = looks[-1][1]
    seen = f"{count(len(looks), 'look')} at the same {last['pictures']:,} training {material.thing}s"
    if not isinstance(symptoms, list) or not symptoms:
        units = any("activation" in layer for layer in last["layers"])
        fine = "no dead or saturated units, no gradient that vanishes or explodes, " if units else ""
        return (
            f'<p><span class="yes">✓ Nothing looks wrong:</span> {fine}steps of a sensible length, and no large gap '
            f"between training and validation ({seen}).</p>"
        )
    items = "".join(
        f"<li><b>{escape(each.get('name', ''))}.</b> {escape(each.get('sentence', ''))}</li>"
        for each in symptoms
        if isinstance(each, dict)
    )
    return f'<p>From {seen}:</p><ul class="symptoms">{items}</ul>'


def _responses(last: dict[str, Any], start: dict[str, Any] | None) -> str:
    """Small histograms, one a layer: now filled, and as they were before the first step as an outline."""
    layers = _spread([layer for layer in last["layers"] if "activation" in layer], _PANELS)
    if not layers:
        return ""
    before = _by_name(start)
    items = "".join(
        f"<li><h3>{escape(layer['name'])}</h3>"
        f"{histogram(layer['histogram'], before.get(layer['name'], {}).get('histogram'), _told(layer))}"
        f'<span class="small muted">{_told(layer)}</span></li>'
        for layer in layers
    )
    return (
        "<h3>What each layer gives</h3>"
        "<p>How often its activations have which size; the line shows how it was before the first step. Good layers "
        "answer neither always the same nor only at the ends of their range. A ReLU's zeros are left out: they are "
        "told below, and half of all is usual.</p>"
        f'<ul class="gallery" style="--tile:200px">{items}</ul>'
    )


def _told(layer: dict[str, Any]) -> str:
    """An activation in a line."""
    parts = [f"{escape(layer['activation'])}, {number(layer['mean'], 2)} ± {number(layer['deviation'], 2)}"]
    if "zero" in layer["histogram"]:
        parts.append(f"{percent(layer['histogram']['zero'], 0)} zeros")
    for how in ("dead", "saturated"):
        if how in layer:
            share = f"{percent(layer[how], 0)} {how}"
            parts.append(f'<b class="said">{share}</b>' if layer[how] >= 0.1 else share)
    return " · ".join(parts)


def _lines(looks: list[tuple[float, dict[str, Any]]]) -> str:
    """Gradient and step of each layer over the epochs."""
    layers = _spread([layer["name"] for layer in looks[-1][1]["layers"]], len(_COLORS))
    epochs = [epoch for epoch, _ in looks]
    figures = []
    for quantity, title, caption in (
        (
            "gradient",
            "Gradient that reaches the weights",
            "length of a minibatch's gradient; layers far below the others learn nothing",
        ),
        (
            "update",
            "Step, in units of the weights' length",
            "of the step that comes next: about a thousandth is usual; it falls with the learning rate",
        ),
    ):
        values = {
            name: [_by_name(look).get(name, {}).get(quantity, 0.0) for _, look in looks] for name in layers
        }
        curves = [
            Curve(epochs, values[name], name, color, dotted=len(epochs) <= 12)
            for name, color in zip(layers, _COLORS, strict=False)
            if any(values[name])
        ]
        if not curves:
            continue
        rule = [Rule(y=_USUAL, name="usual")] if quantity == "update" else []
        panel = Panel([*curves, *rule], x=Axis("epoch"), y=Axis(logarithmic=True))
        drawing = figure([panel], label=f"{title}, by layer over epochs", width=500, height=290)
        figures.append(f"<div><h3>{title}</h3>{chart(drawing, caption)}</div>")
    return f'<div class="columns">{"".join(figures)}</div>' if figures else ""


def _by_layer(last: dict[str, Any], start: dict[str, Any] | None) -> str:
    """How widely the activations of each layer are spread, from the first to the last: now and at the start."""
    layers = [layer for layer in last["layers"] if "activation" in layer]
    before = _by_name(start)
    if len(layers) < 3 or not before:
        return ""
    places = range(1, len(layers) + 1)
    then = Curve(
        places,
        [before[layer["name"]]["deviation"] for layer in layers],
        "start",
        "gray",
        dashed=True,
        dotted=True,
    )
    now = Curve(places, [layer["deviation"] for layer in layers], "now", "blue", dotted=True)
    shown = [curve for curve in (then, now) if any(curve.y)]
    if not shown:
        return ""
    panel = Panel(shown, x=Axis("layer", ticks=_whole(len(layers))), y=Axis(logarithmic=True))
    drawing = figure(
        [panel], label="Deviation of the activations by layer, now and at the start", width=500, height=290
    )
    caption = (
        "deviation of the activations, layer by layer; a start at which it falls or grows from layer to layer makes "
        "deep networks hard to train"
    )
    return f"<h3>How the start carries through the layers</h3>{chart(drawing, caption)}"


def _twin(last: dict[str, Any], start: dict[str, Any] | None) -> str:
    before = _by_name(start)
    rows = [
        (
            escape(layer["name"]),
            escape(layer.get("activation", "–")),
            number(layer.get("mean"), 3),
            number(layer.get("deviation"), 3),
            number(before.get(layer["name"], {}).get("deviation"), 3),
            percent(layer.get("dead")),
            percent(layer.get("saturated")),
            _exponential(layer["gradient"]),
            _exponential(layer.get("update")),
        )
        for layer in last["layers"]
    ]
    head = (
        "layer",
        "activation",
        "mean",
        "deviation",
        "at the start",
        "dead",
        "saturated",
        "gradient",
        "step",
    )
    return details("Show as table", table("Each layer at the last look", head, rows, words=(1,)))


def _exponential(value: float | None) -> str:
    return "–" if value is None else f"{value:.2g}"


def _by_name(look: dict[str, Any] | None) -> dict[str, dict[str, Any]]:
    return {layer["name"]: layer for layer in look["layers"]} if look else {}


def _spread(items: list[Any], most: int) -> list[Any]:
    """All of them, or so many from the first to the last."""
    if len(items) <= most:
        return items
    return [items[round(i * (len(items) - 1) / (most - 1))] for i in range(most)]


def _whole(last: int) -> dict[float, str]:
    """Whole numbers from 1 to the last, at most about ten."""
    return {float(place): str(place) for place in range(1, last + 1, -(-last // 10))}
