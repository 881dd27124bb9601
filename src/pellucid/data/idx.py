"""IDX, the format of MNIST: a few bytes that say type and shape, then the numbers.

Source: Y. LeCun, C. Cortes, C. Burges, The MNIST database of handwritten digits, section "File formats"
(yann.lecun.com/exdb/mnist). The header is two zero bytes, one byte for the type, one for the number of
dimensions d, and d lengths of 4 bytes, most significant byte first.
"""

import gzip
import math
import os
import re
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np

from pellucid.data.array_pictures import KEEP, FrameRequest, Progress, picture_dataset
from pellucid.data.class_labels import encoded
from pellucid.data.dataset import PARTS, Dataset
from pellucid.data.opening import names_in, opened
from pellucid.storage.errors import FileError, printable

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
LIMIT = 16 << 30  # bytes: no header may announce more
_DEFLATE_RATIO = 1040  # gzip never makes data more than about 1,032 times smaller
_BLOCK = 1 << 20
_IMAGES = re.compile(r"(?P<set>.*)images(?P<dash>[-._])idx[34]-ubyte(\.gz)?", re.IGNORECASE | re.DOTALL)


def read_idx(path: str | os.PathLike[str]) -> np.ndarray:
    """The array in an IDX file, compressed with gzip or not, in this machine's byte order.

    Never more is read than the header announces and one byte, and the header may announce 16 GiB at most: a
    small file that would unpack to a huge one is refused.

    Raises
    ------
    FileError : missing, not IDX, shorter or longer than its header says, or damaged
    """
    where = printable(path)
    with opened(path) as (file, size):
        try:
            if file.read(2) == b"\x1f\x8b":
                file.seek(0)
                with gzip.GzipFile(fileobj=file) as unpacked:
                    return _array(unpacked, where, size * _DEFLATE_RATIO)
            file.seek(0)
            return _array(file, where, size)
        except EOFError as error:
            raise FileError(f"{where}: the compressed file was cut short. Fetch it again.") from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise FileError(f"{where}: the compressed file is damaged ({error}). Fetch it again.") from error


def _array(file: BinaryIO | gzip.GzipFile, where: str, most: int) -> np.ndarray:
    """Read header and numbers; `most` bytes can be in the file at all."""
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in TYPES or not 1 <= magic[3] <= 32:
        raise FileError(
            f"{where}: an IDX file begins with 0, 0, a type (8, 9, 11–14) and the number of dimensions, "
            f"this one with {', '.join(map(str, magic)) or 'nothing'}. It is damaged, or not an IDX file."
        )
    header = file.read(4 * magic[3])
    if len(header) < 4 * magic[3]:
        raise FileError(f"{where}: cut short in its header. Fetch it again.")
    shape = tuple(np.frombuffer(header, ">u4").tolist())
    kind = np.dtype(TYPES[magic[2]])
    size = math.prod(shape) * kind.itemsize
    announced = f"its header announces {' × '.join(f'{side:,}' for side in shape)} numbers ({size:,} bytes)"
    if size > LIMIT:
        raise FileError(f"{where}: {announced}; at most {LIMIT:,} bytes are read. The header is damaged.")
    if size > most:
        raise FileError(
            f"{where}: {announced}, but the file can hold {most:,} at most. It was cut short: fetch it again."
        )
    content = bytearray()
    while len(content) < size:
        block = file.read(min(_BLOCK, size - len(content)))
        if not block:
            raise FileError(
                f"{where}: {announced}, but {len(content):,} came. It was cut short: fetch it again."
            )
        content += block
    if file.read(1):  # reading to the end also makes gzip compare its checksum
        raise FileError(f"{where}: {announced}, but more follow. It is damaged, or not what its header says.")
    numbers = np.frombuffer(content, kind)
    return numbers.astype(kind.newbyteorder("="), copy=False).reshape(shape)


def is_idx(path: Path) -> bool:
    """Whether a file's name, or a name in a folder, is that of a file of IDX pictures or labels."""
    if path.is_dir():
        return bool(_image_files(path))
    return re.fullmatch(r".*idx\d-ubyte(\.gz)?", path.name, re.IGNORECASE | re.DOTALL) is not None


def load_idx(
    source: Path,
    *,
    name: str = "",
    classes: Sequence[str] | None = None,
    request: FrameRequest = KEEP,
    progress: Progress | None = None,
) -> Dataset:
    """A dataset from IDX files, such as MNIST's.

    Parameters
    ----------
    source : a folder with `train-images-idx3-ubyte`, `train-labels-idx1-ubyte` and the same for `t10k-`
        (`.gz` or not), or one file of pictures whose file of labels lies beside it
    classes : names of the classes, for labels 0..K−1

    Raises
    ------
    FileError : a file is missing, damaged, or does not fit its partner
    """
    files = _image_files(source) if source.is_dir() else [source]
    split_known = len(files) > 1
    if split_known:
        _check_sets(source, files)
    pictures, values, origins, parts = [], [], [], []
    for path, (images, labels) in zip(files, _pairs(files), strict=True):
        part = PARTS.index("test") if _is_test(path) else PARTS.index("train")
        pictures.append(images)
        values.append(labels)
        parts.append(np.full(len(labels), part if split_known else -1, np.int8))
        origins += [f"{printable(path.name)}[{row}]" for row in range(len(labels))]
    shapes = {images.shape[1:] for images in pictures}
    if len(shapes) > 1:
        both = zip(files, pictures, strict=True)
        sizes = ", ".join(f"{printable(path.name)} {images.shape[1:]}" for path, images in both)
        raise FileError(f"{printable(source)}: its pictures must be of one size, got {sizes}.")
    labels, found, notes = encoded(np.concatenate(values), printable(source), classes)
    return picture_dataset(
        name or re.sub(r"\.gz$", "", source.name),
        np.concatenate(pictures) if len(pictures) > 1 else pictures[0],
        labels,
        found,
        origins,
        np.concatenate(parts),
        request=request,
        notes=notes,
        progress=progress,
    )


def _pairs(files: list[Path]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Pictures and labels of every file; all the files that cannot be read are named in one error."""
    arrays, problems = [], []
    for path in files:
        for partner in (Path, _labels_file):
            try:
                arrays.append(read_idx(partner(path)))
            except FileError as error:
                problems.append(str(error))
    if problems:
        raise FileError("\n".join(problems))
    return [_checked(*each) for each in zip(files, arrays[::2], arrays[1::2], strict=True)]


def _checked(path: Path, images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N, H, W, 1 or 3) uint8 pictures and (N,) labels of one file and its partner."""
    where = printable(path)
    if (
        images.dtype != np.uint8
        or images.ndim not in (3, 4)
        or (images.ndim == 4 and images.shape[3] not in (1, 3))
    ):
        raise FileError(
            f"{where}: pictures must be bytes of shape (N, H, W) or (N, H, W, 1 or 3), "
            f"got {images.dtype} of shape {images.shape}."
        )
    if 0 in images.shape:
        raise FileError(f"{where}: it holds no pictures (shape {images.shape}).")
    if labels.ndim != 1 or len(labels) != len(images):
        raise FileError(
            f"{where}: {len(images):,} pictures need {len(images):,} labels, "
            f"got an array of shape {labels.shape} in {printable(_labels_file(path).name)}. They are not partners."
        )
    return images if images.ndim == 4 else images[..., None], labels


def _labels_file(path: Path) -> Path:
    matched = _IMAGES.fullmatch(path.name)
    if not matched:
        raise FileError(
            f"{printable(path)}: give the file of pictures, named like train-images-idx3-ubyte; "
            f"its labels are looked for beside it, in train-labels-idx1-ubyte."
        )
    word = "LABELS" if "IMAGES" in path.name else "labels"
    wanted = f"{matched['set']}{word}{matched['dash']}idx1-ubyte"
    for candidate in (path.with_name(wanted), path.with_name(wanted + ".gz")):
        if candidate.exists():
            return candidate
    raise FileError(f"{printable(path)}: its labels are missing. Put {printable(wanted)} (or .gz) beside it.")


def _image_files(folder: Path) -> list[Path]:
    """The files of pictures in a folder, training first; of a file and its compressed twin, the file."""
    names = [name for name in names_in(folder) if _IMAGES.fullmatch(name)]
    plain = set(names)
    names = [name for name in names if not (name.lower().endswith(".gz") and name[:-3] in plain)]
    return sorted((folder / name for name in names), key=lambda path: (_is_test(path), path.name))


def _check_sets(folder: Path, files: list[Path]) -> None:
    tests = sum(map(_is_test, files))
    if len(files) != 2 or tests != 1:
        got = ", ".join(printable(path.name) for path in files)
        raise FileError(
            f"{printable(folder)}: wanted one file of training pictures (train-images-idx3-ubyte) and one of "
            f"test pictures (t10k-images-idx3-ubyte), got {got}. Give the path of one of them instead."
        )


def _is_test(path: Path) -> bool:
    return re.search(r"(^|[-._])(t10k|test)[-._]images", path.name, re.IGNORECASE) is not None
