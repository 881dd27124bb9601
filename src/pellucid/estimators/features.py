"""What is measured in pictures, as scikit-learn's transformers: pictures in, float32 features out.

They take arrays (N, H, W, C) or (N, H, W) uint8, which pass through a `Pipeline` or a `FeatureUnion` as they are; or
with `shape` rows (N, H·W·C) of whole numbers from 0 to 255, as other tools lay pictures out.
"""

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from pellucid.features.assignment import normalized
from pellucid.features.backbone import Backbone
from pellucid.features.clustering import nearest, totals
from pellucid.features.color import ColorHistogram
from pellucid.features.fhog import FelzenszwalbHoG
from pellucid.features.hog import HoG
from pellucid.features.part import Part
from pellucid.features.patches import sampled
from pellucid.features.settings import whole
from pellucid.features.thumbnail import Thumbnail
from pellucid.features.visual_words import VisualWords
from pellucid.preprocessing.measuring import Measured
from pellucid.storage.errors import InputError


class _PictureFeatures(TransformerMixin, BaseEstimator):
    """One kind of features, whose settings are those of its `Part`.

    Attributes
    ----------
    part_ : the kind with all settings decided, such as `HoG`
    picture_shape_ : (H, W, C) of the pictures
    """

    _kind: type[Part]
    part_: Any
    learned_: dict[str, np.ndarray]
    picture_shape_: tuple[int, ...]

    def fit(self, X: Any, y: Any = None) -> Self:
        """Decide what was left open, and learn what is learned, from pictures (N, H, W, C) uint8."""
        pictures = self._pictures(X, reset=True, learning=True)
        part = self._part().settled(pictures.shape[1:], len(pictures))
        self._keep(part, part.learn(pictures, np.arange(len(pictures)), self._seed()))
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Features (N, D) float32 of pictures (N, H, W, C) uint8."""
        check_is_fitted(self)
        return self._measured().of_many(self._pictures(X))

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """The D names, such as "hog 3,4 50°"."""
        check_is_fitted(self)
        return np.array(self.part_.names(*self.picture_shape_), object)

    def draw(self, picture: Any) -> Any:
        """What these features keep of one picture (H, W, C) or (H, W) uint8, as a Pillow picture."""
        from pellucid.inspection.feature_drawing import draw_features

        check_is_fitted(self)
        return draw_features(self._measured(), self._pictures(np.asarray(picture)[np.newaxis])[0])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = []
        return tags

    def _part(self) -> Part:
        own = {"shape", "random_state"}
        return self._kind(**{name: value for name, value in self.get_params().items() if name not in own})

    def _seed(self) -> int:
        return 0

    def _keep(self, part: Part, learned: dict[str, np.ndarray]) -> None:
        self.part_, self.learned_ = part, learned

    def _measured(self) -> Measured:
        named = {f"{self.part_.name}.{name}": array for name, array in self.learned_.items()}
        return Measured((self.part_,), named)

    def _pictures(self, X: Any, reset: bool = False, learning: bool = False) -> np.ndarray:
        """Pictures (N, H, W, C) uint8. Raises `InputError` unless they are, and like those of before."""
        name = type(self).__name__
        try:
            pictures = np.asarray(X)
        except ValueError as error:  # pictures of several sizes
            raise InputError(f"{name} takes pictures of one size: bring them to it first.") from error
        shape = getattr(self, "shape", None)
        if shape is not None and pictures.ndim == 2:
            pictures = _whole(name, pictures, shape)
        if pictures.ndim == 3:
            pictures = pictures[..., np.newaxis]  # (N, H, W) → (N, H, W, 1)
        if pictures.ndim != 4 or pictures.dtype != np.uint8:
            raise InputError(
                f"{name} takes pictures (N, H, W, C) or (N, H, W) of uint8, 0 to 255, got {pictures.dtype} of shape "
                f"{pictures.shape}. Rows of pixels are pictures with shape=(H, W, C)."
            )
        if learning and not len(pictures):
            raise InputError(f"{name} needs pictures to be fitted to, got none.")
        if reset:
            self.picture_shape_ = pictures.shape[1:]
        elif pictures.shape[1:] != self.picture_shape_:
            raise InputError(
                f"{name} was fitted to pictures of shape {self.picture_shape_}, got {pictures.shape[1:]}."
            )
        return pictures


def _whole(name: str, rows: np.ndarray, shape: Any) -> np.ndarray:
    """Rows (N, D) of whole numbers as pictures (N, *shape) uint8."""
    if not isinstance(shape, tuple | list) or len(shape) not in (2, 3):
        raise InputError(f"{name}: shape must be (H, W, C) or (H, W), got {shape!r}.")
    shape = tuple(whole(name, shape=side) for side in shape)
    if rows.dtype.kind not in "biuf" or rows.shape[1] != np.prod(shape):
        raise InputError(
            f"{name} with shape={shape} takes rows of {np.prod(shape):,} numbers, got {rows.dtype} of shape "
            f"{rows.shape}."
        )
    if rows.size and not ((rows >= 0) & (rows <= 255) & (rows == np.rint(rows))).all():
        raise InputError(f"{name} takes pixels that are whole numbers from 0 to 255: scale them first.")
    return rows.astype(np.uint8).reshape(len(rows), *shape)


class HoGFeatures(_PictureFeatures):
    """Histograms of oriented gradients, see `pellucid.features.hog.HoG`."""

    _kind = HoG

    def __init__(
        self,
        orientations: int = 9,
        cell: Any = (8, 8),
        block: Any = (3, 3),
        norm: str = "L2-Hys",
        transform_sqrt: bool = False,
        signed: bool = False,
        shape: tuple[int, ...] | None = None,
    ) -> None:
        self.orientations = orientations
        self.cell = cell
        self.block = block
        self.norm = norm
        self.transform_sqrt = transform_sqrt
        self.signed = signed
        self.shape = shape


class FelzenszwalbHoGFeatures(_PictureFeatures):
    """Histograms of oriented gradients in fewer numbers, see `pellucid.features.fhog.FelzenszwalbHoG`."""

    _kind = FelzenszwalbHoG

    def __init__(
        self, orientations: int = 9, cell: Any = (8, 8), shape: tuple[int, ...] | None = None
    ) -> None:
        self.orientations = orientations
        self.cell = cell
        self.shape = shape


class ColorFeatures(_PictureFeatures):
    """Color histograms, see `pellucid.features.color.ColorHistogram`."""

    _kind = ColorHistogram

    def __init__(
        self,
        space: str = "hue",
        bins: int = 10,
        grid: Any = (1, 1),
        soft: bool = False,
        power: float = 1.0,
        shape: tuple[int, ...] | None = None,
    ) -> None:
        self.space = space
        self.bins = bins
        self.grid = grid
        self.soft = soft
        self.power = power
        self.shape = shape


class ThumbnailFeatures(_PictureFeatures):
    """The mean colors of a grid, see `pellucid.features.thumbnail.Thumbnail`."""

    _kind = Thumbnail

    def __init__(self, grid: Any = (8, 8), shape: tuple[int, ...] | None = None) -> None:
        self.grid = grid
        self.shape = shape


class BackboneFeatures(_PictureFeatures):
    """What an ONNX network says, see `pellucid.features.backbone.Backbone`."""

    _kind = Backbone

    def __init__(
        self,
        path: str = "",
        scale: str = "",
        layout: str = "",
        output: str = "",
        shape: tuple[int, ...] | None = None,
    ) -> None:
        self.path = path
        self.scale = scale
        self.layout = layout
        self.output = output
        self.shape = shape


class VisualWordsFeatures(_PictureFeatures):
    """A bag of visual words, see `pellucid.features.visual_words.VisualWords`.

    `partial_fit` learns from batch after batch: the first decides the whitening and the first words; each later one
    moves every word to the mean of all patches that were ever nearest to it (Sculley 2010, "Web-scale k-means
    clustering", algorithm 1; with spherical clustering likewise, by direction).

    Attributes
    ----------
    learned_ : codebook, mean, whitening and frequencies, as `VisualWords.learn` returns them
    counts_ (W,) : patches that each word was the nearest to
    """

    _kind = VisualWords
    counts_: np.ndarray
    batches_: int
    seed_: int

    def __init__(
        self,
        words: int | None = None,
        patch: int | None = None,
        stride: int | None = None,
        grid: Any = (2, 2),
        assignment: str = "triangle",
        pooling: str = "sum",
        clustering: str = "k-means",
        patches: int = 400_000,
        components: int | None = None,
        contrast: float = 300.0,
        floor: float = 0.15,
        power: float = 0.5,
        random_state: Any = 0,
        shape: tuple[int, ...] | None = None,
    ) -> None:
        self.words = words
        self.patch = patch
        self.stride = stride
        self.grid = grid
        self.assignment = assignment
        self.pooling = pooling
        self.clustering = clustering
        self.patches = patches
        self.components = components
        self.contrast = contrast
        self.floor = floor
        self.power = power
        self.random_state = random_state
        self.shape = shape

    def partial_fit(self, X: Any, y: Any = None) -> Self:
        """Learn from one more batch of pictures (n, H, W, C) uint8."""
        if not hasattr(self, "learned_"):
            return self.fit(X)
        pictures, part, learned = self._pictures(X, learning=True), self.part_, self.learned_
        rng = np.random.Generator(np.random.Philox(key=[self.seed_, self.batches_]))
        seen = sampled(pictures, np.arange(len(pictures)), part.patch, part.patches, rng)
        x = (normalized(seen, part.contrast) - learned["mean"]) @ learned["whitening"]
        codebook, along = learned["codebook"], part.clustering == "spherical"
        owner, projection = nearest(x, codebook, along=along)
        sums, counts = totals(x, owner, len(codebook), projection if along else None)
        before, self.counts_ = self.counts_[:, np.newaxis], self.counts_ + counts
        moved = (before * codebook + sums) / np.maximum(self.counts_, 1)[:, np.newaxis]
        if along:
            moved /= np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), np.finfo(np.float32).tiny)
        self.learned_ = {
            **learned,
            "codebook": moved.astype(np.float32),
            "frequencies": (self.counts_ / self.counts_.sum()).astype(np.float32),
        }
        self.batches_ += 1
        return self

    def _seed(self) -> int:
        self.seed_ = int(check_random_state(self.random_state).randint(2**31))
        return self.seed_

    def _keep(self, part: Any, learned: dict[str, np.ndarray]) -> None:
        super()._keep(part, learned)
        self.counts_ = np.rint(learned["frequencies"].astype(np.float64) * part.patches).astype(np.int64)
        self.batches_ = 1
