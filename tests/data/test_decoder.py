"""Decoding in child processes: the same pixels, in order, whatever happens to a child."""

import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pellucid.data import decoder_child
from pellucid.data.decoder import Block, decode
from pellucid.data.decoder_child import Child, Died
from pellucid.data.frame import Frame

FRAME = Frame(16, 16)
linux = pytest.mark.skipif(sys.platform != "linux", reason="signals, and /proc to see the children")


@pytest.fixture
def pictures(tmp_path) -> list[str]:
    """300 pictures, of which numbers 7, 100 and 299 cannot be read."""
    rng = np.random.Generator(np.random.Philox(key=3))
    paths = []
    for number in range(300):
        path = tmp_path / f"{number:03}.png"
        Image.fromarray(rng.integers(0, 256, (16, 16, 3), np.uint8)).save(path)
        paths.append(str(path))
    Path(paths[7]).write_bytes(b"")
    Path(paths[100]).unlink()
    Path(paths[299]).write_text("not a picture")
    return paths


def joined(blocks: list[Block]) -> tuple[np.ndarray, np.ndarray, dict[int, str]]:
    reasons = {place: why for block in blocks for place, why in block.reasons.items()}
    pictures = np.concatenate([block.pictures for block in blocks])
    return pictures, np.concatenate([block.hashes for block in blocks]), reasons


def test_children_give_what_this_process_gives(pictures):
    here = joined(list(decode(pictures, FRAME, processes=0)))
    there = joined(list(decode(pictures, FRAME, processes=2)))
    assert np.array_equal(here[0], there[0])
    assert np.array_equal(here[1], there[1])
    assert here[2] == there[2]
    assert here[0].shape == (297, 16, 16, 3)
    assert sorted(here[2]) == [7, 100, 299]
    assert here[2][7] == "the file is empty (0 bytes)"
    assert here[2][100] == "the file does not exist"
    assert "text" in here[2][299]
    for place in (0, 8, 298):
        row = place - sum(bad < place for bad in here[2])
        assert np.array_equal(here[0][row], np.asarray(Image.open(pictures[place])))
        assert here[1][place].tobytes() == hashlib.sha256(Path(pictures[place]).read_bytes()).digest()
    assert not here[1][100].any()


def test_blocks_come_in_order_and_progress_ends_at_the_end(pictures):
    told = []
    firsts = [
        block.first for block in decode(pictures, FRAME, processes=2, progress=lambda *at: told.append(at))
    ]
    assert firsts == sorted(firsts)
    assert told[-1] == (300, 300)
    assert told == sorted(told)


def test_nothing_to_decode():
    assert list(decode([], FRAME)) == []
    assert list(decode([], FRAME, processes=2)) == []


def test_large_files_go_in_smaller_chunks(pictures):
    sizes = [1 << 20] * 300
    assert max(len(block.hashes) for block in decode(pictures, FRAME, sizes=sizes, processes=0)) == 4
    wide = Frame(512, 512)  # 768 KiB of pixels each
    assert max(len(block.hashes) for block in decode(pictures[:9], wide, processes=0)) == 2


def test_odd_file_names_travel_well(tmp_path):
    names = [
        "new\nline.png",
        "tab\t.png",
        "ünï.png",
        " .png",
        os.fsdecode(b"caf\xe9.png"),
        "x" * 250 + ".png",
    ]
    for name in names:
        Image.new("RGB", (16, 16), "red").save(tmp_path / "a.png")
        os.rename(tmp_path / "a.png", tmp_path / name)
    paths = [str(tmp_path / name) for name in names]
    blocks = list(decode([*paths, "nul\0.png"], FRAME, processes=1))
    assert sum(len(block.pictures) for block in blocks) == len(names)
    assert list(blocks[-1].reasons) == [len(names)]


def children_of(process: int) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(status.read_text().rsplit(")", 1)[1].split()[1]) == process:
                found.append(int(status.parent.name))
    return found


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def gone(processes: list[int], seconds: float = 5) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not any(map(alive, processes)):
            return True
        time.sleep(0.02)
    return False


DEADLY = """
import os, signal, sys
from pellucid.data import decoder, decoder_child

real = decoder.read_contents

def deadly(contents, places, frame):
    for where in places:
        if where.endswith(("050.png", "051.png")):
            os.kill(os.getpid(), signal.SIGSEGV)
        if where.endswith("060.png"):
            os._exit(7)
    return real(contents, places, frame)

decoder.read_contents = deadly
decoder_child.start_quietly()
decoder._serve(sys.argv[1])
"""


@linux
def test_a_child_that_dies_is_named_with_its_file_and_the_others_go_on(pictures, tmp_path, monkeypatch):
    program = tmp_path / "deadly.py"
    program.write_text(DEADLY)
    monkeypatch.setattr(decoder_child, "PROGRAM", (str(program),))
    blocks = joined(list(decode(pictures, FRAME, processes=2)))
    assert sorted(blocks[2]) == [7, 50, 51, 60, 100, 299]
    assert "SIGSEGV" in blocks[2][50]
    assert "SIGSEGV" in blocks[2][51]
    assert "status 7" in blocks[2][60]
    expected = joined(list(decode(pictures, FRAME, processes=0)))[0]
    assert np.array_equal(blocks[0], np.delete(expected, [49, 50, 59], axis=0))


@linux
def test_a_child_that_is_killed_from_outside_is_replaced(pictures):
    blocks = decode(pictures * 10, FRAME, processes=1)
    collected = [next(blocks)]
    (victim,) = children_of(os.getpid())
    os.kill(victim, signal.SIGKILL)
    collected += blocks
    assert len(joined(collected)[0]) == 2970


@linux
def test_a_silent_child_is_killed(pictures, tmp_path, monkeypatch):
    program = tmp_path / "silent.py"
    program.write_text(DEADLY.replace("os._exit(7)", "import time; time.sleep(60)"))
    monkeypatch.setattr(decoder_child, "PROGRAM", (str(program),))
    monkeypatch.setattr("pellucid.data.decoder._SECONDS_FOR_ONE_CHUNK", 0.6)
    start = time.monotonic()
    reasons = joined(list(decode(pictures[55:65], FRAME, processes=1)))[2]
    assert reasons == {5: "decoding it took too long and was stopped"}
    assert time.monotonic() - start < 20


def test_where_no_child_starts_the_work_is_done_here(pictures, monkeypatch):
    for program in (("-c", "pass"), ("-c", "print('hello')")):
        monkeypatch.setattr(decoder_child, "PROGRAM", program)
        assert len(joined(list(decode(pictures, FRAME, processes=2)))[0]) == 297
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert len(joined(list(decode(pictures, FRAME, processes=2)))[0]) == 297


@linux
def test_closing_the_iterator_ends_the_children(pictures):
    blocks = decode(pictures * 20, FRAME, processes=2)
    next(blocks)
    mine = children_of(os.getpid())
    assert len(mine) == 2
    blocks.close()
    assert gone(mine)


PARENT = textwrap.dedent("""
    import sys
    from pellucid.data.decoder import decode
    from pellucid.data.frame import Frame
    paths = sys.argv[1:] * 1000
    for number, block in enumerate(decode(paths, Frame(16, 16), processes=2)):
        if number == 20:
            print("going", flush=True)
""")


@linux
@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_child_outlives_its_parent(pictures, by):
    # The program has no main guard and is read from standard input: children are not made by running it again.
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, *pictures[:50]],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == "going\n"
    children = children_of(parent.pid)
    assert len(children) == 2
    start = time.monotonic()
    parent.send_signal(by)
    _, said = parent.communicate(timeout=20)
    assert parent.returncode == -by
    assert gone(children)
    assert time.monotonic() - start < 15, "it hung"
    if by == signal.SIGINT:
        assert said.rstrip().endswith("KeyboardInterrupt")


def test_a_module_in_the_current_folder_is_not_taken_for_a_library(pictures, tmp_path, monkeypatch):
    trap = tmp_path / "trap"
    trap.mkdir()
    (trap / "numpy.py").write_text("raise SystemExit(9)")
    (trap / "PIL.py").write_text("raise SystemExit(9)")
    monkeypatch.chdir(trap)
    child = Child('{"height": 16, "width": 16, "fit": "pad", "color": "rgb"}')
    try:
        (answer,) = child.ask([pictures[0]])
        assert len(answer[2]) == 16 * 16 * 3
    finally:
        child.end()


def test_a_child_without_jax(pictures):
    program = (
        "import sys, pellucid.data.decoder; heavy = {'jax', 'scipy', 'sklearn', 'matplotlib'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_an_ended_child_answers_no_more():
    child = Child('{"height": 1, "width": 1, "fit": "pad", "color": "rgb"}')
    child.end()
    with contextlib.suppress(decoder_child.Ended):
        child.ask(["a.jpg"])
        raise AssertionError("it answered")
    assert not issubclass(decoder_child.Ended, Died)
