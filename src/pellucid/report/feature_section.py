"""What a model on features sees of a picture, what its features learned, and what it looks for in them, drawn."""

from typing import Any

import numpy as np

from pellucid.inspection.feature_drawing import feature_figures
from pellucid.inspection.learned_drawing import class_pictures, learned_figures
from pellucid.inspection.paper import Figure
from pellucid.inspection.pictures import data_uri
from pellucid.inspection.views import Seen, views
from pellucid.inspection.words_view import WordsView, nearest_patches
from pellucid.report.markup import count, escape, section
from pellucid.report.material import Material

_PICTURES = 4  # training pictures whose features are drawn
_SIDE = 160  # pixels, about, of the longer side of a drawn picture
_WORDS = 3  # words of a class whose patches are shown
_PATCHES = 8  # patches of a word
_WORK = 2e9  # multiply-adds that the search for patches may cost
_CLASSES = 24  # classes whose weights are drawn


def feature_section(material: Material) -> str:
    """The section: training pictures with their features, what was learned, the weights of each class; empty where the
    model sees the pixels themselves."""
    seen = material.classifier.preprocessing
    learned = learned_figures(seen)
    if not material.has_pictures or (seen.measure is None and not learned):
        return ""
    body = [_learned(learned)]
    if seen.measure is not None:
        body = [_kept(material), *body, _classes(material)]
    lead = (
        f"<p>The model is not shown pixels but {count(seen.features, 'number')} of each picture: "
        f"<code>{escape(seen.described)}</code>. What they do not keep cannot decide.</p>"
    )
    return section("features", "What the model sees", lead, *body)


def _kept(material: Material) -> str:
    """One training picture of each of the first classes, with what its features keep."""
    dataset = material.dataset
    train = dataset.train.rows if len(dataset.train.rows) else np.arange(len(dataset))
    firsts = [train[dataset.labels[train] == k][:1] for k in range(len(dataset.classes))]
    rows = np.concatenate(firsts)[:_PICTURES]
    lines = []
    for row in rows:
        name = dataset.classes[int(dataset.labels[row])]
        figures = feature_figures(material.classifier.preprocessing.measure, dataset.images[row], _SIDE)
        shown = "".join(_figure(each, f"{each.heading} of a picture of {name}") for each in figures)
        lines.append(f'<li><h3>{escape(name)}</h3><div class="kept">{shown}</div></li>')
    return f'<ul class="plain">{"".join(lines)}</ul>'


def _learned(figures: list[Figure]) -> str:
    if not figures:
        return ""
    shown = "".join(_figure(each, each.heading) for each in figures)
    return (
        "<h3 class=apart>What the features learned</h3><p>From the training pictures alone, without their labels.</p>"
        f'<div class="kept">{shown}</div>'
    )


def _figure(figure: Figure, label: str) -> str:
    height, width = figure.drawn.shape[:2]
    return (
        f'<figure><img src="{data_uri(figure.drawn)}" width="{width}" height="{height}" alt="{escape(label)}">'
        f"<figcaption>{escape(figure.heading)}</figcaption></figure>"
    )


def _classes(material: Material) -> str:
    """The weights of each class, kind by kind; of words also the patches of pictures that they stand for."""
    classifier = material.classifier
    if not classifier.linear:
        return ""
    names = material.classes[:_CLASSES]
    weights = classifier.templates[0].astype(np.float64)[: len(names)]
    shape = classifier.preprocessing.frame.shape
    kinds = views(classifier.preprocessing.measure, shape)
    drawn = [class_pictures(seen, weights) for seen in kinds]
    words = [_patches(material, seen, weights) for seen in kinds if isinstance(seen.view, WordsView)]
    items = []
    for k, name in enumerate(names):
        figures = "".join(
            _figure(Figure(own[k], seen.label), f"Weights of {seen.label} for {name}")
            for seen, own in zip(kinds, drawn, strict=True)
        )
        of_words = "".join(each[k] for each in words)
        items.append(f'<li><h3>{escape(name)}</h3><div class="kept">{figures}</div>{of_words}</li>')
    lead = (
        "<h3 class=apart>What it looks for</h3><p>The weights of each class, on one scale for all classes: orange "
        "where more of it speaks for the class, blue where against. A stroke is an edge in its direction; a bar stands "
        "for its own color, up for the class, down against it.</p>"
    )
    return f'{lead}<ul class="gallery" style="--tile:300px">{"".join(items)}</ul>'


def _patches(material: Material, seen: Seen, weights: np.ndarray) -> list[str]:
    """For each class the words that speak most for it, each with the patches of training pictures that are most like
    it."""
    view: Any = seen.view
    strongest = [np.argsort(-view.strengths(own[seen.place]), kind="stable")[:_WORDS] for own in weights]
    words = np.unique(np.concatenate(strongest))
    rows = material.dataset.train.rows
    cost = len(view.boxes()) * view.learned["codebook"].size
    most = int(np.clip(_WORK / cost, _PATCHES, len(rows)))
    rows = rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]
    found = nearest_patches(view, material.dataset.images[rows], words, _PATCHES)
    sheets = material.patch_sheets(*found.shape[2:4])
    lines = {}
    for word, own in zip(words.tolist(), found, strict=True):
        titles = [f"word {word}", *[f"a patch like word {word}"] * len(own)]
        pattern = view.pictures(np.array([word]))
        tiles = [*sheets.tiles(pattern, titles[:1], [word]), *sheets.tiles(own, titles[1:])]
        lines[word] = (
            f'<li><span class="small">word {word}</span><div class="tiles">{"".join(tiles)}</div></li>'
        )
    head = '<p class="small">The words that speak most for it, and the most similar patches:</p>'
    return [f'{head}<ul class="plain">{"".join(lines[int(word)] for word in own)}</ul>' for own in strongest]
