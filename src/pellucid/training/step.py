"""One update: a pure function, the same on both engines."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pellucid.graph.backward import gradients
from pellucid.graph.reductions import weighted_mean
from pellucid.graph.tensor import Tensor
from pellucid.losses import LOSSES
from pellucid.optimizers.descent import Optimizer, stepped
from pellucid.regularizers import l2


@dataclass(frozen=True)
class Task:
    """What is minimized, and how: everything about a step that is not an array.

    Attributes
    ----------
    model : called with (params, x) it returns the scores (N, K)
    loss : a name in `LOSSES`
    strength : λ of the L2 penalty on the weights
    """

    model: Callable[[dict[str, Any], Any], Any]
    loss: str
    strength: float
    optimizer: Optimizer

    def objective(self, params: dict[str, Any], x: Any, y: Any, v: Any) -> tuple[Any, Any, Any]:
        """The objective (), the mean loss () and the scores (N, K), for x (N, D), labels y (N) and weights v (N).

        The mean loss is weighted by v; the penalty is not on the biases.
        """
        scores = self.model(params, x)
        loss = weighted_mean(LOSSES[self.loss](scores, y), v)
        return loss + l2(params["weight"]) * float(self.strength), loss, scores


def gradient(task: Task, params: dict[str, Any], x: Any, y: Any, v: Any) -> tuple[dict[str, Any], Any, Any]:
    """∂objective/∂parameter by name, the mean loss (), and the scores (N, K)."""
    leaves = {name: Tensor(value, name=name) for name, value in params.items()}
    objective, loss, scores = task.objective(leaves, x, y, v)
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
    g, loss, scores = gradient(task, params, x, y, v)
    params, state = stepped(task.optimizer, params, g, state, learning_rate, t)
    return params, state, loss, (scores.argmax(axis=1) == y).sum(dtype="int32")
