"""A network that somebody else trained, as features: few photographs are best told apart by what it saw in millions.

The network is an ONNX file, run by onnxruntime (the extra `pellucid[onnx]`). It is data, not code: operations that the
runtime knows, and weights.
"""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from pellucid.features.onnx_network import Network, digest_of_file, opened
from pellucid.features.part import Part
from pellucid.features.settings import whole
from pellucid.storage.errors import FileError, InputError, known_name, printable

ENDING = ".onnx"

SCALES = {
    "imagenet": "0 to 1, minus ImageNet's mean, divided by its deviation",
    "unit": "0 to 1",
    "symmetric": "−1 to 1",
    "none": "0 to 255",
}
"""How pixels are scaled for a network."""

LAYOUTS = ("NCHW", "NHWC")

_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_BATCH = 32


@dataclass(frozen=True)
class Backbone(Part):
    """What one output of a network says of each picture, (N, D) whatever its shape.

    What is left open is read from the file; what the file does not say has to be given.

    Attributes
    ----------
    path : of the ONNX file
    scale : one of `SCALES`
    layout : "NCHW" or "NHWC", the order of the axes of its input
    output : the name of the output to take
    sha256 : of the file; "" until it is settled
    features : D; 0 until it is settled

    Raises
    ------
    FileError : the file cannot be read, is no network, or is another than before
    InputError : the pictures are not what the network sees; its output is not finite
    MissingDependencyError : onnxruntime is not installed
    """

    name: ClassVar[str] = "backbone"
    compiles: ClassVar[bool] = False

    path: str = ""
    scale: str = ""
    layout: str = ""
    output: str = ""
    sha256: str = ""
    features: int = 0

    def __post_init__(self) -> None:
        if self.scale:
            object.__setattr__(self, "scale", known_name("scale of a network", self.scale, SCALES))
        if self.layout:
            named = known_name("layout of a network", self.layout, [each.lower() for each in LAYOUTS])
            object.__setattr__(self, "layout", named.upper())
        object.__setattr__(self, "features", whole("a network", 0, features=self.features))

    @property
    def content(self) -> str:
        """SHA-256 (hex) of the file."""
        return self.sha256

    @property
    def file(self) -> str:
        """Where the network is."""
        return self.path

    def beside(self, folder: Path) -> "Backbone":
        """The same with the copy of the file that a model keeps in its folder, where there is one."""
        copy = folder / self.copy_name
        return replace(self, path=os.fspath(copy)) if copy.exists() else self

    @property
    def copy_name(self) -> str:
        """What the copy that a model keeps is called."""
        return f"network-{self.sha256[:16]}{ENDING}"

    def settled(self, shape: tuple[int, int, int], pictures: int) -> "Backbone":
        """With what the file says, for pictures of this shape (H, W, C)."""
        path = os.path.abspath(self.path)
        network = opened(path, digest_of_file(path))
        if self.sha256 not in ("", network.sha256):
            raise FileError(
                f"{printable(path)}: another network than the one that belongs here. Restore the file."
            )
        layout = self.layout or network.layout
        if not layout:
            raise InputError(
                f"{printable(path)} does not say in which order the axes of its input {network.input} are: write "
                f"{os.path.basename(path)}:layout=NCHW or layout=NHWC."
            )
        network.check(path, shape, layout)
        scale = self.scale or network.scale
        if not scale:
            known = "; ".join(f"{name}: {words}" for name, words in SCALES.items())
            raise InputError(
                f"{printable(path)} does not say how its pixels are scaled: write {os.path.basename(path)}:scale=NAME "
                f"({known})."
            )
        if self.output not in ("", *network.outputs) or not (self.output or len(network.outputs) == 1):
            raise InputError(
                f"{printable(path)} has the outputs {', '.join(network.outputs)}: write "
                f"{os.path.basename(path)}:output=NAME, got {self.output or 'none'!r}."
            )
        ready = replace(
            self, path=path, scale=scale, layout=layout, output=self.output or network.outputs[0],
            sha256=network.sha256,
        )  # fmt: skip
        return replace(ready, features=ready(np.zeros((1, *shape), np.uint8)).shape[1])

    def boxes(self, height: int, width: int, channels: int) -> np.ndarray:
        """Each feature is of the whole picture: (D, 4) int, top, bottom, left and right."""
        return np.tile([0, height, 0, width], (self.features, 1))

    def names(self, height: int, width: int, channels: int) -> list[str]:
        """The features by number."""
        return [f"{self.output} {number}" for number in range(self.features)]

    def __call__(self, pictures: Any) -> Any:
        """Features (N, D) float32 of pictures (N, H, W, C) uint8, at most 32 at once."""
        network = opened(self.path, self.sha256)
        size = network.batch or _BATCH
        found = [
            network.run(self._prepared(pictures[first : first + size], network), self.output)
            for first in range(0, len(pictures), size)
        ]
        if not found:
            return np.zeros((0, self.features), np.float32)
        features = np.concatenate(found)
        if not np.isfinite(features).all():
            raise InputError(
                f"{printable(self.path)}: its output {self.output} is NaN or infinite for some pictures. Is the scale "
                f"{self.scale} what it was trained with?"
            )
        return features

    def written(self) -> str:
        """As `features_described` reads it."""
        settings = [
            f"{name}={value}"
            for name in ("scale", "layout", "output", "sha256", "features")
            if (value := getattr(self, name))
        ]
        return self.path + (":" + ",".join(settings) if settings else "")

    def _prepared(self, pictures: np.ndarray, network: Network) -> np.ndarray:
        """The pictures (n, H, W, C) uint8 as the network takes them, filled up where it takes so many and no less."""
        short = network.batch - len(pictures) if network.batch else 0
        if short:
            pictures = np.concatenate([pictures, np.zeros((short, *pictures.shape[1:]), np.uint8)])
        x = pictures if network.dtype == np.uint8 else _scaled(pictures, self.scale).astype(network.dtype)
        return np.ascontiguousarray(x.transpose(0, 3, 1, 2)) if self.layout == "NCHW" else x


def _scaled(pictures: np.ndarray, scale: str) -> np.ndarray:
    """Pixels (N, H, W, C) float32 of 8-bit ones."""
    x = pictures.astype(np.float32)
    if scale == "none":
        return x
    if scale == "symmetric":
        return x / np.float32(127.5) - np.float32(1)
    x /= np.float32(255)
    if scale == "imagenet":
        mean, deviation = (np.array(each[: x.shape[-1]], np.float32) for each in (_MEAN, _DEVIATION))
        x = (x - mean) / deviation
    return x
