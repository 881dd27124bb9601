"""Whitening: no two numbers of a patch say the same, and each says as much as any other."""

import numpy as np


def zca(x: np.ndarray, floor: float, components: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """The mean (P,) and the matrix (P, Q) float32 that whiten rows such as these.

    Neighboring pixels are nearly equal, so that without whitening all words would be blobs of light and dark. Whitened
    rows are written in the Q directions in which the rows vary most, those of the first the most. Turned back, x̂ Vᵀ,
    they are those of the symmetric matrix Z Vᵀ: patches again, of edges alone. Distances are the same in both.

    Forward    x̂ = (x − M) Z,  Z = V (Λ + floor)^(−1/2) with the covariance V Λ Vᵀ of x, its Q largest values
    Shapes     x (N, P) → M (P,), Z (P, Q)
    Source     Bell and Sejnowski 1997, "The 'independent components' of natural scenes are edge filters"; the floor of
               Coates, Ng and Lee 2011, section 3.2, is 0.1

    Parameters
    ----------
    components : Q; None for all P

    The sums are taken in float64, block by block.
    """
    mean = x.mean(axis=0, dtype=np.float64)
    covariance = np.zeros((x.shape[1], x.shape[1]))
    for first in range(0, len(x), _BLOCK):
        centered = x[first : first + _BLOCK] - mean
        covariance += centered.T @ centered
    values, vectors = np.linalg.eigh(covariance / max(len(x) - 1, 1))
    largest = slice(None, None if components is None else -components - 1, -1)
    # What is left of a direction in which nothing varies is a rounding error, below 0 or above.
    values, vectors = np.maximum(values[largest], 0) + floor, vectors[:, largest]
    # A direction and its opposite are the same: the one is taken whose largest number is above 0.
    vectors = vectors * np.sign(vectors[np.abs(vectors).argmax(axis=0), np.arange(vectors.shape[1])])
    return mean.astype(np.float32), (vectors / np.sqrt(values)).astype(np.float32)


def symmetric(whitening: np.ndarray) -> np.ndarray:
    """The symmetric matrix Z Vᵀ (P, P) float64 of a whitening Z (P, Q) by `zca`: row p is what whitens pixel p."""
    directions = whitening / np.linalg.norm(whitening.astype(np.float64), axis=0)
    return whitening.astype(np.float64) @ directions.T


_BLOCK = 2**14
