"""The run's folder: made once, never overwritten."""

import contextlib
import os
import re
from pathlib import Path
from typing import Any

from pellucid.storage.atomic import make_folder, refuse_disk
from pellucid.storage.errors import FileError, InputError, printable
from pellucid.storage.records import read_json
from pellucid.storage.seal import check_seal, write_sealed

UNTRAINED = "checkpoint-000000.safetensors"
"""The checkpoint from before the first epoch: where a run goes on that was killed in it."""


def refuse_taken(output: str | os.PathLike[str] | None) -> None:
    """Raise `InputError` if `output`, where a run is to be made, holds something already."""
    if output is None:
        return
    folder = Path(output)
    if folder.exists() and not folder.is_dir():
        raise InputError(f"--output {printable(folder)} is a file, and a run is a folder. Name another one.")
    try:
        held = any(folder.iterdir()) if folder.exists() else False
    except OSError as error:
        raise refuse_disk(folder, error) from error
    if held:
        what = "holds another run" if (folder / "run.json").exists() else "is not empty"
        raise InputError(
            f"--output {printable(folder)} {what}, and a run is never overwritten. Name another folder."
        )


def new_run(output: str | os.PathLike[str] | None, data: str, model: str, above: str = "runs") -> Path:
    """Make the folder of a new run: `output`, or `<above>/<data>-<model>-<n>` with the first free n.

    Raises
    ------
    InputError : `output` holds something already
    StorageError : the folder cannot be made
    """
    if output is not None:
        refuse_taken(output)
        folder = Path(output)
        make_folder(folder)
        return folder
    word = re.sub(r"[^\w.-]+", "-", printable(data)).strip("-.")[:60] or "data"
    number = 1
    make_folder(above)
    while True:
        folder = Path(above) / f"{word}-{model}-{number}"
        try:
            folder.mkdir()
        except FileExistsError:
            number += 1
        except OSError as error:
            raise refuse_disk(folder, error) from error
        else:
            return folder


def write_run(folder: Path, content: dict[str, Any]) -> None:
    """Write `run.json`. Raises `StorageError` where the disk refuses."""
    write_sealed(folder / "run.json", content)


def read_run(folder: str | os.PathLike[str]) -> dict[str, Any]:
    """The content of `run.json`. Raises `FileError` where the folder is no run or the file is damaged."""
    path = Path(folder) / "run.json"
    if not path.exists():
        raise FileError(
            f"{printable(folder)}: not a run: there is no run.json in it. Give the folder that "
            f"`pellucid train` printed."
        )
    content = read_json(path)
    if not isinstance(content, dict) or not {"recipe", "data"} <= set(content):
        raise FileError(f"{printable(path)}: not the description of a run. Restore it from a copy.")
    check_seal(path, content)
    return {name: value for name, value in content.items() if name != "sha256"}


def discard_untrained(folder: Path, made_here: bool) -> bool:
    """Take back a run in which not one epoch was done, so that nothing half-made is left. Returns whether it was so.

    Parameters
    ----------
    made_here : the folder itself goes too (and `runs`, if it is empty then)
    """
    if (folder / "model.json").exists() or any(
        path.name != UNTRAINED for path in folder.glob("checkpoint-*.safetensors")
    ):
        return False
    with contextlib.suppress(OSError):
        for name in (UNTRAINED, "events.jsonl", "run.json"):
            (folder / name).unlink(missing_ok=True)
        if made_here:
            folder.rmdir()
            if folder.parent == Path("runs"):
                folder.parent.rmdir()
    return True
