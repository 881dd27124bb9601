"""The same few pictures as the steps of a training saw them, each time another way."""

import numpy as np

from pellucid.report.markup import escape
from pellucid.report.material import Material
from pellucid.storage.errors import InputError
from pellucid.training.recipe import Recipe
from pellucid.training.sightings import sightings

PICTURES = 6
EPOCHS = 8


def augmented(material: Material) -> str:
    """Below the contact sheet: some training pictures, and how each was changed in the first epochs; "" where nothing
    was."""
    recipe = _recipe(material)
    dataset = material.dataset
    train = dataset.train.rows
    if recipe is None or recipe.augment is None or not material.has_pictures or not len(train):
        return ""
    # One of each class, as far as they go, so that the reader sees different things.
    firsts = [train[dataset.labels[train] == k][:1] for k in range(len(dataset.classes))]
    rows = np.concatenate(firsts)[:PICTURES]
    epochs = min(EPOCHS, recipe.epochs or EPOCHS)
    mean = np.asarray(material.classifier.preprocessing.mean)
    lines = []
    for row, seen in zip(rows, sightings(dataset, recipe, mean, list(rows), epochs), strict=True):
        name = dataset.classes[int(dataset.labels[row])]
        plain = material.tiles([row], [f"{name}: {material.origin(row)}, as it is"])[0]
        titles = [f"{name}, seen for the {number}. time" for number in range(1, len(seen) + 1)]
        tiles = material.sheets.tiles(np.stack(seen), titles) if seen else []
        lines.append(
            f'<div><dt>{plain}</dt><dd class="tiles">{"".join(tiles) or "not drawn in these epochs"}</dd></div>'
        )
    return (
        "<h3 style='margin-top:1.6em'>What its steps saw</h3><p>While it trained every picture was "
        "changed at random each time: "
        f"<code>{escape(recipe.augment)}</code>. On the left a picture as it is, beside it what the steps of the "
        f"first {epochs} epochs made of it, exactly. Verdicts are on pictures as they are.</p>"
        f'<dl class="sheet">{"".join(lines)}</dl>'
    )


def _recipe(material: Material) -> Recipe | None:
    """The recipe of run.json; None where there is none, or it is not one that can be read."""
    recorded = material.recorded("recipe")
    try:
        return Recipe.from_json(recorded) if isinstance(recorded, dict) else None
    except (InputError, TypeError):
        return None
