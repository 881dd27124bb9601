"""The units of a network by the pictures that excite them most, drawn."""

from collections import Counter

from pellucid.inspection.exciting import Excitement, Unit, most_exciting
from pellucid.report.markup import count, escape, section
from pellucid.report.material import Material

_COLUMNS = 4  # pictures of a unit side by side, as the style sheet has it
_NAMED = 2  # classes named for a unit


def exciting_pictures(material: Material) -> str:
    """The section: for each unit that matters the training pictures that excite it most; empty without units."""
    found = most_exciting(material.classifier, material.dataset) if material.has_pictures else None
    if found is None or not found.units:
        return ""
    what = "channel" if found.channels else "unit"
    side = material.sheets.width * material.sheets.factor
    items = "".join(
        f"<li><h3><b>{what} {unit.number + 1}</b><br><small>{_told(material, unit)}</small></h3>"
        f'<div class="tiles four">{"".join(_tiles(material, unit))}</div></li>'
        for unit in found.units
    )
    width = _COLUMNS * (side + 2)
    return section(
        "units",
        "What excites its units",
        _lead(found, what),
        f'<ul class="gallery" style="--tile:{width}px">{items}</ul>',
    )


def _lead(found: Excitement, what: str) -> str:
    every = count(found.count, what)
    shown = f"all {every}" if len(found.units) == found.count else f"{len(found.units)} of {every}"
    which = (
        f"Of its last convolution {shown}, the one that counts most for the scores first. A channel is what one filter "
        "finds, averaged over the picture"
        if found.channels
        else f"Of its first hidden layer {shown}, the one that counts most for the next layer first"
    )
    silent = f" {count(found.silent, what)} say the same of every picture." if found.silent else ""
    return (
        f"<p>{which}. For each of them the pictures that excite it most, out of {found.pictures:,} training pictures, "
        f"the strongest first: what they have in common is what the {what} looks for.{silent}</p>"
    )


def _told(material: Material, unit: Unit) -> str:
    """What a unit is for, in a few words: the class it speaks for, and the classes of its pictures."""
    names = Counter(material.classes[k] for k in material.dataset.labels[unit.rows])
    seen = ", ".join(f"{escape(name)}\u00a0({number})" for name, number in names.most_common(_NAMED))
    speaks = "" if unit.raises is None else f"speaks for {escape(material.classes[unit.raises])}; "
    return f"{speaks}pictures of {seen}"


def _tiles(material: Material, unit: Unit) -> list[str]:
    titles = [
        f"{material.classes[material.dataset.labels[row]]}, {value:.2f}: {material.origin(row)}"
        for row, value in zip(unit.rows, unit.values, strict=True)
    ]
    return material.tiles(unit.rows, titles)
