"""Data sets by name: digits without a network, the others from a local mirror or from the cache."""

import functools
import gzip
import hashlib
import io
import re
import struct
import subprocess
import sys
import tarfile
import threading
from dataclasses import replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from pellucid.data import catalog
from pellucid.data.array_pictures import FrameRequest
from pellucid.data.catalog import DOWNLOADED, NAMES, digits, load_named
from pellucid.data.download import DownloadError
from pellucid.storage.errors import FileError, InputError, MissingDependencyError


def idx_gz(array):
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return gzip.compress(header + array.astype(np.uint8).tobytes(), mtime=0)


def small_mnist():
    rng = np.random.default_rng(5)
    return {
        "train-images-idx3-ubyte.gz": idx_gz(rng.integers(0, 256, (20, 28, 28))),
        "train-labels-idx1-ubyte.gz": idx_gz(np.arange(20) % 10),
        "t10k-images-idx3-ubyte.gz": idx_gz(rng.integers(0, 256, (10, 28, 28))),
        "t10k-labels-idx1-ubyte.gz": idx_gz(np.arange(10)),
    }


def small_cifar100():
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, count in (("train.bin", 100), ("test.bin", 100)):
            content = b"".join(bytes([k // 5, k]) + bytes([k]) * 3072 for k in range(count))
            member = tarfile.TarInfo(f"cifar-100-binary/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return {"cifar-100-binary.tar.gz": buffer.getvalue()}


def small_cifar10():
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name in (*(f"data_batch_{k}.bin" for k in range(1, 6)), "test_batch.bin"):
            content = b"".join(bytes([k]) + bytes([k]) * 3072 for k in range(10))
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return {"cifar-10-binary.tar.gz": buffer.getvalue()}


SMALL = {"mnist": small_mnist, "fashion-mnist": small_mnist, "cifar10": small_cifar10}
SMALL |= {"cifar100": small_cifar100, "cifar100-coarse": small_cifar100}


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """A local site with small stand-ins for the published files, and their checksums."""
    for name, make in SMALL.items():
        folder = tmp_path / "site" / DOWNLOADED[name].folder
        folder.mkdir(parents=True, exist_ok=True)
        files = make()
        for file, content in files.items():
            (folder / file).write_bytes(content)
        stand_ins = tuple(
            (file, len(content), hashlib.md5(content).hexdigest()) for file, content in files.items()
        )
        monkeypatch.setitem(catalog.DOWNLOADED, name, replace(DOWNLOADED[name], files=stand_ins))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)

    asked_paths = []

    class Quiet(SimpleHTTPRequestHandler):
        asked = asked_paths

        def log_request(self, *args):
            self.asked.append(self.path)

        def log_message(self, *args):
            pass

    handler = functools.partial(Quiet, directory=tmp_path / "site")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        monkeypatch.setenv("PELLUCID_MIRROR", f"http://127.0.0.1:{server.server_port}/")
        yield Quiet
        server.shutdown()
        thread.join()


def test_digits_are_the_published_ones():
    from sklearn.datasets import load_digits

    data = digits()
    bunch = load_digits()
    assert data.images.shape == (1797, 8, 8, 1)
    assert (data.images.dtype, data.images.min(), data.images.max()) == (np.uint8, 0, 255)
    np.testing.assert_array_equal(np.rint(data.images[..., 0] * (16 / 255)), bunch.images)
    np.testing.assert_array_equal(data.labels, bunch.target)
    assert data.classes == tuple("0123456789")
    assert set(data.split) == {-1}
    assert data.frame.shape == (8, 8, 1)
    assert data.origins[3] == "digits[3]"


def test_digits_import_neither_scikit_learn_nor_what_downloads():
    code = (
        "import sys; from pellucid.data.catalog import load_named; load_named('digits');"
        "heavy = {'sklearn', 'scipy', 'jax', 'PIL', 'urllib.request', 'tarfile'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_digits_are_asked_of_scikit_learn_if_their_file_has_moved(monkeypatch):
    before = digits().fingerprint
    opened = []

    def missing(path, *args):
        opened.append(path)
        monkeypatch.undo()  # scikit-learn itself reads a file with gzip
        raise FileNotFoundError(path)

    monkeypatch.setattr(catalog.gzip, "open", missing)
    assert digits().fingerprint == before
    assert opened


def test_digits_without_scikit_learn(monkeypatch):
    monkeypatch.setattr(catalog.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        MissingDependencyError, match=r"digits comes with scikit-learn, .* pip install scikit-learn"
    ):
        digits()


def test_digits_in_another_frame():
    data = digits(FrameRequest.of(16, "pad", "rgb"))
    assert data.images.shape == (1797, 16, 16, 3)


def test_the_same_data_has_the_same_fingerprint_and_other_data_another():
    assert digits().fingerprint == digits().fingerprint
    assert digits().fingerprint != digits(FrameRequest.of(9, "pad", None)).fingerprint


@pytest.mark.parametrize(
    ("name", "shape", "counts", "classes"),
    [
        ("mnist", (28, 28, 1), (20, 10), tuple("0123456789")),
        ("fashion-mnist", (28, 28, 1), (20, 10), catalog._FASHION),
        ("cifar10", (32, 32, 3), (50, 10), None),
        ("cifar100", (32, 32, 3), (100, 100), None),
        ("cifar100-coarse", (32, 32, 3), (100, 100), None),
    ],
)
def test_named_data_are_fetched_once_and_then_found(mirror, name, shape, counts, classes):
    seen = []
    first = load_named(name, progress=lambda done, total: seen.append((done, total)))
    assert first.images.shape[1:] == shape
    assert tuple(np.bincount(first.split)[[0, 2]]) == counts
    assert first.name == name
    assert len(first.classes) == {"cifar100": 100, "cifar100-coarse": 20}.get(name, 10)
    if classes:
        assert first.classes == classes
    total = sum(size for _, size, _ in catalog.DOWNLOADED[name].files)
    assert seen[-1] == (total, total)
    asked = len(mirror.asked)
    assert asked == len(catalog.DOWNLOADED[name].files)
    assert load_named(name).fingerprint == first.fingerprint
    assert len(mirror.asked) == asked


def test_a_copy_placed_by_hand_in_the_cache_is_used(mirror, own_cache, monkeypatch):
    monkeypatch.setenv("PELLUCID_MIRROR", "http://127.0.0.1:9/")
    folder = own_cache / "downloads" / "mnist"
    folder.mkdir(parents=True)
    for name, content in small_mnist().items():
        (folder / name).write_bytes(content)
    assert len(load_named("mnist")) == 30
    assert mirror.asked == []


def test_a_damaged_copy_in_the_cache_is_told(mirror, own_cache):
    load_named("mnist")
    path = own_cache / "downloads" / "mnist" / "t10k-labels-idx1-ubyte.gz"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(
        FileError, match=r"t10k-labels-idx1-ubyte\.gz: its MD5 is .*Delete it, and it is fetched again"
    ):
        load_named("mnist")


def test_all_damaged_copies_are_told_at_once(mirror, own_cache):
    load_named("mnist")
    for name in ("t10k-labels-idx1-ubyte.gz", "train-images-idx3-ubyte.gz"):
        (own_cache / "downloads" / "mnist" / name).write_bytes(b"short")
    with pytest.raises(
        FileError, match=r"(?s)train-images\S+: 5 bytes, but .*\n.*t10k-labels\S+: 5 bytes, but"
    ):
        load_named("mnist")


def test_without_a_network_it_says_what_to_fetch_and_where_to_put_it(own_cache, mirror, monkeypatch):
    (own_cache / "downloads" / "mnist").mkdir(parents=True)
    name = "train-images-idx3-ubyte.gz"
    (own_cache / "downloads" / "mnist" / name).write_bytes(small_mnist()[name])
    monkeypatch.setenv("PELLUCID_MIRROR", "http://127.0.0.1:9")
    with pytest.raises(DownloadError) as caught:
        load_named("mnist")
    said = str(caught.value)
    assert said.startswith(
        "train-labels-idx1-ubyte.gz could not be fetched:\n  http://127.0.0.1:9/mnist/train-labels"
    )
    assert "no connection" in said
    advice = said.split("Without a network: fetch these on another machine\n")[1]
    fetchable = re.findall(r"http://127\.0\.0\.1:9/mnist/(\S+)", advice)
    assert fetchable == [other for other in small_mnist() if other != name]
    assert f"put them in {own_cache}/downloads/mnist" in advice


def test_the_mirror_must_be_an_address(monkeypatch):
    monkeypatch.setenv("PELLUCID_MIRROR", "file:///etc")
    with pytest.raises(
        InputError, match="PELLUCID_MIRROR must be an address beginning with http:// or https://, got 'file"
    ):
        load_named("mnist")


def test_another_name():
    with pytest.raises(InputError, match="'imagenet' is no data set's name; wanted one of digits, mnist"):
        load_named("imagenet")


def test_what_is_published_is_complete(monkeypatch):
    monkeypatch.delenv("PELLUCID_MIRROR", raising=False)
    assert NAMES == ("digits", "mnist", "fashion-mnist", "cifar10", "cifar100", "cifar100-coarse")
    checksums = set()
    for name in NAMES[1:]:
        for file in DOWNLOADED[name].published():
            assert re.fullmatch(r"[0-9a-f]{32}", file.md5)
            assert file.size > 0
            assert all(url.startswith("http") and url.endswith("/" + file.name) for url in file.urls)
            checksums.add(file.md5)
    assert len(checksums) == 4 + 4 + 1 + 1
