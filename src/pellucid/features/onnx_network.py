"""An ONNX network that somebody else trained, opened: what it takes, what it says, and how it is run."""

import hashlib
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.storage.errors import FileError, InputError, MissingDependencyError, printable

_RANGES = {"NominalRange_0_255": "none", "Normalized_0_1": "unit", "Normalized_1_1": "symmetric"}
"""What the standard metadata of ONNX, `Image.NominalPixelRange`, say of the scale."""


@dataclass(frozen=True, eq=False)
class Network:
    """An ONNX file that was opened.

    Attributes
    ----------
    session : onnxruntime's
    sha256 : of the file
    input : the name of its input
    shape : of the input, four numbers, −1 where it takes any
    dtype : of the input
    outputs : their names
    layout, scale : what the file says; "" where it does not
    """

    session: Any
    sha256: str
    input: str
    shape: tuple[int, ...]
    dtype: np.dtype
    outputs: tuple[str, ...]
    layout: str
    scale: str

    @property
    def batch(self) -> int:
        """How many pictures it takes at once, no more and no less; 0 where any."""
        return max(self.shape[0], 0)

    def size(self, layout: str) -> tuple[int, int, int]:
        """Height, width and channels of the pictures that it sees, −1 where any."""
        _, *rest = self.shape
        channels, height, width = rest if layout == "NCHW" else (rest[2], rest[0], rest[1])
        return height, width, channels

    def check(self, path: str, shape: tuple[int, ...], layout: str) -> None:
        """Raise `InputError` unless it sees pictures of this shape (H, W, C)."""
        height, width, channels = self.size(layout)
        if channels not in (-1, shape[2]):
            option = "--color rgb" if channels == 3 else "--color gray"
            raise InputError(
                f"{printable(path)} sees pictures of {channels} channels, and these have {shape[2]}: give {option}."
            )
        if height not in (-1, shape[0]) or width not in (-1, shape[1]):
            wanted = " × ".join("any" if side < 0 else str(side) for side in (height, width))
            raise InputError(
                f"{printable(path)} sees pictures of {wanted} pixels, and these have {shape[0]} × {shape[1]}: give "
                f"--size {max(height, width)}."
            )

    def run(self, x: np.ndarray, output: str) -> np.ndarray:
        """One output (n, D) float32 of prepared pictures."""
        try:
            (found,) = self.session.run([output], {self.input: x})
        except Exception as error:  # of onnxruntime, which has its own and imports late
            reason = str(error).strip().splitlines()[0][:200]
            raise InputError(f"The network cannot be run on pictures {x.shape}: {reason}") from error
        if (
            not isinstance(found, np.ndarray)
            or found.dtype.kind != "f"
            or found.ndim < 2
            or len(found) != len(x)
        ):
            raise InputError(
                f"The network's output {output} is not a row of numbers for each picture: take another."
            )
        return found.reshape(len(found), -1).astype(np.float32, copy=False)


def network_size(path: str) -> int | None:
    """The side of the square pictures that the network in this file sees; None where it takes any."""
    path = os.path.abspath(path)
    network = opened(path, digest_of_file(path))
    height, width, _ = network.size(network.layout or "NCHW")
    return height if height == width and height > 0 else None


def digest_of_file(path: str) -> str:
    """SHA-256 (hex) of a file. Raises `FileError` where it cannot be read."""
    return hashlib.sha256(_read(path)).hexdigest()


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise FileError(f"{printable(path)}: cannot be read: {error.strerror}.") from error


@lru_cache(maxsize=4)
def opened(path: str, sha256: str) -> Network:
    """The network in this file. Raises `FileError` where it is another than the one of this SHA-256."""
    content = _read(path)
    if hashlib.sha256(content).hexdigest() != sha256:
        raise FileError(
            f"{printable(path)}: another network than the one that belongs here. Restore the file."
        )
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingDependencyError(
            f"{printable(path)}: a network as features needs onnxruntime, which is not installed: "
            "pip install 'pellucid[onnx]'."
        ) from error
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        # From bytes: what is hashed is what is run, and weights in other files are not looked for.
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        reason = str(error).strip().splitlines()[0][:200]
        raise FileError(
            f"{printable(path)}: not a whole ONNX network that onnxruntime can run ({reason}). Weights must be in the "
            "same file."
        ) from error
    inputs = session.get_inputs()
    known = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(uint8)": np.uint8}
    if len(inputs) != 1 or len(inputs[0].shape) != 4 or inputs[0].type not in known:
        came = ", ".join(f"{each.name} {each.type} {each.shape}" for each in inputs)
        raise FileError(
            f"{printable(path)}: wanted is a network with a single input, pictures of four axes, got {came or 'none'}."
        )
    shape = tuple(side if isinstance(side, int) and side > 0 else -1 for side in inputs[0].shape)
    facts = session.get_modelmeta().custom_metadata_map
    dtype = np.dtype(known[inputs[0].type])
    scale = "none" if dtype == np.uint8 else _RANGES.get(facts.get("Image.NominalPixelRange", ""), "")
    outputs = tuple(each.name for each in session.get_outputs())
    return Network(session, sha256, inputs[0].name, shape, dtype, outputs, _layout(shape), scale)


def _layout(shape: tuple[int, ...]) -> str:
    """Which axis has the channels, where only one can."""
    first, last = shape[1] in (1, 3), shape[3] in (1, 3)
    return "" if first == last else "NCHW" if first else "NHWC"
