"""How much a patch counts for each of many words: by its distances to all of them.

Nearly all the time of a bag of visual words is spent here, and nearly all of that in one product of matrices. What goes
with it costs little only if it is read and written seldom: roots are taken where the product is read, and means are
products with ones, since compilers are slow at sums along the last axis.
"""

from typing import Any

import numpy as np

from pellucid.arrays.namespace import namespace
from pellucid.arrays.products import precise


def triangle(x: Any, codebook: Any) -> Any:
    """How much nearer each word is than the average one.

    Forward    z_k = ‖x − c_k‖,  f_k = max(0, mean(z) − z_k)
    Shapes     x (M, P), codebook (W, P) → (M, W) float32
    Source     Coates, Ng and Lee 2011, section 3.2.2: about half of the words count, where only one would of `hard`
    """
    xp = namespace(x, codebook)
    z = xp.sqrt(xp.maximum(squared_distances(x, codebook), np.float32(0)))
    return xp.maximum(_row_sums(z) / np.float32(len(codebook)) - z, np.float32(0))


def hard(x: Any, codebook: Any) -> Any:
    """1 for the nearest word, 0 for all others; of equally near ones the first.

    Shapes     x (M, P), codebook (W, P) → (M, W) float32
    """
    nearest = squared_distances(x, codebook).argmin(axis=1)
    return (nearest[:, None] == np.arange(len(codebook))).astype("float32")


def squared_distances(x: Any, codebook: Any) -> Any:
    """‖x_m − c_k‖² = ‖x_m‖² − 2 x_m · c_k + ‖c_k‖² (M, W), less a little that outweighs rounding: 0 or below where they
    are equal, as the patches of a clear sky are with their word."""
    squares = _row_sums(x * x) + (codebook * codebook).sum(axis=1)
    return precise(x, (-2 * codebook).T) + np.float32(1 - _ROUNDING) * squares


_ROUNDING = 1e-6  # of the squares; other distances are less by half a millionth of the lengths


def normalized(x: Any, contrast: float) -> Any:
    """Patches without their brightness and contrast.

    Forward    x̃ = (x − mean(x)) / √(var(x) + contrast), the variance with P − 1 in the denominator
    Shapes     x (M, P) of gray levels from 0 to 255 → (M, P) float32
    Source     Coates, Ng and Lee 2011, section 3.2.1; contrast 10 in their program: without it the noise of a patch of
               sky would count as much as the edge of a roof
    """
    xp, numbers = namespace(x), x.shape[1]
    x = x.astype("float32")
    x = x - _row_sums(x) / np.float32(numbers)
    variance = _row_sums(x * x) / np.float32(max(numbers - 1, 1))
    return x / xp.sqrt(variance + np.float32(contrast))


def _row_sums(x: Any) -> Any:
    """Σ_p x_mp (M, 1) of x (M, P)."""
    return precise(x, np.ones((x.shape[1], 1), np.float32))
