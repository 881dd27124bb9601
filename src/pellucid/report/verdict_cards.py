"""Single verdicts with their reasons: the most confident mistakes and the closest calls."""

import numpy as np

from pellucid.inspection.attribution import GRADIENT_TIMES_INPUT, explanation
from pellucid.inspection.bill import bill
from pellucid.inspection.contributions import BASELINE, Receipt, signed
from pellucid.inspection.drawings import overlay, waterfall
from pellucid.inspection.metrics import Evaluation
from pellucid.inspection.mistakes import closest_calls, confident_mistakes
from pellucid.inspection.pictures import color_picture, data_uri, shrunk
from pellucid.report import neighbor_card
from pellucid.report.charts import short
from pellucid.report.markup import count, escape, percent, section
from pellucid.report.material import Material

EXACT_PIXELS = 64 * 64  # pictures up to this size are stored exactly
SIDE = 192  # larger pictures are shrunk to about this


_APPROXIMATE = (
    f"They are <b>approximate</b>: {GRADIENT_TIMES_INPUT}, as if the network were straight between the average and "
    "this one. Each card says how much of the score's difference to the average they account for."
)


def mistakes(material: Material, most: int = 12) -> str:
    """The section of the verdicts that were wrong and sure."""
    evaluation = material.main
    if evaluation is None or not (places := confident_mistakes(evaluation, most)).size:
        return ""
    wrong = int((~evaluation.correct).sum())
    lead = (
        f"<p>Of {count(wrong, 'mistake')} on the {evaluation.part} part these are the ones it was surest of. "
        f"{_legend(material)}</p>"
    )
    cards = [_card(material, evaluation, int(i), int(evaluation.labels[i])) for i in places]
    return section(
        "mistakes", "The most confident mistakes", lead, f'<ul class="cards">{"".join(cards)}</ul>'
    )


def close_calls(material: Material, most: int = 6) -> str:
    """The section of the verdicts that nearly were another."""
    evaluation = material.main
    if evaluation is None or len(evaluation.classes) < 2:
        return ""
    lead = (
        f"<p>Here the two best scores are nearly equal: a slightly different {material.thing} would have "
        "tipped the "
        "verdict. "
        f"{_legend(material)}</p>"
    )
    places = closest_calls(evaluation, most)
    cards = [_card(material, evaluation, int(i), int(evaluation.runner_up[i])) for i in places]
    return section("close", "The closest calls", lead, f'<ul class="cards">{"".join(cards)}</ul>')


def _legend(material: Material) -> str:
    if material.classifier.remembers:
        return neighbor_card.LEGEND
    words = "" if material.classifier.linear else f" {_APPROXIMATE}"
    if not material.draws_receipts:
        return f"Contributions are {BASELINE.replace('picture', 'example')}.{words}"
    return (
        'Orange pixels spoke <span class="said">for</span> what it said, blue ones '
        f'<span class="is">against</span>, {BASELINE}.'
        f"{words or ' All contributions and the bias add up to the score.'}"
    )


def _card(material: Material, evaluation: Evaluation, place: int, other: int) -> str:
    row = int(evaluation.rows[place])
    picture = np.asarray(material.dataset.images[row])
    said, true = int(evaluation.predicted[place]), int(evaluation.labels[place])
    names = evaluation.classes
    outcome = (
        '<span class="yes">✓ right</span>'
        if said == true
        else f'✗ it is <b class="is">{escape(names[true])}</b>'
    )
    title = (
        f'said <b class="said">{escape(names[said])}</b> '
        f"{percent(evaluation.probabilities[place, said], 0)} · {outcome}"
    )
    if material.classifier.remembers:
        face = _picture_only(material, row)
        reasons = neighbor_card.reasons(material, picture, said)
        return f'<li><h3>{title}</h3>{face}{reasons}<p class="from">{escape(material.origin(row))}</p></li>'
    why = explanation(material.classifier, picture, said, other)
    faces = _faces(picture, why, names[true]) if material.draws_receipts else _picture_only(material, row)
    words = "" if material.draws_receipts else _strongest(why)
    return (
        f"<li><h3>{title}</h3>{faces}"
        f'<p class="small">Why <b>{escape(names[said])}</b> and not <b>{escape(names[other])}</b>:</p>'
        f"{waterfall(why)}{words}{_lines(material, why, picture)}"
        f"{_sums(material, evaluation, picture, place, said, other)}"
        f'<p class="from">{escape(material.origin(row))}</p></li>'
    )


def _faces(picture: np.ndarray, why: Receipt, true: str) -> str:
    heat = overlay(picture, why)
    for_it, against = why.reasons(1)
    words = ", ".join([f"{reason.where} {signed(reason.amount)}" for reason in (*for_it, *against)])
    return (
        '<div class="faces"><figure>'
        f'<img src="{_uri(picture)}" {_size(picture)} alt="The picture as the model saw it; it is '
        f'{escape(true)}">'
        "<figcaption class=small>as the model saw it</figcaption></figure><figure>"
        f'<img src="{_uri(heat)}" {_size(picture)} alt="Contributions drawn on the picture; strongest '
        f'regions: {words}">'
        f"<figcaption>strongest: {words}</figcaption></figure></div>"
    )


def _picture_only(material: Material, row: int) -> str:
    if not material.has_pictures:
        return ""
    picture = np.asarray(material.viewable[row])
    return (
        f'<div class="faces"><figure><img src="{_uri(picture)}" {_size(picture)} alt="The picture">'
        "</figure></div>"
    )


def _lines(material: Material, why: Receipt, picture: np.ndarray) -> str:
    """The features that counted most: what each is, where it is in the picture, what it added."""
    if not why.items:
        return ""
    lines = []
    for line in bill(material.classifier.preprocessing.measure, why, picture):
        name = str(line.item)
        icon = material.icon_sheets.tiles(line.icon[np.newaxis], [name])[0]
        place = material.place_sheets.tiles(line.where[np.newaxis], [f"where {name} is"])[0]
        side = "said" if line.item.amount > 0 else "is"
        lines.append(
            f'<li>{icon}{place}<span>{escape(name)}<br><b class="{side}">{signed(line.item.amount, 3)}</b></span></li>'
        )
    return f'<ul class="bill">{"".join(lines)}</ul>'


def _strongest(why: Receipt) -> str:
    for_it, against = why.reasons(3)
    named = lambda reasons: (
        ", ".join(f"{reason.where} {signed(reason.amount)}" for reason in reasons) or "nothing"
    )
    return f'<p class="small">For: {named(for_it)}.<br>Against: {named(against)}.</p>'


def _sums(
    material: Material, evaluation: Evaluation, picture: np.ndarray, place: int, said: int, other: int
) -> str:
    """bias + Σ contributions = score, for the verdict and the class it is compared with; for a network what the
    average picture's score and the contributions come to, beside the score."""
    bills = [explanation(material.classifier, picture, index) for index in (said, other)]
    exact, approximate = all(each.exact for each in bills), any(each.method for each in bills)
    rows = []
    for index, each in zip((said, other), bills, strict=True):
        rows.append(
            f'<tr><th scope="row">{escape(short(each.class_name, 18))}</th><td class="n">'
            f"{signed(each.bias, 3)}</td>"
            f'<td class="n">{signed(each.total - each.bias, 3)}</td><td class="n">'
            f"{signed(each.score, 3)}</td>"
            f'<td class="n">{percent(evaluation.probabilities[place, index], 0)}</td></tr>'
        )
    badge = "approximately" if approximate else "exact to 1e-5" if exact else "rounded in float32"
    offset, equal = ("average", "≈") if approximate else ("bias", "=")
    added = "pixels" if material.sees_pixels else "features" if bills[0].items else "inputs"
    said_so = f'<p class="small">{escape(bills[0].title)}: {escape(bills[0].reliability)}.</p>'
    return (
        f'<table><caption class="hidden">Bias and contributions add up to the score ({badge})</caption>'
        f'<thead><tr><th scope="col"><span class="hidden">class</span></th><th scope="col" class="n">{offset}</th>'
        f'<th scope="col" class="n">+ {added}</th><th scope="col" class="n">{equal} score</th>'
        f'<th scope="col" class="n">prob.</th></tr></thead><tbody>{"".join(rows)}</tbody></table>'
        f"{said_so if approximate else ''}"
    )


def _uri(picture: np.ndarray) -> str:
    small = shrunk(color_picture(picture)[np.newaxis], SIDE)[0]
    return data_uri(small, exact=small.shape[0] * small.shape[1] <= EXACT_PIXELS)


def _size(picture: np.ndarray) -> str:
    return f'width="{picture.shape[1]}" height="{picture.shape[0]}"'
