"""Whitening: no two numbers of a patch say the same, and each says as much as any other."""

import numpy as np


def zca(x: np.ndarray, floor: float) -> tuple[np.ndarray, np.ndarray]:
    """The mean (P,) and the matrix (P, P) float32 that whiten rows such as these.

    Neighboring pixels are nearly equal, so that without whitening all words would be blobs of light and dark. The
    matrix is the symmetric one: a whitened patch still looks like a patch, of edges alone.

    Forward    x̂ = (x − M) Z,  Z = V (Λ + floor)^(−1/2) Vᵀ with the covariance V Λ Vᵀ of x
    Shapes     x (N, P) → M (P,), Z (P, P)
    Source     Bell and Sejnowski 1997, "The 'independent components' of natural scenes are edge filters"; the floor of
               Coates, Ng and Lee 2011, section 3.2, is 0.1

    The sums are taken in float64, block by block.
    """
    mean = x.mean(axis=0, dtype=np.float64)
    covariance = np.zeros((x.shape[1], x.shape[1]))
    for first in range(0, len(x), _BLOCK):
        centered = x[first : first + _BLOCK] - mean
        covariance += centered.T @ centered
    values, vectors = np.linalg.eigh(covariance / max(len(x) - 1, 1))
    # What is left of a direction in which nothing varies is a rounding error, below 0 or above.
    values = np.maximum(values, 0) + floor
    return mean.astype(np.float32), ((vectors / np.sqrt(values)) @ vectors.T).astype(np.float32)


_BLOCK = 2**14
