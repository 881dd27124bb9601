"""What a classifier says of one picture."""

from dataclasses import dataclass, field

import numpy as np

NONE = "none of these"
"""What is said of a refused picture."""


@dataclass(frozen=True)
class Near:
    """A training picture that is near to one that was refused.

    Attributes
    ----------
    name : where it came from
    label : the name of its class
    distance : in units of the usual distance from a held-out picture to the nearest
    """

    name: str
    label: str
    distance: float


@dataclass(frozen=True, eq=False)
class Verdict:
    """The scores and probabilities of one picture.

    Attributes
    ----------
    classes : the K class names
    scores (K,) float32
    probabilities (K,) float32 : add up to 1
    origin : the picture's path, where it has one
    input : the picture as the model saw it, (H, W, C) uint8, or the row of numbers (D,)
    refused : whether it is said to be of none of the classes, because it is not sure enough of any,
        or has seen nothing alike
    near : the training pictures nearest to a refused one
    """

    classes: tuple[str, ...] = field(repr=False)
    scores: np.ndarray = field(repr=False)
    probabilities: np.ndarray = field(repr=False)
    origin: str = ""
    input: np.ndarray | None = field(default=None, repr=False)
    refused: bool = False
    near: tuple[Near, ...] = field(default=(), repr=False)

    @property
    def index(self) -> int:
        """The number of the class with the highest score; of the first one at a tie."""
        return int(self.scores.argmax())

    @property
    def label(self) -> str:
        """The name of the class with the highest score, also where it is refused."""
        return self.classes[self.index]

    @property
    def said(self) -> str:
        """The name of the class with the highest score; "none of these" where it is refused."""
        return NONE if self.refused else self.label

    @property
    def probability(self) -> float:
        """How sure the classifier is of it, 0 to 1."""
        return float(self.probabilities[self.index])

    def top(self, count: int = 5) -> list[tuple[str, float, float]]:
        """(class, probability, score) of the most probable classes, highest first."""
        order = np.argsort(-self.scores, kind="stable")[:count]
        return [(self.classes[k], float(self.probabilities[k]), float(self.scores[k])) for k in order]

    def __repr__(self) -> str:
        where = f"{self.origin}: " if self.origin else ""
        best = f"{NONE}, at best {self.label}" if self.refused else self.label
        return f"<{where}{best}, {self.probability:.1%}>"
