"""A bag of visual words: which of many small patterns a picture is made of, and roughly where."""

import math
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from pellucid.arrays.compile import scan
from pellucid.arrays.namespace import namespace
from pellucid.arrays.products import precise
from pellucid.features.assignment import hard, normalized, triangle
from pellucid.features.clustering import k_means, k_means_spread_out, nearest, spherical_k_means
from pellucid.features.part import Part
from pellucid.features.patches import patches, positions, sampled
from pellucid.features.settings import fields, positive, whole, whole_pair
from pellucid.features.whitening import zca
from pellucid.storage.errors import InputError, known_name

ASSIGNMENTS = {"triangle": triangle, "hard": hard}
"""How a patch counts: for all words that are nearer than the average one, by how much; or for the nearest, once."""

POOLINGS = ("sum", "mean")
"""Whether the patches of a field are added up or averaged."""

CLUSTERINGS = {"k-means": k_means, "k-means-plus-plus": k_means_spread_out, "spherical": spherical_k_means}
"""How words are learned: as means of patches, begun with random or with distant ones, or as directions of length 1."""

_WORDS, _FEW = 1600, 16  # words at most and at least, unless told otherwise
_EACH = 100  # patches for each word between them
_SIDE = 32  # pixels for each pixel of the stride


@dataclass(frozen=True)
class VisualWords(Part):
    """A bag of visual words (Coates, Ng and Lee 2011).

    Learned from random patches of the training pictures: each without its brightness and contrast, whitened in the
    directions in which patches vary most, and of these the centers of k-means, the words. In a picture, every patch is
    compared with all words, and what it counts for each is pooled over the fields of a grid.

    Forward    x = (x̃ − M) Z with x̃ the normalized patch (`assignment.normalized`, `whitening.zca`)
               z_k = ‖x − c_k‖,  triangle: f_k = max(0, mean(z) − z_k), hard: f_k = 1 of the nearest word, else 0
               feature of a field and word = (Σ f_k over the patches of the field) ^ power
    Shapes     pictures (N, H, W, C) → (N, rows · columns · W) float32, laid out (field of the grid, word);
               Z (P, Q) with P = patch · patch · C numbers of a patch and Q components
    Source     Coates, Ng and Lee 2011, "An analysis of single-layer networks in unsupervised feature learning",
               sections 3 and 4; the powers of Perronnin, Sánchez and Mensink 2010, "Improving the Fisher kernel for
               large-scale image classification", section 3.2

    Attributes
    ----------
    words : W; None for one word for each hundred patches of the training pictures, 16 to 1,600
    patch : height and width of a patch in pixels; None for 6, less in pictures of less than 12 pixels
    stride : pixels from one patch to the next; None for 1, more in pictures of more than 48 pixels
    grid : fields down and across, over which is pooled
    assignment : one of `ASSIGNMENTS`
    pooling : one of `POOLINGS`
    clustering : one of `CLUSTERINGS`
    patches : how many to learn from, at most
    components : Q, the directions of patches that are compared; None for half of the numbers of a patch in color, all
        of a gray one. JPEG keeps color at half the pixels down and across, so that more directions hardly vary: 54 of
        108 hold 99.2 % of what whitened patches of CIFAR-10 vary in all (98 % with the paper's contrast and floor).
        With 1,600 words of 40,000 pictures, 54, 72 and 108 directions made 74.9, 74.9 and 74.7 % of 10,000 validation
        pictures.
    contrast : is added to the variance of a patch, in squared gray levels; the paper's 10 makes as much of what JPEG
        leaves in a patch of sky as of an edge
    floor : is added to the variances when they are divided out (`zca`); 0.1 in the paper
    power : 0.5 is the square root: no word counts too much because it is everywhere in one picture; 1 in the paper

    The defaults were chosen on validation pictures of CIFAR-10 kept as JPEG, with 800 words. Of 15,000 training
    pictures they make 70.5 %; contrasts of 100 to 1,000 with floors of 0.1 to 0.6 make 69.0 to 70.6 %, a contrast of 10
    with a floor of 0.3 69.8 %. Of 10,000 that made 66.4 %, and the paper's settings 64.1 %.

    Raises
    ------
    InputError : a setting out of its range; a patch larger than the picture; more words than patches to learn from;
        patches that are all the same
    """

    name: ClassVar[str] = "words"

    words: int | None = None
    patch: int | None = None
    stride: int | None = None
    grid: tuple[int, int] = (2, 2)
    assignment: str = "triangle"
    pooling: str = "sum"
    clustering: str = "k-means"
    patches: int = 400_000
    components: int | None = None
    contrast: float = 300.0
    floor: float = 0.15
    power: float = 0.5

    def __post_init__(self) -> None:
        for name in ("words", "patch", "stride", "patches", "components"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, whole("words", **{name: getattr(self, name)}))
        if self.patch == 1:
            raise InputError("words: patch must be 2 or more, got 1: one pixel has no pattern.")
        object.__setattr__(self, "grid", whole_pair("words", grid=self.grid))
        for name, among in (
            ("assignment", ASSIGNMENTS),
            ("pooling", POOLINGS),
            ("clustering", CLUSTERINGS),
        ):
            object.__setattr__(self, name, known_name(f"{name} of words", getattr(self, name), among))
        for name in ("contrast", "floor", "power"):
            object.__setattr__(self, name, positive("words", **{name: getattr(self, name)}))

    def settled(self, shape: tuple[int, int, int], pictures: int) -> "VisualWords":
        """With all decided that was left open. Raises `InputError` where it cannot be measured in such pictures."""
        height, width = shape[:2]
        patch = self.patch or max(2, min(6, min(height, width) // 2))
        stride = self.stride or max(1, round(min(height, width) / _SIDE))
        settled = replace(self, patch=patch, stride=stride)
        settled.check(*shape)
        there = pictures * positions(height, patch, 1) * positions(width, patch, 1)
        seen = min(there, self.patches)
        words = self.words or min(_WORDS, max(_FEW, there // _EACH), seen)
        if words > seen:
            raise InputError(
                f"words: {words:,} words cannot be learned from {seen:,} patches ({pictures:,} training pictures have "
                f"{there:,}, and patches={self.patches:,}): take less words."
            )
        numbers = patch**2 * shape[2]
        components = self.components or (numbers if shape[2] == 1 else numbers // 2)
        return replace(settled, words=words, patches=seen, components=components)

    def check(self, height: int, width: int, channels: int) -> None:
        """Raise `InputError` where a patch is larger than pictures of this size, or the grid has empty fields."""
        patch, stride = self.patch or 2, self.stride or 1
        if min(height, width) < patch:
            raise InputError(
                f"words: a patch of {patch} × {patch} pixels does not fit into pictures of {height} × {width}: take a "
                "smaller patch, or a larger --size."
            )
        if (self.components or 1) > patch**2 * channels:
            raise InputError(
                f"words: components must be at most {patch**2 * channels}, the numbers of a patch of {patch} × {patch} "
                f"pixels, got {self.components}."
            )
        rows, columns = positions(height, patch, stride), positions(width, patch, stride)
        if rows < self.grid[0] or columns < self.grid[1]:
            raise InputError(
                f"words: pictures of {height} × {width} have {rows} × {columns} patches, too few for a grid of "
                f"{self.grid[0]} × {self.grid[1]}: take a smaller grid, patch or stride, or a larger --size."
            )

    def learn(self, pictures: np.ndarray, rows: np.ndarray, seed: int) -> dict[str, np.ndarray]:
        """The codebook (W, Q), mean (P,), whitening (P, Q) and frequencies (W,): the share of the patches to which each
        word is the nearest. All float32; the codebook is one of whitened patches.

        Raises `InputError` where there are less different patches than words.
        """
        words = self._decided[0]
        rng = np.random.Generator(np.random.Philox(key=seed))
        x, mean, whitening = self.whitened_sample(pictures, rows, rng)
        codebook = CLUSTERINGS[self.clustering](x, words, rng)
        owner, _ = nearest(x, codebook)
        frequencies = (np.bincount(owner, minlength=words) / len(x)).astype(np.float32)
        return {"codebook": codebook, "mean": mean, "whitening": whitening, "frequencies": frequencies}

    def whitened_sample(
        self, pictures: np.ndarray, rows: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Random patches of these rows of the pictures, whitened (n, Q), and the mean (P,) and the whitening (P, Q)."""
        seen = sampled(pictures, rows, self._decided[1], self.patches, rng)
        x, whitened = np.empty(seen.shape, np.float32), np.empty((len(seen), self._kept), np.float32)
        blocks = [slice(first, first + _BLOCK) for first in range(0, len(x), _BLOCK)]
        for block in blocks:
            x[block] = normalized(seen[block], self.contrast)
        mean, whitening = zca(x, self.floor, self._kept)
        for block in blocks:
            whitened[block] = (x[block] - mean) @ whitening
        return whitened, mean, whitening

    def arrays(self, shape: tuple[int, int, int]) -> dict[str, tuple[int, ...]]:
        """The shapes of what it learns from pictures of this shape, by name."""
        words, patch, _ = self._decided
        numbers = patch**2 * shape[2]
        return {
            "codebook": (words, self._kept),
            "mean": (numbers,),
            "whitening": (numbers, self._kept),
            "frequencies": (words,),
        }

    def boxes(self, height: int, width: int, channels: int) -> np.ndarray:
        """Where each feature of a picture was measured: (D, 4) int, top, bottom, left and right, of its field."""
        words, patch, stride = self._decided
        # From the first pixel of a field's first patch to the last pixel of its last one.
        found = fields(self._places(height, width), self.grid) * stride
        found[:, [1, 3]] += patch - stride
        return np.repeat(found, words, axis=0)

    def compiled_from(self, shape: tuple[int, int, int]) -> int:
        """How many pictures of this shape take NumPy longer than bringing a compiler up and compiling."""
        words, patch, _ = self._decided
        products = (words + patch**2 * shape[2]) * self._kept * math.prod(self._places(*shape[:2]))
        return min(_PRODUCTS // products + 1, 10_000)

    def names(self, height: int, width: int, channels: int) -> list[str]:
        """The field of each feature, where there are several, and its word by its place in the codebook."""
        words = self._decided[0]
        found = [f" {row},{column}" if self.grid != (1, 1) else "" for row, column in np.ndindex(self.grid)]
        return [f"words{field} {word}" for field in found for word in range(words)]

    def __call__(
        self, pictures: Any, *, codebook: Any, mean: Any, whitening: Any, frequencies: Any = None
    ) -> Any:
        """Features (N, D) float32 of pictures (N, H, W, C) uint8."""
        xp = namespace(pictures)

        def encoded(picture: Any) -> Any:
            return self._pooled(picture, codebook, mean, whitening)

        # Picture by picture, so that the distances of one fit the cache.
        if xp is np:
            found = np.empty((len(pictures), len(self.boxes(*pictures.shape[1:]))), np.float32)
            for row, picture in enumerate(pictures):
                found[row] = encoded(picture)
            return found
        return scan(lambda state, picture: (state, encoded(picture)), 0, pictures)[1]

    def activations(self, pictures: Any, codebook: Any, mean: Any, whitening: Any) -> Any:
        """How much each patch counts for each word: (N, rows, columns, W) float32, before it is pooled."""
        _, patch, stride = self._decided
        seen = patches(pictures, patch, stride)
        return self._counts(seen, codebook, mean, whitening)

    def _counts(self, seen: Any, codebook: Any, mean: Any, whitening: Any) -> Any:
        """How much patches (..., P) count for each word (..., W)."""
        x = normalized(seen.reshape(-1, seen.shape[-1]), self.contrast)
        x = precise(x, whitening) - precise(mean, whitening)
        return ASSIGNMENTS[self.assignment](x, codebook).reshape(*seen.shape[:-1], len(codebook))

    def _pooled(self, picture: Any, codebook: Any, mean: Any, whitening: Any) -> Any:
        """The features (D,) of one picture (H, W, C): a few rows of patches at a time, which are added up downwards
        first, and then across."""
        xp, (_, patch, stride) = namespace(picture), self._decided
        seen = patches(picture[None], patch, stride)[0]  # (rows, columns, P)
        rows, columns = seen.shape[:2]
        at_once, found = max(1, _PATCHES // columns), []
        for top, bottom, left, right in fields((rows, columns), self.grid):
            if left == 0:
                blocks = [seen[first : min(first + at_once, bottom)] for first in range(top, bottom, at_once)]
                sums = sum(self._counts(block, codebook, mean, whitening).sum(axis=0) for block in blocks)
            total = sums[left:right].sum(axis=0)  # (columns of the field, W) → (W,)
            found.append(
                total / np.float32((bottom - top) * (right - left)) if self.pooling == "mean" else total
            )
        features = xp.concatenate(found)
        return features if self.power == 1 else features ** np.float32(self.power)

    def _places(self, height: int, width: int) -> tuple[int, int]:
        """How many patches there are in a picture, down and across."""
        _, patch, stride = self._decided
        return positions(height, patch, stride), positions(width, patch, stride)

    @property
    def _decided(self) -> tuple[int, int, int]:
        """Words, patch and stride, as they are once settled."""
        assert self.words is not None
        assert self.patch is not None
        assert self.stride is not None
        return self.words, self.patch, self.stride

    @property
    def _kept(self) -> int:
        """Components, likewise."""
        assert self.components is not None
        return self.components


_BLOCK = 2**14  # patches to learn from, worked on at once

_PRODUCTS = 25 * 10**9  # of a patch's number and a word's: as long on NumPy as starting and compiling take

_PATCHES = 512  # of a picture, whose distances are worked on at once
