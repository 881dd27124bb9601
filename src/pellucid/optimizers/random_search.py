"""Looking for weights without a gradient: by drawing them, or by trying a small move. To show why nobody does it.

On CIFAR-10 with a linear classifier CS231n (Optimization: strategies 1 and 2) reaches 15.5 % with a thousand random
draws and 21.4 % with as many random moves, where 10 % is chance and the gradient reaches about 40 %.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from pellucid.arrays import random
from pellucid.optimizers.minimizer import Minimum, Params, Progress, float64
from pellucid.optimizers.optimizer import check_number
from pellucid.storage.errors import InputError


def random_search(
    value: Callable[[Params], Any],
    params: dict[str, Any],
    *,
    tries: int = 1000,
    scale: float = 1e-4,
    seed: int = 0,
    progress: Progress | None = None,
) -> Minimum:
    """Draw weights again and again, and keep the best: w ~ scale · N(0, 1) (CS231n, Optimization: strategy 1).

    Parameters
    ----------
    value : the objective as one number; no gradient is needed. Where it is not finite it counts as the worst
    params : name → array; their shapes, and the first ones tried
    scale : the standard deviation of a weight, above 0

    Raises `InputError` for a setting out of its range.
    """
    return _search(value, params, tries, scale, seed, progress, local=False)


def random_local_search(
    value: Callable[[Params], Any],
    params: dict[str, Any],
    *,
    tries: int = 1000,
    scale: float = 1e-4,
    seed: int = 0,
    progress: Progress | None = None,
) -> Minimum:
    """Try a small random move, and stay there if it is lower: w' = w + scale · N(0, 1).

    Source: CS231n, Optimization: strategy 2.

    Parameters
    ----------
    value : the objective as one number; no gradient is needed. Where it is not finite it counts as the worst
    params : name → array; where to begin
    scale : the standard deviation of a move, above 0

    Raises `InputError` for a setting out of its range.
    """
    return _search(value, params, tries, scale, seed, progress, local=True)


def _search(
    value: Callable[[Params], Any],
    params: dict[str, Any],
    tries: int,
    scale: float,
    seed: int,
    progress: Progress | None,
    *,
    local: bool,
) -> Minimum:
    check_number("tries", tries, "a whole number, at least 1", lambda count: count >= 1 and count % 1 == 0)
    check_number("scale", scale, "finite and above 0", lambda size: 0 < size < math.inf)
    best = float64(params)
    lowest = _number(value(best))
    values = [lowest]
    key = random.key(seed)
    for attempt in range(int(tries)):
        drawn = _drawn(random.fold_in(key, attempt), best, float(scale))
        tried = {name: best[name] + move for name, move in drawn.items()} if local else drawn
        reached = _number(value(tried))
        if reached < lowest:
            best, lowest = tried, reached
        values.append(lowest)
        if progress:
            progress(attempt + 1, int(tries))
    reason = f"all {tries:,} tries done"
    return Minimum(best, lowest, None, int(tries), int(tries) + 1, reason, np.array(values))


def _drawn(key: np.ndarray, like: Params, scale: float) -> Params:
    """Normal numbers in the shapes of the parameters, a stream of its own for each."""
    keys = random.split(key, len(like))
    return {
        name: scale * random.normal(own, array.shape).astype(np.float64)
        for (name, array), own in zip(like.items(), keys, strict=True)
    }


def _number(reached: Any) -> float:
    """The objective as a float, infinite where it is not finite: nothing is worse."""
    if np.shape(reached) != ():
        raise InputError(f"The objective must be one number, got an array of shape {np.shape(reached)}.")
    number = float(reached)
    return number if math.isfinite(number) else math.inf
