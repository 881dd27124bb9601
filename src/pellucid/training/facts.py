"""What a run says of itself: of its data, of the versions that decide its bits, of what was chosen for it."""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.arrays import compile as compiler
from pellucid.data.dataset import PARTS, Dataset
from pellucid.models.architecture import Architecture
from pellucid.models.classifier import Classifier
from pellucid.models.kinds import NETWORKS
from pellucid.storage.errors import InputError, printable
from pellucid.training.session import Session


def of_session(session: Session) -> dict[str, Any]:
    """What is about to be trained, and how."""
    return {
        "classes": len(session.dataset.classes),
        "pictures": {part: len(session.dataset.part(part)) for part in PARTS},
        "features": session.preprocessing.features,
        "recipe": session.recipe.to_json(),
        **({} if session.recipe.model not in NETWORKS else of_network(session.model)),
        "engine": session.engine.name,
        "why": session.why,
    }


def of_network(model: Architecture) -> dict[str, Any]:
    """Which network it is, and how large."""
    return {
        "network": model.record()["settings"],
        "parameters": model.layers.parameters(),
        "multiply_adds": model.multiply_adds(),
    }


def of_data(dataset: Dataset) -> dict[str, Any]:
    """What was trained on: where from, what is in it, how it is split, what was left out."""
    return {
        "source": printable(dataset.source),
        "name": printable(dataset.name),
        "fingerprint": dataset.fingerprint,
        "split": split_digest(dataset),
        "classes": list(dataset.classes),
        "counts": {part: len(dataset.part(part)) for part in PARTS},
        "unreadable": [[printable(path), reason] for path, reason in dataset.unreadable],
        "notes": list(dataset.notes),
        "corrections": None if dataset.corrections is None else dict(dataset.corrections),
    }


def check_corrections(folder: Path, dataset: Dataset, began_with: dict[str, Any]) -> None:
    """Raise `InputError` unless the data are corrected as when the run in this folder began."""
    then, now = began_with.get("corrections"), dataset.corrections
    if (then and then["sha256"]) == (now and now["sha256"]):
        return
    if then is None or now is None:
        began = f"the corrections of {then['file']}" if then else "no corrections"
        loaded = f"those of {now['file']}" if now else "none"
        raise InputError(
            f"{printable(folder)}: this run began with {began}, and the data are loaded with {loaded}. Load them as "
            "then."
        )
    raise InputError(
        f"{printable(folder)}: {now['file']} says other corrections than when this run began "
        f"({then['relabelled']:,} relabelled and {then['removed']:,} left out then, {now['relabelled']:,} and "
        f"{now['removed']:,} now). Put the table back as it was, or train anew: pellucid train."
    )


def split_digest(dataset: Dataset) -> str:
    """SHA-256 (hex) of which part each picture belongs to: it decides the result too, and is not in the fingerprint."""
    return hashlib.sha256(np.asarray(dataset.split, np.int8).tobytes()).hexdigest()


def weights_digest(weights: Any) -> str:
    """SHA-256 (hex) of how much each picture counts."""
    return hashlib.sha256(np.asarray(weights, np.float64).tobytes()).hexdigest()


def seen_before(start_from: Classifier, dataset: Dataset) -> list[str]:
    """What is to be said where pictures that test it may be among those that its first weights were trained on."""
    then = start_from.origin.get("data", {})
    if (then.get("fingerprint"), then.get("split")) == (dataset.fingerprint, split_digest(dataset)):
        return []
    return [
        "the weights at the start were trained on other pictures, or on another split of these: if test pictures are "
        "among those, the test accuracy comes out too high"
    ]


def versions_of(session: Session) -> dict[str, str]:
    """What decides the bits: same values, same bits."""
    versions = {"python": sys.version.split()[0], "numpy": np.__version__}
    return versions | (compiler.fingerprint() if session.engine.name == "xla" else {})


def plain(content: Any) -> Any:
    """The content as JSON holds it: no NumPy numbers, and null for what is not a number (a recall of a
    class without pictures)."""
    return json.loads(json.dumps(content, default=float), parse_constant=lambda _: None)
