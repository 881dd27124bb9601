"""Embeddings that were made elsewhere: numbers in the place of pictures, in a .npy file. Nothing is ever unpickled."""

import os
from dataclasses import replace

import numpy as np

from pellucid.data.dataset import Dataset
from pellucid.data.fingerprint import fingerprint
from pellucid.storage.errors import FileError, InputError, printable

ENDING = ".npy"
_BLOCK = 2**24  # numbers that are looked at at once


def with_embeddings(dataset: Dataset, path: str | os.PathLike[str]) -> Dataset:
    """The data with the rows of a .npy file (N, D) in the place of the N pictures, which stay to be looked at.

    The rows are in the order of `dataset.origins`, which `pellucid data --list` writes: that of the parts' folders
    (train, validation, test), then of the paths, sorted; unreadable pictures have none.

    Raises
    ------
    InputError : the data are rows of numbers already, or there is not one row for each picture
    FileError : the file cannot be read, is no array of real numbers (N, D), or holds NaN or infinite numbers
    """
    if dataset.images.ndim != 4:
        raise InputError(
            f"{dataset.name}: embeddings are for pictures, and the data are rows of numbers already."
        )
    rows = read_embeddings(path)
    if len(rows) != len(dataset):
        raise InputError(
            f"{printable(path)}: {len(rows):,} embeddings for {len(dataset):,} pictures. There must be one for each, "
            "in the order that `pellucid data DATA --list pictures.csv` writes; unreadable pictures have none."
        )
    note = f"embeddings of {rows.shape[1]:,} numbers from {printable(path)} in the place of the pictures"
    return replace(
        dataset,
        images=rows,
        pictures=dataset.images,
        frame=None,
        fingerprint=fingerprint(rows, dataset.labels, dataset.classes, None),
        notes=(*dataset.notes, note),
    )


def read_embeddings(path: str | os.PathLike[str]) -> np.ndarray:
    """The array (N, D) float32 in a .npy file; a map of it where it is stored so. Raises `FileError`."""
    where = printable(path)
    try:
        found = np.load(path, mmap_mode="r", allow_pickle=False)
    except OSError as error:
        raise FileError(f"{where}: cannot be read: {error.strerror or error}.") from error
    except Exception as error:  # a damaged header is read as Python's syntax, which fails in many ways
        if "allow_pickle" in str(error) or "Python objects" in str(error):
            raise FileError(
                f"{where}: pickled data is not read, because opening it can run a stranger's code. Save the embeddings "
                "with numpy.save as float32."
            ) from error
        raise FileError(
            f"{where}: not a whole .npy file ({error}). Save it again with numpy.save."
        ) from error
    if not isinstance(found, np.ndarray):  # numpy.load also opens .npz
        found.close()
        raise FileError(f"{where}: a .npz file of several arrays. Save the embeddings alone with numpy.save.")
    if found.dtype.kind not in "fiu" or found.ndim != 2 or not found.shape[1]:
        raise FileError(
            f"{where}: embeddings are real numbers (N, D), a row for each picture, got {found.dtype} of shape "
            f"{found.shape}."
        )
    with np.errstate(over="ignore"):  # what is too large for float32 becomes infinite, and is named
        rows = np.asarray(found if found.dtype == np.float32 else found.astype(np.float32))
    step = max(1, _BLOCK // rows.shape[1])
    blocks = [np.isfinite(rows[first : first + step]).all(axis=1) for first in range(0, len(rows), step)]
    bad = np.flatnonzero(~np.concatenate(blocks)) if blocks else np.zeros(0, np.int64)
    if len(bad):
        raise FileError(
            f"{where}: {len(bad):,} rows hold NaN or infinite numbers, or such as are too large for float32; first "
            f"{', '.join(f'{row:,}' for row in bad[:5].tolist())}, counted from 0. Make them anew."
        )
    return rows
