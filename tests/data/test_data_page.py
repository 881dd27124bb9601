"""The examples of docs/data.md run as written."""

import gzip
import re
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

PAGE = Path(__file__).parents[2] / "docs" / "data.md"


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """The files that the page speaks of, in the current folder."""
    rng = np.random.Generator(np.random.Philox(key=11))
    rows = []
    for name in ("cat", "dog"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(10):
            pixels = rng.integers(0, 256, (40, 50, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "photos" / name / f"{number}.png")
            rows.append(f"photos/{name}/{number}.png,{name},{name}{number // 2}")
    (tmp_path / "labels.csv").write_text("file,label,group\n" + "\n".join(rows) + "\n")
    (tmp_path / "cifar-10-batches-bin").mkdir()
    for name in (*(f"data_batch_{k}.bin" for k in range(1, 6)), "test_batch.bin"):
        records = b"".join(bytes([k % 10]) + rng.bytes(3072) for k in range(20))
        (tmp_path / "cifar-10-batches-bin" / name).write_bytes(records)
    (tmp_path / "mnist-files").mkdir()
    for prefix, count in (("train", 60), ("t10k", 20)):
        for file, array in (
            ("images-idx3", rng.integers(0, 256, (count, 9, 9))),
            ("labels-idx1", np.arange(count) % 3),
        ):
            header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
            content = gzip.compress(header + array.astype(np.uint8).tobytes())
            (tmp_path / "mnist-files" / f"{prefix}-{file}-ubyte.gz").write_bytes(content)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_examples_run_as_written(desk, capsys):
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    names: dict = {}
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)
    assert {
        "photos",
        "small",
        "listed",
        "cifar",
        "mnist",
        "only_train",
        "arrays",
        "flowers",
        "digits",
    } <= names.keys()
    printed = capsys.readouterr().out.splitlines()
    promised = re.findall(r"print\(.*\)  # (.*)", "".join(blocks))
    assert len(promised) == 3
    for said, line in zip(promised, printed, strict=False):
        assert line.startswith(said.removesuffix(" …"))


def test_every_name_and_limit_on_the_page_is_the_real_one():
    from pellucid.data import cifar, idx
    from pellucid.data.catalog import NAMES

    page = PAGE.read_text("utf-8")
    assert all(f"`{name}`" in page for name in NAMES)
    assert (cifar.UNPACKED_LIMIT, idx.LIMIT) == (1 << 30, 16 << 30)
    assert "At most 1 GiB" in page
    assert "16 GiB at most" in page
