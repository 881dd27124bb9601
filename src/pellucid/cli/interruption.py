"""Ctrl-C and SIGTERM: never lost, and the process ends at once."""

import _thread
import contextlib
import os
import signal
import sys
import threading
from typing import Any


class Terminated(KeyboardInterrupt):
    """The process was asked to end (SIGTERM): as for Ctrl-C, the run is left ready to be resumed."""


def listen() -> None:
    """From now on the first Ctrl-C raises `KeyboardInterrupt`, or SIGTERM `Terminated`, and cannot be lost; that it
    is repeated while the process ends does not change how it ends."""
    signal.signal(signal.SIGTERM, _terminated)
    # Who started this in the background of a shell has Ctrl-C ignored on purpose.
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _interrupted)
    sys.unraisablehook = _unraisable


def heard() -> None:
    """The wish to stop is known."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def end(status: int) -> None:
    """End the process with this status."""
    if status in (130, 143):
        heard()
        # Not sys.exit(): a compiler may be at work in another thread, and dies badly when Python is taken down
        # around it; and where Ctrl-C met an exec() of text, as in the making of a dataclass, Python remembers it as
        # never caught and ends itself by SIGINT.
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(status)
    sys.exit(status)


def _terminated(*_: object) -> None:
    heard()
    raise Terminated("terminated")


def _interrupted(*_: object) -> None:
    heard()
    raise KeyboardInterrupt


def _unraisable(found: Any) -> None:
    """Python drops what is raised while it collects garbage (JAX is called back there): it is then raised once more."""
    if not isinstance(found.exc_value, KeyboardInterrupt):
        sys.__unraisablehook__(found)
        return
    terminated = isinstance(found.exc_value, Terminated)
    again = signal.SIGTERM if terminated else signal.SIGINT
    signal.signal(again, _terminated if terminated else _interrupted)
    # A moment later, from outside of the call that swallowed it.
    if hasattr(signal, "pthread_kill"):  # this one wakes the main thread, even if it sleeps
        timer = threading.Timer(0.02, signal.pthread_kill, [threading.main_thread().ident, again])
    else:
        timer = threading.Timer(0.02, _thread.interrupt_main, [again])
    timer.daemon = True
    timer.start()
