"""Names for files that a command writes beside the user's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pellucid.data.dataset import Dataset


def named_after(dataset: Dataset, ending: str) -> Path:
    """A file in the working folder with the name of the data in its own: "photos-suspects.csv"."""
    name = "".join("-" if c in '/\\:*?"<>|' or ord(c) < 32 else c for c in dataset.name)
    return Path(f"{name.strip('. ')[:60] or 'data'}-{ending}")


def unused(path: Path) -> Path:
    """The path, or with a number added where a file is there already: nothing is overwritten."""
    number, free = 2, path
    while free.exists() or free.is_symlink():
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
        number += 1
    return free
