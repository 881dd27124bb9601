"""NumPy's .npz: pictures or rows of numbers, and labels, as named arrays in a zip file. Nothing is ever
unpickled."""

import math
import zipfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from pellucid.data.array_pictures import KEEP, FrameRequest, Progress, picture_dataset
from pellucid.data.class_labels import encoded
from pellucid.data.dataset import PARTS, Dataset
from pellucid.data.fingerprint import fingerprint
from pellucid.data.opening import opened
from pellucid.storage.errors import FileError, InputError, printable

IMAGE_NAMES = ("images", "x", "data")
LABEL_NAMES = ("labels", "y", "targets", "label", "target")
CLASS_NAMES = ("classes", "class_names", "label_names")
_PART_NAMES = {"train": ("train",), "validation": ("validation", "valid", "val"), "test": ("test",)}
LIMIT = 16 << 30  # bytes: the arrays of one file may not be announced to be larger


def load_npz(path: Path, *, request: FrameRequest = KEEP, progress: Progress | None = None) -> Dataset:
    """A dataset from arrays of a .npz file.

    Pictures or rows are called `images`, `x` or `data`, labels `labels`, `y` or `targets` (upper or lower
    case); or there is one of each for every part, such as `x_train` or `train_images`, with `train`, `val`
    and `test`. Names of the classes may be in `classes`.

    Pictures are (N, H, W), (N, H, W, 1) or (N, H, W, 3): bytes are kept; other numbers are taken as 0..1 if
    none is larger than 1 and they are floats, else as 0..255. (N, D) are rows of numbers.

    Raises
    ------
    FileError : not a whole .npz file, arrays of objects, missing or misshapen arrays, values out of range
    InputError : a size or a color was asked for rows of numbers
    """
    where = printable(path)
    with opened(path) as (file, _):
        try:
            with zipfile.ZipFile(file) as archive:
                names = {
                    name.removesuffix(".npy"): name for name in archive.namelist() if name.endswith(".npy")
                }
                pairs, classes_name = _pairs(names, where)
                wanted = {name for pair in pairs.values() for name in pair} | (
                    {classes_name} if classes_name else set()
                )
                arrays = _arrays(archive, {name: names[name] for name in sorted(wanted)}, where)
        except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError) as error:
            raise FileError(
                f"{where}: not a whole .npz file ({error}). Save it again with numpy.savez."
            ) from error
    _check_shapes(pairs, arrays, where)
    pictures = [arrays[images] for images, _ in pairs.values()]
    labels = _joined([arrays[name] for _, name in pairs.values()], where)
    values, classes, notes = encoded(labels, where, _class_names(arrays.get(classes_name or "")))
    parts = [PARTS.index(part) if part else -1 for part in pairs]
    split = np.repeat(np.array(parts, np.int8), [len(array) for array in pictures])
    origins = [
        f"{printable(path.name)}: {x}[{row}]" for x, _ in pairs.values() for row in range(len(arrays[x]))
    ]
    name = path.stem or "arrays"
    if pictures[0].ndim > 2:
        pixels, remarks = _pixels(pictures, where)
        notes = (*notes, *remarks)
        return picture_dataset(
            name, pixels, values, classes, origins, split, request=request, notes=notes, progress=progress
        )
    if request.asks:
        raise InputError(
            f"{where}: it holds rows of numbers; only pictures have a size and a color to choose."
        )
    rows = _numbers(pictures, where)
    mark = fingerprint(rows, values, classes, None)
    return Dataset(name, classes, rows, values, origins, split, fingerprint=mark, notes=notes)


def _pairs(names: Iterable[str], where: str) -> tuple[dict[str, tuple[str, str]], str | None]:
    """Part (or "" where there is none) → names of its pictures and labels; and that of the class names."""
    names = list(names)
    lower = {name.lower(): name for name in reversed(names)}

    def find(bases: Iterable[str], part: str) -> str | None:
        words = _PART_NAMES.get(part, ())
        tried = [form for base in bases for word in words for form in (f"{base}_{word}", f"{word}_{base}")]
        return next((lower[name] for name in (tried if part else bases) if name in lower), None)

    parts = PARTS if find(IMAGE_NAMES, "train") else ("",)
    pairs = {}
    for part in parts:
        images, labels = find(IMAGE_NAMES, part), find(LABEL_NAMES, part)
        if images and labels:
            pairs[part] = (images, labels)
        elif images or part in ("", "train"):
            missing = f"labels for {images!r}" if images else "pictures"
            found = ", ".join(map(printable, names[:20])) or "nothing"
            raise FileError(
                f"{where}: it has no {missing}. Wanted arrays images, x or data and labels, y or targets, "
                f"or x_train, y_train, x_test, y_test; found {found}."
            )
    return pairs, find(CLASS_NAMES, "")


def _arrays(archive: zipfile.ZipFile, members: dict[str, str], where: str) -> dict[str, np.ndarray]:
    """The arrays by name; each header is compared with what the zip file can hold before memory is taken."""
    arrays, total = {}, 0
    for name, member in members.items():
        info = archive.getinfo(member)
        try:
            with archive.open(info) as file:
                version = np.lib.format.read_magic(file)
                read = (
                    np.lib.format.read_array_header_1_0
                    if version == (1, 0)
                    else np.lib.format.read_array_header_2_0
                )
                shape, _, kind = read(file)
            if kind.hasobject:
                raise FileError(
                    f"{where}: {name!r} is an array of Python objects, which could run a stranger's code "
                    f"and is never read. Save it as numbers or as text (labels.astype(str))."
                )
            total += math.prod(shape) * kind.itemsize
            # Deflate never makes data more than about 1,032 times smaller.
            if total > LIMIT or math.prod(shape) * kind.itemsize > min(
                info.file_size, 1040 * info.compress_size
            ):
                raise FileError(
                    f"{where}: {name!r} announces {kind} of shape {shape}, more than the file holds or than "
                    f"the {LIMIT:,} bytes that are read. It is damaged: save it again."
                )
            with archive.open(info) as file:
                arrays[name] = np.lib.format.read_array(file, allow_pickle=False)
                file.read()  # to the end, where the checksum is compared
        except FileError:
            raise
        except Exception as error:  # the header is parsed as Python text: damage can raise nearly anything
            raise FileError(
                f"{where}: {name!r} is damaged ({error}). Save it again with numpy.savez."
            ) from error
    return arrays


def _check_shapes(pairs: dict[str, tuple[str, str]], arrays: dict[str, np.ndarray], where: str) -> None:
    kinds = set()
    for images, labels in pairs.values():
        pictures = arrays[images]
        if pictures.ndim == 4 and pictures.shape[3] not in (1, 3) and pictures.shape[1] in (1, 3):
            raise FileError(
                f"{where}: {images!r} has shape {pictures.shape}, colors first. "
                f"Wanted (N, H, W, 1 or 3): save {images}.transpose(0, 2, 3, 1)."
            )
        if pictures.ndim not in (2, 3, 4) or (pictures.ndim == 4 and pictures.shape[3] not in (1, 3)):
            raise FileError(
                f"{where}: {images!r} has shape {pictures.shape}; wanted pictures (N, H, W), "
                f"(N, H, W, 1 or 3) or rows of numbers (N, D)."
            )
        if 0 in pictures.shape:
            raise FileError(f"{where}: {images!r} is empty (shape {pictures.shape}).")
        if pictures.dtype.kind not in "biuf":
            raise FileError(f"{where}: {images!r} must hold numbers, got {pictures.dtype}.")
        if arrays[labels].ndim == 0 or len(arrays[labels]) != len(pictures):
            raise FileError(
                f"{where}: {images!r} has {len(pictures):,} rows but {labels!r} has shape "
                f"{arrays[labels].shape}. Give each row one label."
            )
        kinds.add(pictures.shape[1:])
    if len(kinds) > 1:
        raise FileError(f"{where}: the parts must hold pictures of one shape, got {sorted(kinds)}.")


def _pixels(pictures: list[np.ndarray], where: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """(N, H, W, 1 or 3) uint8 from numbers of any type, and what was done to them."""
    notes: tuple[str, ...] = ()
    if any(array.dtype != np.uint8 for array in pictures):
        low = min(float(array.min()) for array in pictures)  # NaN if there is one anywhere
        high = max(float(array.max()) for array in pictures)
        if not all(np.isfinite(array).all() for array in pictures):
            raise FileError(f"{where}: some pixels are NaN or infinite. Pixels must be 0..1 or 0..255.")
        unit = high <= 1 and any(array.dtype.kind in "bf" for array in pictures)
        if low < 0 or high > 255:
            raise FileError(
                f"{where}: pixels go from {low:g} to {high:g}, so what is black and what is white is "
                f"unknown. Save them as 0..255 or as floats of 0..1."
            )
        scale = 255 if unit else 1
        pictures = [np.rint(array.astype(np.float32) * scale).astype(np.uint8) for array in pictures]
        notes = (
            ("pixels of 0..1 were multiplied by 255 and rounded to bytes",)
            if unit
            else (f"pixels of {low:g}..{high:g} were taken as 0..255 and rounded to bytes",)
        )
    joined = np.concatenate(pictures) if len(pictures) > 1 else pictures[0]
    return (joined if joined.ndim == 4 else joined[..., None]), notes


def _numbers(arrays: list[np.ndarray], where: str) -> np.ndarray:
    """(N, D) float32 rows, all finite."""
    with np.errstate(over="ignore"):
        rows = np.concatenate([array.astype(np.float32) for array in arrays])
    bad = np.argwhere(~np.isfinite(rows))
    if len(bad):
        shown = ", ".join(f"[{row}, {column}]" for row, column in bad[:20]) + (", …" if len(bad) > 20 else "")
        raise FileError(
            f"{where}: {len(bad):,} numbers are NaN, infinite or too large for float32: {shown}. "
            f"Fill them in or leave their rows out."
        )
    return rows


def _joined(labels: list[np.ndarray], where: str) -> np.ndarray:
    if len({array.ndim for array in labels}) > 1 or len({array.dtype.kind in "SU" for array in labels}) > 1:
        raise FileError(
            f"{where}: the labels of the parts must be all numbers or all words, of one shape each."
        )
    return (
        np.concatenate([array.reshape(len(array), -1) for array in labels]) if len(labels) > 1 else labels[0]
    )


def _class_names(names: np.ndarray | None) -> list[str] | None:
    return (
        None if names is None or names.ndim != 1 or names.dtype.kind != "U" else [str(name) for name in names]
    )
