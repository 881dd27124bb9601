"""Picture files with what is known of each before it is opened, and the dataset that comes of them."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pellucid.data.cache import Decoded, decoded_files
from pellucid.data.cache_build import FileList
from pellucid.data.dataset import PARTS, Dataset
from pellucid.data.decoder import Progress
from pellucid.data.frame import Frame
from pellucid.storage.errors import InputError, UnreadableError, printable


@dataclass(frozen=True)
class Listing:
    """Picture files that have a label.

    Attributes
    ----------
    source : the folder or the table that names them, as the user typed it
    files : the N files, in the dataset's order
    labels (N,) int32 : indices into `classes`
    split (N,) int8 : 0 train, 1 validation, 2 test, −1 not decided
    groups (N,) int64 or None
    unlisted : (path, reason) of files and folders that are already known to be unreadable
    notes : sentences for the user
    """

    source: str
    classes: tuple[str, ...]
    files: FileList
    labels: np.ndarray
    split: np.ndarray
    groups: np.ndarray | None = None
    unlisted: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


def dataset_of(
    listing: Listing,
    *,
    frame: Frame,
    skip_unreadable: bool = False,
    for_training: bool = True,
    progress: Progress | None = None,
) -> Dataset:
    """Decode the listed files (or map the pictures decoded before) and put the dataset together.

    Raises
    ------
    UnreadableError : some pictures cannot be read, unless `skip_unreadable`; it lists all of them
    InputError : what remains is not enough to train on
    StorageError : the disk is full while the decoded pictures are kept
    """
    decoded = decoded_files(listing.source, listing.files, frame, progress=progress)
    paths = listing.files.paths
    damaged = ((paths[row], why) for row, why in decoded.reasons.items())
    unreadable = tuple(sorted([*listing.unlisted, *damaged]))
    if unreadable and not skip_unreadable:
        raise UnreadableError(unreadable, "Repair or remove them, or go on without them: --skip-unreadable.")
    kept = decoded.kept
    if for_training:
        check_classes(listing.source, listing.classes, listing.labels[kept], listing.split[kept])
    dataset = Dataset(
        name=_name(listing.source),
        classes=listing.classes,
        images=decoded.pictures,
        labels=listing.labels[kept],
        origins=paths if len(kept) == len(paths) else [paths[row] for row in kept],
        split=listing.split[kept],
        groups=None if listing.groups is None else listing.groups[kept],
        frame=frame,
        unreadable=unreadable,
        source=listing.source,
        notes=(*listing.notes, *decoded.notes),
    )
    return replace(dataset, fingerprint=_fingerprint(dataset, decoded))


def check_classes(source: str, classes: Sequence[str], labels: np.ndarray, split: np.ndarray) -> None:
    """Raise `InputError` for no picture, one class, or a class that training never sees."""
    where = printable(source)
    if not len(labels):
        raise InputError(f"{where}: none of the pictures can be read.")
    if len(classes) == 1:
        raise InputError(
            f"{where}: there is only one class, {classes[0]!r}; a classifier needs at least two."
        )
    training = np.bincount(labels[split <= 0], minlength=len(classes))
    for number in np.flatnonzero(training == 0).tolist():
        parts = [PARTS[part] for part in np.unique(split[labels == number])]
        if parts:
            raise InputError(
                f"{where}: the class {classes[number]!r} is in {' and '.join(parts)} but not in train, so it "
                "can never be learned. Add pictures of it to train, or remove it."
            )
        raise InputError(f"{where}: no picture of the class {classes[number]!r} can be read.")


def _name(source: str) -> str:
    name = printable(os.path.basename(os.path.abspath(source)))
    return name.removesuffix(".csv") or "pictures"


def _fingerprint(dataset: Dataset, decoded: Decoded) -> str:
    # The hash of the pixels was computed when they were decoded, and checked when they were mapped: it is
    # free.
    digest = hashlib.sha256(
        repr((decoded.digest, decoded.pictures.shape, dataset.classes)).encode("utf-8", "surrogateescape")
    )
    for column in (dataset.labels, dataset.split, dataset.groups):
        digest.update(b"none" if column is None else np.ascontiguousarray(column).data)
    return digest.hexdigest()
