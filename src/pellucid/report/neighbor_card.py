"""The reasons of a classifier that remembers, on a card: the nearest training pictures and how the classes voted."""

import numpy as np

from pellucid.inspection.resemblance import Neighbor, neighbors_of, shares_of_classes
from pellucid.report.markup import escape, percent
from pellucid.report.material import Material

LEGEND = "Below each are the training pictures it was compared with, the nearest first, and how they voted."

_MOST = 8  # neighbors that are shown


def reasons(material: Material, picture: np.ndarray, said: int) -> str:
    """The neighbors of a picture (H, W, C) or row (D,), as HTML."""
    near = neighbors_of(material.classifier, picture[np.newaxis])[0]
    votes = ", ".join(
        f"{_name(material, name, said)} {percent(p, 0)}" for name, p in shares_of_classes(near).items()
    )
    metric = escape(material.classifier.model.examples.metric)
    return (
        f"{_pictures(material, near, said)}"
        f'<p class="small">Votes of {len(near)}: {votes}. Distances ({metric}): {near[0].distance:,.4g} to '
        f"{near[-1].distance:,.4g}.</p>"
    )


def _pictures(material: Material, near: list[Neighbor], said: int) -> str:
    near = near[:_MOST]
    rows = material.dataset.train.rows[[each.number for each in near]]
    names = [_name(material, each.class_name, said) for each in near]
    if not material.has_pictures:
        listed = "".join(
            f"<li>{name}, {each.distance:,.4g}: {escape(material.origin(row))}</li>"
            for name, each, row in zip(names, near, rows, strict=True)
        )
        return f'<ol class="small">{listed}</ol>'
    titles = [
        f"{each.class_name} at {each.distance:,.4g}: {material.origin(row)}"
        for each, row in zip(near, rows, strict=True)
    ]
    tiles = material.tiles(rows, titles)
    items = "".join(f"<li>{tile}{name}</li>" for tile, name in zip(tiles, names, strict=True))
    return f'<ul class="tiles">{items}</ul>'


def _name(material: Material, name: str, said: int) -> str:
    return f'<b class="{"said" if name == material.classes[said] else "is"}">{escape(name)}</b>'
