"""The bytes of an ordinary file, and why they cannot be had, in words that a photographer understands."""

import errno
import os
import stat

from pellucid.storage.errors import FileError, printable

MAX_PIXELS = 40_000_000
MAX_BYTES = 8 * MAX_PIXELS
"""No honest picture is larger than its pixels at four channels of 16 bits."""

_BYTES_TAKEN_AT_ONCE = 1 << 24


class PictureError(FileError):
    """A picture cannot be read.

    Attributes
    ----------
    path : the file, as text
    reason : why, in words that a photographer understands, without the path
    """

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{printable(path)}: {reason}.")


def read_file(path: str | bytes | os.PathLike[str]) -> bytes:
    """All bytes of an ordinary file; a pipe, a device or a folder is refused at once, and never waited for.

    Raises `PictureError` where it cannot be read, is empty, or larger than any picture of 40 million pixels.
    """
    where = os.fsdecode(path)
    try:
        # Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        try:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode):
                raise PictureError(where, _kind(found.st_mode))
            if found.st_size > MAX_BYTES:
                raise PictureError(
                    where, f"a file of {found.st_size:,} bytes; at most {MAX_BYTES:,} are read"
                )
            content = os.read(handle, found.st_size)
            while 0 < len(content) < found.st_size and (more := os.read(handle, _BYTES_TAKEN_AT_ONCE)):
                content += more
        finally:
            os.close(handle)
    except (OSError, ValueError) as error:
        if isinstance(error, PictureError):
            raise
        raise PictureError(where, unopened(where, error)) from error
    if not content:
        raise PictureError(where, "the file is empty (0 bytes)")
    return content


def unopened(where: str, error: OSError | ValueError) -> str:
    """Why the operating system did not let a file or folder be opened, in a few words."""
    number = getattr(error, "errno", None)
    if number == errno.ENOENT and os.path.islink(where):
        return "a link to a file that does not exist"
    if number in (errno.ENOENT, errno.ENOTDIR):
        return "the file does not exist"
    if number == errno.ELOOP:
        return "a link that leads back to itself"
    if number in (errno.EACCES, errno.EPERM):
        return "you have no permission to read it"
    if number == errno.EISDIR:
        return _kind(stat.S_IFDIR)
    if number == errno.ENXIO:
        return _kind(stat.S_IFSOCK)
    return f"the file cannot be read ({getattr(error, 'strerror', None) or error})"


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a folder, not a picture file"
    if stat.S_ISFIFO(mode):
        return "a pipe, not a picture file"
    return "a device or socket, not a picture file"
