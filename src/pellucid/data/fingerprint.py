"""One number that says whether two runs saw the same data."""

import hashlib
import json
from collections.abc import Sequence

import numpy as np

from pellucid.data.frame import Frame

_BLOCK = 64 << 20  # bytes at a time: a mapped file larger than memory is never copied whole


def fingerprint(images: np.ndarray, labels: np.ndarray, classes: Sequence[str], frame: Frame | None) -> str:
    """SHA-256 (hex) of all that decides a training result: numbers, labels, class names and frame.

    Byte order and memory layout do not count: equal numbers of an equal type have an equal fingerprint.

    Parameters
    ----------
    images : (N, H, W, C) uint8 or (N, D) float32
    labels : (N,) integers
    classes : K names
    frame : how pictures were prepared; None for rows of numbers
    """
    digest = hashlib.sha256()
    described = None if frame is None else [frame.height, frame.width, frame.fit, frame.color]
    kind = images.dtype.newbyteorder("<")
    header = {"shape": images.shape, "type": kind.str, "classes": list(classes), "frame": described}
    digest.update(json.dumps(header, sort_keys=True).encode("utf-8", "surrogateescape"))
    digest.update(np.ascontiguousarray(labels, "<i4").tobytes())
    rows = max(1, _BLOCK // max(1, images[:1].nbytes))
    for start in range(0, len(images), rows):
        digest.update(
            np.ascontiguousarray(images[start : start + rows], kind).reshape(-1).view(np.uint8).data
        )
    return digest.hexdigest()
