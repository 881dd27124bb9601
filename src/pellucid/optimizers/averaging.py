"""Averaged weights: the mean of all that the steps came through, which stands still where the last ones wander."""

from dataclasses import dataclass
from typing import Any

from pellucid.arrays.namespace import namespace
from pellucid.optimizers.optimizer import Walk, start, stepped, walks
from pellucid.storage.errors import InputError


@dataclass(frozen=True)
class Averaged:
    """Steps as another optimizer takes them, and beside them the mean of the weights after each:

        a ← a + (w − a) / t,  which is (w₁ + … + w_t) / t.

    The steps themselves are not changed: the average is for whoever asks for it, with `averaged`. A perceptron whose
    weights are averaged votes with each of its states by how long it lived (Freund and Schapire 1999, "Large margin
    classification using the perceptron algorithm", section 2; Collins 2002, "Discriminative training methods for
    hidden Markov models", section 2.1); for gradient descent it is the average of Polyak and Juditsky (1992,
    "Acceleration of stochastic approximation by averaging"). Weights that L1 has set to 0 are 0 in the average only
    where they were after every step.

    Attributes
    ----------
    optimizer : takes the steps; it walks over the parameters itself or is a formula for one array
    """

    optimizer: Any

    def __post_init__(self) -> None:
        given = self.optimizer
        if isinstance(given, type) or not (walks(given) or hasattr(given, "update")):
            raise InputError(f"Averaged needs an optimizer such as GradientDescent(), got {given!r}.")

    def start(self, params: dict[str, Any]) -> dict[str, Any]:
        """The state before the first step: that of the optimizer inside, and the average, the weights themselves."""
        xp = namespace(*params.values())
        average = {name: xp.array(w, copy=True) for name, w in params.items()}
        return {"inside": start(self.optimizer, params), "average": average}

    def stepped(
        self, params: dict[str, Any], g: dict[str, Any], state: dict[str, Any], learning_rate: Any, t: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """The parameters and the state after step number t, counted from 1, along the gradients g (name → array)."""
        params, inside = stepped(self.optimizer, params, g, state["inside"], learning_rate, t)
        average = {
            name: a + (params[name] - a) / namespace(a, t).asarray(t, dtype=a.dtype)
            for name, a in state["average"].items()
        }
        return params, {"inside": inside, "average": average}


def averaged(optimizer: Any, params: dict[str, Any], state: dict[str, Any]) -> dict[str, Any]:
    """The weights to judge by and to keep: their average where the optimizer keeps one, else the weights themselves.

    Parameters
    ----------
    optimizer : the one that took the steps
    params, state : as `stepped` or `start` returned them
    """
    if isinstance(optimizer, Walk):
        return averaged(optimizer.optimizer, params, state)
    return state["average"] if isinstance(optimizer, Averaged) else params
