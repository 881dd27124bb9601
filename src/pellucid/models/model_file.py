"""A classifier as two files: `model.json` (everything readable) and `model.safetensors` (the numbers).
Neither holds code."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.layers.single_score import SingleScore
from pellucid.models.architecture import Architecture
from pellucid.models.classifier import Classifier
from pellucid.models.kinds import NEIGHBORS, NETWORKS, check_kind
from pellucid.models.linear import linear
from pellucid.models.neighbors import Neighbors
from pellucid.models.refusal_file import refusal_from, refusal_shapes, refusal_state
from pellucid.preprocessing.features import features_described
from pellucid.preprocessing.pipeline import Preprocessing
from pellucid.preprocessing.projection import Projection
from pellucid.storage.atomic import copy_file
from pellucid.storage.errors import Error, FileError, listing, printable
from pellucid.storage.records import read_json
from pellucid.storage.seal import check_seal, write_sealed
from pellucid.storage.tensors import load_tensors, save_tensors

Shapes = dict[str, tuple[int, ...]]

FORMAT = 2
"""The version of the model file. A reader refuses a higher one. What neither abstains nor remembers is written as
version 1, which an older pellucid reads as well."""


def save_model(folder: str | os.PathLike[str], classifier: Classifier) -> None:
    """Write `model.safetensors` and `model.json` into the folder. Raises `StorageError` where the disk refuses."""
    folder = Path(folder)
    settings, arrays = classifier.preprocessing.state()
    tensors = {f"preprocessing.{name}": array for name, array in arrays.items()}
    tensors |= {f"params.{name}": array for name, array in classifier.params.items()}
    tensors |= {f"statistics.{name}": array for name, array in classifier.statistics.items()}
    for name, source in classifier.preprocessing.files.items():
        copy_file(source, folder / name)
    refusal, points = refusal_state(classifier.refusal)
    tensors |= points
    digest = save_tensors(folder / "model.safetensors", tensors, {"kind": classifier.kind})
    # Written last: a model.json that names this digest vouches for a whole model.
    description = {
        "format": 1 if classifier.refusal is None and not classifier.remembers else 2,
        "kind": classifier.kind,
        "single_score": isinstance(classifier.model, SingleScore),
        "network": classifier.model.record() if isinstance(classifier.model, Architecture) else None,
        "neighbors": classifier.model.record() if isinstance(classifier.model, Neighbors) else None,
        "classes": list(classifier.classes),
        "preprocessing": settings,
        "temperature": float(classifier.temperature),
        "test_time_flips": classifier.test_time_flips,
        **refusal,
        "tensors": digest,
        "origin": classifier.origin,
    }
    write_sealed(folder / "model.json", description)


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
    if not isinstance(described, dict) or type(described.get("format")) is not int or described["format"] < 1:
        raise FileError(
            f"{where}: not a description of a pellucid model. Give the folder that `pellucid train` printed."
        )
    if described["format"] > FORMAT:
        raise FileError(
            f"{where}: written by a newer pellucid (model format {described['format']}, this one "
            f"reads up to {FORMAT}). "
            "Upgrade: pip install --upgrade pellucid."
        )
    check_seal(source, described)
    tensors, _ = load_tensors(folder / "model.safetensors", expected=str(described.get("tensors")))
    try:
        found = _assembled(described, tensors)
        return replace(found, preprocessing=found.preprocessing.beside(folder))
    except FileError:
        raise
    except (Error, KeyError, TypeError, ValueError, AttributeError) as error:
        raise FileError(
            f"{where}: edited or damaged ({type(error).__name__}: {error}). Restore it from a copy."
        ) from error


def _assembled(described: dict[str, Any], tensors: dict[str, np.ndarray]) -> Classifier:
    classes = described["classes"]
    if not isinstance(classes, list) or not all(isinstance(name, str) for name in classes):
        raise TypeError("the classes are not a list of names")
    if len(set(classes)) < len(classes):
        raise ValueError("two classes have the same name")
    preprocessing = _preprocessing(described["preprocessing"], tensors)
    features, inputs = preprocessing.features, len(preprocessing.mean)
    check_kind(described["kind"])
    model, arrays = _model(described, tensors, preprocessing, len(classes))
    wanted = {"preprocessing.mean": (inputs,), "preprocessing.scale": (inputs,), **arrays}
    if preprocessing.projection is not None:
        wanted["preprocessing.projection"] = (features, inputs)
    if preprocessing.measure is not None:
        assert preprocessing.frame is not None
        learned = preprocessing.measure.arrays(preprocessing.frame.shape)
        wanted |= {f"preprocessing.{name}": shape for name, shape in learned.items()}
    wanted |= refusal_shapes(described, features)
    found = {name: array.shape for name, array in tensors.items()}
    if found != wanted:
        raise ValueError(
            f"the weights are not those of this {described['kind']}: {_differing(found, wanted)}"
        )
    for name, array in tensors.items():
        dtype = _dtype(name, described["kind"], preprocessing)
        if array.dtype != dtype:
            raise TypeError(f"{name} holds {array.dtype} where {dtype} was wanted")
        if dtype == "float32" and not np.isfinite(array).all():
            raise ValueError(f"{name} holds NaN or infinite numbers")
    if not (preprocessing.scale > 0).all():
        raise ValueError("a scale is not above 0")
    temperature = float(described["temperature"])
    if not 0 < temperature < np.inf:
        raise ValueError(f"temperature {temperature}")
    flips = described.get("test_time_flips", False)
    if not isinstance(flips, bool) or (flips and preprocessing.frame is None):
        raise ValueError(f"test_time_flips {flips!r}")
    params, statistics = (
        {name.removeprefix(part): array for name, array in tensors.items() if name.startswith(part)}
        for part in ("params.", "statistics.")
    )
    return Classifier(
        described["kind"],
        tuple(classes),
        preprocessing,
        model,
        params,
        temperature,
        dict(described["origin"]),
        statistics,
        flips,
        refusal_from(described, tensors, len(classes)),
    )


def _preprocessing(described: dict[str, Any], tensors: dict[str, np.ndarray]) -> Preprocessing:
    part = "preprocessing."
    arrays = {name.removeprefix(part): array for name, array in tensors.items() if name.startswith(part)}
    arrays |= {name: arrays[name].reshape(-1) for name in ("mean", "scale")}
    preprocessing = Preprocessing.from_state(described, arrays)
    counted = len(preprocessing.mean)
    if preprocessing.measure is not None:
        assert preprocessing.frame is not None
        wanted = len(preprocessing.measure.boxes(preprocessing.frame.shape))
    else:
        wanted = preprocessing.inputs
    if counted != wanted:
        raise ValueError(f"{counted} numbers are standardized where a picture has {wanted}")
    projects = isinstance(features_described(preprocessing.described), Projection)
    if projects != (preprocessing.projection is not None):
        raise ValueError(
            f"the features are {preprocessing.described}, {'without' if projects else 'with'} a projection"
        )
    return preprocessing


def _dtype(name: str, kind: str, preprocessing: Preprocessing) -> str:
    """What an array holds: pictures stay 8 bits a number, also among examples."""
    if kind != NEIGHBORS:
        return "float32"
    pictures = preprocessing.frame is not None and preprocessing.described == "pixels"
    held = {
        "params.examples": "uint8" if pictures else "float32",
        "params.labels": "int32",
        "params.origins": "uint8",
        "params.pictures": "uint8",
    }
    return held.get(name, "float32")


def _model(
    described: dict[str, Any], tensors: dict[str, np.ndarray], preprocessing: Preprocessing, classes: int
) -> tuple[Any, Shapes]:
    """The model, and the shapes of the arrays it needs, by their names in the file."""
    features = preprocessing.features
    if described["kind"] == NEIGHBORS:
        arrays = {
            name.removeprefix("params."): each for name, each in tensors.items() if name.startswith("params.")
        }
        remembered = Neighbors.remembered(arrays, classes, described["neighbors"])
        count, shape = len(remembered.labels), preprocessing.shape
        shapes = {f"params.{name}": each.shape for name, each in remembered.arrays().items()}
        return remembered, {**shapes, "params.examples": (count, *shape)}
    if described["kind"] not in NETWORKS:
        single = bool(described.get("single_score", False))
        rows = 1 if single else classes
        shapes = {"params.weight": (rows, features), "params.bias": (rows,)}
        return linear(features, classes, single=single), shapes
    network = Architecture.from_record(described["network"])
    if (network.name, network.classes, network.features) != (described["kind"], classes, features):
        raise ValueError(
            f"a {network.name} of {network.classes} classes and {network.features} features where a "
            f"{described['kind']} of {classes} and {features} is described"
        )
    return network, {
        f"{'params' if array.trained else 'statistics'}.{name}": array.shape
        for name, array in network.arrays().items()
    }


def _differing(found: Shapes, wanted: Shapes) -> str:
    """Which arrays are not as they should be, in a few words."""
    said = [
        f"{name} is {found.get(name, 'missing')}, wanted {shape}"
        for name, shape in wanted.items()
        if found.get(name) != shape
    ]
    return listing([*said, *(f"{name} is none of its own" for name in found if name not in wanted)], 3)


def _absent(folder: Path) -> str:
    where = printable(folder)
    if not folder.exists():
        return f"{where}: there is no such run. A run is the folder that `pellucid train` printed at its end."
    if (folder / "run.json").exists():
        return f"{where}: this run has no finished model yet. Finish it: pellucid resume {where}"
    return (
        f"{where}: not a run: it has no model.json. Give the folder that `pellucid train` printed at its end."
    )
