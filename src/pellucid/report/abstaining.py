"""When it says "none of these": what that costs, for every threshold, and what it said it of."""

from typing import Any

import numpy as np

from pellucid.inspection.metrics import Evaluation
from pellucid.models.refusal import Refusal
from pellucid.report.charts import Line, line_chart
from pellucid.report.markup import chart, count, escape, percent, section, table
from pellucid.report.material import Material

_SHOWN = 8
"""Refused pictures that are shown, with those that are nearest to them."""


def abstaining(material: Material) -> str:
    """The section: limits, rates, a curve, and refused pictures; nothing for a classifier that always names a class."""
    evaluation, refusal = material.main, material.classifier.refusal
    told = material.recorded("result", "refusal", evaluation.part) if evaluation is not None else None
    if evaluation is None or refusal is None or not isinstance(told, dict):
        return ""
    others = material.recorded("result", "refusal", "others")
    return section(
        "none",
        "When it says “none of these”",
        _lead(material, told, others, refusal),
        _curve(material, told, others),
        _refused(material, evaluation),
    )


def _lead(material: Material, told: dict[str, Any], others: Any, refusal: Refusal) -> str:
    limits, compared = [], count(len(refusal.vicinity.points), f"training {material.thing}")
    if told["threshold"]:
        limits.append(f"its most probable class is less probable than {percent(told['threshold'])}")
    if told["farthest"] is not None:
        limits.append(
            f"the nearest training {material.thing} is more than {told['farthest']:.2g} times as far as usual"
        )
    if not limits:
        return (
            f"<p>Never: there are too few right verdicts on the validation part to promise that at most "
            f"{percent(told['share'])} of them are refused.</p>"
        )
    strange = (
        f" Of {count(others['pictures'], material.thing)} of none of the classes "
        f"(<code>{escape(others['source'])}</code>) {percent(others['accepted'])} are accepted."
        if isinstance(others, dict)
        else ""
    )
    return (
        f"<p>It refuses a {material.thing} if {' or if '.join(limits)}: set on the validation part so that at most "
        f"{percent(told['share'])} of the right verdicts are lost. Of the {told['part']} part it "
        f"refuses {percent(told['refused'])}: <b>{percent(told['wrong_refusals'])} of its right verdicts are wrongly "
        f"refused, {percent(told['wrong_acceptances'])} of its wrong ones are wrongly accepted</b>, and what it "
        f"accepts is {percent(told['accuracy'])} right.{strange} Distances are those to the nearest "
        f"of {compared}, in what the model sees, in units of the usual one, that of a validation {material.thing}.</p>"
    )


def _curve(material: Material, told: dict[str, Any], others: Any) -> str:
    shares = np.arange(100)  # at 100 % everything is refused
    number = lambda values: np.array([np.nan if v is None else v for v in values[:100]], np.float64)
    lines = [
        Line("right, refused", shares.tolist(), (100 - 100 * number(told["right_accepted"])).tolist(), "one"),
        Line("wrong, kept", shares.tolist(), (100 * number(told["wrong_accepted"])).tolist(), "two"),
    ]
    if isinstance(others, dict):
        kept = 100 * number(others["accepted_by_threshold"])
        lines.append(Line("others, kept", shares.tolist(), kept.tolist(), "three"))
    drawn = line_chart(
        lines,
        f"Wrong refusals and wrong acceptances on the {told['part']} part for every threshold",
        lambda value: f"{value:.0f} %",
        mark=(100 * told["threshold"], f"threshold {100 * told['threshold']:.0f} %"),
        x_name="threshold of the probability, %",
    )
    rows = [
        (f"{place} %", *(f"{line.y[place]:.1f} %" if np.isfinite(line.y[place]) else "–" for line in lines))
        for place in range(0, 100, 10)
    ]
    twin = table("For every tenth threshold", ("threshold", *(line.name for line in lines)), rows)
    caption = (
        "A higher threshold refuses more right verdicts and keeps fewer wrong ones"
        + (", and fewer of the others" if len(lines) > 2 else "")
        + ". What is too far away is refused by every threshold, so the curves need not begin at 0 and 100 %."
    )
    return chart(drawn, caption, twin) if drawn else ""


def _refused(material: Material, evaluation: Evaluation) -> str:
    """Some refused pictures, the least sure first, each beside the training pictures nearest to it."""
    if not material.has_pictures:
        return ""
    refusal, see = material.classifier.refusal, material.classifier.preprocessing.apply
    vicinity, images = refusal.vicinity, material.dataset.images
    distances = vicinity.distances(see, images, evaluation.rows)
    places = np.flatnonzero(refusal.refused(evaluation.confidence, distances))
    if not len(places):
        return f"<p>It refused nothing of the {evaluation.part} part.</p>"
    half = _SHOWN // 2
    unsure = places[np.argsort(evaluation.confidence[places], kind="stable")][:half]
    far = places[np.argsort(-distances[places], kind="stable")]
    shown = [*unsure, *far[~np.isin(far, unsure)][: _SHOWN - len(unsure)]]
    rows_of = {str(name): row for row, name in enumerate(material.dataset.origins)}
    found, nearest = vicinity.nearest(see, images, evaluation.rows[shown], 2)
    items = []
    for place, how_far, which in zip(shown, found, nearest, strict=True):
        row, best = int(evaluation.rows[place]), material.classes[evaluation.predicted[place]]
        is_named = material.classes[evaluation.labels[place]]
        own = material.tiles([row], [f"{is_named}: {material.origin(row)}"])
        known = [rows_of[vicinity.names[k]] for k in which if vicinity.names[k] in rows_of]
        titles = [f"{material.classes[material.dataset.labels[r]]}: {material.origin(r)}" for r in known]
        near = material.tiles(known, titles)
        items.append(
            f'<li><div class="tiles near">{"".join(own)}<span class="arrow">nearest</span>{"".join(near)}</div>'
            f'<p class="small">it is <b class="is">{escape(is_named)}</b>; at best <b class="said">{escape(best)}</b> '
            f"{percent(evaluation.confidence[place], 0)}; {how_far[0]:.2g} times as far as usual</p></li>"
        )
    return (
        f"<h3>What it refused</h3><p>Of {count(len(places), material.thing)} of the {evaluation.part} part, "
        f"the {half} of which it was least sure and the {half} that are farthest from what it was trained on, each "
        "beside the training pictures nearest to it.</p>"
        f'<ul class="gallery" style="--tile:320px">{"".join(items)}</ul>'
    )
