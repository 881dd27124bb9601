"""Image classifiers you can see through.

>>> import pellucid as pl
>>> photos = pl.load("digits")
>>> outcome = pl.fit(photos, pl.Recipe(model="softmax"))
>>> x, y, z = pl.variables(x=-2.0, y=5.0, z=-4.0)
>>> pl.gradients((x + y) * z)[z].item()
3.0
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pellucid.data.dataset import Dataset
    from pellucid.data.load import load
    from pellucid.estimators.features import (
        ColorFeatures,
        HoGFeatures,
        ThumbnailFeatures,
        VisualWordsFeatures,
    )
    from pellucid.estimators.projections import PCAFeatures, ZCAFeatures
    from pellucid.graph import Tensor, backward_steps, gradients, op, variables
    from pellucid.graph.diagram import diagram
    from pellucid.graph.gradient_check import check_gradients
    from pellucid.graph.nonfinite import find_nonfinite
    from pellucid.models.classifier import Classifier
    from pellucid.models.model_file import load_model as open
    from pellucid.storage.errors import Error
    from pellucid.training.recipe import Recipe
    from pellucid.training.trainer import fit

__version__ = "0.1.0"

_PLACES = {
    "Classifier": ("pellucid.models.classifier", "Classifier"),
    "BackboneFeatures": ("pellucid.estimators.features", "BackboneFeatures"),
    "FelzenszwalbHoGFeatures": ("pellucid.estimators.features", "FelzenszwalbHoGFeatures"),
    "PolarFeatures": ("pellucid.estimators.polar", "PolarFeatures"),
    "HoGFeatures": ("pellucid.estimators.features", "HoGFeatures"),
    "ColorFeatures": ("pellucid.estimators.features", "ColorFeatures"),
    "ThumbnailFeatures": ("pellucid.estimators.features", "ThumbnailFeatures"),
    "VisualWordsFeatures": ("pellucid.estimators.features", "VisualWordsFeatures"),
    "PCAFeatures": ("pellucid.estimators.projections", "PCAFeatures"),
    "ZCAFeatures": ("pellucid.estimators.projections", "ZCAFeatures"),
    "Dataset": ("pellucid.data.dataset", "Dataset"),
    "Error": ("pellucid.storage.errors", "Error"),
    "Recipe": ("pellucid.training.recipe", "Recipe"),
    "Tensor": ("pellucid.graph", "Tensor"),
    "check_gradients": ("pellucid.graph.gradient_check", "check_gradients"),
    "find_nonfinite": ("pellucid.graph.nonfinite", "find_nonfinite"),
    "backward_steps": ("pellucid.graph", "backward_steps"),
    "diagram": ("pellucid.graph.diagram", "diagram"),
    "fit": ("pellucid.training.trainer", "fit"),
    "gradients": ("pellucid.graph", "gradients"),
    "load": ("pellucid.data.load", "load"),
    "op": ("pellucid.graph", "op"),
    "open": ("pellucid.models.model_file", "load_model"),
    "variables": ("pellucid.graph", "variables"),
}

__all__ = [
    "BackboneFeatures",
    "Classifier",
    "ColorFeatures",
    "Dataset",
    "Error",
    "FelzenszwalbHoGFeatures",
    "HoGFeatures",
    "PCAFeatures",
    "PolarFeatures",
    "Recipe",
    "Tensor",
    "ThumbnailFeatures",
    "VisualWordsFeatures",
    "ZCAFeatures",
    "backward_steps",
    "check_gradients",
    "diagram",
    "find_nonfinite",
    "fit",
    "gradients",
    "load",
    "op",
    "open",
    "variables",
]


def __getattr__(name: str) -> Any:
    """Import what is asked for, when it is asked for: `import pellucid` alone costs nothing."""
    if name not in _PLACES:
        raise AttributeError(f"module 'pellucid' has no attribute {name!r}")
    module, attribute = _PLACES[name]
    found = getattr(importlib.import_module(module), attribute)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
