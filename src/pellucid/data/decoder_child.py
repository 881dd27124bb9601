"""A child process that decodes pictures, seen from both ends of its pipes.

Request    number of paths, then each path: its length and its bytes
Answer     for each path: length of the reason, length of the pixels, SHA-256 of the file; reason; pixels

All numbers are 4 bytes, little-endian. The child answers a request when all its paths are decoded. Nothing is
pickled.
"""

import contextlib
import os
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

import pellucid

Answer = tuple[bytes, str, bytes]
"""SHA-256 of the file (zeros where it could not be opened), why it cannot be read (else ""), pixels."""

PROGRAM = ("-m", "pellucid.data.decoder")
_READY = b"pellucid decoder 1\n"
_NUMBER = struct.Struct("<I")
_HEAD = struct.Struct("<II32s")


class Died(Exception):
    """The child ended before it had answered."""


class NotStarted(Exception):
    """No child can be started here."""


class Ended(Exception):
    """The child was told to end."""


class Child:
    """One child process; started when first asked, and again after it died.

    Used by one thread at a time, except `end` and `kill_if_silent`, which may be called from any.
    """

    def __init__(self, settings: str) -> None:
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._guard = threading.Lock()
        self._ended = False
        self._asked = 0.0
        self._silent = False

    def ask(self, paths: Sequence[str]) -> list[Answer]:
        """Have files decoded. Raises `Died` where the child died of it, and `NotStarted`."""
        process = self._started()
        requests, answers = _pipes(process)
        coded = [os.fsencode(path) for path in paths]
        try:
            self._asked = time.monotonic()
            requests.write(_NUMBER.pack(len(coded)))
            for name in coded:
                requests.write(_NUMBER.pack(len(name)) + name)
            requests.flush()
            return [_answer(answers) for _ in paths]
        except (OSError, EOFError, ValueError) as error:
            raise Died(self._why_it_died(process)) from error
        finally:
            self._asked = 0.0

    def kill_if_silent(self, seconds: float) -> None:
        """Kill the child if it has not answered for so long; its `ask` then raises `Died`."""
        asked = self._asked
        if asked and time.monotonic() - asked > seconds:
            with self._guard:
                if self._process is not None:
                    self._silent = True
                    self._process.kill()

    def end(self) -> None:
        """Kill the child; it cannot be asked again."""
        with self._guard:
            self._ended = True
            if self._process is not None:
                self._process.kill()
                self._process.wait()
                # A thread that reads just now sees the end of the pipe first, because the child is dead.
                _close(self._process)

    def _started(self) -> "subprocess.Popen[bytes]":
        with self._guard:
            if self._ended:
                raise Ended
            if self._process is None:
                self._process = _start(self._settings)
            return self._process

    def _why_it_died(self, process: "subprocess.Popen[bytes]") -> str:
        with self._guard:
            process.kill()
            code = process.wait()
            _close(process)
            self._process = None
            silent, self._silent = self._silent, False
        return _death(code, silent)


def _start(settings: str) -> "subprocess.Popen[bytes]":
    # Its own process group: Ctrl-C in the terminal is for the parent, which ends its children.
    apart = {"process_group": 0} if os.name == "posix" else {"creationflags": 0x00000200}
    try:
        process = subprocess.Popen(
            # -P: a file numpy.py in the current folder must not be taken for the library.
            [sys.executable, "-P", *PROGRAM, settings],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            **apart,  # type: ignore[call-overload]
        )
    except (OSError, ValueError, TypeError) as error:
        raise NotStarted(str(error)) from error
    if _pipes(process)[1].read(len(_READY)) != _READY:
        process.kill()
        process.wait()
        _close(process)
        raise NotStarted(f"{sys.executable} {' '.join(PROGRAM)} does not start")
    return process


def _pipes(process: "subprocess.Popen[bytes]") -> tuple[IO[bytes], IO[bytes]]:
    assert process.stdin is not None
    assert process.stdout is not None
    return process.stdin, process.stdout


def _close(process: "subprocess.Popen[bytes]") -> None:
    for pipe in _pipes(process):
        # Half a request may be left in the buffer, for a child that is dead.
        with contextlib.suppress(OSError):
            pipe.close()


def _environment() -> dict[str, str]:
    # One thread a child: there is a child for each core.
    found = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    root = Path(pellucid.__file__).resolve().parent.parent
    if root.name not in ("site-packages", "dist-packages"):  # where the interpreter looks by itself
        found["PYTHONPATH"] = os.pathsep.join(filter(None, (found.get("PYTHONPATH"), str(root))))
    return found


def _answer(pipe: IO[bytes]) -> Answer:
    reason, pixels, digest = _HEAD.unpack(_whole(pipe, _HEAD.size))
    return digest, _whole(pipe, reason).decode("utf-8", "backslashreplace"), _whole(pipe, pixels)


def _whole(pipe: IO[bytes], size: int) -> bytes:
    content = pipe.read(size)
    if len(content) != size:
        raise EOFError
    return content


def _death(code: int, silent: bool) -> str:
    if silent:
        return "decoding it took too long and was stopped"
    if code >= 0:
        return f"the decoder ended on it with status {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    cause = (
        "perhaps there was not enough memory"
        if name == "SIGKILL"
        else "the file is damaged in an unusual way"
    )
    return f"the decoder was ended on it by {name}: {cause}"


def start_quietly() -> None:
    """In the child: Ctrl-C is the parent's affair."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def listen(answer: Callable[[list[str]], list[Answer]]) -> None:
    """In the child: answer requests on the standard streams until the parent closes them or is gone."""
    requests = sys.stdin.buffer
    # Whatever a library prints must not get among the answers.
    answers = os.fdopen(os.dup(1), "wb", buffering=1 << 20)
    os.dup2(2, 1)
    try:
        answers.write(_READY)
        answers.flush()
        while head := requests.read(_NUMBER.size):
            count = _NUMBER.unpack(head)[0]
            paths = [_whole(requests, _NUMBER.unpack(_whole(requests, 4))[0]) for _ in range(count)]
            for digest, reason, pixels in answer([os.fsdecode(path) for path in paths]):
                said = reason.encode("utf-8", "backslashreplace")
                answers.write(_HEAD.pack(len(said), len(pixels), digest) + said + pixels)
            answers.flush()
    except (OSError, EOFError, struct.error):
        pass
    # Without the interpreter's farewell, which would flush a pipe that nobody reads.
    os._exit(0)
