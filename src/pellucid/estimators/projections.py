"""Principal components and whitening as scikit-learn's transformers, of pictures or of rows of numbers."""

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from pellucid.preprocessing.projection import (
    PrincipalComponents,
    Projection,
    ZeroPhaseWhitening,
    of_covariance,
    project,
)
from pellucid.preprocessing.standardize import block_rows, moments, of_deviations, standardize
from pellucid.storage.errors import InputError


class _Projected(TransformerMixin, BaseEstimator):
    """Numbers standardized, and projected with a matrix that was measured.

    Attributes
    ----------
    mean_, scale_ (D,) float32 : what numbers are standardized by
    projection_ (C, D) float32 : of the standardized numbers
    samples_ : how many it was fitted to
    """

    _sums: Any = None
    """Of all batches so far: how many rows, their mean (D,), and the products of their deviations (D, D)."""

    def fit(self, X: Any, y: Any = None) -> Self:
        """Measure mean, scale and projection on rows (N, D), or on pictures (N, H, W, C) of any numbers."""
        x = self._rows(X, reset=True)
        rows = np.arange(len(x))
        self.mean_, self.scale_ = moments(x, rows)
        kind = self._kind().settled(x.shape[1:], len(x))
        self.projection_ = kind.measured(x, rows, self.mean_, self.scale_)
        self.samples_ = len(x)
        self._sums = None
        return self

    def partial_fit(self, X: Any, y: Any = None) -> Self:
        """Measure them on all batches so far: mean and covariance are exact however the rows are divided (Chan, Golub
        and LeVeque 1983). The batches before must have come by `partial_fit` too."""
        first = self._sums is None
        x = self._rows(X, reset=first)
        count, mean, squares = (0, 0.0, 0.0) if first else self._sums
        kind = self._kind().settled(x.shape[1:], count + len(x))
        block = x.astype(np.float64)
        center = block.mean(axis=0)
        centered, moved = block - center, center - mean
        squares = (
            squares + centered.T @ centered + np.outer(moved, moved) * (count * len(x) / (count + len(x)))
        )
        mean = mean + moved * (len(x) / (count + len(x)))
        self.samples_ = count + len(x)
        self._sums = (self.samples_, mean, squares)
        covariance = squares / self.samples_
        self.mean_, self.scale_ = of_deviations(mean, np.sqrt(np.diag(covariance)), x.dtype == np.uint8)
        wide = self.scale_.astype(np.float64)
        self.projection_ = of_covariance(kind, covariance / np.outer(wide, wide), self.samples_)
        return self

    def transform(self, X: Any) -> np.ndarray:
        """z (N, C) float32 of rows (N, D) or pictures (N, H, W, C)."""
        check_is_fitted(self)
        x = self._rows(X)
        size = block_rows(x.shape[1], 2048)
        blocks = (x[first : first + size] for first in range(0, len(x), size))
        return np.concatenate(
            [project(standardize(block, self.mean_, self.scale_), self.projection_) for block in blocks]
        )

    def inverse_transform(self, X: Any) -> np.ndarray:
        """The numbers (N, D) that come nearest to having these projections (N, C), in the units of the inputs."""
        check_is_fitted(self)
        z, count = np.asarray(X, np.float64), len(self.projection_)
        if z.ndim != 2 or z.shape[1] != count:
            raise InputError(
                f"{type(self).__name__} turns rows of {count:,} numbers back, got an array of shape {z.shape}."
            )
        x = z @ np.linalg.pinv(self.projection_.astype(np.float64)).T
        return (x * self.scale_ + self.mean_).astype(np.float32)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = []
        return tags

    def _kind(self) -> Projection:
        raise NotImplementedError

    def _rows(self, X: Any, reset: bool = False) -> np.ndarray:
        """Rows (N, D) of finite numbers; 8-bit ones stay so."""
        if getattr(X, "ndim", 2) > 2:
            X = X.reshape(len(X), -1)  # (N, H, W, C) → (N, D)
        return validate_data(self, X, reset=reset, dtype=[np.float64, np.float32, np.uint8])


class PCAFeatures(_Projected):
    """Principal components with mild whitening, see `pellucid.preprocessing.projection.PrincipalComponents`."""

    def __init__(self, n_components: int | None = None, floor: float = 10.0) -> None:
        self.n_components = n_components
        self.floor = floor

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """The C names, "component 0" for the one of the largest variance."""
        check_is_fitted(self)
        return np.array([f"component {number}" for number in range(len(self.projection_))], object)

    def _kind(self) -> Projection:
        return PrincipalComponents(self.n_components, self.floor)


class ZCAFeatures(_Projected):
    """Whitening that leaves each number at its place, see `pellucid.preprocessing.projection.ZeroPhaseWhitening`."""

    def __init__(self, floor: float = 10.0) -> None:
        self.floor = floor

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """The names of the inputs, or "x0", "x1" where they have none."""
        from sklearn.utils.validation import _check_feature_names_in

        check_is_fitted(self)
        return _check_feature_names_in(self, input_features)

    def _kind(self) -> Projection:
        return ZeroPhaseWhitening(self.floor)
