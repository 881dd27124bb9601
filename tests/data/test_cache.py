"""Decoded pictures between runs: instant, checked, repaired, bounded."""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pellucid.data import cache, cache_build
from pellucid.data.cache import cache_size, clear_cache, decoded_files
from pellucid.data.cache_build import FileList
from pellucid.data.decoder import decode
from pellucid.data.frame import Frame
from pellucid.storage import kept_files
from pellucid.storage.errors import FileError, StorageError
from pellucid.storage.rows_file import RowsWriter, open_rows

FRAME = Frame(8, 8)


def files_in(folder: Path) -> FileList:
    paths = sorted(str(path) for path in folder.iterdir())
    known = [os.stat(path) for path in paths]
    return FileList(
        paths,
        [os.path.basename(path) for path in paths],
        np.array([each.st_size for each in known], np.int64),
        np.array([each.st_mtime_ns for each in known], np.int64),
    )


def shade(value: int) -> Image.Image:
    return Image.new("RGB", (8, 8), (value, value, value))


@pytest.fixture
def folder(tmp_path) -> Path:
    """Twenty pictures whose shade is their number, but number 5 is damaged."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(20):
        shade(number).save(folder / f"{number:02}.png")
    (folder / "05.png").write_bytes(b"damaged")
    return folder


def load(folder: Path, frame: Frame = FRAME, **options):
    return decoded_files(str(folder), files_in(folder), frame, **options)


def kept(own_cache: Path) -> list[Path]:
    return sorted((own_cache / "pictures").iterdir())


@pytest.fixture
def decoded_paths(monkeypatch) -> list[str]:
    """The files that were decoded since."""
    seen: list[str] = []

    def watched(paths, *args, **options):
        seen.extend(os.path.basename(path) for path in paths)
        return decode(paths, *args, **options)

    monkeypatch.setattr(cache_build, "decode", watched)
    return seen


def test_the_second_time_nothing_is_decoded(folder, own_cache, decoded_paths):
    told = []
    first = load(folder, progress=lambda *at: told.append(at))
    assert told == [(20, 20)]
    assert len(decoded_paths) == 20
    second = load(folder, progress=lambda *at: told.append(at))
    assert len(decoded_paths) == 20
    assert told == [(20, 20)]
    for result in (first, second):
        assert [picture[0, 0, 0] for picture in result.pictures] == [n for n in range(20) if n != 5]
        assert list(result.kept) == [n for n in range(20) if n != 5]
        assert list(result.reasons) == [5]
        assert result.hashes[5].any()  # it was opened, so its bytes are known
        assert result.notes == ()
    assert first.digest == second.digest
    assert np.array_equal(first.hashes, second.hashes)


def test_the_map_is_read_only_aligned_and_private(folder, own_cache):
    pictures = load(folder).pictures
    assert not pictures.flags.writeable
    assert pictures.ctypes.data % 64 == 0
    assert pictures.dtype == np.uint8
    (path,) = kept(own_cache)
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700


def test_another_frame_has_another_file(folder, own_cache):
    load(folder)
    assert load(folder, Frame(4, 6, color="gray")).pictures.shape == (19, 4, 6, 1)
    assert len(kept(own_cache)) == 2


def test_only_what_changed_is_decoded_again(folder, own_cache, decoded_paths):
    load(folder)
    decoded_paths.clear()
    shade(100).save(folder / "03.png")
    os.utime(folder / "03.png", ns=(1, 1))
    (folder / "05.png").unlink()
    shade(150).save(folder / "05.png")
    (folder / "12.png").unlink()
    shade(200).save(folder / "10b.png")
    told = []
    result = load(folder, progress=lambda *at: told.append(at))
    assert sorted(decoded_paths) == ["03.png", "05.png", "10b.png"]
    assert told == [(20, 20)]
    wanted = [0, 1, 2, 100, 4, 150, 6, 7, 8, 9, 10, 200, 11, 13, 14, 15, 16, 17, 18, 19]
    assert [picture[0, 0, 0] for picture in result.pictures] == wanted
    assert len(kept(own_cache)) == 1
    clear_cache()
    fresh = load(folder)
    assert fresh.digest == result.digest
    assert np.array_equal(fresh.hashes, result.hashes)


def test_a_file_renamed_or_touched_counts_as_changed(folder, decoded_paths):
    load(folder)
    decoded_paths.clear()
    (folder / "19.png").rename(folder / "98.png")
    os.utime(folder / "00.png", ns=(5, 5))
    load(folder)
    assert decoded_paths == ["00.png", "05.png", "98.png"]  # a damaged one is always tried again


def test_every_flipped_bit_is_noticed_and_repaired(folder, own_cache, decoded_paths):
    good = load(folder)
    pixels = good.pictures.copy()
    (path,) = kept(own_cache)
    content = path.read_bytes()
    rng = np.random.Generator(np.random.Philox(key=9))
    places = np.unique(np.concatenate([np.arange(64), rng.integers(64, len(content), 300)]))
    for place in places.tolist():
        damaged = bytearray(content)
        damaged[place] ^= 1 << int(rng.integers(0, 8))
        path.write_bytes(damaged)
        try:
            open_rows(path)
        except FileError:
            continue
        raise AssertionError(f"a flipped bit of byte {place} was not noticed")
    for place in (70, len(content) - 5, 3):
        damaged = bytearray(content)
        damaged[place] ^= 4
        path.write_bytes(damaged)
        again = load(folder)
        assert np.array_equal(again.pictures, pixels)
        assert again.reasons == good.reasons


@pytest.mark.parametrize("share", [0, 0.001, 0.3, 0.9, 0.9999])
def test_a_cache_file_cut_short_is_made_again(folder, own_cache, share):
    good = load(folder)
    pixels = good.pictures.copy()
    (path,) = kept(own_cache)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    assert np.array_equal(load(folder).pictures, pixels)


def test_verify_false_trusts_the_pixels(folder, own_cache):
    load(folder)
    (path,) = kept(own_cache)
    content = bytearray(path.read_bytes())
    content[64] ^= 255
    path.write_bytes(content)
    assert load(folder, verify=False).pictures[0, 0, 0, 0] == 255
    assert load(folder).pictures[0, 0, 0, 0] == 0


def test_a_folder_of_only_damaged_files(tmp_path):
    (tmp_path / "a.png").write_bytes(b"no")
    for _ in range(2):
        result = load(tmp_path)
        assert result.pictures.shape == (0, 8, 8, 3)
        assert list(result.reasons) == [0]


def test_size_and_clearing(folder, own_cache):
    assert cache_size() == 0
    assert clear_cache() == 0
    pictures = load(folder).pictures
    (path,) = kept(own_cache)
    (path.parent / f".{path.name}.abc.part").write_bytes(b"12345")
    (path.parent / "something else").write_bytes(b"not mine")
    freed = path.stat().st_size + 5
    assert cache_size() == freed
    assert clear_cache() == freed
    assert cache_size() == 0
    assert [each.name for each in kept(own_cache)] == ["something else"]
    assert pictures[3, 0, 0, 0] == 3  # what is mapped stays


def test_half_a_file_of_a_killed_process_goes(folder, own_cache):
    (own_cache / "pictures").mkdir()
    old = own_cache / "pictures" / ".a-b.pictures.xyz.part"
    young = own_cache / "pictures" / ".a-c.pictures.xyz.part"
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 7200,) * 2)
    load(folder)
    assert not old.exists()
    assert young.exists()


def test_the_least_recently_used_goes_when_there_is_too_much(folder, own_cache, monkeypatch):
    load(folder, Frame(8, 8))
    load(folder, Frame(9, 9))
    first, second = sorted(kept(own_cache), key=lambda path: path.stat().st_size)
    os.utime(second, (1000, 1000))
    monkeypatch.setattr(kept_files, "KEPT_BYTES", first.stat().st_size * 3)
    load(folder, Frame(10, 10))
    left = kept(own_cache)
    assert first in left
    assert second not in left
    assert len(left) == 2


def test_a_full_disk_is_told_before_the_work(folder, own_cache, monkeypatch, decoded_paths):
    usage = type("Usage", (), {"free": 100})
    monkeypatch.setattr(kept_files.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(StorageError, match=r"pictures: no room left on the disk \([\d,]+ bytes needed\)"):
        load(folder)
    assert decoded_paths == []
    assert kept(own_cache) == []


@pytest.mark.skipif(sys.platform != "linux", reason="limits of file size")
@pytest.mark.parametrize("limit", [10, 64, 1000, 2000, 3800, 4500])
def test_a_disk_that_gets_full_leaves_nothing_behind(folder, own_cache, limit):
    program = f"""
import resource, signal, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_cache import load, Path
from pellucid.storage import kept_files
from pellucid.storage.errors import StorageError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
try:
    load(Path({str(folder)!r}))
except StorageError as error:
    assert "no room left" in str(error) and "bytes needed" in str(error), error
    print("refused")
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == "refused\n"
    assert kept(own_cache) == []


def test_ctrl_c_leaves_nothing_behind(folder, own_cache):
    def interrupted(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load(folder, progress=interrupted)
    assert kept(own_cache) == []
    assert len(load(folder).pictures) == 19


def test_a_cache_folder_that_cannot_be_used_costs_only_the_cache(folder, tmp_path, monkeypatch):
    wanted = load(folder)
    (tmp_path / "a file").write_text("")
    monkeypatch.setenv("PELLUCID_CACHE", str(tmp_path / "a file" / "cache"))
    result = load(folder)
    assert np.array_equal(result.pictures, wanted.pictures)
    assert result.digest == wanted.digest
    assert result.reasons == wanted.reasons
    assert not result.pictures.flags.writeable
    assert "not kept for the next time" in result.notes[0]
    assert "PELLUCID_CACHE" in result.notes[0]
    monkeypatch.setattr(cache, "IN_MEMORY_BYTES", 100)
    with pytest.raises(StorageError, match="a file"):
        load(folder)


def test_two_processes_that_build_the_same_cache_both_end_well(folder):
    for number in range(20, 400):
        shade(number % 256).save(folder / f"x{number}.png")
    program = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_cache import load, Path
result = load(Path({str(folder)!r}))
print(len(result.pictures), result.digest, int(result.pictures.sum()))
"""
    both = [
        subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    said = {process.communicate(timeout=60)[0] for process in both}
    assert len(said) == 1
    assert said.pop().startswith("399 ")


def test_the_writer_hashes_blocks_as_the_reader_does(tmp_path, monkeypatch):
    monkeypatch.setattr("pellucid.storage.rows_file.BLOCK", 1000)
    rng = np.random.Generator(np.random.Philox(key=2))
    pictures = rng.integers(0, 256, (50, 7, 5, 3), np.uint8)
    path = tmp_path / "a.pictures"
    with open(path, "wb") as file:
        writer = RowsWriter(file, (7, 5, 3))
        writer._room = 1000
        for first, last in ((0, 1), (1, 1), (1, 30), (30, 31), (31, 50)):
            writer.add(pictures[first:last])
        writer.finish({"a": b"xyz", "b": b""}, fact=[1, "ü\udcff"])
    found = open_rows(path)
    assert np.array_equal(found.rows, pictures)
    assert found.columns == {"a": b"xyz", "b": b""}
    assert found.facts["fact"] == [1, "ü\udcff"]
