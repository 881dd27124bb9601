"""One update: a pure function, the same on both engines."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pellucid.arrays import random
from pellucid.graph.backward import gradients
from pellucid.graph.reductions import weighted_mean
from pellucid.graph.tensor import Tensor
from pellucid.optimizers.optimizer import stepped
from pellucid.regularizers import l2


@dataclass(frozen=True)
class Task:
    """What is minimized, and how: everything about a step that is not an array of the data.

    Attributes
    ----------
    model : called as model(params, x, statistics=…, training=…, rng=…) it returns the scores (N, K)
    loss : from scores (N, K) and labels (N) to one value a picture (N), such as a `Criterion`
    optimizer : a formula for one array, or a walk over all of them
    l2 : parameter's name → λ of its penalty ½λ‖w‖²; a λ may be a number of a traced program
    key : of all that is random in a step, (2,) uint32; None where nothing is
    """

    model: Any
    loss: Callable[[Any, Any], Any]
    optimizer: Any
    l2: Mapping[str, Any]
    key: Any = None

    def objective(self, params: dict[str, Any], x: Any, y: Any, v: Any, **mode: Any) -> tuple[Any, Any, Any]:
        """The objective (), the mean loss () and the scores (N, K), for x (N, D), labels y (N) and weights v (N).

        The mean loss is weighted by v. `mode` is passed to the model: statistics, training, rng.
        """
        scores = self.model(params, x, **mode)
        loss = weighted_mean(self.loss(scores, y), v)
        return loss + self.penalty(params), loss, scores

    def mode(self, t: Any) -> dict[str, Any]:
        """How the model is called in step number t: as training does, with what is random in it."""
        return {"training": True, "rng": None if self.key is None else random.fold_in(self.key, t)}

    def penalty(self, params: dict[str, Any]) -> Any:
        """Σ ½λ‖w‖² (): what it costs that the weights are large."""
        return sum(l2(params[name]) * strength for name, strength in self.l2.items())


def gradient(
    task: Task, params: dict[str, Any], x: Any, y: Any, v: Any, **mode: Any
) -> tuple[dict[str, Any], Any, Any]:
    """∂objective/∂parameter by name, the mean loss (), and the scores (N, K)."""
    leaves = {name: Tensor(value, name=name) for name, value in params.items()}
    objective, loss, scores = task.objective(leaves, x, y, v, **mode)
    flow = gradients(objective, of=leaves.values())
    return {name: flow[leaf] for name, leaf in leaves.items()}, loss.value, scores.value


def update(
    task: Task,
    params: dict[str, Any],
    state: dict[str, Any],
    x: Any,
    y: Any,
    v: Any,
    learning_rate: Any,
    t: Any,
) -> tuple[dict[str, Any], dict[str, Any], Any, Any]:
    """The parameters and the optimizer's state after one step, the mean loss () and how many were right (), int32."""
    g, loss, scores = gradient(task, params, x, y, v, **task.mode(t))
    params, state = stepped(task.optimizer, params, g, state, learning_rate, t)
    return params, state, loss, (scores.argmax(axis=1) == y).sum(dtype="int32")
