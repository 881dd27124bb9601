"""Penalties on the weights: of two classifiers that are equally right, prefer the simpler one."""

from pellucid.graph.tensor import op


@op
def l2(w):
    """Half the sum of the squares of the weights; the half makes the gradient the weights themselves.

    Forward    R = ½ ‖w‖²
    Gradient   ∂R/∂w = g w
    Shapes     w (K, D) → R ()
    Source     CS231n, Linear classification: regularization (there without the ½)
    """
    return 0.5 * (w * w).sum(), (lambda g: g * w,)
