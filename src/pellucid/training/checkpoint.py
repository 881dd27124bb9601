"""Where training stands, on disk: written whole or not at all, and two of them are kept."""

import contextlib
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.preprocessing.pipeline import Preprocessing
from pellucid.storage.errors import FileError, printable
from pellucid.storage.tensors import load_tensors, save_tensors

_KEPT = 2


@dataclass(frozen=True)
class Standing:
    """All that the next epoch depends on.

    Attributes
    ----------
    epoch : epochs done
    state : {"params": …, "optimizer": …, "t": steps done}
    best_params, best_epoch : the weights that are kept, and of which epoch: the latest that cannot be told
        from the best
        (see selection.py)
    peak, peak_epoch : the best value of the watched measure so far, and when; −inf before the first epoch
    seconds : spent on training so far
    objectives : of the last epochs, as many as `stopping` looks at, the latest last
    """

    epoch: int
    state: dict[str, Any] = field(repr=False)
    best_params: dict[str, np.ndarray] = field(repr=False)
    best_epoch: int = 0
    peak: float = -math.inf
    peak_epoch: int = 0
    seconds: float = 0.0
    objectives: tuple[float, ...] = ()


def save_checkpoint(folder: Path, standing: Standing, preprocessing: Preprocessing) -> None:
    """Write `checkpoint-<epoch>.safetensors`, read it back, then remove those older than the newest two.

    Raises `StorageError` where the disk refuses, `FileError` where it did not keep what was written.
    """
    settings, arrays = preprocessing.state()
    tensors = flattened({"state": standing.state, "best": standing.best_params, "preprocessing": arrays})
    metadata = {
        "epoch": standing.epoch,
        "best_epoch": standing.best_epoch,
        "peak": standing.peak if math.isfinite(standing.peak) else None,
        "peak_epoch": standing.peak_epoch,
        "seconds": standing.seconds,
        "objectives": list(standing.objectives),
        "preprocessing": settings,
    }
    path = folder / f"checkpoint-{standing.epoch:06d}.safetensors"
    # An older one goes only when two newer ones are known to be whole.
    load_tensors(path, expected=save_tensors(path, tensors, metadata))
    for old in _found(folder)[:-_KEPT]:
        with contextlib.suppress(OSError):
            old.unlink()


def load_checkpoint(folder: Path) -> tuple[Standing, Preprocessing, list[str]]:
    """The newest checkpoint that is whole, the preprocessing in it, and what is to be said of damaged newer ones.

    Raises `FileError` if there is none.
    """
    remarks: list[str] = []
    for path in reversed(_found(folder)):
        try:
            tensors, metadata = load_tensors(path)
        except FileError as error:
            remarks.append(f"{error} The checkpoint before it is used.")
            continue
        tree = unflattened(tensors)
        standing = Standing(
            metadata["epoch"],
            tree["state"],
            tree["best"],
            metadata["best_epoch"],
            -math.inf if metadata["peak"] is None else metadata["peak"],
            metadata["peak_epoch"],
            metadata["seconds"],
            tuple(metadata.get("objectives", ())),
        )
        return standing, Preprocessing.from_state(metadata["preprocessing"], tree["preprocessing"]), remarks
    told = " ".join(remarks) or "It was stopped before its first checkpoint: train again."
    raise FileError(f"{printable(folder)}: no checkpoint to go on from. {told}")


def restored(like: dict[str, Any], found: dict[str, Any], above: str = "") -> dict[str, Any]:
    """What was found, in the form of another tree: a part without arrays, such as the state of plain descent, leaves
    nothing in a file.

    Raises `FileError` where an array is missing, too much, or of another shape.
    """
    filled: dict[str, Any] = {}
    for name, value in like.items():
        where = f"{above}{name}"
        if isinstance(value, dict):
            filled[name] = restored(value, found.get(name, {}), f"{where}/")
        elif name not in found or np.shape(found[name]) != np.shape(value):
            raise FileError(
                f"The checkpoint does not fit this training: its {where} is missing or of another shape."
            )
        else:
            filled[name] = found[name]
    if set(found) - set(like):
        more = ", ".join(f"{above}{name}" for name in sorted(set(found) - set(like)))
        raise FileError(f"The checkpoint does not fit this training: it also holds {more}.")
    return filled


def _found(folder: Path) -> list[Path]:
    """The checkpoints, by epoch (never by time: clocks jump)."""
    return sorted(folder.glob("checkpoint-*.safetensors"))


def flattened(tree: dict[str, Any], above: str = "") -> dict[str, np.ndarray]:
    """The arrays of nested dicts by their paths, such as "state/params/weight"."""
    flat: dict[str, np.ndarray] = {}
    for name, value in tree.items():
        path = f"{above}{name}"
        if isinstance(value, dict):
            flat |= flattened(value, f"{path}/")
        else:
            flat[path] = np.asarray(value)
    return flat


def unflattened(flat: dict[str, np.ndarray]) -> dict[str, Any]:
    """The nested dicts that `flattened` was given; those without arrays are gone."""
    tree: dict[str, Any] = {}
    for path, array in flat.items():
        *folders, name = path.split("/")
        place = tree
        for folder in folders:
            place = place.setdefault(folder, {})
        place[name] = array
    return tree
