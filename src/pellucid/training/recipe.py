"""Everything that decides a training result, apart from the data: what the user said, and what was chosen
for the rest."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from numbers import Integral, Real
from typing import Any

import numpy as np

from pellucid.losses.criterion import Criterion
from pellucid.models.kinds import CONVOLUTIONAL, MEAN, NEIGHBORS, REMEMBERING, check_kind, check_network
from pellucid.models.metrics import METRICS
from pellucid.models.neighbors import WEIGHTS
from pellucid.models.refusal import check_share
from pellucid.optimizers.named import OPTIMIZERS, optimizer_described, schedule_described
from pellucid.optimizers.schedules import Schedule
from pellucid.preprocessing.augmentation import Augmentation, augmentation_described
from pellucid.preprocessing.features import FEATURES, features_described
from pellucid.preprocessing.measuring import Measured
from pellucid.storage.errors import InputError, known_name
from pellucid.training.defaults import DEFAULTS, MINIMIZERS
from pellucid.training.sampling import SAMPLINGS
from pellucid.training.selection import WATCHED

HANDED_IN = "handed-in"
"""The name of an optimizer that is an object of Python and stands in no file, such as one of optax."""


@dataclass(frozen=True)
class Recipe:
    """How to train. `None` means: to be chosen by `settled`, from the model and the data.

    Attributes
    ----------
    model : a name in `KINDS`
    loss : a name in `TRAINABLE`; by default the model's own
    margin : Δ ≥ 0 of a hinge
    label_smoothing : ε of softmax cross-entropy, 0 to below 1; by default the model's own
    l2 : λ ≥ 0 of ½λ‖w‖², for all weights, or parameter's name → λ
    l1 : λ ≥ 0 of λ Σ|w|, likewise; it makes weights exactly 0
    penalize_biases : whether the penalties count biases as weights
    optimizer : a name with its settings, such as "adam:first_decay=0.95"; "lbfgs" takes all pictures at each step
    learning_rate : the highest rate of the schedule, > 0; "find" tries them out first
    momentum : 0 to below 1, of the optimizers that have one
    schedule : a name with its settings, such as "step:at=0.5|0.75,factor=0.1"
    clip : the greatest norm of all gradients together, > 0
    batch_size : pictures a step, ≥ 1
    sampling : "shuffled": every picture once an epoch; "balanced": every class as often as every other
    epochs : how often every training picture is visited, ≥ 1
    patience : epochs without a better validation result after which training stops
    tolerance : training stops when three epochs in a row lower the objective by less than this share, > 0
    gradient_norm : β > 0: training stops when the gradient over all training pictures is no longer than this; with L1
        the shortest of the slopes at its kinks counts
    time_limit : seconds of training, > 0
    watch : what "better" means: a name in `WATCHED`
    class_weight : "balanced": each class counts the same, however many pictures it has; or class → how much it counts
    features : what the model sees of a picture, with its settings, such as "pixels" or "pca:components=300,floor=10"
    augment : what is done at random to the pictures of each step, such as "flip,shift:pixels=4"; or several such texts
    test_time_flips : whether a score is the mean of those of the picture and of its mirror image
    refuse : the share of right verdicts, 0 to below 1, that may be refused so that the classifier can say "none of
        these"; None: it always names a class
    neighbors : of knn: how many of the nearest vote, ≥ 1; by default what does best on validation pictures
    metric, weights : of knn: names in `METRICS` and `WEIGHTS`, by default l2 and uniform
    network : settings of a network that differ from its defaults, such as {"hidden": (100,), "dropout": 0.5}
    seed : of the split and of the order of pictures
    """

    model: str = "softmax"
    loss: str | None = None
    margin: float = 1.0
    label_smoothing: float | None = None
    l2: float | Mapping[str, float] | None = None
    l1: float | Mapping[str, float] = 0.0
    penalize_biases: bool = False
    optimizer: str | None = None
    learning_rate: float | str | None = None
    momentum: float | None = None
    schedule: str | None = None
    clip: float | None = None
    batch_size: int | None = None
    sampling: str = "shuffled"
    epochs: int | None = None
    patience: int | None = None
    tolerance: float | None = None
    gradient_norm: float | None = None
    time_limit: float | None = None
    watch: str = "accuracy"
    class_weight: str | Mapping[str, float] | None = None
    features: str | None = None
    augment: str | tuple[str, ...] | None = None
    test_time_flips: bool = False
    refuse: float | None = None
    neighbors: int | None = None
    metric: str | None = None
    weights: str | None = None
    network: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0

    def __post_init__(self) -> None:
        check_kind(self.model)
        self._take_neighbors()
        for option, names in (("sampling", SAMPLINGS), ("watch", WATCHED)):
            object.__setattr__(self, option, known_name(_flag(option), getattr(self, option), names))
        self._take_optimizer()
        for option in ("margin", "label_smoothing", "momentum", "clip", *_LIMITS):
            self._take(option, Real, float)
        for option in ("batch_size", "epochs", "patience", "neighbors", "seed"):
            self._take(option, Integral, int)
        if isinstance(self.learning_rate, str):
            self._check("learning_rate", self.learning_rate == "find", "a number, or find")
        else:
            self._take("learning_rate", Real, float)
        for option in ("l2", "l1"):
            self._take_strength(option)
        self._take_class_weight()
        check_network(self.model, self.network)
        self._take_features()
        if self.augment is not None:
            object.__setattr__(self, "augment", str(augmentation_described(self.augment)))
        self._take("refuse", Real, float)
        if self.refuse is not None:
            check_share(self.refuse)
        self._check("test_time_flips", isinstance(self.test_time_flips, bool), "true or false")
        self._check_changes()
        rate = self.learning_rate
        self._check("learning_rate", rate in (None, "find") or 0 < float(rate or 0) < np.inf, "above 0")
        self._check("momentum", self.momentum is None or 0 <= self.momentum < 1, "0 to below 1")
        for option in ("clip", *_LIMITS):
            value = getattr(self, option)
            self._check(option, value is None or 0 < value < np.inf, "above 0")
        for option in ("batch_size", "epochs", "patience", "neighbors"):
            self._check(option, getattr(self, option) is None or getattr(self, option) >= 1, "1 or more")
        self._check("seed", 0 <= self.seed < 2**63, "0 to 2⁶³ − 1")
        # Made once here, so that a wrong name or setting is said before the first picture is read.
        _ = self.criterion, self.rule, self.rates

    def _take(self, option: str, kind: type, plain: Callable[[Any], Any]) -> None:
        """Hold a number as Python's own: NumPy's, as from `np.logspace`, would change dtypes and is no JSON."""
        value = getattr(self, option)
        if value is None and _DEFAULT[option] is None:
            return
        whole = "a whole number" if kind is Integral else "a number"
        self._check(option, isinstance(value, kind) and not isinstance(value, bool), whole)
        object.__setattr__(self, option, plain(value))

    def _take_neighbors(self) -> None:
        """Hold the settings of nearest neighbors by their names; refuse what the model has no use for."""
        given = [each.name for each in fields(self) if getattr(self, each.name) not in (each.default, {})]
        if self.model in REMEMBERING:
            used = (*_SHARED, *(_NEIGHBORS if self.model == NEIGHBORS else ()))
            unused = [_flag(name) for name in given if name not in used]
            more = " Its distance is Euclidean: so it is linear." if self.model == MEAN else ""
            why = f"remembers and minimizes nothing: leave out {' and '.join(unused)}.{more}"
        else:
            unused = [_flag(name) for name in given if name in _NEIGHBORS]
            why = f"has no {' and no '.join(unused)}: leave it out, or take --model knn."
        if unused:
            raise InputError(f"--model {self.model} {why}")
        for option, names in (("metric", METRICS), ("weights", WEIGHTS)):
            if getattr(self, option) is not None:
                object.__setattr__(self, option, known_name(_flag(option), getattr(self, option), names))

    def _take_optimizer(self) -> None:
        """Hold the optimizer by its own name, with its settings behind it."""
        if self.optimizer in (None, HANDED_IN):
            return
        name, colon, settings = str(self.optimizer).partition(":")
        name = known_name("--optimizer", name.strip(), (*OPTIMIZERS, *MINIMIZERS))
        if name in MINIMIZERS and colon:
            raise InputError(f"--optimizer {name} has no settings: leave out {colon + settings!r}.")
        object.__setattr__(self, "optimizer", name + colon + settings)

    def _take_features(self) -> None:
        """Hold the features by their own name, with all their settings behind it."""
        if self.features is None:
            return
        features = features_described(self.features)
        if self.model in CONVOLUTIONAL and features != FEATURES["pixels"]:
            raise InputError(
                f"--model {self.model} looks for patterns among neighboring pixels, and --features {self.features} has "
                "none: leave it out, or take mlp, maxout or a linear model."
            )
        object.__setattr__(self, "features", str(features))

    def _check_changes(self) -> None:
        """Raise `InputError` where pictures shall change after something was measured in them."""
        changing = self.augment is not None or self.test_time_flips
        if changing and self.features and isinstance(features_described(self.features), Measured):
            raise InputError(
                f"--augment and --test-time-flips change pictures, and --features {self.features} are measured in them "
                "once, before the first step: leave out one of them."
            )

    def _take_strength(self, option: str) -> None:
        given = getattr(self, option)
        each = given if isinstance(given, Mapping) else {"": given}
        for name, value in each.items():
            number = isinstance(value, Real) and not isinstance(value, bool)
            if not (number or (value is None and option == "l2" and not name)):
                raise InputError(f"{_flag(option, name)} must be a number, got {value!r}.")
            if number and not 0 <= value < np.inf:
                raise InputError(f"{_flag(option, name)} must be 0 or more, got {value!r}.")
        if isinstance(given, Mapping):
            object.__setattr__(self, option, {str(name): float(value) for name, value in given.items()})
        elif given is not None:
            object.__setattr__(self, option, float(given))

    def _take_class_weight(self) -> None:
        given = self.class_weight
        if not isinstance(given, Mapping):
            fits = given is None or (isinstance(given, str) and given == "balanced")
            self._check("class_weight", fits, "balanced, or a weight for each class")
            return
        for name, value in given.items():
            if not isinstance(value, Real) or not 0 <= value < np.inf:
                raise InputError(f"{_flag('class_weight', name)} must be 0 or more, got {value!r}.")
        object.__setattr__(self, "class_weight", {str(name): float(value) for name, value in given.items()})

    def _check(self, option: str, fits: bool, wanted: str) -> None:
        if not fits:
            raise InputError(f"{_flag(option)} must be {wanted}, got {getattr(self, option)!r}.")

    @property
    def criterion(self) -> Criterion:
        """The loss, ready for training."""
        defaults = DEFAULTS[self.model]
        name = self.loss or defaults.loss
        smoothing = defaults.label_smoothing if name == defaults.loss else 0.0
        return Criterion(
            name, self.margin, smoothing if self.label_smoothing is None else self.label_smoothing
        )

    @property
    def augmentation(self) -> Augmentation | None:
        """What is done to the pictures of each step."""
        return None if self.augment is None else augmentation_described(self.augment)

    @property
    def rule(self) -> Any:
        """The optimizer's formula; None for a minimizer, and for one that is handed in."""
        text = self.optimizer or DEFAULTS[self.model].optimizer
        if text in MINIMIZERS or text == HANDED_IN:
            if self.momentum is not None:
                raise InputError(f"--optimizer {text} has no --momentum: leave it out.")
            return None
        if self.momentum is None:
            return optimizer_described(text)
        if text.partition(":")[0] not in ("momentum", "nesterov"):
            raise InputError(
                f"--optimizer {text} has no --momentum: leave it out, or take momentum or nesterov."
            )
        # A momentum that the optimizer's settings name as well is refused there.
        return optimizer_described(
            f"{text.rstrip(':')}{',' if ':' in text else ':'}momentum={self.momentum!r}"
        )

    @property
    def rates(self) -> Schedule:
        """From the time in training, 0 to 1, to a share of the learning rate."""
        return schedule_described(self.schedule or DEFAULTS[self.model].schedule)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "Recipe":
        """The recipe that `to_json` wrote. Raises `InputError` where a name or a value is not one of a recipe."""
        unknown = set(content) - {each.name for each in fields(cls)}
        if unknown:
            raise InputError(
                f"The recipe names {', '.join(sorted(unknown))}, which this version of pellucid "
                f"does not know: upgrade it."
            )
        return cls(**content)


_NEIGHBORS = ("neighbors", "metric", "weights")
_SHARED = ("model", "features", "watch", "refuse", "seed")
_LIMITS = ("tolerance", "gradient_norm", "time_limit")
_DEFAULT = {each.name: each.default for each in fields(Recipe)}


def _flag(option: str, name: str = "") -> str:
    return f"--{option.replace('_', '-')}{f' of {name}' if name else ''}"
