"""When to stop: nothing gets better, nothing changes any more, the slope is flat, or the time is over."""

from collections.abc import Sequence
from itertools import pairwise

from pellucid.training.recipe import Recipe

STILL = 3
"""Epochs in a row that must lower the objective by less than the tolerance: one alone may be luck."""


def reason_to_stop(
    recipe: Recipe,
    *,
    epoch: int,
    peak_epoch: int,
    judged: bool,
    objectives: Sequence[float],
    gradient_norm: float | None,
    seconds: float,
) -> str:
    """Why to stop here, in words; "" to go on.

    Parameters
    ----------
    epoch, peak_epoch : epochs done, and the one that was best on validation
    judged : whether there are validation pictures; without any there is nothing to be patient with
    objectives : of the last `STILL` + 1 epochs, if there were as many, the latest last
    gradient_norm : ‖∇‖ over all training pictures, where it is known
    seconds : spent on the epochs so far
    """
    if not epoch:
        return ""
    if gradient_norm is not None and recipe.gradient_norm and gradient_norm <= recipe.gradient_norm:
        return f"‖∇‖ = {gradient_norm:.3g} ≤ {recipe.gradient_norm:g}"
    if recipe.patience and judged and epoch - peak_epoch >= recipe.patience:
        return f"no better {recipe.watch} on validation for {recipe.patience} epochs"
    if recipe.tolerance and len(objectives) > STILL:
        pairs = list(pairwise(objectives))[-STILL:]
        if all(before - after < recipe.tolerance * abs(before) for before, after in pairs):
            return f"{STILL} epochs in a row lowered the objective by less than {recipe.tolerance:g} of it"
    if epoch >= (recipe.epochs or 0):
        return f"all {recipe.epochs} epochs done"
    if recipe.time_limit and seconds * (epoch + 1) / epoch > recipe.time_limit:
        return f"the time of {recipe.time_limit:g} s is over: another epoch would not fit"
    return ""
