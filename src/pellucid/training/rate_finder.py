"""How large may a step be? Try: raise the learning rate from far too small to far too large, and look at the loss.

Source: Smith 2017, "Cyclical learning rates for training neural networks", section 3.3. Differences: the rate rises
exponentially (equal factors, since nobody knows even the power of ten), and the rule by which it is chosen is stated.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from pellucid.arrays import random
from pellucid.graph.number_text import short
from pellucid.storage.errors import InputError, TrainingError
from pellucid.training.defaults import MINIMIZERS
from pellucid.training.session import Session

if TYPE_CHECKING:
    from pellucid.inspection.charts import Panel

SHARE = 4.0
"""The rate that is chosen is this part of the one at which the loss is lowest. There the steps have already become too
long: the loss of a step tells what the steps before it did, momentum adds up about ten of these, and training stays at
its rate for longer than a sweep. See `benchmarks/rate_finder.py` for what a tenth, a quarter and a half are worth."""

_FIRST, _DECADES, _STEPS = (
    1e-8,
    12,
    30,
)  # the smallest rate, powers of ten above it at most, steps for each of them
_LARGEST_BATCH = 512  # what is too long a step for 512 pictures is so for more
_BLOWN_UP = 3.0  # times the loss at the start: nothing is to be learned from going on
_WIDTH = (
    _STEPS / 6
)  # steps, the deviation of the bell curve that smooths the losses: a sixth of a power of ten


@dataclass(frozen=True)
class FoundRate:
    """A learning rate, and what it was chosen by.

    Attributes
    ----------
    rate : the highest rate of a schedule, two significant digits
    rates, losses (n,) : each step's rate, and the mean loss of its minibatch before the step was taken
    sentence : what was seen, and why this rate
    """

    rate: float
    rates: np.ndarray = field(repr=False)
    losses: np.ndarray = field(repr=False)
    sentence: str

    def chart(self) -> str:
        """The losses over the rates, raw and smoothed, and the rate that was chosen: an SVG file's text."""
        from pellucid.inspection.charts import figure

        return figure([self.panel()], label=self.sentence)

    def panel(self) -> "Panel":
        """The same as one panel, to stand beside others."""
        from pellucid.inspection.axes import Axis
        from pellucid.inspection.charts import Panel
        from pellucid.inspection.marks import Curve, Dots, Mark, Rule

        level = float(np.median(self.losses[:_STEPS]))
        top = 1.6 * max(level, float(self.losses.min()))
        shown = (self.rates >= self.rate / 3e4) & np.isfinite(self.losses) & (self.losses <= top)
        smooth = smoothed(self.losses)
        within = (self.rates >= self.rate / 3e4) & (smooth <= top)
        lowest = int(smooth.argmin())
        marks: list[Mark] = [
            Dots(self.rates[shown], self.losses[shown], "one minibatch", "gray", radius=1.8),
            Curve(self.rates[within], smooth[within], "smoothed", "blue", width=2.6),
            Dots([self.rates[lowest]], [smooth[lowest]], "lowest", "orange", radius=5),
            Rule(x=self.rate, name=f"chosen: {short(self.rate, 2)}", color="green"),
        ]
        return Panel(
            marks,
            x=Axis("learning rate, raised at each step", logarithmic=True),
            y=Axis("loss", low=0.0, high=top),
            title="Which learning rate?",
            names="top",
        )


def find_rate(session: Session) -> FoundRate:
    """The learning rate for this session's model, data, loss and optimizer, by a sweep over all rates.

    From the session's start the rate rises by equal factors over up to 360 minibatches, from 10⁻⁸ on, until the loss is
    three times what it was at first, or not finite, or the rate 10⁴. The losses are smoothed over the power of the rate
    (a bell curve, on both sides, so that it does not lag); the rate of the lowest one, divided by `SHARE`, is chosen.
    Where the loss never falls, because the start is as good as can be, it is a tenth of the rate from which it rises.

    The order of the pictures is a function of the session's seed, apart from the orders of the epochs.

    Raises
    ------
    InputError : the optimizer has no learning rate
    TrainingError : the first loss is not finite, or no rate changes it
    """
    _check(session)
    rates, losses = _swept(session)
    if not np.isfinite(losses[0]):
        raise TrainingError(
            f"No learning rate can be found: the loss of the first minibatch is {losses[0]}, before any step. Look at "
            "the data and at the weights it begins with."
        )
    smooth = smoothed(losses)
    lowest = int(smooth.argmin())
    level, noise = _at_first(losses)
    tried = f"Of {len(rates)} learning rates from {short(rates[0], 2)} to {short(rates[-1], 2)}"
    if level - smooth[lowest] > max(1e-3 * abs(level), 5 * noise):
        rate = _rounded(rates[lowest] / SHARE)
        end = "and rose beyond" if smooth[-1] > smooth[lowest] + 0.05 * level else "where the sweep ended"
        return FoundRate(
            rate,
            rates,
            losses,
            f"{tried} the loss was lowest, {short(smooth[lowest])} after {short(level)}, at {short(rates[lowest], 2)} "
            f"{end}. Taken is a quarter of that, {short(rate, 2)}.",
        )
    risen = np.flatnonzero(smooth > level + max(0.1 * abs(level), 5 * noise))
    if not level or not len(risen):
        raise TrainingError(
            f"No learning rate can be found: the loss begins at {short(level)}, and none from {short(rates[0], 2)} to "
            f"{short(rates[-1], 2)} lowers it. Give one: --learning-rate 0.1, say."
        )
    rate = _rounded(rates[risen[0]] / 10)
    return FoundRate(
        rate,
        rates,
        losses,
        f"{tried} none lowered the loss of {short(level)}: the weights to begin with are about the best. It rose from "
        f"{short(rates[risen[0]], 2)} on; taken is a tenth of that, {short(rate, 2)}.",
    )


def smoothed(losses: np.ndarray) -> np.ndarray:
    """The losses (n,) averaged with their neighbors on both sides, by a bell curve a sixth of a power of ten wide.

    One that is not finite, or far too large, counts as `_BLOWN_UP` times the first.
    """
    limit = _BLOWN_UP * abs(float(losses[0])) or 1.0
    bounded = np.where(np.isfinite(losses), np.minimum(losses, limit), limit)
    distance = np.arange(len(losses))[:, np.newaxis] - np.arange(len(losses))
    bell = np.exp(-0.5 * (distance / _WIDTH) ** 2)
    return bell @ bounded / bell.sum(axis=1)


def _swept(session: Session) -> tuple[np.ndarray, np.ndarray]:
    """The rates that were tried, and the loss of each step's minibatch, (n,) both."""
    recipe, train = session.recipe, session.dataset.train.rows
    size = min(recipe.batch_size or len(train), len(train), _LARGEST_BATCH)
    count = _STEPS * _DECADES
    # Epoch numbers of a training begin at 1, and are below this.
    key = random.fold_in(random.key(recipe.seed), 2**31)
    turns = range(-(-count * size // len(train)))
    order = np.concatenate(
        [train[random.permutation(random.fold_in(key, turn), len(train))] for turn in turns]
    )
    order = order.astype(np.int32)
    rates = (_FIRST * 10.0 ** (np.arange(count) / _STEPS)).astype(np.float32)
    state, losses = session.start_state(), np.empty(0)
    for first in range(0, count, _STEPS):
        rows = order[first * size : (first + _STEPS) * size]
        state, found, _ = session.engine.steps(state, rows, size, rates[first : first + _STEPS])
        losses = np.concatenate([losses, found.astype(np.float64)])
        if not np.isfinite(found).all() or np.median(found) > _BLOWN_UP * abs(losses[0]):
            break
    # What comes after the first loss that is not finite tells nothing.
    wrong = np.flatnonzero(~np.isfinite(losses))
    end = int(wrong[0]) + 1 if len(wrong) else len(losses)
    return rates[:end].astype(np.float64), losses[:end]


def _at_first(losses: np.ndarray) -> tuple[float, float]:
    """The loss while the rate is too small to change it, and the standard error of a smoothed one."""
    first = losses[:_STEPS][np.isfinite(losses[:_STEPS])]
    # A bell curve of deviation w averages over 2√π w steps.
    return float(first.mean()), float(first.std() / np.sqrt(2 * np.sqrt(np.pi) * _WIDTH))


def _check(session: Session) -> None:
    if session.recipe.optimizer in MINIMIZERS:
        raise InputError(
            f"--learning-rate find is not for --optimizer {session.recipe.optimizer}: it chooses the length of its "
            "steps itself. Leave out --learning-rate."
        )
    walk = getattr(session.task.optimizer, "optimizer", session.task.optimizer)
    if not getattr(getattr(walk, "optimizer", walk), "scaled", True):
        raise InputError(
            "This optax transformation keeps its own learning rate, so none can be found for it. Build it with the "
            "rate 1, and hand it in as Optax(…, scaled=True)."
        )


def _rounded(rate: float) -> float:
    return float(f"{rate:.2g}")
