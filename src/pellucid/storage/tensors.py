"""Named arrays in one file: safetensors with JSON metadata and a SHA-256 of the content.

safetensors holds no code, so opening a stranger's file is safe; it does not notice a flipped bit, so the hash is ours.
"""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from pellucid.storage.atomic import write_bytes
from pellucid.storage.errors import FileError, InputError, printable


def save_tensors(
    path: str | os.PathLike[str], tensors: dict[str, np.ndarray], metadata: dict[str, Any]
) -> str:
    """Write arrays and metadata atomically; equal ones make equal files. Returns the SHA-256 (hex) of the content.

    Parameters
    ----------
    tensors : name → array of any shape; integers, floats or booleans
    metadata : anything that JSON can hold; NaN is refused

    Raises
    ------
    InputError : an array holds something else
    StorageError : the disk refuses
    """
    arrays = {name: _storable(name, array) for name, array in tensors.items()}
    text = json.dumps(metadata, allow_nan=False, sort_keys=True)
    digest = _digest(arrays, text)
    content = save(arrays, {"format": "pellucid", "metadata": text, "sha256": digest})
    write_bytes(path, _in_one_order(content))
    return digest


def load_tensors(
    path: str | os.PathLike[str], expected: str | None = None
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read what `save_tensors` wrote: the arrays by name, in the order of the alphabet, and the metadata.

    Parameters
    ----------
    expected : the SHA-256 that `save_tensors` returned, where another file vouches for this one

    Raises
    ------
    FileError : the file is missing, cut short, damaged (its SHA-256 does not match) or not pellucid's
    """
    where = printable(path)
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise FileError(f"{where}: cannot be read: {error.strerror}.") from error
    try:
        arrays = load(content)
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
        envelope = header.get("__metadata__", {})
    except (SafetensorError, ValueError, KeyError, TypeError, RecursionError, AttributeError) as error:
        raise FileError(
            f"{where}: not a whole safetensors file ({error}). Restore it from a copy."
        ) from error
    if envelope.get("format") != "pellucid":
        raise FileError(f"{where}: a safetensors file, but not one that pellucid wrote.")
    if _digest(arrays, envelope.get("metadata", "")) != envelope.get("sha256"):
        raise FileError(f"{where}: damaged: its content does not match its SHA-256. Restore it from a copy.")
    if expected is not None and expected != envelope["sha256"]:
        raise FileError(
            f"{where}: not the file that belongs here: it was written at another time. Restore both from one copy."
        )
    try:
        # The library gives them in an order that changes from call to call.
        return {name: arrays[name] for name in sorted(arrays)}, json.loads(envelope["metadata"])
    except (KeyError, ValueError, RecursionError) as error:
        raise FileError(
            f"{where}: its metadata are not JSON ({type(error).__name__}). Restore it from a copy."
        ) from error


def _in_one_order(content: bytes) -> bytes:
    """The file with its envelope in alphabetical order: the library writes it in an order that changes from call to
    call, and runs to the same bits shall end with files that are the same to any tool that compares files."""
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:end])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the arrays begin at a multiple of 8 bytes
    return b"".join((len(text).to_bytes(8, "little"), text, memoryview(content)[end:]))


def _storable(name: str, array: np.ndarray) -> np.ndarray:
    """The array as it will be read back: in one piece, the lowest byte first."""
    array = np.asarray(array)
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise InputError(
            f"{name} cannot be saved: it holds {array.dtype}, wanted are integers, floats or booleans."
        )
    array = array.astype(array.dtype.newbyteorder("<"), copy=False)
    # ascontiguousarray makes a scalar an array of one number; the shape () is put back.
    return np.ascontiguousarray(array).reshape(array.shape)


def _digest(arrays: dict[str, np.ndarray], text: str) -> str:
    digest = hashlib.sha256(text.encode())
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data if array.size else b"")
    return digest.hexdigest()
