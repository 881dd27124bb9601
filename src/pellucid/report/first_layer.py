"""The first layer of a network, drawn: what each unit or filter looks for."""

import numpy as np

from pellucid.inspection.pictures import gray, largest
from pellucid.report.markup import count, section
from pellucid.report.material import Material

MOST = 64  # units shown
_SHARE = 0.99  # of a unit's weights that its scale covers


def first_layer_gallery(material: Material) -> str:
    """The section: the first layer's weights as pictures, the longest first; empty for what sees no pictures."""
    layer = material.first_layer
    if layer is None:
        return ""
    what, shown = ("filter" if layer.filters else "unit"), layer.pictures[:MOST]
    # Each on a scale of its own: what a unit looks for is its pattern, and the next layer scales it anyway.
    pictures = np.stack([gray(each, largest(each, _SHARE)) for each in shown])
    titles = [f"{what} {number + 1}" for number in layer.numbers[:MOST]]
    tiles = "".join(material.template_sheets.tiles(pictures, titles))
    every = (
        f"all {count(len(layer.pictures), what)}"
        if len(shown) == len(layer.pictures)
        else (f"the {len(shown)} of {count(len(layer.pictures), what)} with the longest weights")
    )
    height, width = layer.pictures.shape[1:3]
    seen = (
        f"Each slides over the picture and sees {width} × {height} pixels at a time: edges, colors, spots."
        if layer.filters
        else "Each is one template for the whole picture; the layers behind combine them, so a class can have many. "
        "What looks like noise is mostly noise: a unit that learned little keeps its random start."
    )
    lead = (
        f"<p>The weights of its first layer as pictures, {every}, each on its own scale: gray is zero, bright where a "
        f"bright pixel excites the {what}, dark where it calms it. {seen}</p>"
    )
    return section("templates", "What its first layer looks for", lead, f'<div class="tiles">{tiles}</div>')
