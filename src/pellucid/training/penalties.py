"""How hard each parameter is kept small, and what share of the objective that is."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from pellucid.optimizers.optimizer import is_weight
from pellucid.regularizers import exact_zeros, soft_threshold
from pellucid.storage.errors import InputError, listing, meant


def strengths(
    option: str, given: float | Mapping[str, float], names: Iterable[str], biases: bool = False
) -> dict[str, float]:
    """Parameter's name → λ, for those that are penalized at all.

    Parameters
    ----------
    option : what the user calls it, such as "--l2"
    given : one λ for all weights; or the name of a parameter, or of a layer, → its λ
    names : of all parameters
    biases : whether a single λ counts for biases too

    Raises
    ------
    InputError : a name that is none of a parameter or a layer
    """
    names = list(names)
    if not isinstance(given, Mapping):
        return {name: float(given) for name in names if given and (biases or is_weight(name))}
    found: dict[str, float] = {}
    lost = []
    for part, strength in given.items():
        # A layer means its weights; a bias has to be named in full.
        those = [n for n in names if n == part or (n.startswith(f"{part}.") and (biases or is_weight(n)))]
        found |= dict.fromkeys(those, float(strength))
        lost += [] if those else [part]
    if lost:
        layers = dict.fromkeys(n.rpartition(".")[0] for n in names if "." in n)
        raise InputError(
            f"{option} names {listing(lost)}, but the parameters are {listing(names)}: name these, or the layer before "
            f"the dot.{meant(lost[0], [*names, *layers])}"
        )
    return {name: strength for name, strength in found.items() if strength}


def penalties(
    params: Mapping[str, Any], l2: Mapping[str, float], l1: Mapping[str, float]
) -> dict[str, float]:
    """What each penalty costs, Σ ½λ‖w‖² and Σ λ Σ|w|, in float64; only those that there are."""
    found = {}
    if l2:
        found["l2"] = sum(
            0.5 * λ * float(np.sum(np.square(params[name], dtype=np.float64))) for name, λ in l2.items()
        )
    if l1:
        found["l1"] = sum(λ * float(np.sum(np.abs(params[name]), dtype=np.float64)) for name, λ in l1.items())
    return found


def slopes_with_l1(
    slopes: Mapping[str, Any], params: Mapping[str, Any], l1: Mapping[str, float]
) -> dict[str, Any]:
    """The gradients of the objective with λ Σ|w| in it, from those without: g + λ sign(w) for a weight that is not 0.

    At 0 the penalty has a kink with every slope from −λ to λ; of these the one counts that leaves least of g. So the
    length of all is 0 at the minimum, and there alone (Parikh and Boyd 2014, "Proximal algorithms", section 2.3).
    """
    found = dict(slopes)
    for name, λ in l1.items():
        g, w = np.asarray(slopes[name]), np.asarray(params[name])
        found[name] = np.where(w != 0, g + λ * np.sign(w), soft_threshold(g, λ))
    return found


def zeros(params: Mapping[str, Any]) -> dict[str, int]:
    """How many weights are exactly 0, and how many there are."""
    weights = [array for name, array in params.items() if is_weight(name)]
    return {"zero": sum(int(exact_zeros(w)) for w in weights), "weights": sum(int(w.size) for w in weights)}
