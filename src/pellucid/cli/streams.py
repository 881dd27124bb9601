"""Standard output and error: what they can show, and what becomes of them at the end."""

import codecs
import errno
import os
import re
import sys
from typing import TextIO

_PLAIN = {
    "λ": "lambda", "½": "1/2 ", "‖": "|", "²": "^2", "³": "^3", "⁶": "^6", "−": "-", "×": "x", "·": "*",
    "√": "sqrt", "Σ": "sum", "∂": "d", "≤": "<=", "≥": ">=", "≠": "!=", "→": "->", "←": "<-", "✓": "ok",
    "✗": "no", "–": "-", "—": "-", "…": "...", "’": "'", "“": '"', "”": '"', "µ": "u", "±": "+-",
    "ᵀ": "^T", "█": "#", "─": "-", "│": "|", "\N{NO-BREAK SPACE}": " ",
}  # fmt: skip


def prepare_streams() -> None:
    """Let both streams show any text: what their encoding lacks is written in plain letters, or escaped."""
    codecs.register_error("pellucid-plain", _plainly)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            # The caller closed it (`>&-`). Nobody reads; the command works all the same.
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 (open until the end)
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="pellucid-plain")


def unwritable(error: OSError) -> str | None:
    """Why standard output or error cannot be written, in one sentence; None where the error is another."""
    if error.filename is not None or error.errno not in (errno.ENOSPC, errno.EIO, errno.EBADF, errno.EFBIG):
        return None
    return f"what this command prints cannot be written: {error.strerror}. Send it somewhere else."


def give_up(stream: TextIO) -> None:
    """Write no more into a stream whose reader is gone; it must not be flushed again at the exit either."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _plainly(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letters = error.object[error.start : error.end]
    shown = "".join(_PLAIN.get(c) or c.encode("ascii", "backslashreplace").decode() for c in letters)
    return re.sub(r"(?<=\^\d)\^", "", shown), error.end
