"""Labels of held-out pictures that are probably wrong, by what the classifier says of them."""

import shlex

import numpy as np

from pellucid.inspection.metrics import Evaluation
from pellucid.inspection.review import Doubt
from pellucid.inspection.suspects import suspects
from pellucid.models.classifier import Classifier
from pellucid.report.markup import count, escape, percent, section
from pellucid.report.material import Material

_SHOWN = 24


def held_out_doubts(classifier: Classifier, evaluations: dict[str, Evaluation]) -> list[Doubt]:
    """The suspect labels of the parts that were not trained on, the most doubtful first.

    None by nearest neighbors: a few votes do not tell an unlikely class from an impossible one, and every mistake would
    be doubted.
    """
    held_out = [evaluations[part] for part in ("test", "validation") if part in evaluations]
    if not held_out or len(held_out[0].classes) < 2 or classifier.remembers:
        return []
    rows = np.concatenate([each.rows for each in held_out])
    found = suspects(
        np.concatenate([each.probabilities for each in held_out]),
        np.concatenate([each.labels for each in held_out]),
    )
    return [
        Doubt(int(rows[place]), "label", int(looks_like), float(other), float(own))
        for place, looks_like, other, own in zip(
            found.places, found.suggested, found.other, found.own, strict=True
        )
    ]


def suspect_labels(material: Material) -> str:
    """The section; nothing where no label is doubted."""
    found = held_out_doubts(material.classifier, material.evaluations)
    if not found or not material.has_pictures:
        return ""
    lead = (
        f"<p>Of {count(len(found), material.thing)} that it was not trained on the label is doubtful: it is of a class "
        "that the classifier thinks so unlikely that such a label is at least as likely wrong as right, by how often "
        "such labels come. They are listed in <code>suspects.csv</code> beside this page: write <i>relabel</i> or "
        "<i>remove</i> under <i>action</i>, and train again with <code>--corrections</code>. Of all pictures, also of "
        "those that it was trained on: "
        f"<code>pellucid data {escape(shlex.quote(material.dataset.source))} --suspects</code>.</p>"
    )
    tiles = material.tiles(
        [doubt.row for doubt in found[:_SHOWN]], [material.origin(doubt.row) for doubt in found[:_SHOWN]]
    )
    items = "".join(_item(material, doubt, tile) for doubt, tile in zip(found, tiles, strict=False))
    return section(
        "suspects", "Suspect labels", lead, f'<ul class="gallery hung" style="--tile:150px">{items}</ul>'
    )


def _item(material: Material, doubt: Doubt, tile: str) -> str:
    label = escape(material.classes[material.dataset.labels[doubt.row]])
    suggested = escape(material.classes[doubt.suggested or 0])
    return (
        f'<li>{tile}<p class="small">labelled <b class="is">{label}</b>,<br>looks like <b class="said">{suggested}</b> '
        f"({percent(doubt.probability, 0)})</p></li>"
    )
