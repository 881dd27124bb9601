"""What went wrong, in one clear sentence: who, what was wanted, what came, what to do next.

Every error that pellucid raises on purpose is a `pellucid.Error`. The command line prints its sentence and ends with
status 1; a traceback appears only with `--debug`.
"""

import difflib
from collections.abc import Iterable


class Error(Exception):
    """The base of all errors that pellucid raises on purpose."""


class InputError(Error, ValueError):
    """An argument, a file or a folder is not what was wanted. The sentence names it."""


class FileError(InputError):
    """A file cannot be read or is damaged. The sentence begins with its path."""


class UnreadableError(FileError):
    """Some pictures cannot be read. All of them are listed, not only the first.

    Attributes
    ----------
    unreadable : tuple of (path, reason)
    """

    def __init__(self, unreadable: tuple[tuple[str, str], ...], advice: str) -> None:
        self.unreadable = unreadable
        listed = "\n".join(f"  {printable(path)}: {reason}" for path, reason in unreadable)
        count = f"{len(unreadable):,} picture{'s' if len(unreadable) != 1 else ''}"
        super().__init__(f"{count} cannot be read:\n{listed}\n{advice}")


class StorageError(Error, OSError):
    """The disk refused: full, read-only, or broken. The sentence names the path and the bytes that were needed."""


class TrainingError(Error, ArithmeticError):
    """Training met a number that is not finite. The sentence names the operation, the tensor and the pictures."""


class OutOfMemoryError(Error, MemoryError):
    """The memory of the machine or of its device is full. The sentence says what would fit."""


class MissingDependencyError(Error, ImportError):
    """A library that this feature needs is not installed. The sentence says how to install it."""


def printable(path: object) -> str:
    """The path as text that any terminal can show; bytes that are not UTF-8 are escaped (`\\xff`)."""
    return str(path).encode("utf-8", "backslashreplace").decode("utf-8").replace("\n", "\\n")


def known_name(what: str, typed: object, names: Iterable[str]) -> str:
    """The one of these names that was typed; underscores are as good as dashes.

    Raises `InputError` where there is none: "The activation must be one of relu, tanh; got 'rely'. Did you mean relu?"
    """
    known, found = list(names), str(typed).lower().replace("_", "-")
    if found in known:
        return found
    who = what if what.startswith("--") else f"The {what}"
    raise InputError(f"{who} must be one of {', '.join(known)}; got {typed!r}.{meant(found, known)}")


def check_settings(owner: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Raise `InputError` where one of the given settings is none of the owner's."""
    names = list(known)
    for setting in given:
        if setting not in names:
            hint = f"{meant(setting, names)} There are {', '.join(names)}." if names else " It has none."
            raise InputError(f"{setting!r} is not a setting of {owner}.{hint}")


def meant(typed: str, names: Iterable[str]) -> str:
    """The words "Did you mean relu?" after "rely", or nothing where no name is near."""
    known = list(names)
    near = difflib.get_close_matches(typed, known, 1, 0.5)
    # Of a long name often only a part is typed, or its beginning.
    near = near or [name for name in known if typed and typed in name]
    heads = {name[: len(typed)]: name for name in reversed(known) if typed}
    near = near or [heads[head] for head in difflib.get_close_matches(typed, heads, 1, 0.7)]
    return f" Did you mean {near[0]}?" if near else ""


def listing(names: Iterable[object], most: int = 20) -> str:
    """The names with commas between, and how many more there are: of a thousand classes nobody reads all."""
    every = [printable(name) for name in names]
    more = f" and {len(every) - most:,} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more
