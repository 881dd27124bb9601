"""What a model can be shown of a picture, by the names that `--features` knows."""

from dataclasses import dataclass

from pellucid.preprocessing.projection import PrincipalComponents
from pellucid.storage.described import described


@dataclass(frozen=True)
class Pixels:
    """Every number of the picture, standardized; also the numbers of a row."""

    def settled(self, features: int, pictures: int) -> "Pixels":
        return self

    def __str__(self) -> str:
        return "pixels"


Features = Pixels | PrincipalComponents

FEATURES: dict[str, Features] = {"pixels": Pixels(), "pca": PrincipalComponents()}
"""Each kind of features by its name, with its default settings."""


def features_described(text: str) -> Features:
    """The features that a text names, with their settings behind a colon: "pixels", "pca:components=300,floor=10".

    Raises `InputError` where the name or a setting is not known, or a value is out of its range.
    """
    return described("kind of features", FEATURES, text)
