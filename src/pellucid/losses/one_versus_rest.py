"""Each class asks for itself: is this picture mine or not? K binary problems on the same picture, added up."""

from pellucid.arrays.namespace import namespace
from pellucid.arrays.special import softplus
from pellucid.graph.tensor import op
from pellucid.losses.masks import fixed_margin, right_class


@op
def one_versus_rest_hinge(s, y, *, margin=1.0):
    """The right score should be above Δ and every other one below −Δ; what is missing is added up.

    Forward    L = Σₖ max(0, Δ − tₖ sₖ),  t_y = 1 and all others −1
    Gradient   ∂L/∂sₖ = −g tₖ [tₖ sₖ < Δ]  (at the kink: 0);  none flows into the labels
    Shapes     s (N, K), y (N) → L (N)
    Inputs     y labels below K; s in steps of 0.3 (so that no margin is met exactly)
    Source     Rifkin and Klautau 2004, "In defense of one-vs-all classification", section 2
    """
    t, missing = _missing(s, y, margin)
    pays = (missing > 0).astype(s.dtype)
    # A product with the mask would leave −0.0.
    return namespace(s, y).maximum(missing, 0).sum(axis=1), (lambda g: -g[:, None] * (t * pays), None)


@op
def one_versus_rest_squared_hinge(s, y, *, margin=1.0):
    """The one-versus-rest hinge with each missing piece squared: what scikit-learn's LinearSVC minimizes.

    Forward    L = Σₖ max(0, Δ − tₖ sₖ)²,  t_y = 1 and all others −1
    Gradient   ∂L/∂sₖ = −2 g tₖ max(0, Δ − tₖ sₖ);  none flows into the labels
    Shapes     s (N, K), y (N) → L (N)
    Inputs     y labels below K; s in steps of 0.3 (so that no margin is met exactly, where the slope bends)
    Source     Fan et al. 2008, "LIBLINEAR: a library for large linear classification", section 2 and appendix A (its C
               is 1 / (N λ) here, and it penalizes the bias as a weight)
    """
    t, missing = _missing(s, y, margin)
    missing = missing * (missing > 0).astype(s.dtype)
    return (missing * missing).sum(axis=1), (lambda g: (-2 * g)[:, None] * (t * missing), None)


@op
def one_versus_rest_logistic(s, y):
    """Logistic regression for each class by itself: the right score should be large, every other one far below 0.

    The sigmoid of a score is the probability of its class against all others; they do not add up to 1.

    Forward    L = Σₖ ln(1 + e^(−tₖ sₖ)),  t_y = 1 and all others −1,  computed as in logistic_loss
    Gradient   ∂L/∂sₖ = −g tₖ σ(−tₖ sₖ);  none flows into the labels
    Shapes     s (N, K), y (N) → L (N)
    Inputs     y labels below K
    Source     Rifkin and Klautau 2004, "In defense of one-vs-all classification", section 2; CS231n, Neural networks 2:
               loss functions, attribute classification
    """
    t = _signs(s, y)
    losses, wrong = softplus(-t * s)
    return losses.sum(axis=1), (lambda g: -g[:, None] * (t * wrong), None)


def _signs(s, y):
    """t (N, K) of each class's own problem: +1 at the right class, −1 elsewhere."""
    return 2 * right_class(namespace(s, y), s, y) - 1


def _missing(s, y, margin):
    """The signs t (N, K), and Δ − t s."""
    t = _signs(s, y)
    return t, fixed_margin(margin) - t * s
