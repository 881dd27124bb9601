"""JSON files that know their own content: a flipped bit or an edit is noticed, as in files of tensors."""

import hashlib
import json
import os
from typing import Any

from pellucid.storage.errors import FileError, printable
from pellucid.storage.records import read_json, write_json


def write_sealed(path: str | os.PathLike[str], content: dict[str, Any]) -> None:
    """Write `content` as JSON, with the SHA-256 of it as its last entry, atomically.

    Raises `StorageError` where the disk refuses.
    """
    content = {name: value for name, value in content.items() if name != "sha256"}
    write_json(path, {**content, "sha256": _digest(content)})


def check_seal(path: str | os.PathLike[str], content: dict[str, Any]) -> None:
    """Raise `FileError` unless the content of this file is what was sealed."""
    if content.get("sha256") != _digest({name: v for name, v in content.items() if name != "sha256"}):
        raise FileError(
            f"{printable(path)}: edited or damaged: its content does not match its SHA-256. "
            "Restore it from a copy."
        )


def read_sealed(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The content that `write_sealed` wrote, without the SHA-256.

    Raises `FileError` if the file is missing, cut short, edited or damaged.
    """
    content = read_json(path)
    if not isinstance(content, dict):
        raise FileError(f"{printable(path)}: not a JSON object. Restore it from a copy.")
    check_seal(path, content)
    return {name: value for name, value in content.items() if name != "sha256"}


def _digest(content: dict[str, Any]) -> str:
    # Sorted, so that a program that only puts the entries in another order breaks nothing.
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
