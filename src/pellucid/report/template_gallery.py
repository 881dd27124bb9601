"""The rows of W, drawn: what the classifier looks for in each class."""

import numpy as np

from pellucid.inspection.mistakes import confusions
from pellucid.inspection.pictures import data_uri, diverging, largest
from pellucid.inspection.templates import as_pictures, centered, difference, signed_pictures, templates
from pellucid.report.first_layer import first_layer_gallery
from pellucid.report.markup import escape, section
from pellucid.report.material import Material

STRIP = 1024  # inputs up to which the weights of rows of numbers are drawn as a strip


def template_gallery(material: Material) -> str:
    """The section: each class's template as a picture and centered, and those of the pairs it confuses; of a network
    the weights of its first layer."""
    if material.classifier.remembers:
        return ""
    if not material.classifier.linear:
        return first_layer_gallery(material)
    if material.classifier.preprocessing.measure is not None:
        return ""  # the section of features draws them
    if not material.sees_pixels:
        return _strip(material)
    shape = tuple(int(side) for side in material.dataset.images.shape[1:])
    t = templates(material.classifier, shape)
    as_is = material.template_sheets.tiles(
        as_pictures(t), [f"Template of {name} as a picture" for name in material.classes]
    )
    apart = material.template_sheets.tiles(
        signed_pictures(centered(t)),
        [f"What sets {name} apart: blue against, orange for" for name in material.classes],
    )
    wide = material.template_sheets.width * material.template_sheets.factor
    pair = lambda a, b: f'<div class="pair">{a}{b}</div>'
    items = "".join(
        f"<li><h3>{escape(name)}</h3>{pair(a, b)}</li>"
        for name, a, b in zip(material.classes, as_is, apart, strict=True)
    )
    lead = (
        "<p>A linear classifier has one template a class; the score is how well a picture fits it. Left: the "
        "weights as a picture, where gray is zero, on one scale for all classes. Right: what sets the "
        "class apart "
        "from the mean of all, summed over colors. In score per pixel step, compared with the average "
        "training "
        "picture.</p>"
    )
    scale = '<p class="scale"><span>brightness speaks against</span><i></i><span>for the class</span></p>'
    return section(
        "templates",
        "What it looks for",
        lead,
        scale,
        f'<ul class="gallery" style="--tile:{2 * wide + 4}px">{items}</ul>',
        _pairs(material, t, wide),
    )


def _pairs(material: Material, t: np.ndarray, wide: int) -> str:
    if material.main is None:
        return ""
    pairs: list[tuple[int, int]] = []
    for one in confusions(material.main, 24):
        if (one.true, one.said) not in pairs:  # a − b and b − a are one picture and its negative
            pairs.append((one.said, one.true))
    if not (pairs := pairs[:4]):
        return ""
    differences = np.stack([difference(t, said, true) for said, true in pairs])
    names = material.classes
    titles = [f"{names[said]} minus {names[true]}" for said, true in pairs]
    colored = material.template_sheets.tiles(as_pictures(differences), titles)
    summed = material.template_sheets.tiles(
        signed_pictures(differences), [f"{title}, summed over colors" for title in titles]
    )
    items = "".join(
        f'<li><h3>{escape(names[said])} − {escape(names[true])}</h3><div class="pair">{a}{b}</div></li>'
        for (said, true), a, b in zip(pairs, colored, summed, strict=True)
    )
    return (
        "<h3>Why one and not the other</h3><p>Between two classes only the difference of their templates "
        "decides. These are the pairs it confuses most: orange where brightness makes it say the first, blue "
        "where the second.</p>"
        f'<ul class="gallery" style="--tile:{2 * wide + 4}px">{items}</ul>'
    )


def _strip(material: Material) -> str:
    weight = material.classifier.templates[0].astype(np.float64)
    if weight.shape[1] > STRIP:
        return ""
    rows = np.repeat(diverging(weight, largest(weight, 0.995)), 8, axis=0)
    strongest = "".join(
        f"<li><b>{escape(name)}</b>: {_largest(weight[k])}</li>"
        for k, name in enumerate(material.classes[:100])
    )
    lead = (
        "<p>One row a class, one column an input number, in units of standardized inputs: orange where a "
        "large "
        "number speaks for the class, blue where against.</p>"
    )
    label = f"Weights of {weight.shape[0]} classes and {weight.shape[1]} inputs"
    return section(
        "templates",
        "What it looks for",
        lead,
        f'<img class="heat" src="{data_uri(rows)}" alt="{label}" width="{rows.shape[1]}" '
        f'height="{rows.shape[0]}" '
        f'style="width:100%;height:{min(480, 18 * len(weight))}px">',
        f'<h3 style="margin-top:1em">The strongest weights</h3><ul>{strongest}</ul>',
    )


def _largest(row: np.ndarray) -> str:
    order = np.argsort(-np.abs(row), kind="stable")[:4]
    return ", ".join(f"number {i + 1} ({'+' if row[i] >= 0 else '−'}{abs(row[i]):.3g})" for i in order)
