"""How it learned: the checks before the first step, and the curves."""

from typing import Any

import numpy as np

from pellucid.report.charts import Line, line_chart
from pellucid.report.markup import chart, details, duration, escape, number, percent, section, table
from pellucid.report.material import Material
from pellucid.training.rate_finder import FoundRate


def checks(material: Material) -> str:
    """The section of what was checked before training began."""
    done = material.recorded("checks")
    if not isinstance(done, list):
        return ""
    items = []
    for check in done:
        if not isinstance(check, dict):
            continue
        passed = check.get("passed")
        mark = '<span class="yes">✓ passed</span>' if passed else '<b class="said">✗ failed</b>'
        sentence = check.get("sentence") or ""
        items.append(f"<li>{mark} · {escape(check.get('name', ''))}: {escape(sentence)}</li>")
    return section("checks", "Checks before training", f"<ul>{''.join(items)}</ul>") if items else ""


def rate(material: Material) -> str:
    """The section of how the learning rate was found, where it was asked for."""
    found = material.recorded("rate")
    if not isinstance(found, dict) or not {"rate", "rates", "losses", "sentence"} <= set(found):
        return ""
    rates, losses = (np.array(found[key], np.float64) for key in ("rates", "losses"))
    drawing = FoundRate(float(found["rate"]), rates, losses, str(found["sentence"])).chart()
    caption = "each step of a trial raises the rate a little; the loss tells when it is too large"
    return section(
        "rate",
        "The learning rate that was found",
        f"<p>{escape(found['sentence'])}</p>",
        chart(drawing, caption),
    )


def curves(material: Material) -> str:
    """The section of the learning curves: loss on a log axis and accuracy, for training and validation."""
    epochs = [
        event
        for event in material.events
        if event.get("event") == "epoch" and _value(event, "epoch") is not None
    ]
    if not epochs:
        return ""
    kept = material.recorded_number("result", "best_epoch")
    # Not "best": it is the latest that cannot be told from the best.
    mark = None if kept is None else (kept, f"kept: epoch {kept:g}")
    loss = line_chart(
        _lines(epochs, "loss", "validation_loss"),
        "Loss over epochs, logarithmic axis",
        lambda v: f"{v:.4g}",
        mark,
        logarithmic=True,
    )
    accuracy = line_chart(
        _lines(epochs, "train_accuracy", "validation_accuracy"),
        "Accuracy over epochs",
        lambda v: f"{100 * v:.3g}%",
        mark,
    )
    figures = "".join(
        f"<div><h3>{title}</h3>{chart(drawing, caption)}</div>"
        for title, drawing, caption in (
            ("Mean loss", loss, "log axis; lower is better"),
            (
                "Accuracy",
                accuracy,
                "higher is better; the gap between the curves is what was learned by heart",
            ),
        )
        if drawing
    )
    return section(
        "learning",
        "How it learned",
        f"<p>{_story(material, epochs)}</p>",
        f'<div class="columns">{figures}</div>',
        _twin(epochs),
    )


def _story(material: Material, epochs: list[dict[str, Any]]) -> str:
    last = epochs[-1]
    parts = [f"{len([e for e in epochs if e['epoch'] > 0]):,} epochs"]
    mean = [s for e in epochs if (s := _value(e, "seconds")) is not None and e["epoch"] > 0]
    if mean:
        parts.append(f"{duration(sum(mean) / len(mean))} each")
    text = ", ".join(parts) + "."
    train, validation = _value(last, "train_accuracy"), _value(last, "validation_accuracy")
    if train is not None and validation is not None:
        gap = train - validation
        text += (
            f" At the end it was right on {percent(train)} of the training and {percent(validation)} of the "
            f"validation {material.thing}s, a gap of {100 * gap:.1f} points.".replace("-", "−")
        )
    stopped = material.recorded("result", "stopped")
    return text + (f" It stopped: {escape(stopped)}." if stopped else "")


def _lines(epochs: list[dict[str, Any]], train: str, validation: str) -> list[Line]:
    lines = []
    for key, name, look in ((train, "training", "one"), (validation, "validation", "two")):
        points = [(float(e["epoch"]), v) for e in epochs if (v := _value(e, key)) is not None]
        if points:
            lines.append(Line(name, [x for x, _ in points], [y for _, y in points], look))
    return lines


def _twin(epochs: list[dict[str, Any]]) -> str:
    rows = [
        (
            f"{e['epoch']:g}",
            number(_value(e, "loss"), 4),
            number(_value(e, "validation_loss"), 4),
            percent(_value(e, "train_accuracy"), 2),
            percent(_value(e, "validation_accuracy"), 2),
            "–" if (rate := _value(e, "learning_rate")) is None else f"{rate:.3g}",
            duration(_value(e, "seconds")),
        )
        for e in epochs
    ]
    head = (
        "epoch",
        "training loss",
        "validation loss",
        "training accuracy",
        "validation accuracy",
        "learning rate",
        "time",
    )
    return details("Show as table", table("Each epoch", head, rows))


def _value(event: dict[str, Any], key: str) -> float | None:
    value = event.get(key)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
