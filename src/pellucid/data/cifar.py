"""CIFAR-10 and CIFAR-100 in their binary form, from a folder or straight from the .tar.gz.

A record is one byte of label (CIFAR-100: two, coarse and fine) and 3,072 bytes of picture: the 32 × 32 reds
row by row, then the greens, then the blues.

Source: A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009; the layout is described at
www.cs.toronto.edu/~kriz/cifar.html, "Binary version".
"""

import gzip
import tarfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pellucid.data.array_pictures import KEEP, FrameRequest, Progress, picture_dataset
from pellucid.data.dataset import PARTS, Dataset
from pellucid.data.opening import Limited, names_in, opened
from pellucid.storage.errors import FileError, printable

UNPACKED_LIMIT = 1 << 30  # bytes: the published archives unpack to 185 MB


@dataclass(frozen=True)
class Form:
    """One of the two published sets.

    Attributes
    ----------
    train, test : files of records
    names : files of class names: of the label used, by default and with `coarse`
    labels : bytes of label in a record
    records : records in each published file, by its name
    classes : how many there are, by default and with `coarse`
    """

    title: str
    train: tuple[str, ...]
    test: str
    names: tuple[str, str]
    labels: int
    records: dict[str, int]
    classes: tuple[int, int]
    url: str

    @property
    def files(self) -> tuple[str, ...]:
        return (*self.train, self.test)

    @property
    def record(self) -> int:
        """Bytes in a record."""
        return self.labels + 3 * 32 * 32


_BATCHES = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
CIFAR10 = Form(
    "CIFAR-10",
    _BATCHES,
    "test_batch.bin",
    ("batches.meta.txt", "batches.meta.txt"),
    1,
    dict.fromkeys((*_BATCHES, "test_batch.bin"), 10_000),
    (10, 10),
    "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
)
CIFAR100 = Form(
    "CIFAR-100",
    ("train.bin",),
    "test.bin",
    ("fine_label_names.txt", "coarse_label_names.txt"),
    2,
    {"train.bin": 50_000, "test.bin": 10_000},
    (100, 20),
    "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
)
FORMS = (CIFAR10, CIFAR100)
_TEN = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
_WANTED = {name for form in FORMS for name in (*form.files, *form.names)}


def is_cifar(path: Path) -> bool:
    """Whether a path is CIFAR, in the form that is read or the refused one; any tar archive counts."""
    if path.is_dir():
        names = _files(_inner(path))
        return _form(names) is not None or _pickled(names) is not None
    known = path.name in _WANTED or _pickled({path.name}) is not None
    return known or path.name.lower().endswith((".tar.gz", ".tgz", ".tar"))


def load_cifar(
    source: Path,
    *,
    name: str = "",
    coarse: bool = False,
    request: FrameRequest = KEEP,
    progress: Progress | None = None,
) -> Dataset:
    """A dataset of 32 × 32 color pictures, with CIFAR's own train and test parts.

    Parameters
    ----------
    source : the folder of the .bin files, the folder around it, or the .tar.gz (nothing is unpacked to disk)
    coarse : CIFAR-100's 20 coarse classes in place of its 100 fine ones

    Raises
    ------
    FileError : files are missing, of a wrong length, or hold a label that is none; or it is the pickled form
    """
    contents = _folder_contents(source) if source.is_dir() else _archive_contents(source)
    form = _form(contents)
    assert form is not None  # both readers refuse a source that is neither
    stem = source.name if source.is_dir() else source.name.split(".")[0]
    classes, notes = _class_names(form, contents.get(form.names[coarse]), coarse)
    _check(source, form, contents, coarse)
    notes += [
        f"{file} holds {len(contents[file]) // form.record:,} records, the published file {count:,}"
        for file, count in form.records.items()
        if len(contents[file]) != count * form.record
    ]
    counts = {file: len(contents[file]) // form.record for file in form.files}
    pictures = np.empty((sum(counts.values()), 32, 32, 3), np.uint8)
    labels, origins, start = [], [], 0
    for file, count in counts.items():
        records = np.frombuffer(contents.pop(file), np.uint8).reshape(count, form.record)
        planes = records[:, form.labels :].reshape(count, 3, 1024)
        pixels = pictures[start : start + count].reshape(count, 1024, 3)
        for color in range(3):  # three times as fast as one transposition
            pixels[:, :, color] = planes[:, color]
        labels.append(records[:, _label_byte(form, coarse)].astype(np.int32))
        origins += [f"{file}[{row}]" for row in range(count)]
        start += count
    part = [PARTS.index("test" if file == form.test else "train") for file in counts]
    return picture_dataset(
        name or stem or "cifar",
        pictures,
        np.concatenate(labels),
        classes,
        origins,
        np.repeat(np.array(part, np.int8), list(counts.values())),
        request=request,
        notes=notes,
        progress=progress,
    )


def _check(source: Path, form: Form, contents: dict[str, bytes], coarse: bool) -> None:
    """Refuse wrong lengths and labels: every bad file, with its first bad record."""
    bad = []
    for file in form.files:
        length = len(contents[file])
        if length == 0 or length % form.record:
            bad.append(
                f"{file}: {length:,} bytes are not a whole number of records of {form.record:,} bytes "
                f"(the published file has {form.records[file] * form.record:,})"
            )
            continue
        labels = np.frombuffer(contents[file], np.uint8)[_label_byte(form, coarse) :: form.record]
        wrong = np.flatnonzero(labels >= form.classes[coarse])
        if len(wrong):
            more = f" and {len(wrong) - 1:,} more" if len(wrong) > 1 else ""
            bad.append(
                f"{file}: record {wrong[0]:,} has label {labels[wrong[0]]}{more}; "
                f"the classes are 0..{form.classes[coarse] - 1}"
            )
    if bad:
        raise FileError(
            f"{printable(source)}: not whole {form.title} files: {'; '.join(bad)}. "
            f"Fetch them again: {form.url}"
        )


def _label_byte(form: Form, coarse: bool) -> int:
    # CIFAR-100 puts the coarse label first.
    return 0 if coarse else form.labels - 1


def _class_names(form: Form, text: bytes | None, coarse: bool) -> tuple[tuple[str, ...], list[str]]:
    wanted = form.classes[coarse]
    if text is not None:
        names = tuple(line.strip() for line in text.decode("utf-8", "replace").splitlines() if line.strip())
        if len(names) == wanted == len(set(names)):
            return names, []
    missing = (
        f"{form.names[coarse]} is {'missing' if text is None else f'not a list of {wanted} different names'}"
    )
    if form is CIFAR10:
        return _TEN, [f"{missing}; the published names were taken"]
    return tuple(map(str, range(wanted))), [f"{missing}; the classes are called by their numbers"]


def _folder_contents(source: Path) -> dict[str, bytes]:
    folder = _inner(source)
    names = _files(folder)
    _check_names(source, names)
    contents = {}
    for name in sorted(names & _WANTED):
        with opened(folder / name) as (file, _):
            contents[name] = file.read()
    return contents


def _archive_contents(source: Path) -> dict[str, bytes]:
    """The wanted members of a tar archive by their names without folders; other members are passed over."""
    where = printable(source)
    if not source.name.lower().endswith((".tar.gz", ".tgz", ".tar")):
        _check_names(source, {source.name})
    contents: dict[str, bytes] = {}
    seen = set()
    with opened(source) as (file, _):
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        stream = Limited(gzip.GzipFile(fileobj=file) if packed else file, where, UNPACKED_LIMIT)
        try:
            # "r|" reads from front to back; it never needs to seek and never touches the disk.
            with tarfile.open(fileobj=stream, mode="r|") as archive:
                for member in archive:
                    name = member.name.rpartition("/")[2]
                    seen.add(name)
                    if member.isreg() and name in _WANTED:
                        if name in contents:
                            raise FileError(
                                f"{where}: {name} is in it twice. Fetch the published archive again."
                            )
                        inside = archive.extractfile(member)
                        contents[name] = inside.read() if inside else b""
            while stream.read(1 << 20):  # to the end, where gzip compares its checksum
                pass
        except FileError:
            raise
        except (tarfile.TarError, EOFError, zlib.error, OSError, ValueError, OverflowError) as error:
            raise FileError(
                f"{where}: the archive is cut short or damaged ({error}). Fetch it again."
            ) from error
    _check_names(source, seen)
    return contents


def _check_names(source: Path, names: set[str]) -> None:
    """Refuse what is not the whole of one of the forms."""
    where = printable(source)
    form = _form(names)
    if form is None:
        pickled = _pickled(names)
        if pickled:
            raise FileError(
                f"{where}: the pickled form of {pickled.title}, its python version, is not read: opening it "
                f"can run a stranger's code. Fetch the binary form: {pickled.url}"
            )
        shown = ", ".join(printable(name) for name in sorted(names)[:8]) or "nothing"
        raise FileError(
            f"{where}: wanted CIFAR's binary files (data_batch_1.bin … or train.bin, test.bin), found "
            f"{shown}. Other archives must be unpacked: give the folder."
        )
    missing = [file for file in form.files if file not in names]
    if missing and source.name in form.files and not source.is_dir():
        raise FileError(f"{where}: one file of {form.title}. Give the folder that holds all of them.")
    if missing:
        raise FileError(f"{where}: {', '.join(missing)} missing. Fetch the whole of {form.title}: {form.url}")


def _form(names: Iterable[str]) -> Form | None:
    return next((form for form in FORMS if not set(form.files).isdisjoint(names)), None)


def _pickled(names: Iterable[str]) -> Form | None:
    """Which set these names belong to in the pickled form."""
    names = set(names)
    if names & {"batches.meta", *(file.removesuffix(".bin") for file in CIFAR10.files)}:
        return CIFAR10
    return CIFAR100 if {"train", "test", "meta"} <= names else None


def _files(folder: Path) -> set[str]:
    return {name for name in names_in(folder) if (folder / name).is_file()}


def _inner(folder: Path) -> Path:
    """The folder itself, or the one that the published archive unpacks to, if it is in it."""
    published = ("cifar-10-batches-bin", "cifar-100-binary", "cifar-10-batches-py", "cifar-100-python")
    inside = [folder / name for name in published if (folder / name).is_dir()]
    return inside[0] if len(inside) == 1 else folder
