"""What a model can be shown of a picture, by the names that `--features` knows."""

from dataclasses import dataclass

from pellucid.features.color import ColorHistogram
from pellucid.features.hog import HoG
from pellucid.features.part import Part
from pellucid.features.thumbnail import Thumbnail
from pellucid.features.visual_words import VisualWords
from pellucid.preprocessing.measuring import Measured
from pellucid.preprocessing.projection import PrincipalComponents
from pellucid.storage.described import described
from pellucid.storage.errors import InputError, known_name


@dataclass(frozen=True)
class Pixels:
    """Every number of the picture, standardized; also the numbers of a row."""

    def settled(self, shape: tuple[int, ...], pictures: int) -> "Pixels":
        return self

    def __str__(self) -> str:
        return "pixels"


Features = Pixels | PrincipalComponents | Measured

MEASURED: dict[str, Part] = {
    each.name: each for each in (HoG(), ColorHistogram(), Thumbnail(), VisualWords())
}
"""What can be measured in a picture, by its name, with its default settings; several with + between."""

FEATURES: dict[str, Features] = {"pixels": Pixels(), "pca": PrincipalComponents()}
"""What takes the pixels as they are, or their principal components, with its default settings."""


def features_described(text: str) -> Features:
    """The features that a text names, with their settings behind a colon: "pixels", "pca:components=300,floor=10",
    "hog:cell=4+color:bins=8".

    Raises `InputError` where a name or a setting is not known, or a value is out of its range.
    """
    parts = [part.strip() for part in str(text).split("+")]
    known = (*FEATURES, *MEASURED)
    names = [known_name("kind of features", part.partition(":")[0].strip(), known) for part in parts]
    for name in names:
        if name in FEATURES and len(parts) > 1:
            raise InputError(
                f"--features {name} stands alone, got {text!r}. With + between: {', '.join(MEASURED)}."
            )
    if names[0] in FEATURES:
        return described("kind of features", FEATURES, parts[0])
    return Measured(tuple(described("kind of features", MEASURED, part) for part in parts))
