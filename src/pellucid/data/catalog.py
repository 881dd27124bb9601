"""Data sets that have a name: `digits` comes with scikit-learn; the others are downloaded once and kept.

The checksums are those that the authors published: for MNIST and Fashion-MNIST as torchvision lists them
(torchvision/datasets/mnist.py), for CIFAR as on www.cs.toronto.edu/~kriz/cifar.html.
"""

import gzip
import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pellucid.data.array_pictures import KEEP, FrameRequest, Progress, picture_dataset
from pellucid.data.dataset import Dataset
from pellucid.storage.cache_folder import cache_folder
from pellucid.storage.errors import FileError, InputError, MissingDependencyError, printable

if TYPE_CHECKING:  # what fetches and unpacks is imported where it is needed: digits need none of it
    from pellucid.data.download import Published

_FASHION = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


@dataclass(frozen=True)
class Entry:
    """A data set that is downloaded.

    Attributes
    ----------
    folder : its folder in the cache and on a mirror
    sites : addresses that end in /, each with all the files
    files : (name, bytes, MD5) of each file
    classes : names of the classes, where the files do not have them
    coarse : CIFAR-100's coarse classes
    """

    folder: str
    sites: tuple[str, ...]
    files: tuple[tuple[str, int, str], ...]
    classes: tuple[str, ...] | None = None
    coarse: bool = False

    def published(self) -> "list[Published]":
        """The files and their addresses: `$PELLUCID_MIRROR` alone where set, else the published ones."""
        from pellucid.data.download import Published

        sites = self.sites
        mirror = os.environ.get("PELLUCID_MIRROR")
        if mirror:
            if not mirror.lower().startswith(("http://", "https://")):
                raise InputError(
                    f"PELLUCID_MIRROR must be an address beginning with http:// or https://, got {mirror!r}."
                )
            sites = (f"{mirror.rstrip('/')}/{self.folder}/",)
        return [
            Published(name, size, md5, tuple(site + name for site in sites)) for name, size, md5 in self.files
        ]


_KRIZHEVSKY = ("https://www.cs.toronto.edu/~kriz/", "https://cave.cs.toronto.edu/kriz/")
_CIFAR100 = (("cifar-100-binary.tar.gz", 168_513_733, "03b5dce01913d631647c71ecec9e9cb8"),)
DOWNLOADED = {
    "mnist": Entry(
        "mnist",
        (
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
            "http://yann.lecun.com/exdb/mnist/",
        ),
        (
            ("train-images-idx3-ubyte.gz", 9_912_422, "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
            ("train-labels-idx1-ubyte.gz", 28_881, "d53e105ee54ea40749a09fcbcd1e9432"),
            ("t10k-images-idx3-ubyte.gz", 1_648_877, "9fb629c4189551a2d022fa330f9573f3"),
            ("t10k-labels-idx1-ubyte.gz", 4_542, "ec29112dd5afa0611ce80d1b7f02629c"),
        ),
        tuple("0123456789"),
    ),
    "fashion-mnist": Entry(
        "fashion-mnist",
        (
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        ),
        (
            ("train-images-idx3-ubyte.gz", 26_421_880, "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
            ("train-labels-idx1-ubyte.gz", 29_515, "25c81989df183df01b3e8a0aad5dffbe"),
            ("t10k-images-idx3-ubyte.gz", 4_422_102, "bef4ecab320f06d8554ea6380940ec79"),
            ("t10k-labels-idx1-ubyte.gz", 5_148, "bb300cfdad3c16e7a12a480ee83cd310"),
        ),
        _FASHION,
    ),
    "cifar10": Entry(
        "cifar10", _KRIZHEVSKY, (("cifar-10-binary.tar.gz", 170_052_171, "c32a1d4ab5d03f1284b67883e8d87530"),)
    ),
    "cifar100": Entry("cifar100", _KRIZHEVSKY, _CIFAR100),
    "cifar100-coarse": Entry("cifar100", _KRIZHEVSKY, _CIFAR100, coarse=True),
}
NAMES = ("digits", *DOWNLOADED)


def load_named(
    name: str, *, request: FrameRequest = KEEP, progress: Progress | None = None, timeout: float = 30.0
) -> Dataset:
    """The data set of this name (one of `NAMES`), fetched first if it is not in the cache.

    Parameters
    ----------
    progress : called with bytes that have come and bytes in all, then with pictures
    timeout : seconds without a byte after which the network is given up

    Raises
    ------
    DownloadError : it could not be fetched; the sentence says what to fetch by hand and where to put it
    FileError : what is in the cache is not the published file
    InputError : another name
    """
    if name == "digits":
        return digits(request)
    if name not in DOWNLOADED:
        raise InputError(f"{name!r} is no data set's name; wanted one of {', '.join(NAMES)}.")
    from pellucid.data.cifar import load_cifar
    from pellucid.data.idx import load_idx

    entry = DOWNLOADED[name]
    paths = fetched(entry, progress=progress, timeout=timeout)
    if len(paths) > 1:
        return load_idx(paths[0].parent, name=name, classes=entry.classes, request=request, progress=progress)
    return load_cifar(paths[0], name=name, coarse=entry.coarse, request=request, progress=progress)


def fetched(
    entry: Entry, *, progress: Progress | None = None, timeout: float = 30.0, pause: float = 1.0
) -> list[Path]:
    """The files of a data set, in the cache; the missing ones are downloaded, the others checked."""
    from pellucid.data.download import DownloadError, download

    folder = cache_folder("downloads", entry.folder)
    files = entry.published()
    total = sum(file.size for file in files)
    before = 0
    damaged = []
    for file in files:
        step = None if progress is None else lambda done, _, before=before: progress(before + done, total)
        try:
            download(file, folder, progress=step, timeout=timeout, pause=pause)
        except DownloadError as error:
            missing = [other.urls[0] for other in files if not (folder / other.name).exists()]
            raise DownloadError(
                f"{error}\nWithout a network: fetch these on another machine\n  "
                + "\n  ".join(missing)
                + f"\nand put them in {printable(folder)}, or give the path of a folder that has them, "
                "in place of the name."
            ) from error
        except FileError as error:
            damaged.append(str(error))
        before += file.size
    if damaged:
        raise FileError("\n".join(damaged))
    return [folder / file.name for file in files]


def digits(request: FrameRequest = KEEP) -> Dataset:
    """1,797 handwritten digits of 8 × 8 gray pixels; they come with scikit-learn, no network is needed.

    The published pixels count the ink in 4 × 4 blocks of a scan, 0..16. A picture here holds
    round(v · 255 / 16): 0 (the empty paper) stays 0, 16 becomes 255, and round(p · 16 / 255) gives every
    published number back exactly. The data has no split of its own.

    Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning
    Repository, 1998 (the test part of it, as scikit-learn ships it).
    """
    table = _digits_table()
    ink = table[:, :64].reshape(-1, 8, 8, 1)  # (1797, 8, 8, 1), 0..16
    images = ((ink * 255 + 8) // 16).astype(np.uint8)
    labels = table[:, 64].astype(np.int32)
    classes = tuple("0123456789")
    origins = [f"digits[{row}]" for row in range(len(labels))]
    undecided = np.full(len(labels), -1, np.int8)
    return picture_dataset("digits", images, labels, classes, origins, undecided, request=request)


def _digits_table() -> np.ndarray:
    """(1797, 65) int64: 64 counts of ink and the digit."""
    # Importing scikit-learn costs about a second, most of it SciPy. The table is a file beside its code: it
    # is read where it lies, and only if a future version keeps it elsewhere is scikit-learn itself asked.
    found = importlib.util.find_spec("sklearn")
    if found is None or not found.submodule_search_locations:
        raise MissingDependencyError(
            "digits comes with scikit-learn, which is not installed: pip install scikit-learn."
        )
    path = Path(found.submodule_search_locations[0], "datasets", "data", "digits.csv.gz")
    try:
        with gzip.open(path, "rt") as file:
            table = np.loadtxt(file, delimiter=",", dtype=np.int64)
        if (
            table.shape == (1797, 65)
            and table.min() >= 0
            and table[:, :64].max() <= 16
            and table[:, 64].max() <= 9
        ):
            return table
    except (OSError, EOFError, ValueError):
        pass
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return np.column_stack([bunch.data, bunch.target]).astype(np.int64)
