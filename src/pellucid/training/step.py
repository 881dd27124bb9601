"""One update: a pure function, the same on both engines."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from pellucid.arrays import random
from pellucid.graph.algebra import concatenate
from pellucid.graph.backward import gradients
from pellucid.graph.reductions import weighted_mean
from pellucid.graph.tensor import Tensor
from pellucid.optimizers.optimizer import stepped
from pellucid.preprocessing.augmentation import Augmentation, mirrored
from pellucid.regularizers import l2

_DRAWS = 2**31 + 1
"""What the seed's key is folded with for all that steps draw; epochs are small numbers."""

_PICTURES = 2**31
"""What a step's key is folded with for its pictures; the layers of a model split it."""


def draws_key(seed: int) -> Any:
    """The key (2,) uint32 of all that is random in the steps of a training with this seed."""
    return random.fold_in(random.key(seed), _DRAWS)


def pictures_key(key: Any, t: Any) -> Any:
    """The key (2,) uint32 of what is done to the pictures of step number t, of the training's `draws_key`."""
    return random.fold_in(random.fold_in(key, t), _PICTURES)


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
    augmentation : what happens to each minibatch's pictures before a step sees them
    test_time_flips : whether a verdict is that on the picture and on its mirror image together
    """

    model: Any
    loss: Callable[[Any, Any], Any]
    optimizer: Any
    l2: Mapping[str, Any]
    key: Any = None
    augmentation: Augmentation | None = None
    test_time_flips: bool = False

    def objective(self, params: dict[str, Any], x: Any, y: Any, v: Any, **mode: Any) -> tuple[Any, Any, Any]:
        """The objective (), the mean loss () and the scores (N, K), for x (N, D), labels y (N) and weights v (N).

        The mean loss is weighted by v. `mode` is passed to the model: statistics, training, rng. A picture that is a
        mixture of two has both labels and a weight for each: y (2, N), v (2, N).
        """
        scores = self.model(params, x, **mode)
        losses = (
            self.loss(scores, y) if y.ndim == 1 else concatenate(*(self.loss(scores, each) for each in y))
        )
        loss = weighted_mean(losses, v.reshape(-1))  # (2, N) → (2N)
        return loss + self.penalty(params), loss, scores

    def mode(self, t: Any) -> dict[str, Any]:
        """How the model is called in step number t: as training does, with what is random in it."""
        return {"training": True, "rng": None if self.key is None else random.fold_in(self.key, t)}

    def augment(self, t: Any) -> Any:
        """What is done to the pictures of step number t, as `Supply.batch` takes it; None where nothing is."""
        if self.augmentation is None:
            return None
        return partial(self.augmentation, pictures_key(self.key, t))

    def scores(self, params: dict[str, Any], supply: Any, rows: Any, statistics: Any = None) -> Any:
        """The scores (B, K) of these rows (B) of the supply, as a verdict has them."""
        scores = self.model(params, supply.batch(rows)[0], statistics=statistics)
        if not self.test_time_flips:
            return scores
        return 0.5 * (scores + self.model(params, supply.batch(rows, mirrored)[0], statistics=statistics))

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
    """The parameters and the optimizer's state after one step, the mean loss () and how many were right (), int32.

    Of a mixture of two pictures the first label counts: it is that of the larger share.
    """
    g, loss, scores = gradient(task, params, x, y, v, **task.mode(t))
    params, state = stepped(task.optimizer, params, g, state, learning_rate, t)
    y = y if y.ndim == 1 else y[0]
    return params, state, loss, (scores.argmax(axis=1) == y).sum(dtype="int32")
