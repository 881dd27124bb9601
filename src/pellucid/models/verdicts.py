"""What a classifier says of one picture."""

from dataclasses import dataclass, field

import numpy as np


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
    """

    classes: tuple[str, ...] = field(repr=False)
    scores: np.ndarray = field(repr=False)
    probabilities: np.ndarray = field(repr=False)
    origin: str = ""
    input: np.ndarray | None = field(default=None, repr=False)

    @property
    def index(self) -> int:
        """The number of the class with the highest score; of the first one at a tie."""
        return int(self.scores.argmax())

    @property
    def label(self) -> str:
        """The name of the class with the highest score."""
        return self.classes[self.index]

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
        return f"<{where}{self.label}, {self.probability:.1%}>"
