"""Principal components of the standardized numbers: a few hundred that hold most of what thousands of pixels say."""

import math
import operator
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any

import numpy as np

from pellucid.features.settings import exact
from pellucid.preprocessing.standardize import block_rows, standardize
from pellucid.storage.errors import InputError

_ROWS = 2**14  # pictures that are looked at: more turn the directions by less than other seeds do
_SIDE = 2**12  # rows and columns of the largest matrix whose eigenvectors are computed: a few seconds

_NOTHING = 1e-6  # of the largest variance: what float32 does not tell from 0


@dataclass(frozen=True)
class PrincipalComponents:
    """Projection on the directions in which the training pictures differ most, each divided by about its deviation.

    Neighboring pixels say nearly the same: the first of their 3,072 directions has two thousand times the variance of
    the 300th. Descent is slow where variances are that far apart; divided out entirely, the noise in the last
    directions would count as much as the picture. With the floor the directions below it stay small.

    Forward    z = x Pᵀ,  P_c = v_c / √(λ_c + floor), where λ_c and v_c are the largest eigenvalues of XᵀX/N and their
               eigenvectors
    Shapes     x (N, D), P (C, D) → z (N, C)
    Source     LeCun et al. 1998, "Efficient BackProp", section 4.3; the floor as in Coates, Lee and Ng 2011, section
               3.1, where it is called ε

    Attributes
    ----------
    components : C, at most D and less than the training pictures; None for `MOST`, or as many as there can be
    floor : is added to each variance, in units of the variance of one standardized number, 0 or more
    """

    components: int | None = None
    floor: float = 10.0

    def __post_init__(self) -> None:
        if self.components is not None:
            object.__setattr__(self, "components", _whole(self.components))
        _check_floor("pca", self.floor)

    def settled(self, shape: tuple[int, ...], pictures: int) -> "PrincipalComponents":
        """With the number of components, for inputs of this shape and so many training pictures.

        Raises `InputError` where there are not as many as are asked for.
        """
        features = math.prod(shape)
        most = min(features, pictures - 1)
        if self.components is None:
            return replace(self, components=max(1, min(MOST, most)))
        if self.components > max(1, most):
            raise InputError(
                f"pca: {pictures:,} training pictures of {features:,} numbers have at most {max(1, most):,} "
                f"components, got components={self.components}."
            )
        return self

    def measured(
        self, inputs: np.ndarray, rows: np.ndarray, mean: np.ndarray, scale: np.ndarray
    ) -> np.ndarray:
        """P (C, D) float32, measured on these rows of the inputs; on evenly spread ones where they are many.

        The number of largest size in each direction is above 0, so that the same pictures give the same directions.
        """
        assert self.components is not None
        return self.matrix(*_directions(inputs, rows, mean, scale, self.components))

    def matrix(self, variances: np.ndarray, directions: np.ndarray) -> np.ndarray:
        """P (C, D) float32 of variances (c,) and directions (c, D) with c at most C; what is missing of it is 0."""
        assert self.components is not None
        largest = directions[np.arange(len(directions)), np.abs(directions).argmax(axis=1)]
        weights = np.where(largest < 0, -1.0, 1.0) / _divisors(variances, self.floor)
        projection = np.zeros((self.components, directions.shape[1]), np.float32)
        projection[: len(directions)] = weights[:, np.newaxis] * directions
        return projection

    def __str__(self) -> str:
        settings = {"components": self.components, "floor": self.floor}
        return "pca:" + ",".join(
            f"{name}={exact(value)}" for name, value in settings.items() if value is not None
        )


@dataclass(frozen=True)
class ZeroPhaseWhitening:
    """Principal components, each divided by about its deviation, and turned back: as many numbers as there were, each
    at its old place, so that a whitened picture is a picture still, of its edges.

    Forward    z = x Pᵀ,  P = Σ_c v_c v_cᵀ / √(λ_c + floor), where λ_c and v_c are the eigenvalues of XᵀX/N and their
               eigenvectors
    Shapes     x (N, D), P (D, D) → z (N, D)
    Source     Bell and Sejnowski 1997, "The 'independent components' of natural scenes are edge filters", section 3;
               the floor as in Coates, Lee and Ng 2011, section 3.1, where it is called ε

    Attributes
    ----------
    floor : is added to each variance, in units of the variance of one standardized number, 0 or more
    """

    floor: float = 10.0

    def __post_init__(self) -> None:
        _check_floor("zca", self.floor)

    def settled(self, shape: tuple[int, ...], pictures: int) -> "ZeroPhaseWhitening":
        """As it is. Raises `InputError` for inputs of more numbers than a square of them is kept of."""
        features = math.prod(shape)
        if features > _SIDE:
            raise InputError(
                f"zca keeps a square of the {features:,} numbers of a picture, which is too much: at most {_SIDE:,}. "
                "Take a smaller --size, or pca."
            )
        return self

    def measured(
        self, inputs: np.ndarray, rows: np.ndarray, mean: np.ndarray, scale: np.ndarray
    ) -> np.ndarray:
        """P (D, D) float32, measured on these rows of the inputs; on evenly spread ones where they are many."""
        return self.matrix(*_directions(inputs, rows, mean, scale, len(mean)))

    def matrix(self, variances: np.ndarray, directions: np.ndarray) -> np.ndarray:
        """P (D, D) float32 of variances (c,) and directions (c, D)."""
        divisors = _divisors(variances, self.floor)
        return (directions.T @ (directions / divisors[:, np.newaxis])).astype(np.float32)

    def __str__(self) -> str:
        return f"zca:floor={exact(self.floor)}"


Projection = PrincipalComponents | ZeroPhaseWhitening
"""What is projected with a matrix that was measured."""

MOST = 300
"""Components unless told otherwise: 94 % of the variance of CIFAR-10's pixels."""


def project(x: Any, projection: Any) -> Any:
    """z (N, C) = x Pᵀ of x (N, D), an array or a Tensor, and P (C, D)."""
    return x @ projection.T


def of_covariance(kind: Projection, covariance: np.ndarray, pictures: int) -> np.ndarray:
    """P (C, D) float32 of the covariance (D, D) of standardized numbers of so many pictures."""
    count = len(covariance) if isinstance(kind, ZeroPhaseWhitening) else kind.components
    assert count is not None
    variances, vectors = _largest(covariance, min(count, pictures, len(covariance)))
    return kind.matrix(variances, vectors.T)


def _directions(
    inputs: np.ndarray, rows: np.ndarray, mean: np.ndarray, scale: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """The variances (C,) and the directions (C, D) in which these rows differ most, at most `count`."""
    features = len(mean)
    rows = rows[:: -(-len(rows) // (_ROWS if features <= _SIDE else _SIDE))]
    found = _of_features if features <= len(rows) else _of_pictures
    return found(inputs, rows, mean, scale, min(count, len(rows)))


def _divisors(variances: np.ndarray, floor: float) -> np.ndarray:
    """√(variance + floor) (C,). What is left of a direction in which nothing varies is a rounding error: its divisor is
    infinite, whatever the floor."""
    return np.where(variances > _NOTHING * variances[0], np.sqrt(variances + floor), np.inf)


def _of_features(
    inputs: np.ndarray, rows: np.ndarray, mean: np.ndarray, scale: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """The largest eigenvalues (count,) and their eigenvectors (count, D), by the covariance of D numbers."""
    covariance = np.zeros((len(mean), len(mean)))
    size = block_rows(len(mean), 2048)
    for start in range(0, len(rows), size):
        x = standardize(inputs[rows[start : start + size]], mean, scale)
        covariance += x.T @ x
    values, vectors = _largest(covariance / len(rows), count)
    return values, vectors.T


def _of_pictures(
    inputs: np.ndarray, rows: np.ndarray, mean: np.ndarray, scale: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """The same where there are fewer pictures than numbers, by the products of N pictures with each other: XXᵀ/N has
    the eigenvalues of XᵀX/N, and Xᵀu/√(Nλ) are its eigenvectors. A few numbers of all pictures at a time."""
    flat = inputs.reshape(len(inputs), -1)
    size = block_rows(len(rows), 4096)
    blocks = [slice(start, start + size) for start in range(0, len(mean), size)]
    products = np.zeros((len(rows), len(rows)))
    for block in blocks:
        x = standardize(flat[rows, block], mean[block], scale[block])
        products += x @ x.T
    values, vectors = _largest(products / len(rows), count)
    vectors = vectors / np.sqrt(np.maximum(len(rows) * values, np.finfo(np.float32).tiny))
    directions = [vectors.T @ standardize(flat[rows, block], mean[block], scale[block]) for block in blocks]
    return values, np.concatenate(directions, axis=1)


def _largest(matrix: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The largest eigenvalues (count,) of a symmetric matrix (S, S), falling, and their eigenvectors (S, count).

    In float32, which takes a tenth of the time: an error of 1e-6 of the largest variance is far below the floor.
    """
    from scipy.linalg import eigh

    side = len(matrix)
    values, vectors = eigh(matrix.astype(np.float32), subset_by_index=[side - count, side - 1])
    return np.maximum(values[::-1].astype(np.float64), 0.0), vectors[:, ::-1].astype(np.float64)


def _check_floor(name: str, floor: Any) -> None:
    if isinstance(floor, bool) or not isinstance(floor, Real) or not 0 <= float(floor) < math.inf:
        raise InputError(f"{name}: floor must be 0 or more, got {floor!r}.")


def _whole(number: Any) -> int:
    try:
        whole = operator.index(int(number) if isinstance(number, float) and number.is_integer() else number)
    except TypeError:
        whole = 0
    if isinstance(number, bool) or whole < 1:
        raise InputError(f"pca: components must be a whole number, 1 or more, got {number!r}.")
    return whole
