"""Class by class: how much of it is found, and how much of what is said is right."""

import numpy as np

from pellucid.inspection.metrics import Evaluation
from pellucid.report.charts import Whisker, dot_chart
from pellucid.report.markup import count, details, escape, number, percent, section, table
from pellucid.report.material import Material

DRAWN = 24  # classes in the charts; of more the worst are drawn and all are in the table


def class_measures(material: Material) -> str:
    """The section: recall and precision as dots with Wilson intervals, and all measures by part."""
    evaluation = material.main
    if evaluation is None:
        return ""
    order = np.argsort(np.where(np.isnan(evaluation.recall), 2, evaluation.recall), kind="stable")[:DRAWN]
    recall = _rows(evaluation, order, evaluation.recall, evaluation.recall_intervals, "one")
    precision = _rows(evaluation, order, evaluation.precision, evaluation.precision_intervals, "two")
    which = "worst first" if len(order) == len(evaluation.classes) else f"the {len(order)} worst found"
    part = evaluation.part
    charts = (
        '<div class="columns"><figure class="chart"><h3>Recall: how much of a class is found</h3>'
        f"{dot_chart(recall, f'Recall of each class on the {part} part with 95 % Wilson intervals')}</figure>"
        '<figure class="chart"><h3>Precision: how much of what it says is right</h3>'
        f"{dot_chart(precision, f'Precision of each class on the {part} part with 95 % Wilson intervals')}"
        "</figure></div>"
    )
    lead = (
        f"<p>On the {part} part, {which}. The line through each dot is the 95\u202f% Wilson interval: "
        "where the true "
        f"value would lie, were there endless {material.thing}s.</p>"
    )
    return section(
        "classes",
        "Class by class",
        lead,
        charts,
        details("Show as table", _table(material, evaluation)),
        _overall(material),
    )


def _rows(
    evaluation: Evaluation, order: np.ndarray, values: np.ndarray, intervals: np.ndarray, look: str
) -> list[Whisker]:
    return [
        Whisker(
            evaluation.classes[k],
            float(values[k]),
            float(intervals[k, 0]),
            float(intervals[k, 1]),
            percent(values[k]),
            look,
        )
        for k in order
    ]


def _table(material: Material, evaluation: Evaluation) -> str:
    span = lambda interval: f"{percent(interval[0])} to {percent(interval[1])}"
    rows = [
        (
            escape(name),
            count(int(evaluation.counts[k])),
            count(int(evaluation.said[k])),
            percent(evaluation.recall[k]),
            span(evaluation.recall_intervals[k]),
            percent(evaluation.precision[k]),
            span(evaluation.precision_intervals[k]),
            percent(evaluation.f1[k]),
        )
        for k, name in enumerate(evaluation.classes)
    ]
    head = (
        "class",
        f"{material.thing}s",
        "said",
        "recall",
        "95\u202f% interval",
        "precision",
        "95\u202f% interval",
        "F1",
    )
    return table(f"Each class on the {evaluation.part} part", head, rows)


def _overall(material: Material) -> str:
    rows = []
    for part in ("train", "validation", "test"):
        if (evaluation := material.evaluations.get(part)) is None:
            continue
        low, high = evaluation.interval
        rows.append(
            (
                {"train": "training", "validation": "validation", "test": "test"}[part],
                count(len(evaluation)),
                percent(evaluation.accuracy, 2),
                f"{percent(low, 2)} to {percent(high, 2)}",
                percent(evaluation.balanced_accuracy, 2),
                percent(evaluation.macro_f1, 2),
                percent(evaluation.most_common[1], 2),
                number(evaluation.log_loss),
            )
        )
    head = (
        "part",
        f"{material.thing}s",
        "accuracy",
        "95\u202f% interval",
        "balanced accuracy",
        "mean F1",
        "most common class",
        "log loss (nats)",
    )
    return (
        "<h3 style='margin-top:1.6em'>All measures, part by part</h3>"
        f"{table('Measures by part of the data', head, rows)}"
    )
