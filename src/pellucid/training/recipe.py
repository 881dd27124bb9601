"""Everything that decides a training result, apart from the data: what the user said, and what was chosen
for the rest."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from numbers import Integral, Real
from typing import Any

import numpy as np

from pellucid.losses import LOSSES
from pellucid.models.linear import KINDS
from pellucid.optimizers.descent import Momentum, Optimizer
from pellucid.optimizers.schedules import SCHEDULES
from pellucid.storage.errors import InputError
from pellucid.training.selection import WATCHED

STRENGTH = {"softmax": 3e-3, "svm": 0.03}
"""λ of each kind, chosen on validation pictures of CIFAR-10 and of digits (see benchmarks/defaults.py)."""

STEP = {"softmax": 0.6, "svm": 0.05}
"""The learning rate in units of 1/λmax, where λmax is the largest curvature of the data; chosen like `STRENGTH`."""


@dataclass(frozen=True)
class Recipe:
    """How to train. `None` means: to be chosen by `settled`, from the data.

    Attributes
    ----------
    model : a name in `KINDS`
    l2 : λ of ½λ‖W‖², ≥ 0
    learning_rate : the highest rate of the schedule, > 0
    batch_size : pictures a step, ≥ 1
    epochs : how often every training picture is visited, ≥ 1
    momentum : 0 to below 1; Nesterov's form
    schedule : a name in `SCHEDULES`
    patience : epochs without a better validation result after which training stops; `None` never stops early
    watch : what "better" means: a name in `WATCHED`
    class_weight : None, or "balanced": each class counts the same, however many pictures it has
    seed : of the split and of the order of pictures
    """

    model: str = "softmax"
    l2: float | None = None
    learning_rate: float | None = None
    batch_size: int | None = None
    epochs: int | None = None
    momentum: float = 0.9
    schedule: str = "cosine"
    patience: int | None = None
    watch: str = "accuracy"
    class_weight: str | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        for option, names in (("model", KINDS), ("schedule", SCHEDULES), ("watch", WATCHED)):
            name = getattr(self, option)
            self._check(option, isinstance(name, str) and name in names, f"one of {', '.join(names)}")
        balanced = isinstance(self.class_weight, str) and self.class_weight == "balanced"
        self._check("class_weight", self.class_weight is None or balanced, "balanced")
        for option in ("l2", "learning_rate", "momentum"):
            self._take(option, Real, float)
        for option in ("batch_size", "epochs", "patience", "seed"):
            self._take(option, Integral, int)
        self._check("l2", self.l2 is None or 0 <= self.l2 < np.inf, "0 or more")
        self._check("learning_rate", self.learning_rate is None or 0 < self.learning_rate < np.inf, "above 0")
        self._check("momentum", 0 <= self.momentum < 1, "0 to below 1")
        for option in ("batch_size", "epochs", "patience"):
            self._check(option, getattr(self, option) is None or getattr(self, option) >= 1, "1 or more")
        self._check("seed", 0 <= self.seed < 2**63, "0 to 2⁶³ − 1")

    def _take(self, option: str, kind: type, plain: Callable[[Any], Any]) -> None:
        """Hold a number as Python's own: NumPy's, as from `np.logspace`, would change dtypes and is no JSON."""
        value = getattr(self, option)
        if value is None and option not in ("momentum", "seed"):
            return
        whole = "a whole number" if kind is Integral else "a number"
        self._check(option, isinstance(value, kind) and not isinstance(value, bool), whole)
        object.__setattr__(self, option, plain(value))

    def _check(self, option: str, fits: bool, wanted: str) -> None:
        if not fits:
            raise InputError(f"--{option.replace('_', '-')} must be {wanted}, got {getattr(self, option)!r}.")

    def settled(self, inputs: np.ndarray, rows: np.ndarray, mean: np.ndarray, scale: np.ndarray) -> "Recipe":
        """The recipe with nothing left open, for training on these rows.

        - batch size: the power of two next below a fortieth of the pictures, 16 to 256
        - epochs: 40, and more for few pictures, so that there are about 2,000 steps
        - learning rate: `STEP`/λmax, where λmax is the largest eigenvalue of XᵀX/N, so that it suits data of any
          size and scale. The loss curves at most that fast times a constant (Böhning 1992, "Multinomial logistic
          regression algorithm")
        """
        batch_size = self.batch_size or int(2 ** np.clip(np.floor(np.log2(max(len(rows), 1) / 40)), 4, 8))
        batch_size = min(batch_size, len(rows))
        steps = -(-len(rows) // batch_size)
        rate = self.learning_rate or STEP[self.model] / largest_curvature(inputs, rows, mean, scale)
        return replace(
            self,
            l2=float(STRENGTH[self.model] if self.l2 is None else self.l2),
            learning_rate=float(f"{rate:.3g}"),
            batch_size=batch_size,
            epochs=self.epochs or max(40, min(400, -(-2000 // steps))),
        )

    @property
    def optimizer(self) -> Optimizer:
        return Momentum(float(self.momentum), nesterov=True)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "Recipe":
        """The recipe that `to_json` wrote. Raises `InputError` where a name or a value is not one of a recipe."""
        unknown = set(content) - {field.name for field in fields(cls)}
        if unknown:
            raise InputError(
                f"The recipe names {', '.join(sorted(unknown))}, which this version of pellucid "
                f"does not know: upgrade it."
            )
        return cls(**content)


def largest_curvature(inputs: np.ndarray, rows: np.ndarray, mean: np.ndarray, scale: np.ndarray) -> float:
    """λmax of XᵀX/N for the standardized features and the constant 1 of the bias, by power iteration on at
    most 2,048 rows."""
    from pellucid.preprocessing.standardize import block_rows, standardize

    count = block_rows(len(mean), 2048)
    sample = rows[:: max(1, len(rows) // count)][:count]
    x = standardize(inputs[sample], mean, scale)
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


assert set(STRENGTH) == set(STEP) == set(LOSSES) == set(KINDS)
