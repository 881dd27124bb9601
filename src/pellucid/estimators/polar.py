"""Polar coordinates as scikit-learn's transformer."""

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from pellucid.features.polar import Polar


class PolarFeatures(TransformerMixin, BaseEstimator):
    """Radius and angle of points (N, 2), see `pellucid.features.polar.Polar`."""

    def __init__(self, center: Any = (0.0, 0.0)) -> None:
        self.center = center

    def fit(self, X: Any, y: Any = None) -> Self:
        """Nothing is learned. Raises `InputError` unless each row is two numbers."""
        points = validate_data(self, X, dtype=np.float32)
        self.polar_ = Polar(self.center).settled(points.shape[1:], len(points))
        return self

    def transform(self, X: Any) -> np.ndarray:
        """r and θ (N, 2) float32 of points (N, 2)."""
        check_is_fitted(self)
        return self.polar_(validate_data(self, X, reset=False, dtype=np.float32))

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """The two names."""
        check_is_fitted(self)
        return np.array(self.polar_.names(), object)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        return tags
