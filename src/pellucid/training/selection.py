"""Which epoch's weights are kept: the latest that cannot be told from the best.

On few validation pictures the best of forty epochs is partly best by luck. So the latest epoch within one standard
error of the best is kept, the rule by which Breiman, Friedman, Olshen and Stone (1984, "Classification and regression
trees", section 3.4.3) choose among trees; an epoch that is truly better is more than that above the later ones. The
gain is small: on digits with about 140 validation pictures 0.17 ± 0.16 points for softmax and 0.31 ± 0.16 for svm
(standard errors over 10 splits; `python -m benchmarks.kept_epoch`).
"""

import math

import numpy as np

from pellucid.inspection.metrics import Evaluation
from pellucid.storage.errors import InputError

WATCHED = ("accuracy", "balanced-accuracy", "f1", "loss")


def watched(name: str, evaluation: Evaluation, losses: np.ndarray) -> tuple[float, float]:
    """The watched measure on the validation part, higher is better, and its standard error.

    Parameters
    ----------
    name : one of `WATCHED`
    losses (n,) : the loss of each validation picture

    Raises
    ------
    InputError : no such measure
    """
    count = len(evaluation)
    if name == "loss":
        return -float(losses.mean(dtype=np.float64)), float(losses.std(dtype=np.float64)) / math.sqrt(count)
    shares = {
        "accuracy": evaluation.accuracy,
        "balanced-accuracy": evaluation.balanced_accuracy,
        "f1": evaluation.macro_f1,
    }
    if name not in shares:
        raise InputError(f"--watch must be one of {', '.join(WATCHED)}, got {name!r}.")
    share = shares[name]
    # The binomial error; for the means over classes it is the usual approximation.
    return share, math.sqrt(share * (1 - share) / count)


def measure(watch: str, value: float) -> str:
    """The watched measure in words: "38.2 % right"; for the loss its value."""
    if not math.isfinite(value):
        return "diverged"
    if watch == "loss":
        return f"loss {-value:.4f}"
    return f"{100 * value:.2f} % {'right' if watch == 'accuracy' else watch}"
