"""What the user left open, chosen from the model and the data."""

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from pellucid.models.kinds import NETWORKS
from pellucid.optimizers.adaptive import AdaGrad, Adam, AdamW, RMSProp
from pellucid.optimizers.descent import GradientDescent
from pellucid.preprocessing.features import features_described, usual
from pellucid.preprocessing.projection import MOST
from pellucid.preprocessing.shown import Shown
from pellucid.preprocessing.standardize import block_rows
from pellucid.storage.errors import InputError
from pellucid.training.batch_size import by_count, leaves_one
from pellucid.training.defaults import DEFAULTS, LINEAR_LOSSES, MINIMIZERS, ON_FEATURES, Defaults
from pellucid.training.recipe import HANDED_IN, Recipe

_ADAPTIVE = {Adam: 3.0, AdamW: 3.0, RMSProp: 1.0, AdaGrad: 20.0}
"""The rate of optimizers that scale each weight's step by themselves, in units of 1/D: they move every one of D weights
by about the rate at each step, and the scores by the sum."""

_PLAIN = 4.0
"""How much faster plain descent may go than one with momentum, which adds up its steps."""

_OF_DESCENT = ("optimizer", "learning_rate", "momentum", "schedule", "clip", "batch_size", "augment")
"""What is asked of steps on minibatches alone."""


def settled(
    recipe: Recipe,
    shown: Shown,
    rows: np.ndarray,
    classes: int,
    handed_in: bool = False,
) -> Recipe:
    """The recipe with nothing left open, for training on these rows.

    - batch size: by the number of pictures, 16 to 256, so that no step of a network has a single one
    - epochs: 40, and more for few pictures, so that there are about 2,000 steps
    - loss: the model's own, which may be another one for two classes
    - optimizer: the model's own; for linear models on measured features one that takes all pictures in each step
    - λ: by the loss, see `training/defaults.py`
    - learning rate of gradient descent: a constant of the loss, divided by λmax, where λmax is the largest eigenvalue
      of XᵀX/N, so that it suits data of any size and scale. The loss curves at most that fast times a constant
      (Böhning 1992, "Multinomial logistic regression algorithm")
    """
    defaults = _defaults(recipe, shown, handed_in)
    if handed_in:
        recipe = replace(recipe, optimizer=HANDED_IN)
    if recipe.loss is None:
        recipe = replace(recipe, loss=defaults.binary_loss if classes == 2 else defaults.loss)
    strength, step = LINEAR_LOSSES[recipe.criterion.name]
    strength = strength if defaults.l2 is None else defaults.l2
    batch_size = min(recipe.batch_size or defaults.batch_size or by_count(len(rows)), len(rows))
    if recipe.model in NETWORKS and recipe.batch_size is None:
        while batch_size > 2 and leaves_one(len(rows), batch_size):
            batch_size -= 1
    steps, (fewest, most) = -(-len(rows) // batch_size), defaults.epochs
    rate = recipe.learning_rate
    if rate is None:
        own = recipe.optimizer in (None, defaults.optimizer) or _alike(recipe, defaults.optimizer)
        rate = 1.0 if recipe.optimizer == HANDED_IN else defaults.rate if own else None
    if rate is None:
        rule = type(recipe.rule)
        if rule in _ADAPTIVE:
            rate = _ADAPTIVE[rule] / shown.preprocessing.features
        else:
            faster = _PLAIN if rule is GradientDescent else 1.0
            rate = faster * step / largest_curvature(shown, rows)
        rate = float(f"{rate:.3g}")
    l2 = recipe.l2
    if l2 is None:
        # Who asks for exact zeros gets them from L1 alone.
        l2 = 0.0 if recipe.l1 else strength
    return replace(
        recipe,
        optimizer=recipe.optimizer or defaults.optimizer,
        schedule=recipe.schedule or defaults.schedule,
        label_smoothing=recipe.criterion.smoothing,
        l2=dict(l2) if isinstance(l2, Mapping) else float(l2),
        learning_rate=rate,
        batch_size=batch_size,
        epochs=recipe.epochs or max(fewest, min(most, -(-defaults.steps // steps))),
    )


def with_features(recipe: Recipe, shape: tuple[int, ...], pictures: int) -> Recipe:
    """The recipe with what the model sees decided, for inputs of this shape and so many training pictures: the default
    of the model where they are pictures of more numbers than it has components, else pixels.

    Raises `InputError` where there are less components than are asked for.
    """
    large = len(shape) == 3 and math.prod(shape) > MOST
    text = recipe.features or (DEFAULTS[recipe.model].features if large else "pixels")
    return replace(recipe, features=str(usual(features_described(text), shape).settled(shape, pictures)))


def _defaults(recipe: Recipe, shown: Shown, handed_in: bool) -> Defaults:
    """Those of the model; of a linear one on what is measured in pictures those of a minimizer, where that can do what
    is asked for."""
    plain = DEFAULTS[recipe.model]
    found = ON_FEATURES.get(recipe.model, plain) if shown.preprocessing.measure else plain
    asked = [getattr(recipe, name) for name in _OF_DESCENT]
    if any(value is not None for value in asked) or recipe.l1 or recipe.sampling != "shuffled" or handed_in:
        return plain
    return found if recipe.loss in (None, found.loss, found.two_classes) else plain


def _alike(recipe: Recipe, optimizer: str) -> bool:
    """Whether the optimizer is the default one with other settings, or another that divides by the gradients' size."""
    return recipe.model in NETWORKS and type(recipe.rule) in (Adam, AdamW) and optimizer.startswith("adam")


def check_of_use(recipe: Recipe, handed_in: bool) -> None:
    """Raise `InputError` where what the user gave would change nothing, or could not be trained with."""
    if handed_in and recipe.optimizer not in (None, HANDED_IN):
        raise InputError(
            f"An optimizer was handed in, and the recipe names another, {recipe.optimizer!r}: leave one of them out."
        )
    if recipe.optimizer == HANDED_IN and not handed_in:
        raise InputError(
            f"--optimizer {HANDED_IN} is for Python: fit(dataset, recipe, optimizer=…). Name one here."
        )
    if recipe.optimizer not in MINIMIZERS or handed_in:
        return
    unused = [
        f"--{option.replace('_', '-')}"
        for option in ("learning_rate", "schedule", "batch_size", "augment")
        if getattr(recipe, option) is not None
    ] + (["--sampling"] if recipe.sampling != "shuffled" else [])
    if unused:
        raise InputError(
            f"--optimizer {recipe.optimizer} takes all pictures in each step and chooses its length itself: leave out "
            f"{' and '.join(unused)}."
        )
    if recipe.criterion.at_zero(2) == 0:
        raise InputError(
            f"--optimizer {recipe.optimizer} minimizes, but weights of 0 cost nothing by --loss "
            f"{recipe.criterion.name}: there is nothing to do. Take sgd."
        )


def largest_curvature(shown: Shown, rows: np.ndarray) -> float:
    """λmax of XᵀX/N for the features that the model sees and the constant 1 of the bias, by power iteration on at
    most 2,048 rows."""
    count = block_rows(len(shown.preprocessing.mean), 2048)
    sample = rows[:: max(1, len(rows) // count)][:count]
    x = shown.preprocessing.seen(shown.numbers[sample])
    x = np.concatenate([x, np.ones((len(x), 1), x.dtype)], axis=1)
    direction = np.ones(x.shape[1], x.dtype)
    found = 1.0
    for _ in range(50):
        image = (x @ direction) @ x / np.float32(len(x))
        before, found = found, float(np.linalg.norm(image))
        direction = image / np.float32(found)
        if abs(found - before) <= 1e-3 * found:
            break
    return found
