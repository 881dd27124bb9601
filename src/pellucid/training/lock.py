"""Held while a process trains in a folder, so that two never write into one run."""

import contextlib
import os
from pathlib import Path

from pellucid.storage.atomic import refuse_disk
from pellucid.storage.errors import InputError, printable

_BESIDE = 1 << 20  # Windows locks bytes against reading, too: one far behind the number that is to be read


class Lock:
    """A lock of the operating system on `.lock` in the folder, which holds the owner's number.

    It ends with its process, however that ends. (To ask whether a process with that number lives would not do: after a
    crash the number may be another's, and on a shared disk it may be another machine's.)

    Raises
    ------
    InputError : another process trains in the folder
    StorageError : the disk refuses
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / ".lock"
        while True:
            try:
                self._handle = os.open(self.path, os.O_CREAT | os.O_RDWR, 0o644)
            except OSError as error:
                raise refuse_disk(self.path, error) from error
            if not _taken(self._handle):
                owner = self._owner()
                os.close(self._handle)
                told, advice = (
                    (f"process {owner}", f", or stop it: kill {owner}") if owner else ("another process", "")
                )
                raise InputError(f"{printable(folder)}: {told} is training here. Wait for it{advice}")
            if self._is_in_place():
                break
            # The owner before took its file away between the opening and the locking.
            os.close(self._handle)
        try:
            os.truncate(self._handle, 0)
            os.write(self._handle, str(os.getpid()).encode())
        except OSError as error:
            os.close(self._handle)
            raise refuse_disk(self.path, error) from error

    def _owner(self) -> int | None:
        try:
            return int(self.path.read_text())
        except (OSError, ValueError):
            return None

    def _is_in_place(self) -> bool:
        try:
            return os.path.samestat(os.fstat(self._handle), os.stat(self.path))
        except OSError:
            return False

    def __enter__(self) -> "Lock":
        return self

    def __exit__(self, *_: object) -> None:
        # Where an open file cannot be removed it stays, and locks nothing.
        with contextlib.suppress(OSError):
            self.path.unlink()
        os.close(self._handle)


def _taken(handle: int) -> bool:
    """Lock the open file; False where another process has. On a disk that knows no locks there is nothing to hold."""
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        os.lseek(handle, _BESIDE, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        except OSError:
            return False
        finally:
            os.lseek(handle, 0, os.SEEK_SET)
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
