"""What is chosen for a model where the user says nothing, and how it was found."""

from dataclasses import dataclass

from pellucid.models.kinds import NETWORKS, REMEMBERING


@dataclass(frozen=True)
class Defaults:
    """How a kind of model is trained unless told otherwise.

    Attributes
    ----------
    loss, two_classes : names in `losses.criterion.TRAINABLE`; the second, if any, where there are two classes
    optimizer, schedule : as `optimizers.named` reads them
    batch_size : None: by the number of pictures
    steps, epochs : about how many steps to make, and the least and the most epochs for it
    rate : the learning rate; None: by loss, optimizer and data, see `settling`
    l2 : λ of ½λ‖W‖²; None: by loss
    label_smoothing : ε of its own loss (Szegedy et al. 2016, "Rethinking the Inception architecture", section 7)
    features : what it sees of large pictures, as `preprocessing.features` reads them
    """

    loss: str
    optimizer: str = "nesterov"
    schedule: str = "cosine"
    batch_size: int | None = None
    steps: int = 2_000
    epochs: tuple[int, int] = (40, 400)
    rate: float | None = None
    l2: float | None = None
    two_classes: str | None = None
    label_smoothing: float = 0.0
    features: str = "pixels"

    @property
    def binary_loss(self) -> str:
        """The loss where there are two classes."""
        return self.two_classes or self.loss


_PERCEPTRON = Defaults(
    "multiclass-perceptron", "sgd", "constant", batch_size=1, steps=50_000, epochs=(5, 40), rate=1.0
)
"""One picture a step, as Rosenblatt did. A constant rate scales all weights alike and decides nothing. The average
falls again after a few passes over many pictures, so there are only a few (benchmarks/perceptron_defaults.py)."""

_SOFTMAX = "softmax-cross-entropy"

_PERCEPTRONS = Defaults(
    _SOFTMAX,
    "adamw:weight_decay=0.05",
    steps=3_500,
    epochs=(20, 200),
    rate=2e-3,
    l2=0.0,
    label_smoothing=0.1,
    features="pca",
)

DEFAULTS = {
    # Nothing is minimized here: of these only the loss is used, to say how good the probabilities are.
    **{name: Defaults(_SOFTMAX) for name in REMEMBERING},
    "softmax": Defaults(_SOFTMAX),
    "svm": Defaults("multiclass-hinge"),
    "logistic": Defaults("one-versus-rest-logistic", two_classes="logistic-loss"),
    "perceptron": _PERCEPTRON,
    "averaged-perceptron": _PERCEPTRON,
    "mlp": _PERCEPTRONS,
    "maxout": _PERCEPTRONS,
    "convnet": Defaults(
        _SOFTMAX,
        "adamw",
        "one-cycle",
        steps=1_200,
        epochs=(7, 100),
        rate=5e-3,
        l2=0.0,
        label_smoothing=0.1,
    ),
    **{
        name: Defaults(_SOFTMAX, "adamw", "one-cycle", epochs=(20, 100), rate=3e-3, l2=0.0)
        for name in NETWORKS
        if name == "googlenet" or name.startswith("resnet")
    },
}
"""For each kind of model. The rate of a network suits inputs of mean 0 and deviation 1, as they are, whatever their
number: its units are normalized or begin at a scale that keeps it (He et al. 2015). What mlp is trained with was chosen
on 5,000 validation pictures of CIFAR-10: with normalized units, twice the rate and 0.3 of the inputs
dropped instead of 0.2, all changed at once, 60.1 % of them were right instead of 59.3 %.
What it comes to on test pictures: `python -m benchmarks.network_accuracy`."""

_STEPS = (30, 30)

ON_FEATURES = {
    "softmax": Defaults(_SOFTMAX, "preconditioned-lbfgs", epochs=_STEPS, l2=0.01),
    "svm": Defaults("one-versus-rest-squared-hinge", "preconditioned-lbfgs", epochs=_STEPS, l2=0.03),
    "logistic": Defaults(
        "one-versus-rest-logistic",
        "preconditioned-lbfgs",
        epochs=_STEPS,
        l2=0.01,
        two_classes="logistic-loss",
    ),
}
"""For linear models on what is measured in pictures, thousands of numbers that go together: with coordinates in which
the objective is nearly round, 30 passes over the pictures do what takes hundreds of epochs of descent. λ was chosen on
5,000 validation pictures of CIFAR-10 (`python -m benchmarks.feature_accuracy` tells what it comes to on test pictures).
They count where nothing is asked of the training that a minimizer cannot do."""

AVERAGED = ("averaged-perceptron",)
"""Models whose kept weights are the average over all steps."""

LINEAR_LOSSES = {
    "softmax-cross-entropy": (3e-3, 0.6),
    "multiclass-hinge": (0.03, 0.05),
    "multiclass-squared-hinge": (0.03, 0.01),
    "structured-hinge": (0.01, 0.1),
    "one-versus-rest-hinge": (0.03, 0.1),
    "one-versus-rest-squared-hinge": (0.03, 0.05),
    "binary-cross-entropy": (3e-3, 0.6),
    "one-versus-rest-logistic": (1e-2, 1.0),
    "multiclass-perceptron": (0.0, 0.1),
    "perceptron-loss": (0.0, 0.1),
    "logistic-loss": (3e-3, 0.6),
    "exponential-loss": (3e-3, 0.1),
    "hinge-loss": (3e-3, 0.1),
    "squared-hinge-loss": (3e-3, 0.1),
    "squared-error": (0.03, 0.03),
    "half-squared-error": (0.03, 0.06),
}
"""For each loss of a linear classifier λ of ½λ‖W‖², and the learning rate of Nesterov's descent in units of 1/λmax,
where λmax is the largest curvature of the data: chosen on validation pictures of CIFAR-10 and of digits, those of two
classes on two of each (`python -m benchmarks.defaults`)."""

MINIMIZERS = ("lbfgs", "preconditioned-lbfgs")
"""Optimizers that look at all training pictures in each step and choose their own step length."""
