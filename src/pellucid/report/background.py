"""Where it comes from: the data, what the model saw of it, timings and versions."""

from typing import Any

import numpy as np

from pellucid.data.dataset import PARTS
from pellucid.report.augmented import augmented
from pellucid.report.markup import count, details, duration, escape, section, settings, table
from pellucid.report.material import Material

SHEET = 320  # pictures in the contact sheet, about
LISTED = 500  # unreadable files that are spelled out
FIT = {
    "pad": "fitted in whole, the rest black",
    "crop": "made to fill it, what sticks out cut off on both sides",
    "stretch": "stretched",
}


def data(material: Material) -> str:
    """The section of counts by class and part, what could not be read, and what was noted."""
    dataset = material.dataset
    k = len(dataset.classes)
    counts = np.stack(
        [np.bincount(dataset.labels[dataset.split == part], minlength=k) for part in range(len(PARTS))],
        axis=1,
    )
    used = [i for i in range(len(PARTS)) if counts[:, i].any()]
    names = ("training", "validation", "test")
    rows = [
        (escape(name), *(count(int(counts[c, i])) for i in used), count(int(counts[c].sum())))
        for c, name in enumerate(dataset.classes)
    ]
    if k > 1:
        rows.append(
            ("all classes", *(count(int(counts[:, i].sum())) for i in used), count(int(counts.sum())))
        )
    things = f"{material.thing}s"
    shown = table(f"{things.title()} by class and part", ("class", *(names[i] for i in used), "all"), rows)
    shown = shown if k <= 30 else details(f"Counts of all {k} classes", shown)
    lead = (
        f"<p>{len(dataset):,} {things} in {k:,} classes, from <code>"
        f"{escape(dataset.source or dataset.name)}</code>.</p>"
    )
    return section("data", "The data", lead, _notes(material), shown, _unreadable(material))


def _notes(material: Material) -> str:
    recorded = material.recorded("data", "notes")
    notes = list(material.dataset.notes)
    notes += [note for note in recorded if note not in notes] if isinstance(recorded, list) else []
    return f"<ul>{''.join(f'<li>{escape(note)}</li>' for note in notes)}</ul>" if notes else ""


def _unreadable(material: Material) -> str:
    pairs: list[Any] = list(material.dataset.unreadable) or material.recorded("data", "unreadable") or []
    pairs = [pair for pair in pairs if isinstance(pair, list | tuple) and len(pair) == 2]
    if not pairs:
        return ""
    rows = [(f"<code>{escape(path)}</code>", escape(reason)) for path, reason in pairs[:LISTED]]
    more = f"<p class=muted>{count(len(pairs) - LISTED)} more in run.json.</p>" if len(pairs) > LISTED else ""
    one = len(pairs) == 1
    title = f"{count(len(pairs), 'file')} could not be read and {'was' if one else 'were'} left out"
    return details(title, table("Left out", ("file", "reason"), rows, words=(1,)) + more)


def contact_sheet(material: Material) -> str:
    """The section that shows pictures of each class exactly as the model sees them."""
    if not material.has_pictures:
        return ""
    dataset = material.dataset
    each = max(3, min(12, SHEET // max(1, len(dataset.classes))))
    rows_by_class = []
    for k, name in enumerate(dataset.classes):
        rows = np.flatnonzero((dataset.labels == k) & (dataset.split == 0))
        # Evenly spaced: the first files of a folder are often of one day or one camera.
        chosen = (
            rows[np.unique(np.linspace(0, len(rows) - 1, min(each, len(rows))).astype(np.int64))]
            if len(rows)
            else rows
        )
        tiles = material.tiles(chosen, [f"{name}: {material.origin(row)}" for row in chosen])
        rows_by_class.append(
            f'<div><dt>{escape(name)}</dt><dd class="tiles">{"".join(tiles) or "no training pictures"}</dd>'
            "</div>"
        )
    frame = dataset.frame
    how = ""
    if frame is not None:
        color = "in gray" if frame.color == "gray" else "in color"
        pixels = f"{frame.width}\u00a0×\u00a0{frame.height} pixels"
        how = f" It sees {pixels} {color}; pictures of another size are {FIT[frame.fit]}."
    lead = f"<p>Training pictures exactly as the model sees them.{how}</p>"
    if dataset.images.ndim != 4:
        numbers = count(dataset.images.shape[1], "number")
        lead = f"<p>Training pictures. The model sees {numbers} of each, which were made elsewhere.</p>"
    sheet = f'<dl class="sheet">{"".join(rows_by_class)}</dl>'
    if len(dataset.classes) > 30:
        sheet = details(f"Pictures of all {len(dataset.classes)} classes", sheet)
    return section("seen", "What the model saw", lead, sheet, augmented(material))


def timings(material: Material) -> str:
    """The section of how long everything took and which versions made it."""
    seconds = material.recorded("result", "seconds")
    names = {
        "data": "reading the data",
        "prepare": "preparing it",
        "compile": "compiling",
        "train": "training",
        "evaluate": "measuring",
        "report": "writing this report",
    }
    known = seconds if isinstance(seconds, dict) else {}
    rows = [
        (names.get(name, str(name).replace("_", " ")), duration(float(value)))
        for name, value in known.items()
        if isinstance(value, int | float)
    ]
    versions = material.recorded("versions")
    versions = versions if isinstance(versions, dict) else {}
    made = (
        [("pellucid", escape(material.recorded("pellucid") or ""))] if material.recorded("pellucid") else []
    )
    made += [(str(name), escape(value)) for name, value in versions.items() if str(name) != "pellucid"]
    if not rows and not made:
        return ""
    return section(
        "timings",
        "Timings and versions",
        '<div class="columns">',
        settings("Seconds spent", rows),
        settings("Made with", made),
        "</div>",
    )
