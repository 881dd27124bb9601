"""When training stops, and what it says then."""

import pytest

from pellucid.training.recipe import Recipe
from pellucid.training.stopping import reason_to_stop
from pellucid.training.trainer import fit

STANDING = {
    "epoch": 10,
    "peak_epoch": 10,
    "judged": True,
    "objectives": (4.0, 3.0, 2.0, 1.0),
    "gradient_norm": None,
    "seconds": 10.0,
}


def reason(recipe, **changes):
    return reason_to_stop(recipe, **(STANDING | changes))


def test_each_reason_is_said_and_none_too_early():
    plain = Recipe(epochs=20)
    assert reason(plain) == ""
    assert reason(plain, epoch=20) == "all 20 epochs done"
    patient = Recipe(epochs=20, patience=3)
    assert reason(patient, peak_epoch=8) == ""
    assert reason(patient, peak_epoch=7) == "no better accuracy on validation for 3 epochs"
    assert reason(patient, peak_epoch=0, judged=False) == ""
    tolerant = Recipe(epochs=20, tolerance=0.01)
    assert reason(tolerant) == ""
    assert reason(tolerant, objectives=(2.0, 1.999, 1.998)) == "", "three epochs make four objectives"
    assert "lowered the objective by less than 0.01" in reason(tolerant, objectives=(2.0, 1.99, 2.01, 2.0))
    assert reason(tolerant, objectives=(2.0, 1.99, 1.5, 1.49)) == "", "one of them was a real step"
    flat = Recipe(epochs=20, gradient_norm=0.1)
    assert reason(flat, gradient_norm=0.2) == ""
    assert reason(flat, gradient_norm=0.05) == "‖∇‖ = 0.05 ≤ 0.1"
    hurried = Recipe(epochs=20, time_limit=11.0)
    assert reason(hurried) == ""
    assert reason(hurried, seconds=10.5) == "the time of 11 s is over: another epoch would not fit"
    assert reason(hurried, epoch=0, seconds=99.0) == "", "one epoch is always made"


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        (Recipe(tolerance=0.5, epochs=50), "3 epochs in a row lowered the objective by less than 0.5 of it"),
        (Recipe(gradient_norm=0.05, epochs=200, l2=0.1), "‖∇‖ = 0.0"),
        (Recipe(time_limit=1e-9, epochs=50), "the time of 1e-09 s is over"),
    ],
)
def test_training_stops_by_it(quick, recipe, words):
    outcome = fit(quick, recipe)
    result = outcome.run["result"]
    assert result["stopped"].startswith(words)
    assert result["epochs"] < recipe.epochs
    if recipe.gradient_norm:
        norms = [event["gradient_norm"] for event in outcome.events]
        assert norms[-1] <= recipe.gradient_norm < min(norms[:-1])
