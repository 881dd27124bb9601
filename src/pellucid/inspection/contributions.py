"""A score taken apart: which pixels pushed it up, which pushed it down, adding up to the very number.

For a linear model the score of a class is b + Σ wᵢ xᵢ, and each term is what one input contributed. The
inputs are standardized, x = (pixel − mean) / scale, so every contribution is *compared with the average
training picture*: a pixel that is as it is on average contributes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from pellucid.inspection.placing import Item, itemized, placed
from pellucid.storage.errors import InputError

BASELINE = "compared with the average training picture"
TOLERANCE = 1e-5  # of max(1, |score|): what float32 sums may be away from the float64 sum of the receipt

_ROWS = {1: ("",), 2: ("top", "bottom"), 3: ("top", "", "bottom")}
_COLUMNS = {1: ("",), 2: ("left", "right"), 3: ("left", "", "right")}


class LinearScores(Protocol):
    """What a receipt needs of a classifier."""

    @property
    def classes(self) -> tuple[str, ...]: ...
    @property
    def templates(self) -> tuple[np.ndarray, np.ndarray]: ...
    @property
    def preprocessing(self) -> Any: ...
    def scores(self, inputs: np.ndarray) -> np.ndarray: ...


@dataclass(frozen=True)
class Reason:
    """One region of the picture (or one input number) in words, with what it contributed to the score."""

    where: str
    amount: float


@dataclass(frozen=True)
class Receipt:
    """Why one class got its score, or why one class got more than another; exact for a linear model, and for a network
    approximate by a `method` (see `attribution.py`).

    Attributes
    ----------
    class_name, class_index : whose score
    other_name, other_index : the class it is compared with ("why a and not b"); None where there is none
    score : the number that the model computed (float32; for a comparison the difference of two)
    bias : what the score is for the average training picture
    contributions (H, W, C), (H, W, 1) or (D,) float64 : what each input added; what something measured in the picture
        added lies on the pixels that it came from (`placing.placed`)
    items : what each HoG cell, bin of colors, visual word added, in the order of the features; none where pixels are
        seen
    baseline : what the contributions are compared with
    method : how the contributions were found where they are approximate; "" where they are the very terms of the score
    """

    class_name: str
    class_index: int
    score: float
    bias: float
    contributions: np.ndarray = field(repr=False)
    other_name: str | None = None
    other_index: int | None = None
    baseline: str = BASELINE
    method: str = ""
    items: tuple[Item, ...] = field(default=(), repr=False)

    @cached_property
    def kinds(self) -> dict[str, float]:
        """What each kind of features added, such as {"hog": 1.2, "color": -0.3}; nothing where pixels are seen."""
        found: dict[str, float] = {}
        for item in self.items:
            found[item.kind] = found.get(item.kind, 0.0) + item.amount
        return found

    @cached_property
    def total(self) -> float:
        """bias + Σ contributions, in float64; of features bias + Σ items."""
        return self.bias + float(self.amounts.sum())

    @cached_property
    def amounts(self) -> np.ndarray:
        """The terms of the sum, in a row: of the items where there are any, else of the inputs."""
        return np.array([item.amount for item in self.items]) if self.items else self.contributions.ravel()

    @property
    def exact(self) -> bool:
        """Whether the parts add up to the score: |total − score| ≤ 1e-5 · max(1, |score|)."""
        return abs(self.total - self.score) <= TOLERANCE * max(1.0, abs(self.score))

    @property
    def accounted(self) -> float:
        """Σ contributions / (score − bias): the share of the score's difference to the average picture's; NaN where
        there is no difference."""
        difference = self.score - self.bias
        return (self.total - self.bias) / difference if abs(difference) > TOLERANCE else float("nan")

    @property
    def reliability(self) -> str:
        """How far the contributions can be trusted, in words."""
        if not self.method:
            return f"{'exact' if self.exact else 'NOT exact'} (off by {abs(self.total - self.score):.0e})"
        if 0 <= self.accounted < 2:
            return (
                f"approximate: {self.method} accounts for {self.accounted:.0%} of the score's difference to the "
                "average picture"
            ).replace("%", " %")
        return (
            f"approximate, and no account of the score: {self.method} adds up to {signed(self.total - self.bias)}, the "
            f"score differs from the average picture's by {signed(self.score - self.bias)}"
        )

    @cached_property
    def pushed_up(self) -> float:
        """The sum of the positive terms."""
        return float(self.amounts[self.amounts > 0].sum())

    @cached_property
    def pushed_down(self) -> float:
        """The sum of the negative terms (≤ 0)."""
        return float(self.amounts[self.amounts < 0].sum())

    @property
    def title(self) -> str:
        """ "cat" or "cat rather than dog"."""
        return (
            self.class_name if self.other_name is None else f"{self.class_name} rather than {self.other_name}"
        )

    def reasons(self, count: int = 3) -> tuple[tuple[Reason, ...], tuple[Reason, ...]]:
        """What spoke most for the class and most against it, in words; at most `count` each.

        Of features it is their items; a picture is divided in 3 × 3 regions, each with the sum of its
        contributions; of rows of numbers it is the single inputs.
        """
        if self.items:
            names, amounts = [str(item) for item in self.items], self.amounts
        else:
            names, amounts = self._regions if self.contributions.ndim == 3 else self._inputs
        order = np.argsort(-amounts, kind="stable")
        least = 1e-3 * float(np.abs(amounts).sum())  # what is a thousandth of it all is no reason
        strongest = [Reason(names[i], float(amounts[i])) for i in order[:count] if amounts[i] > least]
        weakest = [Reason(names[i], float(amounts[i])) for i in order[::-1][:count] if amounts[i] < -least]
        return tuple(strongest), tuple(weakest)

    @property
    def _regions(self) -> tuple[list[str], np.ndarray]:
        height, width = self.contributions.shape[:2]
        names, amounts = [], []
        rows = np.array_split(np.arange(height), min(3, height))
        columns = np.array_split(np.arange(width), min(3, width))
        for vertical, row in zip(_ROWS[len(rows)], rows, strict=True):
            for horizontal, column in zip(_COLUMNS[len(columns)], columns, strict=True):
                names.append(f"{vertical} {horizontal}".strip() or "middle")
                block = self.contributions[row[0] : row[-1] + 1, column[0] : column[-1] + 1]
                amounts.append(block.sum())
        return names, np.array(amounts)

    @property
    def _inputs(self) -> tuple[list[str], np.ndarray]:
        amounts = self.contributions.ravel()
        return [f"number {i + 1}" for i in range(len(amounts))], amounts

    def sentence(self) -> str:
        """The receipt in one sentence."""
        for_it, against = self.reasons(1)
        said = [f"for it most: {for_it[0].where} ({signed(for_it[0].amount)})"] if for_it else []
        said += [f"against it most: {against[0].where} ({signed(against[0].amount)})"] if against else []
        kinds = (
            [f"{kind} {signed(amount)}" for kind, amount in self.kinds.items()] if len(self.kinds) > 1 else []
        )
        return (
            f"{self.title}: {signed(self.score if self.method else self.total)}, {self.baseline}"
            + "".join(f"; {', '.join(each)}" for each in (kinds, said) if each)
            + "."
        )


def receipt(classifier: LinearScores, picture: np.ndarray, class_index: int) -> Receipt:
    """Why `class_index` got its score: the score taken apart to the single input.

    Forward    s_k = b_k + Σᵢ W_ki xᵢ, the terms in float64
    Shapes     picture (H, W, C) uint8 or (D,) float32 → contributions of the same shape
    Source     CS231n, Linear classification; what float32 leaves out is held to 1e-5 (DESIGN, section 4)

    Raises
    ------
    InputError : no such class, or a picture of another size than the model's
    """
    return _receipt(classifier, picture, class_index, None)


def difference_receipt(classifier: LinearScores, picture: np.ndarray, a: int, b: int) -> Receipt:
    """Why class `a` and not class `b`: (W_a − W_b) · x + b_a − b_b, taken apart to the single input.

    This is what the loss determines: adding the same template to all classes changes no verdict and no
    probability.

    Shapes     picture (H, W, C) uint8 or (D,) float32 → contributions of the same shape

    Raises
    ------
    InputError : no such class, or a picture of another size than the model's
    """
    return _receipt(classifier, picture, a, b)


def _receipt(classifier: LinearScores, picture: np.ndarray, a: int, b: int | None) -> Receipt:
    classes: Sequence[str] = classifier.classes
    check_classes(classes, a, b)
    one = np.asarray(picture)[np.newaxis]
    scores = classifier.scores(one)[0]
    x = np.asarray(classifier.preprocessing.standardized(one))[0].astype(np.float64)
    weight, bias = classifier.templates
    w = weight[a].astype(np.float64)
    if x.shape != w.shape:
        raise InputError(f"The model sees {len(w):,} numbers a picture; this picture has {x.size:,}.")
    offset, score = float(bias[a]), float(scores[a])
    if b is not None:
        w = w - weight[b].astype(np.float64)
        offset, score = offset - float(bias[b]), score - float(scores[b])
    contributions, items = laid_out(classifier.preprocessing, w, w * x, one[0])
    return Receipt(
        class_name=classes[a],
        class_index=int(a),
        score=score,
        bias=offset,
        contributions=contributions,
        other_name=None if b is None else classes[b],
        other_index=None if b is None else int(b),
        items=items,
    )


def laid_out(
    preprocessing: Any, slopes: np.ndarray, contributions: np.ndarray, picture: np.ndarray
) -> tuple[np.ndarray, tuple[Item, ...]]:
    """What each number (D,) added, laid out as the picture (H, W, C) is, and of features the items of the sum.

    Parameters
    ----------
    slopes (D,) : by how much the score rises with each number
    """
    measure = preprocessing.measure
    if measure is not None:
        heat = placed(preprocessing, slopes, contributions, picture)
        return heat[..., np.newaxis], itemized(measure, contributions, picture.shape)
    whole = contributions.size == picture.size
    return contributions.reshape(picture.shape) if whole else contributions, ()


def check_classes(classes: Sequence[str], a: int, b: int | None) -> None:
    """Raise `InputError` unless these are numbers of classes; `b` may be None."""
    for number in (a,) if b is None else (a, b):
        if not 0 <= number < len(classes):
            raise InputError(f"A class number must be 0 to {len(classes) - 1}, got {number}.")


def signed(amount: float, digits: int = 2) -> str:
    """A number with its sign in front, a true minus: +1.32, −0.40, 0.00."""
    text = f"{abs(amount):,.{digits}f}"
    if not any(digit in text for digit in "123456789"):
        return text
    return ("+" if amount > 0 else "−") + text
