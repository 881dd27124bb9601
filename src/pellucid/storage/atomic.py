"""Files that are there whole or not at all.

A file is written under a temporary name in the same folder, flushed to the disk, and then renamed over the old one
(`os.replace`), after which the folder is flushed too. A reader, also after a crash or a power cut, finds
the old file or
the new one, never a mixture (Pillai et al. 2014, "All file systems are not created equal", section 4).
"""

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from pellucid.storage.errors import FileError, StorageError, printable


@contextlib.contextmanager
def writing(
    path: str | os.PathLike[str], needed: int | None = None, *, durable: bool = True
) -> Iterator[BinaryIO]:
    """Open a file that appears at `path` only when the block ends without an error.

    Parameters
    ----------
    path : where the file will stand; its folder must exist
    needed : bytes that will be written, if known; told to the user when the disk is full
    durable : flush it to the disk before it appears, which takes as long as the disk does; not for what can be made
        again, and whose reader finds out by a checksum that a lost power cut it short

    Raises
    ------
    StorageError : the disk is full, read-only or broken. What stood at `path` before is untouched.
    """
    path = Path(path)
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name[:100]}.", suffix=".part", dir=path.parent)
    except OSError as error:
        raise _refused(path, error, needed) from error
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            if durable:
                os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
        if durable:
            _flush_folder(path.parent)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        if isinstance(error, OSError) and _of_this_disk(error, temporary, path.parent):
            raise _refused(path, error, needed) from error
        raise


def _of_this_disk(error: OSError, temporary: str, folder: Path) -> bool:
    """Whether writing failed, and not what the block did besides, such as reading another file or fetching one."""
    if isinstance(error, StorageError | ConnectionError | TimeoutError):
        return False
    return error.filename is None or os.fspath(error.filename) in (temporary, os.fspath(folder))


def write_bytes(path: str | os.PathLike[str], content: bytes) -> None:
    """Write all of `content` to `path`, or nothing. Raises `StorageError` where the disk refuses."""
    with writing(path, needed=len(content)) as file:
        file.write(content)


def write_text(path: str | os.PathLike[str], content: str) -> None:
    """Write `content` as UTF-8 to `path`, or nothing. Raises `StorageError` where the disk refuses."""
    write_bytes(path, content.encode("utf-8", "surrogateescape"))


def copy_file(source: str | os.PathLike[str], path: str | os.PathLike[str]) -> None:
    """A copy of a file at `path`, whole or not at all; one that is there already stays.

    Raises `FileError` where the source cannot be read, `StorageError` where the disk refuses.
    """
    if os.path.exists(path):
        return
    try:
        with open(source, "rb") as original:
            content = original.read()
    except OSError as error:
        raise FileError(f"{printable(source)}: cannot be read: {error.strerror}.") from error
    write_bytes(path, content)


def make_folder(path: str | os.PathLike[str]) -> None:
    """Make a folder, and those above it, unless it is there. Raises `StorageError` where the disk refuses."""
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as error:
        raise _refused(Path(path), error, None) from error


def refuse_disk(path: str | os.PathLike[str], error: OSError, needed: int | None = None) -> StorageError:
    """The `StorageError` that tells, in one sentence, why the operating system refused to write `path`."""
    return _refused(Path(path), error, needed)


def _refused(path: Path, error: OSError, needed: int | None) -> StorageError:
    size = f" ({needed:,} bytes needed)" if needed is not None else ""
    where = printable(path)
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        sentence = (
            f"{where}: no room left on the disk{size}. Free some space or choose another "
            f"folder; nothing was lost."
        )
    elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        sentence = f"{where}: this folder may not be written to{size}. Choose another folder."
    elif error.errno in (errno.ENOENT, errno.ENOTDIR):
        sentence = (
            f"{where}: the folder {printable(path.parent)} does not exist. Make it first or choose another."
        )
    else:
        sentence = f"{where}: writing failed{size}: {error.strerror or error}."
    return StorageError(sentence)


def _umask() -> int:
    # There is no call that reads the mask without setting it.
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _flush_folder(folder: Path) -> None:
    # Windows cannot open a folder; there the rename itself is journaled.
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (
            errno.EINVAL,
            errno.ENOTSUP,
        ):  # some network file systems cannot flush a folder
            raise
    finally:
        os.close(handle)
