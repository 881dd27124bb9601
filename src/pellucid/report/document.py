"""The report: one HTML file that explains a trained classifier, readable with no network and no script."""

import os
from importlib import resources
from typing import Any

from pellucid.data.dataset import Dataset
from pellucid.inspection.metrics import Evaluation
from pellucid.report import (
    abstaining,
    background,
    believability,
    class_measures,
    confusion,
    exciting,
    feature_section,
    health,
    learning,
    neighbors_tried,
    overview,
    suspect_labels,
    template_gallery,
    verdict_cards,
)
from pellucid.report.markup import escape, page
from pellucid.report.material import Material
from pellucid.storage.atomic import write_text

# What each section is called in the list of links, in the order of the page.
LINKS = {
    "confusion": "Confusion matrix",
    "mistakes": "Confident mistakes",
    "close": "Closest calls",
    "classes": "Class by class",
    "features": "Features",
    "templates": "Templates",
    "units": "Units",
    "suspects": "Suspect labels",
    "calibration": "Probabilities",
    "none": "None of these",
    "neighbors": "Number of neighbors",
    "learning": "Learning curves",
    "health": "Health",
    "rate": "Learning rate",
    "recipe": "Recipe",
    "checks": "Checks",
    "data": "Data",
    "seen": "What the model saw",
    "timings": "Timings",
}


def write_report(
    path: str | os.PathLike[str],
    *,
    dataset: Dataset,
    classifier: Any,
    evaluations: dict[str, Evaluation],
    events: list[dict[str, Any]],
    run: dict[str, Any],
) -> None:
    """Write the report of one run as a single HTML file, or nothing at all.

    Parameters
    ----------
    path : where the file will stand
    dataset : the data, with its split
    classifier : the trained classifier (classes, kind, params, temperature, preprocessing, scores)
    evaluations : by part, any of "train", "validation", "test"; the page is about the last of these that is
        there
    events : the records of events.jsonl; those of epochs are drawn
    run : the content of run.json; whatever is missing is left out of the page

    Raises
    ------
    StorageError : the disk refuses; what stood at `path` before is untouched
    """
    write_text(path, report(Material(dataset, classifier, evaluations, events, run)))


def report(material: Material) -> str:
    """The whole page as text."""
    header = overview.headline(material)
    sections = {
        "confusion": confusion.confusion(material),
        "mistakes": verdict_cards.mistakes(material),
        "close": verdict_cards.close_calls(material),
        "classes": class_measures.class_measures(material),
        "features": feature_section.feature_section(material),
        "templates": template_gallery.template_gallery(material),
        "units": exciting.exciting_pictures(material),
        "suspects": suspect_labels.suspect_labels(material),
        "calibration": believability.believability(material),
        "none": abstaining.abstaining(material),
        "neighbors": neighbors_tried.neighbors_tried(material),
        "learning": learning.curves(material),
        "health": health.health(material),
        "rate": learning.rate(material),
        "recipe": overview.summary(material),
        "checks": learning.checks(material),
        "data": background.data(material),
        "seen": background.contact_sheet(material),
        "timings": background.timings(material),
    }
    names = {**LINKS, "templates": "First layer"} if material.classifier.network else LINKS
    links = [(anchor, names[anchor]) for anchor, content in sections.items() if content]
    # Last, because the sections fill the sheets.
    look = "\n".join((style(), *(sheets.style() for sheets in material.all_sheets)))
    main = material.main
    accuracy = "" if main is None else f": {100 * main.accuracy:.1f} % right"
    return page(
        f"{material.dataset.name}{accuracy}",
        look,
        header,
        links,
        "".join(sections.values()),
        _footer(material),
    )


def style() -> str:
    """The style sheet that all pages of pellucid share."""
    return resources.files("pellucid.report").joinpath("static/style.css").read_text("utf-8")


def _footer(material: Material) -> str:
    version = material.recorded("pellucid")
    made = f"pellucid {escape(version)}" if version else "pellucid"
    return (
        f"<p>Made by {made}. This file holds everything it shows: nothing is loaded from anywhere, nothing "
        "is sent. "
        "It contains small copies of the pictures; share it as you would share them.</p>"
    )
