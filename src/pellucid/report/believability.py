"""Whether its probabilities can be believed: the reliability diagram before and after the temperature."""

import math

import numpy as np

from pellucid.inspection.metrics import Evaluation, Reliability, reliability
from pellucid.report.charts import reliability_chart
from pellucid.report.markup import chart, count, number, percent, section, table
from pellucid.report.material import Material


def believability(material: Material) -> str:
    """The section: stated probability against how often it was right, with T = 1 and with the fitted T."""
    evaluation = material.main
    if evaluation is None or len(evaluation.classes) < 2:
        return ""
    temperature = float(material.classifier.temperature)
    before = reliability(_softmax(evaluation.scores), evaluation.labels)
    after = evaluation.reliability
    lead = (
        f"<p>{_sentence(material, evaluation, after)} On the dotted diagonal words and deeds agree; under "
        "it the "
        "classifier is "
        "too sure of itself. A dot's area is how many there are. One number, the temperature, was "
        "fitted on the "
        "validation part; it divides all scores and changes no verdict.</p>"
    )
    figures = [
        _figure("Scores as they are", before, 1.0, evaluation.part),
        _figure("Divided by the temperature", after, temperature, evaluation.part),
    ]
    if math.isclose(temperature, 1.0):
        figures = figures[1:]
    return section(
        "calibration",
        "Can its probabilities be believed?",
        lead,
        f'<div class="columns">{"".join(figures)}</div>',
    )


def _sentence(material: Material, evaluation: Evaluation, curve: Reliability) -> str:
    # The fullest bin above an even chance tells it best.
    i = int(np.argmax(np.where(curve.confidence > 0.5, curve.counts, -1)))
    if curve.counts[i] == 0 or not curve.confidence[i] > 0.5:
        i = int(np.argmax(curve.counts))
    return (
        f"When it says about {percent(curve.confidence[i], 0)}, it is right "
        f"{percent(curve.accuracy[i], 0)} of the time "
        f"({evaluation.part} part, {count(int(curve.counts[i]), material.thing)})."
    )


def _figure(title: str, curve: Reliability, temperature: float, part: str) -> str:
    label = f"Reliability diagram on the {part} part at temperature {temperature:.3g}"
    rows = [
        (
            f"{percent(curve.edges[i], 0)} to {percent(curve.edges[i + 1], 0)}",
            count(int(n)),
            percent(curve.confidence[i]),
            percent(curve.accuracy[i]),
        )
        for i, n in enumerate(curve.counts)
        if n
    ]
    twin = table(f"{title}, {part} part", ("it said", "how many", "on average", "it was right"), rows)
    caption = (
        f"temperature {number(temperature)}; expected calibration error {percent(curve.error)} ({part} part)"
    )
    return f"<div><h3>{title}</h3>{chart(reliability_chart(curve, label), caption, twin)}</div>"


def _softmax(scores: np.ndarray) -> np.ndarray:
    e = np.exp(scores.astype(np.float64) - scores.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
