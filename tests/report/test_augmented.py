"""The report shows pictures as the steps saw them, where they were augmented."""

import re

from pellucid.report.augmented import augmented
from pellucid.report.background import contact_sheet
from pellucid.report.material import Material
from pellucid.training.recipe import Recipe


def material(make_run, **changes):
    given = make_run(classes=4, n=240)
    recipe = Recipe(epochs=3, batch_size=32, l2=0.0, learning_rate=0.1, **changes)
    return Material(
        given["dataset"],
        given["classifier"],
        given["evaluations"],
        given["events"],
        {"recipe": recipe.to_json()},
    )


def test_every_picture_is_shown_as_it_is_and_as_it_was_seen(make_run):
    shown = material(make_run, augment="flip,shift:pixels=2,jitter,mixup:alpha=1")
    page = contact_sheet(shown)
    below = page.partition("What its steps saw")[2]
    assert "<code>flip,shift:pixels=2,jitter,mixup</code>".replace("mixup", "mixup:alpha=1.0") in below
    assert below.count("<dt>") == 4
    assert len(re.findall(r'role="img"', below)) == 4 * (1 + 3)
    assert "what the steps of the first 3 epochs made of it" in below
    assert "class 2, seen for the 3. time" in below


def test_nothing_is_said_where_nothing_was_changed(make_run):
    assert augmented(material(make_run)) == ""
    given = make_run(classes=3, shape=(5,))
    rows = Material(
        given["dataset"], given["classifier"], {}, [], {"recipe": Recipe(augment="flip").to_json()}
    )
    assert augmented(rows) == ""


def test_a_recipe_of_a_newer_version_does_not_stop_the_report(make_run):
    given = make_run()
    newer = Material(
        given["dataset"], given["classifier"], {}, [], {"recipe": {"augment": "warp", "heat": 3}}
    )
    assert augmented(newer) == ""
