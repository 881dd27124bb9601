"""Early stopping of hopeless trials: all begin, the better third goes on three times as long, and again.

Successive halving (Jamieson and Talwalkar 2016, "Non-stochastic best arm identification and hyperparameter
optimization", section 3, after Karnin, Koren and Somekh 2013) with the reduction of 3 that Li et al. 2018 ("Hyperband",
section 3.6) recommend. Li et al. 2020 ("A system for massively parallel hyperparameter tuning", ASHA) do not wait for
the slower trials of a rung; here all of them advance side by side, in one program, and nobody has to wait.
"""

import math
from collections.abc import Mapping

REDUCTION = 3
"""One in so many goes on from each rung."""

_LEAST = (
    1 / 9
)  # of all epochs: before that, a schedule that ends at a rate of 0 says too little of where it ends


def rungs(epochs: int, trials: int, reduction: int = REDUCTION) -> tuple[int, ...]:
    """The epochs after which trials are compared, rising, the last of them `epochs`: (5, 14, 40) for 40.

    Parameters
    ----------
    epochs : of a whole training
    trials : how many begin; so few that one alone would go on are not halved
    reduction : above 1; 1 stops nobody early
    """
    found, epoch = [epochs], float(epochs)
    while reduction > 1 and trials > reduction:
        trials, epoch = math.ceil(trials / reduction), epoch / reduction
        if epoch < 1 or epoch < _LEAST * epochs * (1 - 1e-9):
            break
        found.append(math.ceil(epoch))
    return tuple(sorted(set(found)))


def going_on(values: Mapping[int, float], reduction: int = REDUCTION) -> tuple[int, ...]:
    """The trials that go on, by number: the best of those that are still numbers; of equals the first.

    Parameters
    ----------
    values : trial's number → how good it is, higher is better; −inf where its numbers are no longer finite
    """
    finite = [number for number in sorted(values) if math.isfinite(values[number])]
    best = sorted(finite, key=lambda number: -values[number])[: math.ceil(len(values) / reduction)]
    return tuple(sorted(best))
