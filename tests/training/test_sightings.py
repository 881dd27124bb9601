"""What the report shows of augmented pictures is what the steps saw."""

from dataclasses import replace

import numpy as np

from pellucid.training.loop import plan
from pellucid.training.recipe import Recipe
from pellucid.training.session import prepared
from pellucid.training.sightings import sightings


def test_they_are_what_the_steps_saw(quick):
    recipe = Recipe(epochs=3, batch_size=64, augment="shift,jitter,cutout,mixup:alpha=1", seed=3)
    session = prepared(quick, recipe, engine="numpy")
    rows = quick.train.rows[[5, 70]]
    found = sightings(quick, session.recipe, session.preprocessing.mean, rows, 3)
    assert [len(each) for each in found] == [3, 3]
    given = []
    t = 0
    for epoch in (1, 2, 3):
        order, rates = plan(session, epoch)
        for step in range(len(rates)):
            t += 1
            batch = order[step * 64 : (step + 1) * 64]
            x = session.supply.batch(batch, session.task.augment(t))[0]
            given += [(row, x[place]) for place, row in enumerate(batch) if row in rows]
    for row, pictures in zip(rows, found, strict=True):
        seen = [x for its, x in given if its == row]
        for picture, x in zip(pictures, seen, strict=True):
            mean, scale = session.preprocessing.mean, session.preprocessing.scale
            np.testing.assert_allclose(picture.reshape(-1), x * scale + mean, atol=0.51)  # whole gray levels


def test_balanced_sampling_may_show_a_picture_often_or_never(quick):
    recipe = Recipe(epochs=2, batch_size=32, augment="shift", sampling="balanced")
    session = prepared(replace(quick), recipe, engine="numpy")
    rows = quick.train.rows[:40]
    found = sightings(quick, session.recipe, session.preprocessing.mean, rows, 2)
    visits = [sum(int((plan(session, epoch)[0] == row).sum()) for epoch in (1, 2)) for row in rows]
    assert [len(each) for each in found] == visits
