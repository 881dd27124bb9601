"""The confusion matrix, whose cells open the pictures behind their numbers."""

import numpy as np

from pellucid.inspection.metrics import Evaluation
from pellucid.inspection.mistakes import cells, confusions
from pellucid.inspection.pictures import data_uri
from pellucid.report.markup import count, details, escape, percent, section, table
from pellucid.report.material import Material

FULL = 25  # classes up to which the matrix is a table of numbers
BUDGET = 1_600_000  # pixels of small pictures in all; about 1.5 MB of the page
MOST = 24  # pictures shown of one cell
NAMED = 6_000  # file names listed in all, of pictures that are not shown


def confusion(material: Material) -> str:
    """The section: the matrix (or, of many classes, its shades), and under it the list of each cell."""
    evaluation = material.main
    if evaluation is None:
        return ""
    full = len(evaluation.classes) <= FULL
    matrix = _matrix(material, evaluation) if full else _shades(material, evaluation)
    part = "validation" if evaluation.part == "validation" else evaluation.part
    lead = (
        f"<p>Each row is what {part} {material.thing}s are, each column what the classifier said. The "
        "shade is the "
        "share of the "
        "row. Numbers off the diagonal are mistakes; follow one to what is behind it.</p>"
    )
    return section("confusion", "What is taken for what", lead, matrix, _lists(material, evaluation))


def _matrix(material: Material, evaluation: Evaluation) -> str:
    classes, m = evaluation.classes, evaluation.confusion
    shares = m / np.maximum(evaluation.counts[:, np.newaxis], 1)
    off = shares.copy()
    np.fill_diagonal(off, 0)
    strongest = max(float(off.max()), 1e-9)
    head = "".join(f'<th scope="col"><span>{escape(name)}</span></th>' for name in classes)
    rows = []
    for true, name in enumerate(classes):
        line = [f'<th scope="row" title="{escape(name)}">{escape(name)}</th>']
        for said, n in enumerate(m[true]):
            if not n:
                line.append("<td></td>" if said != true else '<td class="right"></td>')
                continue
            label = f"{name}, called {classes[said]}: {n} ({percent(shares[true, said])})"
            link = f'<a href="#cell-{true}-{said}" title="{escape(label)}">{n:,}</a>'
            # The square root keeps rare mistakes visible beside frequent ones.
            shade = 0.62 * (shares[true, said] / strongest) ** 0.7
            line.append(
                f'<td class="right">{link}</td>'
                if said == true
                else f'<td style="--a:{shade:.2f}">{link}</td>'
            )
        recall = percent(evaluation.recall[true], 0)
        line.append(f'<td class="total">{recall} of {evaluation.counts[true]:,}</td>')
        rows.append(f"<tr>{''.join(line)}</tr>")
    return (
        '<div class="scroll" tabindex="0" role="region" aria-label="Confusion matrix"><table class="matrix">'
        f"<caption><span>{material.thing.title()}s of the {evaluation.part} part: rows are what they are, "
        "columns what was "
        "said; "
        "framed: right</span></caption>"
        f'<thead><tr><td></td>{head}<th scope="col"><span>recognized</span></th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _shades(material: Material, evaluation: Evaluation) -> str:
    classes, k = evaluation.classes, len(evaluation.classes)
    shares = evaluation.confusion / np.maximum(evaluation.counts[:, np.newaxis], 1)
    off = shares.copy()
    np.fill_diagonal(off, 0)
    shade = ((off / max(float(off.max()), 1e-9)) ** 0.6)[..., np.newaxis]
    picture = np.rint(np.array([246, 246, 244]) * (1 - shade) + np.array([148, 62, 4]) * shade).astype(
        np.uint8
    )
    picture[np.arange(k), np.arange(k)] = (205, 205, 202)
    rows = [
        (
            f'<a href="#cell-{one.true}-{one.said}">{escape(classes[one.true])}, called '
            f"{escape(classes[one.said])}</a>",
            count(one.count),
            percent(one.share),
        )
        for one in confusions(evaluation, 25)
    ]
    head = ("mistake", f"{material.thing}s", "share of the class")
    label = f"Confusion matrix of {k} classes as shades; the most frequent mistakes are in the table"
    return (
        '<div class="columns"><figure>'
        f'<img class="heat" src="{data_uri(picture)}" width="{k}" height="{k}" alt="{label}">'
        f"<figcaption>{k} × {k} classes in the order of their names; gray: right, brown: "
        "mistakes.</figcaption></figure>"
        + (table(f"The most frequent mistakes, {evaluation.part} part", head, rows) if rows else "")
        + "</div>"
    )


def _lists(material: Material, evaluation: Evaluation) -> str:
    groups = cells(evaluation)
    shown = _shown(material, {cell: len(places) for cell, places in groups.items()})
    named = NAMED
    parts = []
    many = len(evaluation.classes) > FULL
    for true, name in enumerate(evaluation.classes):
        mine = sorted(
            (cell for cell in groups if cell[0] == true),
            key=lambda cell: (cell[1] == true, -len(groups[cell])),  # mistakes first, what is right last
        )
        entries = []
        for cell in mine:
            entry, spent = _cell(material, evaluation, cell, groups[cell], shown, named)
            named -= spent
            entries.append(entry)
        if entries:
            body = "".join(entries)
            parts.append(
                details(f"{escape(name)}: all that was said", body)
                if many
                else f"<h3>{escape(name)}</h3>{body}"
            )
    return details(
        f"All {material.thing}s, cell by cell ({count(len(groups), 'cell')})",
        f'<div class="cells">{"".join(parts)}</div>',
    )


def _shown(material: Material, sizes: dict[tuple[int, int], int]) -> int:
    """How many pictures of each cell fit into the budget."""
    if not material.has_pictures:
        return 0
    room = BUDGET // (material.sheets.height * material.sheets.width)
    fits = lambda most: sum(min(size, most) for size in sizes.values()) <= room
    return next((most for most in range(MOST, 0, -1) if fits(most)), 1 if len(sizes) <= 2 * room else 0)


def _cell(
    material: Material,
    evaluation: Evaluation,
    cell: tuple[int, int],
    places: np.ndarray,
    shown: int,
    room: int,
) -> tuple[str, int]:
    """The list of one cell, and how many file names it spelled out."""
    true, said = cell
    names = evaluation.classes
    what = (
        f"{escape(names[true])}, recognized"
        if true == said
        else f"{escape(names[true])}, called {escape(names[said])}"
    )
    first, rest = places[:shown], places[shown:]
    titles = [
        f"{material.origin(evaluation.rows[i])} · {names[said]} {percent(evaluation.confidence[i], 0)}"
        for i in first
    ]
    tiles = material.tiles(evaluation.rows[first], titles) if len(first) else []
    items = "".join(
        f"<li>{tile}{percent(evaluation.confidence[i], 0)}</li>" for tile, i in zip(tiles, first, strict=True)
    )
    body = f'<ul class="tiles">{items}</ul>' if items else ""
    # Right verdicts are many and dull: of them the narrowest are shown, the others are in verdicts.csv.
    listed = rest[: min(room, 0 if true == said else len(rest))]
    if len(listed):
        spelled = "".join(f"<li>{escape(material.origin(evaluation.rows[i]))}</li>" for i in listed)
        body += details(f"{count(len(listed))} more by name", f'<ul class="names">{spelled}</ul>')
    if len(rest) > len(listed):
        body += f'<p class="small muted">{count(len(rest) - len(listed))} more in verdicts.csv.</p>'
    order = "narrowest first" if true == said else "gravest first"
    summary = f"{what}: {count(len(places), material.thing)}"
    # The anchor is inside, because a browser opens a closed part when a link leads into it.
    content = (
        f'<div id="cell-{true}-{said}"><p class="small muted">{order}; the number is the probability it '
        "gave. "
        f'<a href="#confusion">Back to the matrix</a></p>{body}</div>'
    )
    return details(summary, content), len(listed)
