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
    """From now on SIGTERM raises `Terminated`, and neither it nor Ctrl-C can be lost."""
    signal.signal(signal.SIGTERM, _terminated)
    sys.unraisablehook = _unraisable


def heard() -> None:
    """The wish to stop is known: that it is repeated while the process ends must not change how it ends."""
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
    raise Terminated("terminated")


def _unraisable(found: Any) -> None:
    """Python drops what is raised while it collects garbage (JAX is called back there): it is then raised once more."""
    if not isinstance(found.exc_value, KeyboardInterrupt):
        sys.__unraisablehook__(found)
        return
    again = signal.SIGTERM if isinstance(found.exc_value, Terminated) else signal.SIGINT
    # A moment later, from outside of the call that swallowed it.
    if hasattr(signal, "pthread_kill"):  # this one wakes the main thread, even if it sleeps
        timer = threading.Timer(0.02, signal.pthread_kill, [threading.main_thread().ident, again])
    else:
        timer = threading.Timer(0.02, _thread.interrupt_main, [again])
    timer.daemon = True
    timer.start()
