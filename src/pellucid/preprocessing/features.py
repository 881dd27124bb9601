"""What a model can be shown of a picture, by the names that `--features` knows."""

from dataclasses import dataclass, replace

from pellucid.features.backbone import ENDING, Backbone
from pellucid.features.color import ColorHistogram
from pellucid.features.fhog import FelzenszwalbHoG
from pellucid.features.hog import HoG
from pellucid.features.onnx_network import network_size
from pellucid.features.part import Part
from pellucid.features.polar import Polar
from pellucid.features.thumbnail import Thumbnail
from pellucid.features.visual_words import VisualWords
from pellucid.preprocessing.measuring import Measured
from pellucid.preprocessing.projection import PrincipalComponents, ZeroPhaseWhitening
from pellucid.storage.described import described
from pellucid.storage.errors import InputError, known_name


@dataclass(frozen=True)
class Pixels:
    """Every number of the picture, standardized; also the numbers of a row."""

    def settled(self, shape: tuple[int, ...], pictures: int) -> "Pixels":
        return self

    def __str__(self) -> str:
        return "pixels"


Features = Pixels | PrincipalComponents | ZeroPhaseWhitening | Polar | Measured

MEASURED: dict[str, Part] = {
    each.name: each for each in (HoG(), FelzenszwalbHoG(), ColorHistogram(), Thumbnail(), VisualWords())
}
"""What can be measured in a picture, by its name, with its default settings; several with + between."""

FEATURES: dict[str, Features] = {
    "pixels": Pixels(),
    "pca": PrincipalComponents(),
    "zca": ZeroPhaseWhitening(),
    "polar": Polar(),
}
"""What takes the pixels or the numbers of a row as they are, or all of them together; with its default settings."""


def listed(text: str) -> list[str]:
    """The texts of several features with commas between, "pixels,hog:cell=4,block=2,color": a comma before a
    SETTING=VALUE belongs to the features before it."""
    found: list[str] = []
    for piece in (piece.strip() for piece in text.split(",")):
        if found and "=" in piece and ":" not in piece.partition("=")[0]:
            found[-1] += f",{piece}"
        elif piece:
            found.append(piece)
    return found


def features_described(text: str) -> Features:
    """The features that a text names, with their settings behind a colon: "pixels", "pca:components=300,floor=10",
    "hog:cell=4+color:bins=8".

    Raises `InputError` where a name or a setting is not known, or a value is out of its range.
    """
    parts = _parts(str(text))
    if any(part.lower().endswith(".npy") for part in parts):
        raise InputError(
            f"Embeddings that were made elsewhere stand alone and come with the data, got {text!r}. On the command "
            "line: --features EMBEDDINGS.npy; in Python: pl.load(DATA, embeddings='EMBEDDINGS.npy')."
        )
    if any(_is_network(part) for part in parts):
        return Measured(tuple(_network(part) if _is_network(part) else _part(part) for part in parts))
    if any("," in part.partition(":")[0] for part in parts):
        raise InputError(f"Features that stand side by side have + between them, as hog+color, got {text!r}.")
    known = (*FEATURES, *MEASURED)
    names = [known_name("kind of features", part.partition(":")[0].strip(), known) for part in parts]
    for name in names:
        if name in FEATURES and len(parts) > 1:
            raise InputError(
                f"--features {name} stands alone, got {text!r}. With + between: {', '.join(MEASURED)}."
            )
    if names[0] in FEATURES:
        return described("kind of features", FEATURES, parts[0])
    return Measured(tuple(_part(part) for part in parts))


def size_wanted(text: str | None) -> int | None:
    """The side of the pictures that a network among these features sees; None where there is none, or it takes any."""
    kind = features_described(text) if text else None
    parts = kind.parts if isinstance(kind, Measured) else ()
    return next((network_size(part.path) for part in parts if isinstance(part, Backbone)), None)


def _parts(text: str) -> list[str]:
    """The texts of the parts with + between, which may also be in the path of a network: "hog+/photos/a+b/net.onnx"."""
    found: list[str] = []
    for piece in text.split("+"):
        if found and set(found[-1]) & {"/", "\\"} and not _is_network(found[-1]):
            found[-1] += f"+{piece}"
        else:
            found.append(piece)
    return [part.strip() for part in found]


def _part(text: str) -> Part:
    return described("kind of features", MEASURED, text)


def _is_network(text: str) -> bool:
    """Whether this is the path of an ONNX file, perhaps with settings behind it."""
    text = text.strip().lower()
    return text.endswith(ENDING) or f"{ENDING}:" in text


def _network(text: str) -> Backbone:
    """A network of the user's own: "backbone.onnx:scale=imagenet,output=NAME"."""
    end = text.lower().find(f"{ENDING}:")
    end = len(text) if end < 0 else end + len(ENDING)
    settings = described("network", {Backbone.name: Backbone()}, Backbone.name + text[end:])
    return replace(settings, path=text[:end])


def usual(features: Features, shape: tuple[int, ...]) -> Features:
    """The features, or for hog+color without any settings those that did best together: soft histograms of gradients in
    4 × 4 and in 8 × 8 cells, a thumbnail, and the colors of each of 4 × 4 fields, 3,104 numbers. On 5,000 validation
    pictures of CIFAR-10 68.1 % of a linear model's verdicts were right with them, with `HoG` in their place 65.5 %.

    Parameters
    ----------
    shape : (H, W, 3) of pictures; those of less than 16 pixels are too small for it
    """
    if str(features) != _HOG_AND_COLOR or len(shape) != 3 or shape[2] != 3 or min(shape[:2]) < 16:
        return features
    fine, coarse = (f"fhog:cell={shape[0] // count}|{shape[1] // count}" for count in (8, 4))
    colors = "color:space=opponent,bins=3,grid=4,soft=true,power=0.5"
    return features_described(f"{fine}+{coarse}+thumbnail+{colors}")


_HOG_AND_COLOR = "hog+color"
