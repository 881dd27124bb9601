"""`load`: from whatever the user typed to one dataset with a split."""

import difflib
import os
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from pellucid.data import catalog
from pellucid.data.array_pictures import FrameRequest
from pellucid.data.corrections import corrected
from pellucid.data.dataset import PARTS, Dataset
from pellucid.data.embeddings import with_embeddings
from pellucid.data.opening import names_in
from pellucid.storage.errors import FileError, InputError, printable

FORMS = (
    "a folder of class folders, a .csv of file name and label, CIFAR's binary folder or .tar.gz, IDX files, "
    ".npz, a .csv of numbers"
)
_PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff")
_PICKLED = "pickled data is not read, because opening it can run a stranger's code. Save it as .npz"
_ADVICE = {
    ".npy": "one array has no labels. Save a .npz: numpy.savez(path, images=pictures, labels=labels)",
    ".pkl": _PICKLED,
    ".pickle": _PICKLED,
    ".pt": _PICKLED,
    ".zip": "a packed archive. Unpack it and give the folder",
    ".rar": "a packed archive. Unpack it and give the folder",
    ".7z": "a packed archive. Unpack it and give the folder",
    ".mat": "MATLAB's form is not read. Save it as .npz",
    ".parquet": "Parquet is not read. Save it as a .csv of numbers",
    ".xlsx": "a spreadsheet. Save it as .csv",
    **dict.fromkeys(
        _PICTURES, "one picture. To train, give a folder that holds a folder of pictures for each class"
    ),
}


def load(
    source: str | Path,
    *,
    size: int | tuple[int, int] | None = None,
    fit: str = "pad",
    color: str | None = None,
    seed: int = 0,
    skip_unreadable: bool = False,
    validation: float = 0.1,
    test: float = 0.2,
    corrections: str | Path | None = None,
    embeddings: str | Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Dataset:
    """Read labelled pictures (or rows of numbers) and decide which train, which choose and which test.

    Parameters
    ----------
    source : a folder with a folder of pictures for each class, perhaps under `train`, `validation`, `test`;
        a `.csv` of file name, label and perhaps group; CIFAR-10 or CIFAR-100 in binary form, as folder or
        `.tar.gz`; IDX files (their folder, or one file of pictures with its labels beside it); `.npz`; a
        `.csv` of numbers; or a name: `digits`, `mnist`, `fashion-mnist`, `cifar10`, `cifar100`,
        `cifar100-coarse`. A text that is a name means the named data; `./digits` is the folder.
    size : pixels, of both sides or (height, width); 32 for picture files, else what the data has
    fit : "pad", "crop" or "stretch", for pictures of other proportions
    color : "rgb" or "gray"; "rgb" for picture files, else what the data has
    seed : decides the split where the data has none
    skip_unreadable : go on without the pictures that cannot be read; they are listed in `Dataset.unreadable`
    validation, test : shares of the pictures, where the data has no such part
    corrections : a `.csv` of pictures to relabel or to leave out (`data/corrections.py`)
    embeddings : a `.npy` of numbers (N, D) that a model shall see in the place of the pictures
        (`data/embeddings.py`)
    progress : called with (done, total), bytes or pictures

    Raises
    ------
    InputError : nothing of the kind is there, an argument is out of range, or the data is damaged; the
        sentence says what was wanted, what came, and what to do
    """
    dataset = read(
        source, size=size, fit=fit, color=color, skip_unreadable=skip_unreadable, progress=progress
    )
    if (dataset.split < 0).any() or len(np.unique(dataset.split)) < len(PARTS):
        from pellucid.data.splits import split

        dataset = split(dataset, validation=validation, test=test, seed=seed)
    dataset = dataset if embeddings is None else with_embeddings(dataset, embeddings)
    return dataset if corrections is None else corrected(dataset, corrections)


def read(
    source: str | Path,
    *,
    size: int | tuple[int, int] | None = None,
    fit: str = "pad",
    color: str | None = None,
    skip_unreadable: bool = False,
    for_training: bool = True,
    corrections: str | Path | None = None,
    embeddings: str | Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Dataset:
    """The same as `load` without a decision: where the data has no split of its own, its `split` is −1 throughout.

    With `for_training=False` also pictures of a single class are read, which can be judged but not learned from.
    """
    dataset = _read(source, FrameRequest.of(size, fit, color), skip_unreadable, for_training, progress)
    # Both go into folder names, pages and terminals, which cannot all show bytes that are no text.
    dataset = replace(dataset, source=printable(source), name=printable(dataset.name))
    dataset = dataset if embeddings is None else with_embeddings(dataset, embeddings)
    return dataset if corrections is None else corrected(dataset, corrections)


def _read(
    source: str | Path,
    request: FrameRequest,
    skip_unreadable: bool,
    for_training: bool,
    progress: Callable[[int, int], None] | None,
) -> Dataset:
    if not isinstance(source, str | os.PathLike):
        raise InputError(
            f"The data must be a path or a name, as text, got {type(source).__name__}. {_forms()}"
        )
    if isinstance(source, str) and source.lower() in catalog.NAMES:
        dataset = catalog.load_named(source.lower(), request=request, progress=progress)
        if os.path.exists(source):
            kind = "folder" if os.path.isdir(source) else "file"
            remark = f"the data set named {source.lower()} was taken; write ./{source} for the {kind}"
            dataset = replace(dataset, notes=(*dataset.notes, remark))
        return dataset
    path = Path(source).expanduser() if str(source).startswith("~") else Path(source)
    if str(source) == "" or not os.path.lexists(path):
        raise InputError(_not_found(str(source), path))
    try:
        mode = os.stat(path).st_mode
    except OSError as error:
        raise FileError(f"{printable(path)}: cannot be read: {error.strerror}.") from error
    if stat.S_ISDIR(mode):
        return _read_folder(path, request, skip_unreadable, for_training, progress)
    if stat.S_ISREG(mode):
        return _read_file(path, request, skip_unreadable, for_training, progress)
    raise FileError(f"{printable(path)}: a pipe or a device, not a file or a folder. {_forms()}")


def _read_folder(
    path: Path,
    request: FrameRequest,
    skip_unreadable: bool,
    for_training: bool,
    progress: Callable[[int, int], None] | None,
) -> Dataset:
    from pellucid.data import cifar, idx

    names_in(path)  # a folder that may not be looked into is refused here, whatever it holds
    if cifar.is_cifar(path):
        return cifar.load_cifar(path, request=request, progress=progress)
    if idx.is_idx(path):
        return idx.load_idx(path, request=request, progress=progress)
    from pellucid.data import image_folder

    frame = request.frame(32, 32, "rgb")
    return image_folder.load_folder(
        path, frame=frame, skip_unreadable=skip_unreadable, for_training=for_training, progress=progress
    )


def _read_file(
    path: Path,
    request: FrameRequest,
    skip_unreadable: bool,
    for_training: bool,
    progress: Callable[[int, int], None] | None,
) -> Dataset:
    from pellucid.data import cifar, idx

    name = path.name.lower()
    if name.endswith((".csv", ".tsv")):
        from pellucid.data import labels_table, tables

        if labels_table.is_labels_csv(path):
            frame = request.frame(32, 32, "rgb")
            return labels_table.load_labels_csv(
                path,
                frame=frame,
                skip_unreadable=skip_unreadable,
                for_training=for_training,
                progress=progress,
            )
        if request.asks:
            raise InputError(
                f"{printable(path)}: rows of numbers; only pictures have a size and a color to choose."
            )
        return tables.load_csv(path, progress=progress)
    if name.endswith(".npz"):
        from pellucid.data.npz import load_npz

        return load_npz(path, request=request, progress=progress)
    if cifar.is_cifar(path):
        return cifar.load_cifar(path, request=request, progress=progress)
    if idx.is_idx(path):
        return idx.load_idx(path, request=request, progress=progress)
    advice = _ADVICE.get(path.suffix.lower())
    if advice:
        raise FileError(f"{printable(path)}: {advice}.")
    raise FileError(f"{printable(path)}: a file of no form that is known. {_forms()}")


def _not_found(typed: str, path: Path) -> str:
    """What was typed is neither a path nor a name; is it nearly one?"""
    try:
        around = os.listdir(path.parent) if typed else []
    except (OSError, ValueError):
        around = []
    prefix = typed[: len(typed) - len(path.name)] if typed.endswith(path.name) else ""
    near = difflib.get_close_matches(typed.lower(), catalog.NAMES, 1, 0.6)
    near += [prefix + name for name in difflib.get_close_matches(path.name, around, 1, 0.7)]
    meant = f" Did you mean {' or '.join(printable(name) for name in near)}?" if near else ""
    what = printable(typed) or "An empty path"
    return f"{what}: no such file or folder, and no data set's name.{meant} {_forms()}"


def _forms() -> str:
    return f"Give {FORMS}, or a name: {', '.join(catalog.NAMES)}."
