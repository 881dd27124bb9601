"""A classifier as two files: `model.json` (everything readable) and `model.safetensors` (the numbers).
Neither holds code."""

import os
from pathlib import Path
from typing import Any

from pellucid.models.classifier import Classifier
from pellucid.models.linear import linear
from pellucid.preprocessing.pipeline import Preprocessing
from pellucid.storage.errors import Error, FileError, printable
from pellucid.storage.records import read_json, write_json
from pellucid.storage.tensors import load_tensors, save_tensors

FORMAT = 1
"""The version of the model file. A reader refuses a higher one."""


def save_model(folder: str | os.PathLike[str], classifier: Classifier) -> None:
    """Write `model.safetensors` and `model.json` into the folder. Raises `StorageError` where the disk refuses."""
    folder = Path(folder)
    settings, arrays = classifier.preprocessing.state()
    tensors = {f"preprocessing.{name}": array for name, array in arrays.items()}
    tensors |= {f"params.{name}": array for name, array in classifier.params.items()}
    digest = save_tensors(folder / "model.safetensors", tensors, {"kind": classifier.kind})
    # Written last: a model.json that names this digest vouches for a whole model.
    description = {
        "format": FORMAT,
        "kind": classifier.kind,
        "classes": list(classifier.classes),
        "preprocessing": settings,
        "temperature": float(classifier.temperature),
        "tensors": digest,
        "origin": classifier.origin,
    }
    write_json(folder / "model.json", description)


def load_model(path: str | os.PathLike[str]) -> Classifier:
    """The classifier in this folder (a run, or any folder with the two files), or beside this `model.json`.

    Raises
    ------
    FileError : no model there, cut short, edited, damaged, or from a newer version of pellucid
    """
    folder = Path(path)
    if folder.name in ("model.json", "model.safetensors"):
        folder = folder.parent
    source = folder / "model.json"
    where = printable(source)
    if not source.exists():
        raise FileError(_absent(folder))
    described = read_json(source)
    if not isinstance(described, dict) or not isinstance(described.get("format"), int):
        raise FileError(f"{where}: not a description of a pellucid model.")
    if described["format"] > FORMAT:
        raise FileError(
            f"{where}: written by a newer pellucid (model format {described['format']}, this one "
            f"reads up to {FORMAT}). "
            "Upgrade: pip install --upgrade pellucid."
        )
    tensors, _ = load_tensors(folder / "model.safetensors", expected=str(described.get("tensors")))
    try:
        return _assembled(described, tensors)
    except FileError:
        raise
    except (Error, KeyError, TypeError, ValueError, AttributeError) as error:
        raise FileError(
            f"{where}: edited or damaged ({type(error).__name__}: {error}). Restore it from a copy."
        ) from error


def _assembled(described: dict[str, Any], tensors: dict[str, Any]) -> Classifier:
    classes = tuple(described["classes"])
    if not all(isinstance(name, str) for name in classes):
        raise TypeError("a class name is no text")
    arrays = {
        name.removeprefix("preprocessing."): a
        for name, a in tensors.items()
        if name.startswith("preprocessing.")
    }
    params = {name.removeprefix("params."): a for name, a in tensors.items() if name.startswith("params.")}
    preprocessing = Preprocessing.from_state(described["preprocessing"], arrays)
    features = preprocessing.features
    expected = {"weight": (len(classes), features), "bias": (len(classes),)}
    found = {name: array.shape for name, array in params.items()}
    if found != expected:
        raise ValueError(
            f"weights of shapes {found} where {len(classes)} classes and {features} features need {expected}"
        )
    temperature = float(described["temperature"])
    if not temperature > 0:
        raise ValueError(f"temperature {temperature}")
    model = linear(described["kind"], features, len(classes))
    return Classifier(
        described["kind"], classes, preprocessing, model, params, temperature, dict(described["origin"])
    )


def _absent(folder: Path) -> str:
    where = printable(folder)
    if not folder.exists():
        return f"{where}: there is no such run. A run is the folder that `pellucid train` printed at its end."
    if (folder / "run.json").exists():
        return f"{where}: this run has no finished model yet. Finish it: pellucid resume {where}"
    return (
        f"{where}: not a run: it has no model.json. Give the folder that `pellucid train` printed at its end."
    )
