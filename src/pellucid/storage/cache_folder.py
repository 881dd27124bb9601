"""Where pellucid keeps what it can make again: decoded pictures, downloads, compiled programs."""

import os
import sys
from pathlib import Path

from pellucid.storage.atomic import refuse_disk


def cache_folder(*parts: str) -> Path:
    """The cache folder, or a folder in it, made if need be and readable by its owner alone.

    It is `$PELLUCID_CACHE` where that is set, else the platform's own place for caches. Raises
    `StorageError` if it cannot be made.
    """
    folder = _base().joinpath(*parts)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise refuse_disk(folder, error) from error
    return folder


def _base() -> Path:
    chosen = os.environ.get("PELLUCID_CACHE")
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        return (
            Path(os.environ.get("LOCALAPPDATA", Path("~/AppData/Local").expanduser())) / "pellucid" / "cache"
        )
    if sys.platform == "darwin":
        return Path("~/Library/Caches/pellucid").expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "pellucid"
