"""Many picture files decoded on all cores; the unreadable ones are gathered with their reasons.

The work is done by child processes started as `python -m pellucid.data.decoder`, which get paths and answer
with pixels over pipes. They are never forked (a forked child that calls JAX hangs) and never spawned from the
caller's script (which breaks scripts without a main guard). Few files are decoded in this process, which is
faster than to start another.

A child that dies takes nothing with it: the files that it had are given to a fresh child one by one, and the
one on which that dies too is named. Children end when their pipe does, so that none is left when this process
is killed.
"""

import hashlib
import json
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from contextlib import closing
from dataclasses import dataclass

import numpy as np

from pellucid.data.decoder_child import Child, Died, NotStarted, listen, start_quietly
from pellucid.data.frame import Frame
from pellucid.data.picture import read_contents
from pellucid.data.picture_file import PictureError, read_file

VERSION = 1
"""Counts the changes after which the same file gives other pixels; caches of another version are not used."""

Progress = Callable[[int, int], None]

_CHUNK_FILES = 64
_CHUNK_FILE_BYTES = 4 << 20
_CHUNK_PIXEL_BYTES = 2 << 20
# To start a child takes 0.2 s; in that time this process decodes about so much.
_FEW_FILES = 500
_FEW_BYTES = 4 << 20
_MOST_CHILDREN = 32
_CHUNKS_AHEAD = 4
_SECONDS_FOR_ONE_CHUNK = 120.0


@dataclass(frozen=True)
class Block:
    """Some neighbors of a list of files, decoded.

    Attributes
    ----------
    first : the place of the first of the n files in the list
    pictures (m, H, W, C) uint8 : those that can be read, in order
    hashes (n, 32) uint8 : SHA-256 of each file's bytes; zeros where it could not be opened
    reasons : place in the list → why that file cannot be read
    """

    first: int
    pictures: np.ndarray
    hashes: np.ndarray
    reasons: dict[int, str]


def decode(
    paths: Sequence[str],
    frame: Frame,
    *,
    sizes: Sequence[int] | None = None,
    progress: Progress | None = None,
    processes: int | None = None,
) -> Generator[Block, None, None]:
    """Decode many picture files; yields blocks in the order of `paths`.

    Closing the iterator, an error in the caller's loop, and Ctrl-C end all children at once.

    Parameters
    ----------
    sizes : bytes of each file, if known; they even out the work and keep memory small
    progress : called with (files done, all files), at most 10 times a second
    processes : how many children; by default one for each core, and none for few files; 0 decodes in this
        process
    """
    if sizes is None:
        sizes = [_size(path) for path in paths]
    chunks = _chunks(frame, sizes)
    if processes is None:
        few = len(paths) <= _FEW_FILES and sum(sizes) <= _FEW_BYTES
        processes = 0 if few or len(chunks) < 2 else min(_cores(), _MOST_CHILDREN)
    if processes > 0 and chunks:
        blocks = _in_children(paths, chunks, frame, min(processes, len(chunks)))
    else:
        blocks = (_decoded(chunk.start, paths[chunk.start : chunk.stop], frame) for chunk in chunks)
    told = time.monotonic()
    with closing(blocks):
        for chunk, block in zip(chunks, blocks, strict=True):
            yield block
            now = time.monotonic()
            if progress is not None and (now - told >= 0.1 or chunk.stop == len(paths)):
                told = now
                progress(chunk.stop, len(paths))


def _chunks(frame: Frame, sizes: Sequence[int]) -> list[range]:
    """Neighbors that one child gets at once: so few that all cores are busy to the end."""
    most = max(1, min(_CHUNK_FILES, _CHUNK_PIXEL_BYTES // int(np.prod(frame.shape))))
    chunks = []
    first, held = 0, 0
    for place, size in enumerate(sizes):
        if place > first and (place - first == most or held + size > _CHUNK_FILE_BYTES):
            chunks.append(range(first, place))
            first, held = place, 0
        held += size
    if first < len(sizes):
        chunks.append(range(first, len(sizes)))
    return chunks


def _decoded(first: int, paths: Sequence[str], frame: Frame) -> Block:
    """Decode some files in this process."""
    reasons = {}
    hashes = np.zeros((len(paths), 32), np.uint8)
    contents, places = [], []
    # All are read before the first is decoded: it saves a fifth of the time of small files, because the system
    # calls do not push the decoder's code and tables out of the processor's cache each time.
    for place, path in enumerate(paths):
        try:
            content = read_file(path)
        except PictureError as error:
            reasons[first + place] = error.reason
            continue
        hashes[place] = np.frombuffer(hashlib.sha256(content).digest(), np.uint8)
        contents.append(content)
        places.append(place)
    pictures = []
    for place, seen in zip(
        places, read_contents(contents, [paths[place] for place in places], frame), strict=True
    ):
        if isinstance(seen, PictureError):
            reasons[first + place] = seen.reason
        else:
            pictures.append(seen)
    return Block(first, _stacked(pictures, frame), hashes, dict(sorted(reasons.items())))


def _in_children(
    paths: Sequence[str], chunks: list[range], frame: Frame, processes: int
) -> Generator[Block, None, None]:
    """Decode all chunks in child processes; yields the blocks in order."""
    children = [Child(json.dumps(vars(frame))) for _ in range(processes)]
    idle = deque(children)  # its methods are safe between threads

    def work(chunk: range) -> Block:
        child = idle.pop()  # there are as many threads as children
        try:
            return _asked(child, chunk.start, paths[chunk.start : chunk.stop], frame)
        finally:
            idle.append(child)

    threads = ThreadPoolExecutor(processes, thread_name_prefix="pellucid-decoder")
    waiting: deque[Future[Block]] = deque()
    try:
        for chunk in chunks:
            waiting.append(threads.submit(work, chunk))
            if len(waiting) >= _CHUNKS_AHEAD * processes:
                yield _result(waiting.popleft(), children)
        while waiting:
            yield _result(waiting.popleft(), children)
    finally:
        for child in children:
            child.end()  # whoever still waits for an answer gets none, and its thread ends
        threads.shutdown(wait=True, cancel_futures=True)


def _result(future: "Future[Block]", children: list[Child]) -> Block:
    while True:
        try:
            # A wait without end could not be interrupted by Ctrl-C on Windows.
            return future.result(timeout=0.5)
        except NotYet:
            for child in children:
                child.kill_if_silent(_SECONDS_FOR_ONE_CHUNK)


def _asked(child: Child, first: int, paths: Sequence[str], frame: Frame) -> Block:
    try:
        return _block(first, child.ask(paths), frame)
    except NotStarted:  # such as in a program that brings its own interpreter
        return _decoded(first, paths, frame)
    except Died:
        pass
    answers = []
    for path in paths:
        try:
            answers += child.ask([path])
        except (Died, NotStarted) as death:
            answers.append((bytes(32), str(death), b""))
    return _block(first, answers, frame)


def _block(first: int, answers: Sequence[tuple[bytes, str, bytes]], frame: Frame) -> Block:
    pixels = b"".join(pixels for _, reason, pixels in answers if not reason)
    hashes = np.frombuffer(b"".join(digest for digest, _, _ in answers), np.uint8).reshape(-1, 32)
    reasons = {first + place: reason for place, (_, reason, _) in enumerate(answers) if reason}
    return Block(first, np.frombuffer(pixels, np.uint8).reshape(-1, *frame.shape), hashes, reasons)


def _stacked(pictures: list[np.ndarray], frame: Frame) -> np.ndarray:
    return np.stack(pictures) if pictures else np.zeros((0, *frame.shape), np.uint8)  # (m, H, W, C)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except (OSError, ValueError):
        return 0


def _serve(settings: str) -> None:
    """The child: decode what is asked for until the pipe ends."""
    frame = Frame(**json.loads(settings))

    def answer(paths: list[str]) -> list[tuple[bytes, str, bytes]]:
        block = _decoded(0, paths, frame)
        pixels = iter(block.pictures)
        answers = []
        for place, digest in enumerate(block.hashes):
            reason = block.reasons.get(place, "")
            answers.append((digest.tobytes(), reason, b"" if reason else next(pixels).tobytes()))
        return answers

    listen(answer)


if __name__ == "__main__":
    start_quietly()
    _serve(sys.argv[1])
